// SPDX-License-Identifier: MIT
/*
 * Names are looked up in another thread than the one that asks: a slow one holds nobody up, and
 * each question gets a new answer.
 */
#include "common/lookup.h"
#include "fake_names.h"
#include "unit.h"

#include <errno.h>
#include <string.h>
#include <time.h>

static struct cbx_lookup *lookup;
static struct cbx_address *found;
static size_t count;
static int asked_before;

static void begin(void)
{
	fake_names_let_through(false);
	asked_before = fake_names_asked();
}

static void end(void)
{
	free(cbx_steal(found));
	cbx_lookup_free(cbx_steal(lookup));
	fake_names_let_through(true);
}

/* Lookups of names that this test began */
static int asked(void)
{
	return fake_names_asked() - asked_before;
}

static int ask(int ms)
{
	free(cbx_steal(found));
	count = 0;
	return cbx_lookup_ask(lookup, ms, &found, &count);
}

static const struct {
	const char *host;
	const char *text;
	size_t count;
} answers[] = {
	{ "127.0.0.1", "127.0.0.1", 1 }, { "::1", "::1", 1 },
	{ "[::1]", "::1", 1 },           { "[127.0.0.1]", "127.0.0.1", 1 },
	{ "one.test", "127.0.0.8", 1 },  { "two.test", "127.0.0.8", 2 },
};

START_TEST(finds)
{
	ck_assert_int_eq(cbx_lookup_new(answers[_i].host, 80, false, &lookup), 0);
	ck_assert_int_eq(ask(5000), 0);
	ck_assert_str_eq(found[0].text, answers[_i].text);
	ck_assert_uint_eq(count, answers[_i].count);
	ck_assert_str_eq(cbx_lookup_why(lookup), "");
}
END_TEST

START_TEST(an_address_needs_no_thread)
{
	ck_assert_int_eq(cbx_lookup_new("127.0.0.1", 80, false, &lookup), 0);
	ck_assert_int_eq(ask(0), 0);
	ck_assert_int_eq(asked(), 0);
}
END_TEST

START_TEST(a_slow_one_is_not_waited_for)
{
	struct timespec begun;
	struct timespec now;

	ck_assert_int_eq(cbx_lookup_new("slow.test", 80, false, &lookup), 0);
	clock_gettime(CLOCK_MONOTONIC, &begun);
	ck_assert_int_eq(ask(50), CBX_LOOKUP_RUNS);
	ck_assert_int_eq(ask(50), CBX_LOOKUP_RUNS);
	clock_gettime(CLOCK_MONOTONIC, &now);
	ck_assert_int_lt((int)(now.tv_sec - begun.tv_sec), 15);
	ck_assert_int_eq(asked(), 1); /* one at a time */
	fake_names_let_through(true);
	ck_assert_int_eq(ask(5000), 0);
	ck_assert_str_eq(found[0].text, "127.0.0.7");
	ck_assert_int_eq(asked(), 1);
	/* whoever connects anew looks anew */
	ck_assert_int_eq(ask(5000), 0);
	ck_assert_int_eq(asked(), 2);
}
END_TEST

START_TEST(a_failure_says_why_and_is_tried_again)
{
	ck_assert_int_eq(cbx_lookup_new("fails.test", 80, false, &lookup), 0);
	ck_assert_int_eq(ask(5000), -ENXIO);
	ck_assert_str_eq(cbx_lookup_why(lookup), "Temporary failure in name resolution");
	ck_assert_int_eq(ask(5000), -ENXIO);
	ck_assert_int_eq(asked(), 2);
}
END_TEST

START_TEST(one_that_hangs_can_be_forgotten)
{
	const struct timespec moment = { .tv_nsec = 1000000 };
	int tries = 5000;

	ck_assert_int_eq(cbx_lookup_new("slow.test", 80, false, &lookup), 0);
	ck_assert_int_eq(ask(0), CBX_LOOKUP_RUNS);
	cbx_lookup_free(cbx_steal(lookup));
	while (!fake_names_hanging() && tries--)
		nanosleep(&moment, NULL);
	fake_names_let_through(true);
	while (fake_names_hanging() && tries--)
		nanosleep(&moment, NULL);
	ck_assert_int_eq(fake_names_hanging(), 0);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("lookup");

	tcase_add_checked_fixture(tcase, begin, end);
	tcase_add_loop_test(tcase, finds, 0, (int)CBX_COUNT(answers));
	tcase_add_test(tcase, an_address_needs_no_thread);
	tcase_add_test(tcase, a_slow_one_is_not_waited_for);
	tcase_add_test(tcase, a_failure_says_why_and_is_tried_again);
	tcase_add_test(tcase, one_that_hangs_can_be_forgotten);
	suite_add_tcase(suite, tcase);
}
