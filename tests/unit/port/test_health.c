// SPDX-License-Identifier: MIT
/* The board of the connections: up when all wanted ones are, by server; its lines. */
#include "fake_clock.h"
#include "port/health.h"
#include "unit.h"

#include <string.h>

static struct fake_clock fake;
static struct cbx_health *health;
static struct cbx_health_entry *redis, *outbox, *lease;

static void set_up(void)
{
	fake_clock_init(&fake);
	ck_assert_int_eq(cbx_health_new(&fake.clock, &health), 0);
	redis = cbx_health_add(health, "redis", "state", "127.0.0.1:6379/0");
	outbox = cbx_health_add(health, "sql", "outbox", "db:5432/x");
	lease = cbx_health_add(health, "sql", "lease", "db:5432/x");
}

static void tear_down(void)
{
	cbx_health_free(health);
}

static void expect_page(const char *wanted)
{
	struct cbx_text page = { 0 };

	cbx_health_print(health, &page);
	ck_assert_str_eq(page.bytes, wanted);
	cbx_text_free(&page);
}

START_TEST(down_until_told_otherwise)
{
	ck_assert(!cbx_health_is_up(health, NULL));
	ck_assert(!cbx_health_is_up(health, "redis"));
	cbx_health_set(redis, true, NULL);
	ck_assert(cbx_health_is_up(health, "redis"));
	cbx_health_set(outbox, true, NULL);
	ck_assert(!cbx_health_is_up(health, "sql"));
	ck_assert(!cbx_health_is_up(health, NULL));
	cbx_health_set(lease, true, NULL);
	ck_assert(cbx_health_is_up(health, "sql"));
	ck_assert(cbx_health_is_up(health, NULL));
	cbx_health_set(redis, false, "gone");
	ck_assert(!cbx_health_is_up(health, NULL));
	ck_assert(cbx_health_is_up(health, "sql"));
}
END_TEST

START_TEST(what_is_not_wanted_counts_for_nothing)
{
	char down[256];

	cbx_health_set(outbox, true, NULL);
	cbx_health_set(lease, true, NULL);
	cbx_health_want(redis, false);
	ck_assert(cbx_health_is_up(health, "redis"));
	ck_assert(cbx_health_is_up(health, NULL));
	cbx_health_first_down(health, down, sizeof(down));
	ck_assert_str_eq(down, "");
	cbx_health_want(redis, true);
	ck_assert(!cbx_health_is_up(health, NULL));
}
END_TEST

START_TEST(the_page_says_since_when_and_why)
{
	cbx_health_set(redis, true, NULL);
	fake_clock_pass(&fake, 5 * CBX_SECOND);
	cbx_health_set(redis, true, NULL); /* again: since the first time */
	cbx_health_set(outbox, true, NULL);
	fake_clock_pass(&fake, 5 * CBX_SECOND);
	cbx_health_set(outbox, false, "connection refused");
	cbx_health_want(lease, false);
	expect_page("redis 127.0.0.1:6379/0 (state): up since 2026-11-23T18:00:00.000Z\n"
		    "sql db:5432/x (outbox): DOWN since 2026-11-23T18:00:10.000Z: connection "
		    "refused\n"
		    "sql db:5432/x (lease): not needed now\n");
}
END_TEST

START_TEST(the_first_one_down_is_named)
{
	char down[256];

	cbx_health_first_down(health, down, sizeof(down));
	ck_assert_str_eq(down, "redis 127.0.0.1:6379/0 (state): not connected yet");
	cbx_health_set(redis, true, NULL);
	cbx_health_set(outbox, false, "no route");
	cbx_health_first_down(health, down, sizeof(down));
	ck_assert_str_eq(down, "sql db:5432/x (outbox): no route");
}
END_TEST

START_TEST(texts_that_are_too_long_are_cut)
{
	char why[1000];
	char down[64];
	struct cbx_text page = { 0 };

	memset(why, 'x', sizeof(why) - 1);
	why[sizeof(why) - 1] = '\0';
	cbx_health_set(redis, false, why);
	cbx_health_first_down(health, down, sizeof(down));
	ck_assert_uint_eq(strlen(down), sizeof(down) - 1);
	cbx_health_print(health, &page);
	ck_assert_uint_lt(page.len, 800);
	cbx_text_free(&page);
}
END_TEST

START_TEST(the_board_is_bounded)
{
	unsigned n;

	for (n = 3; n < 16; n++)
		ck_assert_ptr_nonnull(cbx_health_add(health, "rmq", "more", "x"));
	ck_assert_ptr_null(cbx_health_add(health, "rmq", "one too many", "x"));
}
END_TEST

UNIT_TESTS_WITH(set_up, tear_down, down_until_told_otherwise, what_is_not_wanted_counts_for_nothing,
		the_page_says_since_when_and_why, the_first_one_down_is_named,
		texts_that_are_too_long_are_cut, the_board_is_bounded)
