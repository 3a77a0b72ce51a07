// SPDX-License-Identifier: MIT
/*
 * A connection whose time is up is shut down once; one that was given more time, or was removed,
 * is not.
 */
#include "http/deadline.h"
#include "unit.h"

#include <sys/socket.h>
#include <unistd.h>

static struct cbd_deadlines *all;
static int ours[3];
static int theirs[3];

static void begin(void)
{
	int i;

	ck_assert_int_eq(cbd_deadlines_new(&all), 0);
	for (i = 0; i < 3; i++) {
		int pair[2];

		ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
		ours[i] = pair[0];
		theirs[i] = pair[1];
	}
}

static void end(void)
{
	int i;

	cbd_deadlines_freep(&all);
	for (i = 0; i < 3; i++) {
		close(ours[i]);
		close(theirs[i]);
	}
}

static bool is_open(int i)
{
	char byte;

	return read(theirs[i], &byte, 1) < 0; /* EAGAIN; 0 would be the end */
}

START_TEST(the_overdue_are_shut_down)
{
	struct cbd_deadline *first = cbd_deadline_add(all, ours[0], NULL, 1000);
	struct cbd_deadline *second = cbd_deadline_add(all, ours[1], NULL, 1000);
	struct cbd_deadline *third = cbd_deadline_add(all, ours[2], NULL, 1000);

	ck_assert_int_eq(cbd_deadlines_enforce(all, 999), 0);
	cbd_deadline_move(all, second, 2000);
	cbd_deadline_remove(all, third);
	ck_assert_int_eq(cbd_deadlines_enforce(all, 1000), 1);
	ck_assert(!is_open(0));
	ck_assert(is_open(1));
	ck_assert(is_open(2));
	ck_assert_int_eq(cbd_deadlines_enforce(all, 1999), 0);
	ck_assert_int_eq(cbd_deadlines_enforce(all, 2000), 1);
	ck_assert(!is_open(1));
	cbd_deadline_remove(all, first);
	cbd_deadline_remove(all, NULL);
	cbd_deadline_move(all, NULL, 1);
}
END_TEST

/* Who is waited for longest goes; who waits for us stays, however old */
START_TEST(a_crowd_costs_the_longest_waiting_its_place)
{
	struct cbd_deadline *first = cbd_deadline_add(all, ours[0], NULL, 1000);

	cbd_deadline_add(all, ours[1], NULL, 2000);
	cbd_deadline_add(all, ours[2], NULL, 3000);
	cbd_deadline_wait(all, first, false);
	ck_assert_int_eq(cbd_deadlines_shed(all, 3), 0);
	ck_assert_int_eq(cbd_deadlines_shed(all, 2), 1);
	ck_assert(is_open(0));
	ck_assert(!is_open(1));
	ck_assert(is_open(2));
	cbd_deadline_wait(all, first, true);
	ck_assert_int_eq(cbd_deadlines_shed(all, 2), 1);
	ck_assert(!is_open(0));
	/* what was shut down stays so, whatever its request still does */
	cbd_deadline_move(all, first, 4000);
	cbd_deadline_wait(all, NULL, true);
	ck_assert_int_eq(cbd_deadlines_shed(all, 2), 1);
	ck_assert_int_eq(cbd_deadlines_shed(all, 2), 0);
	ck_assert_int_eq(cbd_deadlines_enforce(all, 5000), 0);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("deadline");

	tcase_add_checked_fixture(tcase, begin, end);
	tcase_add_test(tcase, the_overdue_are_shut_down);
	tcase_add_test(tcase, a_crowd_costs_the_longest_waiting_its_place);
	suite_add_tcase(suite, tcase);
}
