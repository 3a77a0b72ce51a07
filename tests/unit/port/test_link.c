// SPDX-License-Identifier: MIT
/* A link over a fake connection: when it tries, how loud it is, and what it counts. */
#include "link_fixture.h"

START_TEST(up_at_the_first_try)
{
	ck_assert_int_eq(cbx_link_ensure(&redis_link), 1);
	ck_assert_int_eq(cbx_link_ensure(&redis_link), 0);
	ck_assert_uint_eq(connection.tries, 1);
	ck_assert_uint_eq(connection.deadline, FAKE_CLOCK_NOW + 5 * CBX_SECOND);
	ck_assert(redis_link.up && cbx_health_is_up(health, "redis"));
	expect_counts(0, 0);
	ck_assert_uint_eq(infos, 1);
}
END_TEST

START_TEST(a_failed_try_is_repeated_after_a_growing_wait)
{
	uint64_t began = cbx_now(&fake.clock);
	unsigned n;

	connection.connect_result = CHATTERBOX_E_DOWN;
	for (n = 0; n < 6000; n++) { /* a minute, each 10 ms */
		ck_assert_int_eq(cbx_link_ensure(&redis_link), CHATTERBOX_E_DOWN);
		fake_clock_pass(&fake, 10 * CBX_MS);
	}
	/* 0.1..0.2, 0.2..0.4, ... then 5..10 s: between 10 and 16 tries in a minute */
	ck_assert_uint_ge(connection.tries, 10);
	ck_assert_uint_le(connection.tries, 17);
	ck_assert_uint_eq(cbx_now(&fake.clock) - began, 60 * CBX_SECOND);
	expect_counts(0, connection.tries);
	ck_assert(!cbx_health_is_up(health, "redis"));
	connection.connect_result = 0;
	fake_clock_pass(&fake, 10 * CBX_SECOND);
	ck_assert_int_eq(cbx_link_ensure(&redis_link), 1);
	ck_assert_uint_eq(connection.drops, 0);
}
END_TEST

START_TEST(a_wait_answers_what_the_last_try_said)
{
	connection.connect_result = CHATTERBOX_E_REFUSED;
	ck_assert_int_eq(cbx_link_ensure(&redis_link), CHATTERBOX_E_REFUSED);
	ck_assert_int_eq(cbx_link_ensure(&redis_link), CHATTERBOX_E_REFUSED);
	ck_assert_uint_eq(connection.tries, 1);
}
END_TEST

START_TEST(it_is_loud_once_and_then_once_a_minute)
{
	unsigned n;

	connection.connect_result = CHATTERBOX_E_DOWN;
	for (n = 0; n < 590; n++) {
		cbx_link_ensure(&redis_link);
		fake_clock_pass(&fake, CBX_SECOND / 10);
	}
	ck_assert_uint_eq(warnings, 1);
	for (n = 0; n < 1300; n++) {
		cbx_link_ensure(&redis_link);
		fake_clock_pass(&fake, CBX_SECOND / 10);
	}
	ck_assert_uint_ge(warnings, 3);
	ck_assert_uint_le(warnings, 4);
}
END_TEST

START_TEST(a_loss_is_noted_closed_and_made_good)
{
	cbx_link_ensure(&redis_link);
	connection.up = false;
	cbx_link_lost(&redis_link, CHATTERBOX_E_DOWN);
	ck_assert(!redis_link.up);
	ck_assert_uint_eq(connection.drops, 1);
	ck_assert_uint_eq(warnings, 1);
	cbx_link_lost(&redis_link, CHATTERBOX_E_DOWN); /* once is enough */
	expect_counts(0, 1);
	ck_assert_int_eq(cbx_link_ensure(&redis_link), CHATTERBOX_E_DOWN);
	ck_assert_uint_eq(connection.tries, 1);
	fake_clock_pass(&fake, CBX_SECOND / 5);
	ck_assert_int_eq(cbx_link_ensure(&redis_link), 1);
	expect_counts(1, 1);
	/* lost again after a while: loud again, and the waits begin anew */
	fake_clock_pass(&fake, 2 * CBX_SECOND);
	connection.up = false;
	ck_assert_int_eq(cbx_link_ensure(&redis_link), CHATTERBOX_E_DOWN);
	ck_assert_uint_eq(warnings, 2);
	fake_clock_pass(&fake, CBX_SECOND / 5);
	ck_assert_int_eq(cbx_link_ensure(&redis_link), 1);
	expect_counts(2, 2);
}
END_TEST

START_TEST(an_error_that_leaves_it_usable_is_counted_only)
{
	cbx_link_ensure(&redis_link);
	cbx_link_lost(&redis_link, CHATTERBOX_E_REFUSED);
	ck_assert(redis_link.up && connection.up);
	expect_counts(0, 1);
	ck_assert_int_eq(cbx_link_ensure(&redis_link), 0);
}
END_TEST

/* Twice a second for ten minutes: in the first, and then once in each */
START_TEST(an_error_that_leaves_it_usable_is_logged_once_a_minute)
{
	unsigned n;

	cbx_link_ensure(&redis_link);
	for (n = 0; n < 1200; n++) {
		cbx_link_lost(&redis_link, CHATTERBOX_E_REFUSED);
		fake_clock_pass(&fake, CBX_SECOND / 2);
	}
	ck_assert_uint_eq(warnings, 10);
	error = "another one";
	cbx_link_lost(&redis_link, CHATTERBOX_E_REFUSED);
	ck_assert_uint_eq(warnings, 11);
}
END_TEST

