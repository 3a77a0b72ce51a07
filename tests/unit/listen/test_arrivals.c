// SPDX-License-Identifier: MIT
/* When a message arrived first that is delivered again */
#include "listen/arrivals.h"
#include "port/clock.h"
#include "unit.h"

static struct cbx_arrivals arrivals;

static void set_up(void)
{
	arrivals = (struct cbx_arrivals){ 0 };
}

static void add(uint64_t tag, uint64_t identity, uint64_t at)
{
	cbx_arrivals_add(&arrivals, &(struct cbx_arrival){ tag, identity, at });
}

/* When it arrived, at the earliest */
static uint64_t first(uint64_t identity, uint64_t now)
{
	uint64_t at = 0;

	cbx_arrivals_first(&arrivals, identity, now, &at);
	return at;
}

START_TEST(what_was_not_acknowledged_is_found_once)
{
	add(1, 100, 10);
	add(2, 200, 20);
	add(3, 100, 30);
	cbx_arrivals_acknowledge(&arrivals, 2);
	cbx_arrivals_acknowledge(&arrivals, 7);
	cbx_arrivals_lose(&arrivals, 50, 50);
	cbx_arrivals_begin(&arrivals, 60);
	/* two that are the same to the letter, in their order */
	ck_assert_uint_eq(first(100, 70), 10);
	ck_assert_uint_eq(first(100, 71), 30);
	/* acknowledged, or never seen: it was on its way when the connection was lost */
	ck_assert_uint_eq(first(100, 72), 50);
	ck_assert_uint_eq(first(200, 73), 50);
}
END_TEST

/* A leader before us, or a stranger: nobody knows since when */
START_TEST(what_others_had_may_be_as_old_as_our_leading)
{
	cbx_arrivals_begin(&arrivals, 60);
	add(1, 100, 65);
	ck_assert_uint_eq(first(100, 71), 60);
	cbx_arrivals_begin(&arrivals, 80);
	ck_assert_uint_eq(first(100, 81), 60);
	cbx_arrivals_stand_by(&arrivals);
	cbx_arrivals_begin(&arrivals, 90);
	ck_assert_uint_eq(first(100, 91), 90);
}
END_TEST

/* Lost again before all of it came back */
START_TEST(several_losses_add_up)
{
	add(1, 100, 10);
	add(2, 200, 20);
	cbx_arrivals_lose(&arrivals, 50, 50);
	cbx_arrivals_begin(&arrivals, 60);
	add(3, 100, first(100, 61));
	cbx_arrivals_lose(&arrivals, 70, 70);
	cbx_arrivals_lose(&arrivals, 80, 80);
	cbx_arrivals_begin(&arrivals, 90);
	ck_assert_uint_eq(first(100, 91), 10);
	ck_assert_uint_eq(first(200, 92), 20);
	ck_assert_uint_eq(first(300, 93), 80);
}
END_TEST

START_TEST(an_old_loss_says_nothing)
{
	uint64_t later = 60 + 31 * CBX_SECOND;

	add(1, 100, 10);
	cbx_arrivals_lose(&arrivals, 50, 50);
	/* however long nobody can connect */
	ck_assert_uint_eq(first(300, later), 50);
	cbx_arrivals_begin(&arrivals, 60);
	ck_assert_uint_eq(first(300, 60 + 29 * CBX_SECOND), 50);
	ck_assert_uint_eq(first(100, later), 60);
	ck_assert_uint_eq(arrivals.lost_count, 0);
}
END_TEST

/* What came while the loss was not noticed yet is older than that */
START_TEST(a_loss_is_dated_by_the_last_sign_of_life)
{
	add(1, 100, 10);
	cbx_arrivals_lose(&arrivals, 20, 50);
	cbx_arrivals_begin(&arrivals, 60);
	ck_assert_uint_eq(first(300, 61), 20);
	ck_assert_uint_eq(first(100, 61), 10);
}
END_TEST

START_TEST(a_loss_is_not_before_what_came)
{
	add(1, 100, 30);
	cbx_arrivals_acknowledge(&arrivals, 1);
	cbx_arrivals_lose(&arrivals, 20, 50);
	cbx_arrivals_begin(&arrivals, 60);
	ck_assert_uint_eq(first(300, 61), 30);
}
END_TEST

START_TEST(the_oldest_go_when_there_are_too_many)
{
	uint64_t i;

	for (i = 1; i <= CBX_ARRIVALS + 10; i++)
		add(i, i, i);
	cbx_arrivals_lose(&arrivals, 10000, 10000);
	cbx_arrivals_begin(&arrivals, 10000);
	ck_assert_uint_eq(arrivals.lost_count, CBX_ARRIVALS);
	ck_assert_uint_eq(first(10, 10001), 10000);
	ck_assert_uint_eq(first(11, 10001), 11);
	ck_assert_uint_eq(first(CBX_ARRIVALS + 10, 10001), CBX_ARRIVALS + 10);
}
END_TEST

UNIT_TESTS_WITH(set_up, NULL, what_was_not_acknowledged_is_found_once,
		what_others_had_may_be_as_old_as_our_leading, several_losses_add_up,
		an_old_loss_says_nothing, a_loss_is_dated_by_the_last_sign_of_life,
		a_loss_is_not_before_what_came, the_oldest_go_when_there_are_too_many)
