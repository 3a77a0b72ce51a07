// SPDX-License-Identifier: MIT
/* Figures on their way: kept with the job, shared with its progress, gone with it, and taken over
 * (contract 1.10, 4.1) */
#include "memory_servers.h"
#include "road_world.h"
#include "state_rows.h"

#include <string.h>

static void set_up(void)
{
	world_set_up();
	world_insert("ABC1", "17 Running", "ocd", 3);
	world_lead();
}

static int ignore(void *user, const char *key, const struct cbx_field *field)
{
	return user && key && field ? 0 : -1;
}

static void expect_figures(const char *text)
{
	const char *system = "ABC1";
	struct state_rows rows = { 0 };

	ck_assert_int_eq(
		world.eye->ops->read_jobs(world.eye, &system, 1, ignore, state_rows_add, &rows), 0);
	ck_assert_str_eq(state_rows_text(&rows), text);
	state_rows_free(&rows);
}

/* @seconds later a push arrives */
static void report(double seconds, const char *status_text)
{
	world_pass(seconds);
	world_push("ABC1", status_text);
	ck_assert_int_eq(cbx_road_drain_inbox(road), 0);
	ck_assert_int_eq(cbx_road_commit(road), 0);
}

static const struct cbx_job *job(void)
{
	return cbx_job_list_find(cbx_active_jobs_get(road->jobs, "ABC1"), 17);
}

/* The clock starts at 18:00:00 */
#define AT(time) "ABC1 17={\"progress_at\":\"2026-11-23T18:" time "\""

START_TEST(shared_with_progress_and_gone_with_the_job)
{
	expect_figures("");
	report(1, "17 Running 10%");
	expect_figures(AT("00:01.000Z") "}\n");
	report(10, "17 Running 11%");
	expect_figures(AT("00:11.000Z") "}\n");
	report(30, "17 Running 14%");
	expect_figures(AT("00:41.000Z") ",\"rate\":0.001}\n");
	/* what is no progress leaves them as they are */
	world.state_faults.watched = "write_jobs";
	report(10, "17 Running 14% 250K");
	ck_assert_uint_eq(world.state_faults.calls, 1);
	expect_figures(AT("00:41.000Z") ",\"rate\":0.001}\n");
	report(10, "17 Paused 14% 250K");
	expect_figures(AT("00:41.000Z") ",\"rate\":0.001}\n");
	report(10, "17 Running 5%");
	expect_figures(AT("00:41.000Z") "}\n");
	report(10, "17 Completed 100%");
	expect_figures("");
	ck_assert_uint_eq(world.state_faults.calls, 4);
}
END_TEST

/* It came back within one batch: nothing of its former life is left */
START_TEST(a_new_life_begins_anew)
{
	report(1, "17 Running 10%");
	report(40, "17 Running 14%");
	report(1, "17 Killed");
	hdms_system(&world.hdms, "ABC1", "17 Running");
	world_pass(10);
	ck_assert_int_eq(world_round(CBX_DISCOVERY_ROUND, NULL), 0);
	ck_assert_int_eq(job()->phase, CBX_LIVE);
	expect_figures("");
	report(1, "17 Running 3%");
	ck_assert_double_eq(job()->figures.rate, 0);
	expect_figures(AT("00:53.000Z") "}\n");
}
END_TEST

START_TEST(what_is_deleted_is_there_again)
{
	report(1, "17 Running 10%; 18 Running 1/2");
	world_pass(20);
	cbx_memory_store_delete(world.store, "figures:ABC1", _i ? "18" : NULL);
	ck_assert_int_eq(cbx_road_share_check(road), 0);
	expect_figures(
		AT("00:01.000Z") "}\nABC1 18={\"progress_at\":\"2026-11-23T18:00:01.000Z\"}\n");
}
END_TEST

START_TEST(the_next_leader_keeps_the_rate)
{
	report(1, "17 Running 10%");
	report(40, "17 Running 14%");
	report(5, "17 Running 14% 250K");
	world_pass(20);
	world_lead();
	ck_assert_double_eq_tol(job()->figures.rate, 0.001, 1e-12);
	ck_assert_uint_eq(cbx_figures_idle(&job()->figures, true, cbx_now(road->clock)),
			  25 * CBX_SECOND);
	ck_assert_int_eq(cbx_figures_left(&job()->figures), 860);
	expect_figures(AT("00:41.000Z") ",\"rate\":0.001}\n");
	report(15, "17 Running 18%");
	ck_assert_double_eq_tol(job()->figures.rate, 0.001, 1e-12);
}
END_TEST

START_TEST(without_redis_nothing_is_guessed)
{
	report(1, "17 Running 10%");
	report(40, "17 Running 14%");
	cbx_memory_store_flush(world.store);
	world_pass(20);
	world_lead();
	ck_assert_double_eq(job()->figures.rate, 0);
	ck_assert_int_eq(job()->figures.progress_at_ms, 0);
	expect_figures("");
	/* standing still is counted from the take-over on */
	world_pass(7);
	ck_assert_uint_eq(cbx_figures_idle(&job()->figures, true, cbx_now(road->clock)),
			  7 * CBX_SECOND);
}
END_TEST

/* Foreign texts in the hash cost their own job's figures alone */
START_TEST(foreign_texts_are_passed_over)
{
	static const char json[] = "{\"system\":\"ABC1\",\"job_id\":17,\"status\":\"Running\","
				   "\"percent_completed\":\"3\"}";
	static const char other[] = "{\"progress_at\":\"2026-11-23T18:00:00Z\"}";
	const struct cbx_field jobs[] = { { "17", json, sizeof(json) - 1 } };
	const struct cbx_field figures[] = {
		{ "17", "what", 4 },
		{ "x", "{}", 2 },
		{ "99", other, sizeof(other) - 1 },
	};
	struct cbx_state_write write = { .system = "ABC1",
					 .number = ((uint64_t)world.epoch << 32) + 1000,
					 .whole = true,
					 .live = true,
					 .fields = jobs,
					 .field_count = 1,
					 .figures = figures,
					 .figure_count = 3 };

	ck_assert_int_eq(world.eye->ops->write_jobs(world.eye, &write, 1), 0);
	ck_assert(write.applied);
	world_lead();
	ck_assert_str_eq(job()->status->percent_text, "3");
	ck_assert_int_eq(job()->figures.progress_at_ms, 0);
	expect_figures("");
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("figures");

	tcase_add_checked_fixture(tcase, set_up, world_tear_down);
	tcase_add_test(tcase, shared_with_progress_and_gone_with_the_job);
	tcase_add_test(tcase, a_new_life_begins_anew);
	tcase_add_loop_test(tcase, what_is_deleted_is_there_again, 0, 2);
	tcase_add_test(tcase, the_next_leader_keeps_the_rate);
	tcase_add_test(tcase, without_redis_nothing_is_guessed);
	tcase_add_test(tcase, foreign_texts_are_passed_over);
	suite_add_tcase(suite, tcase);
}
