// SPDX-License-Identifier: MIT
/* The load rule (contract 2.4): each reason at its limit, the stretch and the way back. */
#include "common/cleanup.h"
#include "port/clock.h"
#include "task/pacer.h"
#include "unit.h"

static const struct cbx_pacer_round calm = { .duration_ns = CBX_SECOND,
					     .questions = 100,
					     .queue_depth = 0 };

static const struct {
	double seconds;
	uint64_t questions, timeouts;
	int64_t queue_depth;
	double reply_p95;
	const char *reason;
} rounds[] = {
	{ 1, 100, 0, 0, 0.1, NULL },
	/* cycle: longer than the current interval */
	{ 10, 100, 0, 0, 0, NULL },
	{ 10.01, 100, 0, 0, 0, "cycle" },
	/* timeouts: at least a tenth, and at least 5 */
	{ 1, 50, 5, 0, 0, "timeouts" },
	{ 1, 51, 5, 0, 0, NULL },
	{ 1, 4, 4, 0, 0, NULL },
	{ 1, 5, 5, 0, 0, "timeouts" },
	{ 1, 1000, 99, 0, 0, NULL },
	{ 1, 1000, 100, 0, 0, "timeouts" },
	/* queue: deeper than the limit; unknown is no load */
	{ 1, 100, 0, 1000, 0, NULL },
	{ 1, 100, 0, 1001, 0, "queue" },
	{ 1, 100, 0, -1, 0, NULL },
	/* reply_time: the p95 exceeds the limit */
	{ 1, 100, 0, 0, 2, NULL },
	{ 1, 100, 0, 0, 2.001, "reply_time" },
	/* nobody was asked */
	{ 0, 0, 0, -1, 0, NULL },
};

START_TEST(reason)
{
	struct cbx_pacer pacer;
	struct cbx_pacer_round round = { cbx_ns(rounds[_i].seconds), rounds[_i].questions,
					 rounds[_i].timeouts, rounds[_i].queue_depth,
					 cbx_ns(rounds[_i].reply_p95) };

	cbx_pacer_init(&pacer, 10 * CBX_SECOND);
	ck_assert_pstr_eq(cbx_pacer_judge(&pacer, &round), rounds[_i].reason);
	ck_assert_uint_eq(pacer.current_ns, 10 * CBX_SECOND);
	ck_assert_int_eq(cbx_pacer_step(&pacer, &round), rounds[_i].reason != NULL);
	ck_assert_pstr_eq(pacer.reason, rounds[_i].reason);
	ck_assert_uint_eq(pacer.current_ns, (rounds[_i].reason ? 15 : 10) * CBX_SECOND);
}
END_TEST

static void step(struct cbx_pacer *pacer, bool loaded, double current)
{
	struct cbx_pacer_round round = calm;

	round.queue_depth = loaded ? 5000 : 0;
	ck_assert_int_eq(cbx_pacer_step(pacer, &round), loaded);
	ck_assert_double_eq_tol(cbx_seconds(pacer->current_ns), current, 1e-6);
	ck_assert_pstr_eq(pacer->reason, loaded ? "queue" : NULL);
}

START_TEST(it_climbs_to_the_bound_and_comes_back_to_the_base)
{
	struct cbx_pacer pacer;
	double now = 10;
	unsigned n;

	cbx_pacer_init(&pacer, 10 * CBX_SECOND);
	pacer.bound_ns = 60 * CBX_SECOND;
	for (n = 0; n < 4; n++)
		step(&pacer, true, now *= 1.5);
	step(&pacer, true, 60);
	step(&pacer, true, 60);
	step(&pacer, false, 40);
	step(&pacer, true, 60);
	for (now = 60, n = 0; n < 4; n++)
		step(&pacer, false, now /= 1.5);
	step(&pacer, false, 10);
	step(&pacer, false, 10);
	ck_assert_uint_eq(pacer.base_ns, 10 * CBX_SECOND);
}
END_TEST

START_TEST(a_stretched_interval_is_what_a_cycle_is_measured_by)
{
	struct cbx_pacer_round slow = calm;
	struct cbx_pacer pacer;

	slow.duration_ns = 12 * CBX_SECOND;
	cbx_pacer_init(&pacer, 10 * CBX_SECOND);
	ck_assert(cbx_pacer_step(&pacer, &slow));
	ck_assert(!cbx_pacer_step(&pacer, &slow)); /* 12 s are within 15 s */
	ck_assert(cbx_pacer_step(&pacer, &slow));  /* and beyond 10 s again */
}
END_TEST

START_TEST(setting_the_base_resets_the_stretch)
{
	struct cbx_pacer pacer;

	cbx_pacer_init(&pacer, 10 * CBX_SECOND);
	step(&pacer, true, 15);
	cbx_pacer_set_base(&pacer, 20 * CBX_SECOND);
	ck_assert_uint_eq(pacer.base_ns, 20 * CBX_SECOND);
	ck_assert_uint_eq(pacer.current_ns, 20 * CBX_SECOND);
	ck_assert_ptr_null(pacer.reason);
	step(&pacer, true, 30);
	step(&pacer, false, 20);
}
END_TEST

START_TEST(a_base_beyond_the_bound_is_the_bound)
{
	struct cbx_pacer pacer;

	cbx_pacer_init(&pacer, 900 * CBX_SECOND);
	pacer.bound_ns = 600 * CBX_SECOND;
	step(&pacer, true, 900);
	step(&pacer, false, 900);
}
END_TEST

START_TEST(the_defaults_are_those_of_the_contract)
{
	struct cbx_pacer pacer;

	cbx_pacer_init(&pacer, 10 * CBX_SECOND);
	ck_assert_uint_eq(pacer.bound_ns, 600 * CBX_SECOND);
	ck_assert_int_eq(pacer.queue_depth_limit, 1000);
	ck_assert_uint_eq(pacer.reply_limit_ns, 2 * CBX_SECOND);
}
END_TEST

UNIT_SUITE(suite)
{
	const TTest *const tests[] = {
		it_climbs_to_the_bound_and_comes_back_to_the_base,
		a_stretched_interval_is_what_a_cycle_is_measured_by,
		setting_the_base_resets_the_stretch,
		a_base_beyond_the_bound_is_the_bound,
		the_defaults_are_those_of_the_contract,
	};
	TCase *tcase = tcase_create("pacer");

	tcase_add_loop_test(tcase, reason, 0, (int)CBX_COUNT(rounds));
	unit_add(tcase, tests, sizeof(tests) / sizeof(tests[0]));
	suite_add_tcase(suite, tcase);
}
