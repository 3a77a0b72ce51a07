// SPDX-License-Identifier: MIT
/*
 * test_alloc_road.c - memory runs out on the poller's road: a push, a round, a take-over
 *
 * One world, one push (or round) after another; of each the next allocation fails. What a failure
 * leaves is all or nothing. The push, which the broker keeps until it is acknowledged, comes
 * through at last; what a round missed, the next one receives.
 */
#include "alloc_faults.h"
#include "road_world.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define MOST 5000

/* Job 1 goes on and off, another is new, the last new one ends: all tables and events take part */
static void push(unsigned long n)
{
	char words[256];

	snprintf(words, sizeof(words), "1 %s 42%% t=Music; %lu Running t=%lu; %lu %s c=disk",
		 n % 2 ? "Running" : "Paused", n + 100, n, n + 99, n % 2 ? "Errored" : "Completed");
	world_push("ABC1", words);
}

static int receive_and_commit(void)
{
	int result = cbx_road_drain_inbox(road);

	return result < 0 ? result : cbx_road_commit(road);
}

static bool is_weather(int result)
{
	return !result || result == -ENOMEM || result == CHATTERBOX_E_DOWN ||
	       result == CHATTERBOX_E_FENCED;
}

/* What the poller's loop does next: links, a new beginning, the shared state; then all is there */
static void recover(unsigned long n, int result)
{
	int tries;

	for (tries = 0; tries < 4; tries++) {
		struct cbx_inbound *inbound;

		world_pass(60);
		world_connect();
		if (result == CHATTERBOX_E_FENCED)
			ck_assert_int_eq(cbx_road_load(road, world.epoch), 0);
		while ((inbound = cbx_mailbox_take(world.answers))) {
			bool again = inbound->again;

			inbound->answer = NULL;
			cbx_inbound_free(inbound);
			if (!again)
				return;
			push(n);
		}
		result = receive_and_commit();
	}
	ck_abort_msg("push %lu was never settled", n);
}

/* Recorded and shown is the same, and it is this push's */
static void expect_whole(unsigned long n)
{
	const char *status = n % 2 ? "Running" : "Paused";
	struct cbx_job *first = cbx_job_list_find(cbx_active_jobs_get(road->jobs, "ABC1"), 1);
	char query[256];
	char revision[24];
	char shared[128];

	ck_assert_ptr_nonnull(first);
	ck_assert_str_eq(first->status->text, status);
	snprintf(revision, sizeof(revision), "%lld", (long long)first->revision);
	world_expect("select revision from status_monitor where job_id = 1", revision);
	world_expect("select status from status_monitor where job_id = 1", status);
	snprintf(query, sizeof(query), "select status from status_monitor where job_id = %lu",
		 n + 100);
	world_expect(query, "Running");
	/* each revision was told once */
	snprintf(query, sizeof(query),
		 "select count(*) from outbox where message_id like 'ABC1/1/%%'");
	world_expect(query, revision);
	world_pass(60);
	cbx_road_share_check(road);
	snprintf(shared, sizeof(shared), "ABC1 1=%s %lu=Running\n", status, n + 100);
	world_expect_shared(shared);
}

/* One push whose @nth allocation fails; false when it makes fewer than that */
static bool play(unsigned long n, unsigned long nth, bool persistent)
{
	unsigned long failed;
	int result;

	push(n);
	alloc_faults_arm(nth, persistent);
	result = receive_and_commit();
	failed = alloc_faults_disarm();
	ck_assert_msg(is_weather(result), "allocation %lu: %d", nth, result);
	recover(n, result);
	expect_whole(n);
	return failed > 0;
}

static void sweep(bool persistent)
{
	unsigned long n = 1;
	size_t leaked;

	alloc_faults_begin();
	world_set_up();
	world_lead();
	for (; n < MOST; n++)
		if (!play(n, n, persistent))
			break;
	ck_assert_uint_lt(n, MOST);
	ck_assert_uint_gt(n, 20);
	world_tear_down();
	leaked = alloc_faults_end();
	ck_assert_msg(!leaked, "%zu blocks leaked", leaked);
}

START_TEST(a_push_survives_one_failure)
{
	sweep(false);
}
END_TEST

