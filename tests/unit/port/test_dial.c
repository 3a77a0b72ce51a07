// SPDX-License-Identifier: MIT
/* Each address of each host has its turn and its share of the time; no name holds up another. */
#include "common/cleanup.h"
#include "fake_clock.h"
#include "fake_names.h"
#include "port/dial.h"
#include "unit.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <string.h>

static struct fake_clock fake;
static struct cbx_clock *const clock = &fake.clock;
static struct cbx_dial *dial;
static char why[160];

static void begin(void)
{
	fake_names_let_through(false);
	fake_clock_init(&fake);
}

static void end(void)
{
	cbx_dial_free(cbx_steal(dial));
	fake_names_let_through(true);
}

static void make(const char *hosts)
{
	ck_assert_int_eq(cbx_dial_new(hosts, 80, clock, &dial), 0);
}

static int attempt(unsigned seconds)
{
	return cbx_dial_begin(dial, cbx_now(clock) + seconds * CBX_SECOND, why, sizeof(why));
}

/* The next target has this address, and so many seconds */
static void expect(const char *text, unsigned seconds)
{
	const struct cbx_target *target = cbx_dial_next(dial);

	ck_assert_ptr_nonnull(target);
	ck_assert_str_eq(target->text, text);
	ck_assert_uint_eq((target->deadline - cbx_now(clock)) / CBX_SECOND, seconds);
}

START_TEST(each_has_its_turn_and_its_share)
{
	make("127.0.0.1, two.test,[::1]");
	ck_assert_int_eq(attempt(8), 0);
	expect("127.0.0.1", 2);
	expect("127.0.0.8", 2);
	fake_clock_pass(&fake, 4 * CBX_SECOND);
	expect("127.0.0.9", 2);
	/* what others did not need is for the last */
	expect("::1", 4);
	ck_assert_ptr_null(cbx_dial_next(dial));
}
END_TEST

START_TEST(who_served_last_is_first)
{
	make("127.0.0.1,127.0.0.2");
	ck_assert_int_eq(attempt(4), 0);
	expect("127.0.0.1", 2);
	expect("127.0.0.2", 4);
	cbx_dial_serves(dial);
	ck_assert_int_eq(attempt(4), 0);
	expect("127.0.0.2", 2);
	expect("127.0.0.1", 4);
	ck_assert_ptr_null(cbx_dial_next(dial));
}
END_TEST

START_TEST(what_an_attempt_does_not_reach_the_next_does)
{
	make("127.0.0.1,127.0.0.2,127.0.0.3,127.0.0.4");
	ck_assert_int_eq(attempt(2), 0);
	expect("127.0.0.1", 1);
	fake_clock_pass(&fake, CBX_SECOND);
	expect("127.0.0.2", 1);
	fake_clock_pass(&fake, CBX_SECOND);
	ck_assert_ptr_null(cbx_dial_next(dial));
	ck_assert_int_eq(attempt(2), 0);
	expect("127.0.0.3", 1);
	expect("127.0.0.4", 1);
}
END_TEST

static int targets_left(void)
{
	int n = 0;

	while (cbx_dial_next(dial))
		n++;
	return n;
}

START_TEST(a_slow_name_holds_up_no_other)
{
	make("slow.test,127.0.0.1");
	ck_assert_int_eq(attempt(5), 0);
	expect("127.0.0.1", 5);
	ck_assert_ptr_null(cbx_dial_next(dial));
	fake_names_let_through(true);
	do
		ck_assert_int_eq(attempt(5), 0);
	while (targets_left() < 2);
}
END_TEST

START_TEST(a_name_alone_that_is_slow_is_told_of)
{
	make("slow.test");
	ck_assert_int_eq(attempt(5), CHATTERBOX_E_DOWN);
	ck_assert_str_eq(why, "looking up slow.test");
	ck_assert_ptr_null(cbx_dial_next(dial));
}
END_TEST

START_TEST(a_name_without_an_address_is_told_of)
{
	make("fails.test");
	ck_assert_int_eq(attempt(5), CHATTERBOX_E_DOWN);
	ck_assert_str_eq(why, "no address of fails.test: Temporary failure in name resolution");
}
END_TEST

START_TEST(a_path_is_its_own_address)
{
	const struct cbx_target *target;

	make("/run/redis.sock");
	ck_assert_int_eq(attempt(5), 0);
	target = cbx_dial_next(dial);
	ck_assert_str_eq(target->host, "/run/redis.sock");
	ck_assert_ptr_null(target->address);
}
END_TEST

/* What @hosts are called, at port 80 */
static const struct {
	const char *hosts, *text;
} texts[] = {
	{ "::1", "[::1]:80" },     { "[::1]", "[::1]:80" }, { "127.0.0.1", "127.0.0.1:80" },
	{ "a, ::1", "a, ::1:80" }, { "/run/x", "/run/x" },  { "a.test", "a.test:80" },
};

START_TEST(an_address_of_ipv6_has_brackets_for_people_alone)
{
	char text[64];
	size_t i;

	for (i = 0; i < CBX_COUNT(texts); i++) {
		cbx_dial_text(texts[i].hosts, 80, text, sizeof(text));
		ck_assert_str_eq(text, texts[i].text);
	}
	/* certificates hold it without them */
	make(" [::1] ");
	ck_assert_int_eq(attempt(8), 0);
	ck_assert_str_eq(cbx_dial_next(dial)->host, "::1");
}
END_TEST

START_TEST(no_host_is_refused)
{
	ck_assert_int_eq(cbx_dial_new("", 80, clock, &dial), -EINVAL);
	ck_assert_int_eq(cbx_dial_new(" , ", 80, clock, &dial), -EINVAL);
	ck_assert_int_eq(cbx_dial_new("1,2,3,4,5,6,7,8,9", 80, clock, &dial), -EINVAL);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("dial");

	tcase_add_checked_fixture(tcase, begin, end);
	tcase_add_test(tcase, each_has_its_turn_and_its_share);
	tcase_add_test(tcase, who_served_last_is_first);
	tcase_add_test(tcase, what_an_attempt_does_not_reach_the_next_does);
	tcase_add_test(tcase, a_slow_name_holds_up_no_other);
	tcase_add_test(tcase, a_name_alone_that_is_slow_is_told_of);
	tcase_add_test(tcase, a_name_without_an_address_is_told_of);
	tcase_add_test(tcase, a_path_is_its_own_address);
	tcase_add_test(tcase, an_address_of_ipv6_has_brackets_for_people_alone);
	tcase_add_test(tcase, no_host_is_refused);
	suite_add_tcase(suite, tcase);
}
