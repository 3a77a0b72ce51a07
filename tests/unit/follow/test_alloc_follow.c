// SPDX-License-Identifier: MIT
/*
 * test_alloc_follow.c - memory runs out while a follower reads what the leader has shared
 *
 * One world and one change of the leader after another; in the turn that should see it the next
 * allocation fails. The statuses that are shown then are those before or those after, nothing
 * between. Later turns show what is after, with the facts (revision, origin).
 */
#include "alloc_faults.h"
#include "follow_world.h"
#include "memory_servers.h"

#include <stdio.h>
#include <string.h>

#define MOST 3000
#define SIZE 512

/* What the turn that meets the failure has to do */
enum reading {
	ANEW,     /* everything: the connection is a new one */
	TOLD,     /* an event tells of the change */
	COMPARED, /* no event does, and all that is read now and then is due */
	ALONE,    /* no leader's state is there: SQL is read */
};

static char before[SIZE];
static char after[SIZE];

static void look(char snapshot[SIZE])
{
	cbx_auto(cbx_text_free) struct cbx_text text = { 0 };

	follow_snapshot(&text);
	snprintf(snapshot, SIZE, "%s", text.len ? text.bytes : "");
}

/* Each line without its facts: those of SQL, which may follow */
static void cut_facts(char snapshot[SIZE])
{
	char *from;
	char *to = snapshot;

	for (from = snapshot; *from;)
		if (from[0] == ' ' && from[1] == 'r')
			from += strcspn(from, "\n");
		else
			*to++ = *from++;
	*to = '\0';
}

/* Two systems change, a job is new each time and the one before it ends */
static void change(enum reading reading, unsigned long n)
{
	char words[128];

	snprintf(words, sizeof(words), "17 %s t=%lu; %lu Running; %lu Killed",
		 n % 2 ? "Paused" : "Running", n, n + 100, n + 99);
	follow_report("ABC1", words, reading == TOLD);
	snprintf(words, sizeof(words), "1 %s", n % 2 ? "Running" : "Queued");
	follow_report("ABC2", words, reading == TOLD);
	snprintf(after, sizeof(after),
		 "ABC1/17 %s r%lu ocd\nABC1/18 Paused r2 user\nABC1/%lu Running r1 user\n"
		 "ABC2/1 %s r%lu user\n",
		 n % 2 ? "Paused" : "Running", n + 3, n + 100, n % 2 ? "Running" : "Queued", n + 1);
	if (reading == ANEW)
		cbx_follow_begin(&follow);
	world_pass(reading == TOLD ? 0.25 : 10.5);
}

/* One change, and the @nth allocation of the turn after it fails; false when it makes fewer */
static bool play(enum reading reading, unsigned long n, bool persistent)
{
	unsigned long failed;
	char whole[SIZE];
	char shown[SIZE];

	look(before);
	change(reading, n);
	memcpy(whole, after, SIZE);
	alloc_faults_arm(n, persistent);
	cbx_follow_turn(&follow);
	failed = alloc_faults_disarm();
	look(shown);
	cut_facts(shown);
	cut_facts(before);
	cut_facts(after);
	ck_assert_msg(!strcmp(shown, after) || (failed && !strcmp(shown, before)),
		      "allocation %lu: neither before nor after:\n%s", n, shown);
	follow_turn(11);
	follow_expect(whole);
	return failed > 0;
}

static void sweep(enum reading reading, bool persistent)
{
	unsigned long n = 1;

	alloc_faults_begin();
	follow_set_up();
	world_lead();
	follow_turn(0.1);
	follow_expect(FOLLOW_START);
	if (reading == ALONE) {
		cbx_memory_store_flush(world.store);
		follow_turn(0.3);
	}
	while (n < MOST && play(reading, n, persistent))
		n++;
	ck_assert_uint_lt(n, MOST);
	ck_assert_uint_gt(n, 20);
	follow_tear_down();
	ck_assert_uint_eq(alloc_faults_end(), 0);
}

START_TEST(reading_survives_one_failure)
{
	sweep((enum reading)_i, false);
}
END_TEST

START_TEST(reading_survives_a_lack_that_stays)
{
	sweep((enum reading)_i, true);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("alloc_follow");

	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, reading_survives_one_failure, 0, ALONE + 1);
	tcase_add_loop_test(tcase, reading_survives_a_lack_that_stays, 0, ALONE + 1);
	suite_add_tcase(suite, tcase);
}