START_TEST(a_push_survives_a_lack_that_stays)
{
	sweep(true);
}
END_TEST

/* Two systems, one asked for its list and one about its job, with a new answer each time */
static bool play_round(unsigned long n, enum cbx_round_kind kind, bool persistent)
{
	const char *status = n % 2 ? "Running" : "Paused";
	struct cbx_round_result result = { 0 };
	unsigned long failed;
	char text[128];
	int tries;

	snprintf(text, sizeof(text), "1 %s; 2 Waiting%lu", status, n);
	hdms_system(&world.hdms, "ABC1", text);
	snprintf(text, sizeof(text), "1 %s files=[%lu]", status, n);
	hdms_system(&world.hdms, "ABC2", text);
	world_pass(60);
	alloc_faults_arm(n, persistent);
	world_round(kind, &result);
	failed = alloc_faults_disarm();
	for (tries = 0; tries < 3; tries++) {
		world_pass(60);
		world_connect();
		ck_assert_int_ge(cbx_road_commit(road), 0);
		world_round(kind, &result);
	}
	ck_assert(!result.figures.cut);
	ck_assert_uint_eq(result.figures.answers, 2);
	snprintf(text, sizeof(text), "%s Waiting%lu %s", status, n, status);
	world_expect("select group_concat(status, ' ') from "
		     "(select status from status_monitor order by system, job_id)",
		     text);
	return failed > 0;
}

static void sweep_rounds(enum cbx_round_kind kind, bool persistent)
{
	unsigned long n = 1;

	alloc_faults_begin();
	world_set_up();
	world_insert("ABC1", "1 Running", "ocd", 1);
	world_insert("ABC1", "2 Waiting", "ocd", 1);
	world_insert("ABC2", "1 Running", "user", 1);
	world_lead();
	while (n < MOST && play_round(n, kind, persistent))
		n++;
	ck_assert_uint_lt(n, MOST);
	ck_assert_uint_gt(n, 20);
	world_tear_down();
	ck_assert_uint_eq(alloc_faults_end(), 0);
}

START_TEST(a_round_survives)
{
	sweep_rounds(_i & 1 ? CBX_DISCOVERY_ROUND : CBX_STATUS_ROUND, _i & 2);
}
END_TEST

START_TEST(a_take_over_survives)
{
	unsigned long n = 1;
	unsigned long failed = 1;
	int result;

	alloc_faults_begin();
	world_set_up();
	world_insert("ABC1", "17 Running 42% t=Music", "ocd", 3);
	world_insert("ABC1", "18 Started", "ocd", 0);
	world_insert("ABC2", "19 Errored", "user", 2);
	world_lead();
	world_push("ABC1", "17 Running 50% files=[1]");
	ck_assert_int_eq(receive_and_commit(), 0);
	for (; failed && n < MOST; n++) {
		alloc_faults_arm(n, _i);
		result = cbx_road_load(road, world.epoch);
		failed = alloc_faults_disarm();
		ck_assert_msg(is_weather(result), "allocation %lu: %d", n, result);
		world_pass(60);
		world_connect();
		/* one that failed has loaded nothing, and is done again */
		if (result < 0)
			ck_assert_int_eq(cbx_road_load(road, world.epoch), 0);
		cbx_road_share_check(road);
		world_expect_jobs("ABC1/17 Running r3 live ocd\nABC1/18 Started r0 unheard ocd\n"
				  "ABC2/19 Errored r2 ended user\n");
		world_expect_shared("ABC1 17=Running\n");
	}
	ck_assert_uint_gt(n, 20);
	world_tear_down();
	ck_assert_uint_eq(alloc_faults_end(), 0);
}
END_TEST

UNIT_SUITE(suite)
{
	const TTest *const tests[] = { a_push_survives_one_failure,
				       a_push_survives_a_lack_that_stays };
	TCase *tcase = tcase_create("alloc_road");

	tcase_set_timeout(tcase, 120);
	unit_add(tcase, tests, CBX_COUNT(tests));
	tcase_add_loop_test(tcase, a_round_survives, 0, 4);
	tcase_add_loop_test(tcase, a_take_over_survives, 0, 2);
	suite_add_tcase(suite, tcase);
}
