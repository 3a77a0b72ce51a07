// SPDX-License-Identifier: MIT
/* A link to a server that answers, but does not let us work: as good as down, until it does. */
#include "link_fixture.h"

START_TEST(who_does_not_let_us_work_is_down_until_it_does)
{
	char why[300];
	unsigned n;

	connection.verdict = CHATTERBOX_E_REFUSED;
	for (n = 0; n < 3000; n++) { /* half a minute, each 10 ms */
		ck_assert_int_eq(cbx_link_ensure(&redis_link), CHATTERBOX_E_REFUSED);
		ck_assert(!redis_link.up && !connection.up);
		fake_clock_pass(&fake, 10 * CBX_MS);
	}
	ck_assert_uint_le(connection.tries, 14);
	ck_assert_uint_eq(warnings, 1);
	ck_assert_int_eq(cbx_health_first_refused(health, CHATTERBOX_E_REFUSED, why, sizeof(why)),
			 CHATTERBOX_SERVER_REDIS);
	ck_assert_str_eq(why, "redis here (state): no route to host");
	ck_assert_int_eq(cbx_health_first_refused(health, CHATTERBOX_E_CONFIG, why, sizeof(why)),
			 CHATTERBOX_SERVER_NONE);
	connection.verdict = 0;
	fake_clock_pass(&fake, 10 * CBX_SECOND);
	ck_assert_int_eq(cbx_link_ensure(&redis_link), 1);
	ck_assert(cbx_health_is_up(health, "redis"));
	ck_assert_int_eq(cbx_health_first_refused(health, CHATTERBOX_E_REFUSED, why, sizeof(why)),
			 CHATTERBOX_SERVER_NONE);
}
END_TEST

START_TEST(a_right_that_is_lost_while_it_is_idle_is_noticed)
{
	cbx_link_ensure(&redis_link);
	connection.verdict = CHATTERBOX_E_CONFIG;
	fake_clock_pass(&fake, 5 * CBX_SECOND);
	cbx_link_ensure(&redis_link);
	ck_assert(!redis_link.up && !connection.up && !cbx_health_is_up(health, "redis"));
	ck_assert_uint_eq(warnings, 1);
	/* a verdict that says nothing is none */
	connection.verdict = CHATTERBOX_E_TIMEOUT;
	fake_clock_pass(&fake, CBX_SECOND);
	ck_assert_int_eq(cbx_link_ensure(&redis_link), 1);
}
END_TEST

START_TEST(a_refusal_is_looked_into_at_once)
{
	cbx_link_ensure(&redis_link);
	connection.verdict = connection.verdict_of_refusal = CHATTERBOX_E_REFUSED;
	cbx_link_lost(&redis_link, CHATTERBOX_E_REFUSED);
	ck_assert(!redis_link.up && !connection.up && !cbx_health_is_up(health, "redis"));
	fake_clock_pass(&fake, CBX_SECOND);
	ck_assert_int_eq(cbx_link_ensure(&redis_link), CHATTERBOX_E_REFUSED);
	/* nothing else is refused by now: it is back at once */
	connection.verdict = 0;
	fake_clock_pass(&fake, CBX_SECOND);
	ck_assert_int_eq(cbx_link_ensure(&redis_link), 1);
	ck_assert(cbx_health_is_up(health, "redis"));
	ck_assert_uint_eq(warnings, 1);
}
END_TEST

START_TEST(what_only_a_refusal_shows_is_on_trial)
{
	unsigned n;

	cbx_link_ensure(&redis_link);
	connection.verdict_of_refusal = CHATTERBOX_E_REFUSED;
	fake_clock_pass(&fake, 2 * CBX_SECOND);
	/* a full disk: everything looks well until the next write, for a minute */
	for (n = 0; n < 600; n++) {
		if (redis_link.up)
			cbx_link_lost(&redis_link, CHATTERBOX_E_REFUSED);
		ck_assert(!cbx_health_is_up(health, "redis"));
		fake_clock_pass(&fake, CBX_SECOND / 10);
		cbx_link_ensure(&redis_link);
		ck_assert(!cbx_health_is_up(health, "redis"));
	}
	ck_assert_uint_le(connection.tries, 17);
	ck_assert_uint_le(warnings, 2);
	/* it takes everything now */
	fake_clock_pass(&fake, 10 * CBX_SECOND);
	cbx_link_ensure(&redis_link);
	ck_assert(redis_link.up && !cbx_health_is_up(health, "redis"));
	fake_clock_pass(&fake, 15 * CBX_SECOND);
	cbx_link_ensure(&redis_link);
	ck_assert(cbx_health_is_up(health, "redis"));
}
END_TEST

START_TEST(what_is_not_there_yet_is_not_examined)
{
	_Atomic bool ready = false;

	redis_link.examinable = &ready;
	connection.verdict = CHATTERBOX_E_REFUSED;
	ck_assert_int_eq(cbx_link_ensure(&redis_link), 1);
	ck_assert_uint_eq(connection.exams, 0);
	ready = true;
	fake_clock_pass(&fake, 5 * CBX_SECOND);
	cbx_link_ensure(&redis_link);
	ck_assert(!redis_link.up);
}
END_TEST

UNIT_TESTS_WITH(set_up, tear_down, who_does_not_let_us_work_is_down_until_it_does,
		a_right_that_is_lost_while_it_is_idle_is_noticed, a_refusal_is_looked_into_at_once,
		what_only_a_refusal_shows_is_on_trial, what_is_not_there_yet_is_not_examined)
