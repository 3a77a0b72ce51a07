// SPDX-License-Identifier: MIT
/* Figures at a moment (contract 1.10): of whom they are known, lists of stalled and stale jobs, and
 * how many there are */
#include "controller/job_api.h"
#include "road_world.h"

#include <string.h>

static struct cbx_snapshot *snapshot;
static struct cbx_moment moment;

/* A runs with progress and OCD's, B pauses, C runs without progress; D's system is offline */
static void set_up(void)
{
	world_set_up();
	world_insert("A", "1 Running 10%", "ocd", 1);
	world_insert("B", "2 Paused 10%", "user", 1);
	world_insert("C", "3 Running 250K", "user", 1);
	world_insert("D", "4 Queued", "user", 1);
	world_lead();
	moment = (struct cbx_moment){ .stall_after = 100 * CBX_SECOND,
				      .stale_after = 30 * CBX_SECOND };
}

static void look(void)
{
	cbx_snapshot_unref(snapshot);
	ck_assert_int_eq(cbx_road_update_snapshot(road), 0);
	snapshot = cbx_snapshot_slot_get(&world.slot);
	moment.now = cbx_now(road->clock);
	moment.wall_ms = cbx_wall(road->clock);
}

static void tear_down(void)
{
	cbx_snapshot_unref(cbx_steal(snapshot));
	world_tear_down();
}

static void push(const char *system, const char *status)
{
	world_push(system, status);
	ck_assert_int_eq(cbx_road_drain_inbox(road), 0);
	ck_assert_int_eq(cbx_road_commit(road), 0);
}

/* The ids of the jobs that are listed */
static void expect_listed(const char *parameter, const char *ids)
{
	json_t *params = json_pack("{s:s}", parameter, "1");
	char error[CBX_API_ERROR] = "";
	struct cbx_text text = { 0 };
	char found[64] = "";
	json_t *page;
	json_t *job;
	size_t i;

	ck_assert_int_eq(cbx_job_api_jobs(snapshot, params, &moment, &text, error), 0);
	page = json_loads(text.bytes, 0, NULL);
	json_array_foreach(json_object_get(page, "jobs"), i, job)
		snprintf(found + strlen(found), sizeof(found) - strlen(found), "%lld ",
			 (long long)json_integer_value(json_object_get(job, "job_id")));
	ck_assert_str_eq(found, ids);
	ck_assert_int_eq(json_integer_value(json_object_get(page, "total")),
			 (json_int_t)strlen(ids) / 2);
	json_decref(page);
	json_decref(params);
	cbx_text_free(&text);
}

static void expect_counts(size_t stalled, size_t stalled_ocd, size_t stale)
{
	struct cbx_figure_counts counts;

	cbx_job_figures_count(snapshot, &moment, &counts);
	ck_assert_uint_eq(counts.stalled, stalled);
	ck_assert_uint_eq(counts.stalled_ocd, stalled_ocd);
	ck_assert_uint_eq(counts.stale, stale);
}

START_TEST(stalled_and_stale_ones_are_listed_and_counted)
{
	look();
	expect_listed("stalled", "");
	expect_listed("stale", "");
	world_pass(50);
	push("A", "1 Running 11%");
	push("B", "2 Paused 11%");
	push("C", "3 Running 251K");
	push("D", "4 Running 1/2");
	world_event("nl-hdms.event.control.system_offline", "\"D\"");
	ck_assert_int_eq(cbx_road_drain_inbox(road), 0);
	ck_assert_int_eq(cbx_road_commit(road), 0);
	look();
	expect_listed("stale", "4 ");
	expect_counts(0, 0, 1);
	world_pass(29);
	look();
	expect_counts(0, 0, 1);
	world_pass(72);
	push("B", "2 Paused 12%");
	look();
	expect_listed("stalled", "1 4 ");
	expect_listed("stale", "1 3 4 ");
	expect_counts(2, 1, 3);
	moment.stall_after = 200 * CBX_SECOND;
	expect_counts(0, 0, 3);
}
END_TEST

static void expect_figures(const char *system, int64_t job_id, const char *wanted)
{
	const struct cbx_job *job = cbx_job_api_find(snapshot, system, job_id);
	struct cbx_job_figures figures;
	struct cbx_text text = { 0 };

	cbx_job_figures_at(job, false, &moment, &figures);
	cbx_job_figures_json(&figures, &text);
	ck_assert_str_eq(text.bytes, wanted);
	cbx_text_free(&text);
}

START_TEST(what_is_not_known_is_absent)
{
	look();
	/* read at the take-over: nobody has reported it since */
	expect_figures("A", 1, "{\"stalled\":false,\"stale\":false}");
	push("C", "3 Running 250K");
	look();
	expect_figures("C", 3,
		       "{\"speed\":256000,\"heard_at\":\"2026-11-23T18:00:00.000Z\","
		       "\"stalled\":false,\"stale\":false}");
	world_pass(10);
	push("A", "1 Running 20%");
	world_pass(40);
	push("A", "1 Running 24% 1.5K");
	world_pass(5);
	look();
	expect_figures("A", 1,
		       "{\"speed\":1536,\"heard_at\":\"2026-11-23T18:00:50.000Z\",\"progress_at\":"
		       "\"2026-11-23T18:00:50.000Z\",\"rate\":0.001,\"seconds_left\":760,"
		       "\"stalled\":false,\"stale\":false}");
	/* who does not lead knows nothing of reports */
	moment.stale_after = 0;
	world_pass(100);
	moment.now = cbx_now(road->clock);
	expect_figures("A", 1,
		       "{\"speed\":1536,\"progress_at\":\"2026-11-23T18:00:50.000Z\","
		       "\"rate\":0.001,\"stalled\":true}");
	push("A", "1 Completed 100%");
	look();
	expect_figures("A", 1, "{\"stalled\":false}");
}
END_TEST

START_TEST(only_the_leader_knows_who_is_stale)
{
	json_t *params = json_pack("{s:s}", "stale", "1");
	char error[CBX_API_ERROR] = "";
	struct cbx_text text = { 0 };

	look();
	moment.stale_after = 0;
	ck_assert_int_eq(cbx_job_api_jobs(snapshot, params, &moment, &text, error),
			 CHATTERBOX_E_STANDBY);
	ck_assert_ptr_nonnull(strstr(error, "leader"));
	json_decref(params);
	cbx_text_free(&text);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("job_figures");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, stalled_and_stale_ones_are_listed_and_counted);
	tcase_add_test(tcase, what_is_not_known_is_absent);
	tcase_add_test(tcase, only_the_leader_knows_who_is_stale);
	suite_add_tcase(suite, tcase);
}
