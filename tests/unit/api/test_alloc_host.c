// SPDX-License-Identifier: MIT
/*
 * test_alloc_host.c - memory runs out in a host's own thread, while the engine has some
 *
 * A call is refused or carried out as it was meant; above all, a clean-up of one system never
 * becomes one of all systems.
 */
#include "alloc_faults.h"
#include "engine_kit.h"

#include <errno.h>
#include <sqlite3.h>
#include <string.h>

static struct engine_home home;
static struct engine_host host;

/* The first column of the first row, 0 when there is none */
static int64_t ask(const char *query)
{
	sqlite3_stmt *statement = NULL;
	sqlite3 *db = NULL;
	int64_t found = 0;

	ck_assert_int_eq(sqlite3_open(home.path, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 5000);
	ck_assert_int_eq(sqlite3_prepare_v2(db, query, -1, &statement, NULL), SQLITE_OK);
	if (sqlite3_step(statement) == SQLITE_ROW)
		found = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return found;
}

static void stop(void)
{
	chatterbox_stop(host.box);
	host.box = chatterbox_unref(host.box);
}

/* Two systems with an errored job each */
static void set_up(void)
{
	alloc_faults_begin(); /* jansson's memory, too */
	engine_home_open(&home);
	engine_begin(&host, engine_make(&home), 0, 0);
	engine_wait(&host, engine_is_told_ready);
	stop();
	ask("insert into status_monitor (system, job_id, status, revision) values "
	    "('ABC1', 1, 'Errored', 2), ('ABC2', 2, 'Errored', 2)");
	host = (struct engine_host){ .box = NULL };
	engine_begin(&host, engine_make(&home), 0, 0);
	engine_wait(&host, engine_is_told_ready);
}

static void tear_down(void)
{
	stop();
	engine_home_close(&home);
	alloc_faults_end(); /* what other threads gave back is not known */
}

static int clean_up(const char *system, int *removed)
{
	int result = chatterbox_errors_clean_up(host.box, system, 0, NULL, NULL, NULL);

	*removed = result > 0 ? result : 0;
	return result < 0 ? result : 0;
}

START_TEST(a_clean_up_means_whom_it_names)
{
	unsigned long n = 1;
	unsigned long failed = 1;
	int removed;
	int result;

	for (; failed; n++) {
		removed = 0;
		alloc_faults_arm(n, _i);
		result = clean_up("NONE", &removed);
		failed = alloc_faults_disarm();
		ck_assert_msg(!result || (failed && result < 0), "allocation %lu: %d", n, result);
		ck_assert_int_eq(removed, 0);
	}
	ck_assert_uint_gt(n, 5);
	ck_assert_int_eq(clean_up("AB\xff", &removed), -EINVAL);
	ck_assert_int_eq(ask("select count(*) from status_monitor"), 2);
	ck_assert_int_eq(clean_up("ABC2", &removed), 0);
	ck_assert_int_eq(removed, 1);
	ck_assert_int_eq(clean_up(NULL, &removed), 0);
	ck_assert_int_eq(removed, 1);
}
END_TEST

static void count_call(void *user, const struct chatterbox_answer *answer)
{
	ck_assert((answer->result < 0) == (answer->error != NULL));
	++*(unsigned *)user;
}

/* Each call is refused at once, or its callback comes once */
START_TEST(a_call_ends_once)
{
	unsigned long n = 1;
	unsigned long failed = 1;
	unsigned finished = 0;
	unsigned taken = 0;

	for (; failed; n++) {
		alloc_faults_arm(n, _i);
		taken += !chatterbox_query(host.box, CHATTERBOX_TOPIC_JOBS,
					   "{\"status\":\"running\"}", count_call, &finished, NULL,
					   NULL);
		failed = alloc_faults_disarm();
	}
	ck_assert_uint_gt(n, 5);
	/* the stop ends what still waits */
	chatterbox_stop(host.box);
	chatterbox_dispatch(host.box);
	ck_assert_uint_eq(finished, taken);
	ck_assert_uint_ge(taken, 1);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("alloc_host");

	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, a_clean_up_means_whom_it_names, 0, 2);
	tcase_add_loop_test(tcase, a_call_ends_once, 0, 2);
	suite_add_tcase(suite, tcase);
}