static void expect_page(const char *part)
{
	cbx_auto(cbx_text_free) struct cbx_text page = { 0 };

	cbx_health_print(health, &page);
	ck_assert_msg(strstr(page.bytes, part) != NULL, "%s", page.bytes);
}

START_TEST(one_that_is_refused_is_said_to_be_down_until_it_works)
{
	cbx_link_ensure(&redis_link);
	cbx_link_refused(&redis_link, "no such exchange");
	ck_assert(redis_link.up && !cbx_health_is_up(health, "redis"));
	expect_page(": no such exchange\n");
	/* whatever is refused meanwhile, and over another connection, too */
	fake_clock_pass(&fake, CBX_SECOND);
	cbx_link_refused(&redis_link, "no such exchange");
	connection.up = false;
	cbx_link_lost(&redis_link, CHATTERBOX_E_DOWN);
	fake_clock_pass(&fake, CBX_SECOND);
	ck_assert_int_eq(cbx_link_ensure(&redis_link), 1);
	expect_page(": no such exchange\n");
	ck_assert_uint_eq(warnings, 2); /* one of them of the loss */
	infos = 0;
	cbx_link_works(&redis_link);
	cbx_link_works(&redis_link);
	ck_assert(cbx_health_is_up(health, "redis"));
	ck_assert_uint_eq(infos, 1);
	cbx_link_refused(&redis_link, "no such exchange");
	ck_assert_uint_eq(warnings, 3);
}
END_TEST

START_TEST(an_idle_connection_is_pinged)
{
	cbx_link_ensure(&redis_link);
	fake_clock_pass(&fake, 5 * CBX_SECOND - 1);
	ck_assert_int_eq(cbx_link_ensure(&redis_link), 0);
	ck_assert_uint_eq(connection.pings, 0);
	fake_clock_pass(&fake, 1);
	ck_assert_int_eq(cbx_link_ensure(&redis_link), 0);
	ck_assert_int_eq(cbx_link_ensure(&redis_link), 0);
	ck_assert_uint_eq(connection.pings, 1);
	/* an error of a living server is no loss */
	connection.ping_result = CHATTERBOX_E_REFUSED;
	fake_clock_pass(&fake, 5 * CBX_SECOND);
	ck_assert_int_eq(cbx_link_ensure(&redis_link), 0);
	connection.ping_result = CHATTERBOX_E_DOWN;
	fake_clock_pass(&fake, 5 * CBX_SECOND);
	ck_assert_int_eq(cbx_link_ensure(&redis_link), CHATTERBOX_E_DOWN);
	ck_assert(!redis_link.up && connection.drops == 1);
	expect_counts(0, 1);
}
END_TEST

START_TEST(one_that_is_lost_at_once_each_time_is_tried_ever_more_rarely)
{
	unsigned n;

	for (n = 0; n < 6000; n++) { /* a minute, each 10 ms */
		cbx_link_ensure(&redis_link);
		connection.up = false;
		fake_clock_pass(&fake, 10 * CBX_MS);
	}
	ck_assert_uint_ge(connection.tries, 10);
	ck_assert_uint_le(connection.tries, 17);
	ck_assert_uint_le(warnings, 2);
	ck_assert_uint_le(infos, 2);
	/* a real loss later is told at once */
	fake_clock_pass(&fake, 10 * CBX_SECOND);
	ck_assert_int_eq(cbx_link_ensure(&redis_link), 1);
	fake_clock_pass(&fake, 2 * CBX_SECOND);
	warnings = 0;
	cbx_link_lost(&redis_link, CHATTERBOX_E_DOWN);
	ck_assert_uint_eq(warnings, 1);
}
END_TEST

START_TEST(a_hindered_one_is_said_to_be_down)
{
	cbx_auto(cbx_text_free) struct cbx_text page = { 0 };

	ck_assert_int_eq(cbx_link_ensure(&redis_link), 1);
	connection.hindrance = "low on memory";
	ck_assert_int_eq(cbx_link_ensure(&redis_link), 0);
	ck_assert(redis_link.up && !cbx_health_is_up(health, "redis"));
	cbx_health_print(health, &page);
	ck_assert_ptr_nonnull(strstr(page.bytes, ": low on memory\n"));
	connection.hindrance = NULL;
	ck_assert_int_eq(cbx_link_ensure(&redis_link), 0);
	ck_assert(cbx_health_is_up(health, "redis"));
	expect_counts(0, 0);
	ck_assert_uint_eq(connection.drops, 0);
}
END_TEST

START_TEST(closing_logs_nothing)
{
	struct cbx_link never = { 0 };

	cbx_link_ensure(&redis_link);
	cbx_link_close(&redis_link);
	ck_assert(!redis_link.up && !connection.up);
	ck_assert_uint_eq(warnings, 0);
	cbx_link_close(&never);
}
END_TEST

UNIT_TESTS_WITH(set_up, tear_down, up_at_the_first_try,
		a_failed_try_is_repeated_after_a_growing_wait,
		a_wait_answers_what_the_last_try_said, it_is_loud_once_and_then_once_a_minute,
		a_loss_is_noted_closed_and_made_good,
		an_error_that_leaves_it_usable_is_counted_only,
		an_error_that_leaves_it_usable_is_logged_once_a_minute,
		one_that_is_refused_is_said_to_be_down_until_it_works, an_idle_connection_is_pinged,
		one_that_is_lost_at_once_each_time_is_tried_ever_more_rarely,
		a_hindered_one_is_said_to_be_down, closing_logs_nothing)
