// SPDX-License-Identifier: MIT
/* Systems and the summary (contract 6.2), over a snapshot; and how snapshots are swapped. */
#include "controller/job_api.h"
#include "road_world.h"

#include <errno.h>
#include <string.h>

static struct cbx_snapshot *snapshot;

static void set_up(void)
{
	struct cbx_system_entry *entry;

	world_set_up();
	world_insert("ABC1", "2 Running 1K", "ocd", 3);
	world_insert("ABC1", "3 Errored", "ocd", 3);
	world_insert("XYZ", "1 Paused", "user", 1);
	world_run("insert into list_activation_schedule (system, list_id, activate_at) values "
		  "('ABC1', 'l', 1795460400000), ('ABC1', 'm', 1795464000000), "
		  "('ABC1', 'past', 1)");
	hdms_system(&world.hdms, "ABC1", "2 Running 1K; 3 Errored");
	hdms_system(&world.hdms, "XYZ", "1 Paused")->mood = HDMS_OFFLINE;
	world_lead();
	ck_assert_int_eq(world_round(CBX_DISCOVERY_ROUND, NULL), 0);
	entry = cbx_systems_get(road->systems, "new");
	ck_assert_ptr_nonnull(entry);
	ck_assert_int_eq(cbx_road_update_snapshot(road), 0);
	snapshot = cbx_snapshot_slot_get(&world.slot);
}

static void tear_down(void)
{
	cbx_snapshot_unref(snapshot);
	world_tear_down();
}

static void expect_systems(const char *params, const char *wanted)
{
	char error[CBX_API_ERROR];
	struct cbx_text text = { 0 };
	json_t *parsed = json_loads(params, 0, NULL);

	ck_assert_int_eq(cbx_job_api_systems(snapshot, parsed, &text, error), 0);
	ck_assert_str_eq(text.bytes, wanted);
	cbx_text_free(&text);
	json_decref(parsed);
}

#define ACTIVE ",\"next_activation\":\"2026-11-23T19:00:00.000Z\""
#define IDLE ",\"next_activation\":null"
#define SINCE "\"since\":\"2026-11-23T18:00:00.000Z\""
#define ABC                                                                             \
	"{\"systemID\":\"ABC1\",\"lastCheck\":\"2026-11-23T18:00:00.000Z\",\"status\":" \
	"\"online\"," SINCE
#define XYZ                                                                            \
	"{\"systemID\":\"XYZ\",\"lastCheck\":\"2026-11-23T18:00:00.000Z\",\"status\":" \
	"\"offline\"," SINCE
#define NEW "{\"systemID\":\"new\",\"lastCheck\":null,\"status\":\"unknown\",\"since\":null"

START_TEST(pages_of_systems)
{
	expect_systems("{}", "{\"systems\":[" ABC ACTIVE ",\"jobs\":1}," XYZ IDLE
			     ",\"jobs\":1}," NEW IDLE ",\"jobs\":0}],\"next\":null}");
	expect_systems("{\"limit\":2}", "{\"systems\":[" ABC ACTIVE ",\"jobs\":1}," XYZ IDLE
					",\"jobs\":1}],\"next\":\"58595a.0\"}");
	expect_systems("{\"limit\":2,\"cursor\":\"58595a.0\"}",
		       "{\"systems\":[" NEW IDLE ",\"jobs\":0}],\"next\":null}");
	expect_systems("{\"limit\":3}", "{\"systems\":[" ABC ACTIVE ",\"jobs\":1}," XYZ IDLE
					",\"jobs\":1}," NEW IDLE ",\"jobs\":0}],\"next\":null}");
}
END_TEST

START_TEST(some_of_the_systems)
{
	expect_systems("{\"status\":\"offline\"}",
		       "{\"systems\":[" XYZ IDLE ",\"jobs\":1}],\"next\":null}");
	expect_systems("{\"status\":\"unknown,online\",\"limit\":1}",
		       "{\"systems\":[" ABC ACTIVE ",\"jobs\":1}],\"next\":\"41424331.0\"}");
	expect_systems("{\"q\":\"bc\"}",
		       "{\"systems\":[" ABC ACTIVE ",\"jobs\":1}],\"next\":null}");
	expect_systems("{\"q\":\"abc\",\"status\":\"unknown\"}", "{\"systems\":[],\"next\":null}");
}
END_TEST

START_TEST(a_bad_page_of_systems)
{
	char error[CBX_API_ERROR] = "";
	struct cbx_text text = { 0 };
	json_t *params = json_loads("{\"limit\":0}", 0, NULL);

	ck_assert_int_eq(cbx_job_api_systems(snapshot, params, &text, error), -EINVAL);
	ck_assert_ptr_nonnull(strstr(error, "limit"));
	cbx_text_free(&text);
	json_decref(params);
}
END_TEST

START_TEST(a_bad_filter_of_systems)
{
	static const char *const bad[] = { "{\"status\":\"on\"}", "{\"status\":\"online,\"}",
					   "{\"status\":7}", "{\"q\":7}" };
	size_t i;

	for (i = 0; i < CBX_COUNT(bad); i++) {
		char error[CBX_API_ERROR] = "";
		struct cbx_text text = { 0 };
		json_t *params = json_loads(bad[i], 0, NULL);

		ck_assert_int_eq(cbx_job_api_systems(snapshot, params, &text, error), -EINVAL);
		ck_assert_ptr_nonnull(strstr(error, ": takes "));
		cbx_text_free(&text);
		json_decref(params);
	}
}
END_TEST

START_TEST(one_system)
{
	char error[CBX_API_ERROR] = "";
	struct cbx_text text = { 0 };

	ck_assert_int_eq(cbx_job_api_system(snapshot, "ABC1", &text, error), 0);
	ck_assert_str_eq(text.bytes,
			 ABC ",\"next_activation\":\"2026-11-23T19:00:00.000Z\",\"jobs\":["
			     "{\"system\":\"ABC1\",\"job_id\":2,\"status\":\"Running\","
			     "\"download_speed\":\"1K\"}]}");
	cbx_text_clear(&text);
	ck_assert_int_eq(cbx_job_api_system(snapshot, "new", &text, error), 0);
	ck_assert_str_eq(text.bytes, NEW ",\"next_activation\":null,\"jobs\":[]}");
	ck_assert_int_eq(cbx_job_api_system(snapshot, "NOBODY", &text, error),
			 CHATTERBOX_E_UNKNOWN);
	ck_assert_ptr_nonnull(strstr(error, "NOBODY"));
	cbx_text_free(&text);
}
END_TEST

START_TEST(the_summary)
{
	struct cbx_summary_facts facts = { "leader", "host:1:abc" };
	struct cbx_snapshot made = *snapshot;
	struct cbx_text text = { 0 };

	made.interval_base_ns = 10 * CBX_SECOND;
	made.interval_current_ns = 22500 * CBX_MS;
	made.load_reason = "queue";
	made.internal = 4;
	made.last_cycle = (struct cbx_cycle){ 3, 2, 1, 0, 0.25, FAKE_CLOCK_WALL, 3, 0 };
	cbx_job_api_summary(&made, &facts, &text);
	ck_assert_str_eq(
		text.bytes,
		"{\"job_count\":2,\"activte_jobs\":1,\"total_download_speed\":1024,"
		"\"active_ocd_jobs\":1,\"total_ocd_jobs\":1,\"systems\":{\"online\":1,\"offline\":"
		"1,"
		"\"unknown\":1,\"internal\":4,\"source\":\"events\"},\"interval\":{\"base\":10,"
		"\"current\":22.5,"
		"\"under_load\":true,\"reason\":\"queue\"},\"paused\":false,\"paused_until\":null,"
		"\"role\":\"leader\","
		"\"leader\":\"host:1:abc\",\"last_cycle\":{\"systems\":3,\"jobs\":2,\"changed\":1,"
		"\"timeouts\":0,\"seconds\":0.25,\"finished_at\":\"2026-11-23T18:00:00.000Z\"}}");
	cbx_text_clear(&text);
	made.load_reason = NULL;
	made.paused_until_ms = FAKE_CLOCK_WALL;
	made.last_cycle.finished_ms = 0;
	facts = (struct cbx_summary_facts){ "standby", "" };
	cbx_job_api_summary(&made, &facts, &text);
	ck_assert_ptr_nonnull(strstr(text.bytes, "\"under_load\":false,\"reason\":null},\"paused\":"
						 "true,\"paused_until\":\"2026-11-23T18:00:00."
						 "000Z\",\"role\":\"standby\",\"leader\":null,"
						 "\"last_cycle\":null}"));
	cbx_text_free(&text);
}
END_TEST

/* The gauges of a view (contract 7): the job figures are the leader's alone */
START_TEST(the_gauges)
{
	struct cbx_counters *o = &world.counters;

	cbx_counters_set_snapshot(o, snapshot, true);
	ck_assert_double_eq(world_count(o->jobs, "running", "ocd"), 1);
	ck_assert_double_eq(world_count(o->jobs, "paused", "user"), 1);
	ck_assert_double_eq(world_count(o->live_jobs, NULL, NULL), 2);
	ck_assert_double_eq(world_count(o->active_jobs, NULL, NULL), 1);
	ck_assert_double_eq(world_count(o->live_ocd_jobs, NULL, NULL), 1);
	ck_assert_double_eq(world_count(o->active_ocd_jobs, NULL, NULL), 1);
	ck_assert_double_eq(world_count(o->download_speed, NULL, NULL), 1024);
	ck_assert_double_eq(world_count(o->systems, "offline", NULL), 1);
	ck_assert_double_eq(world_count(o->leader, NULL, NULL), 1);
	cbx_counters_set_snapshot(o, snapshot, false);
	ck_assert_double_eq(world_count(o->live_jobs, NULL, NULL), 0);
	ck_assert_double_eq(world_count(o->jobs, "running", "ocd"), 0);
	ck_assert_double_eq(world_count(o->systems, "offline", NULL), 1);
	ck_assert_double_eq(world_count(o->leader, NULL, NULL), 0);
}
END_TEST

/* One that is activated at the second, late or not; those within two hours are counted again */
START_TEST(the_gauges_of_outlooks)
{
	static const int64_t minutes[] = { -10, 119, 120, 121 };
	struct cbx_counters *o = &world.counters;
	struct cbx_snapshot made = *snapshot;
	size_t size = sizeof(*made.outlooks) + CBX_COUNT(minutes) * sizeof(made.outlooks->items[0]);
	size_t i;

	made.outlooks = calloc(1, size);
	made.outlooks->refs = 1;
	made.outlooks->count = made.outlooks->totals[CBX_LATE] = CBX_COUNT(minutes);
	for (i = 0; i < CBX_COUNT(minutes); i++) {
		const struct cbx_outlook parts = { .system = "ABC1",
						   .list_id = "l",
						   .reason = "",
						   .state = CBX_LATE,
						   .activate_at_ms =
							   made.published_ms + minutes[i] * 60000 };

		ck_assert_int_eq(cbx_outlook_new(&parts, NULL, 0, &made.outlooks->items[i]), 0);
	}
	cbx_counters_set_snapshot(o, &made, true);
	ck_assert_double_eq(world_count(o->outlook, "late", NULL), 4);
	ck_assert_double_eq(world_count(o->outlook_soon, "late", NULL), 3);
	ck_assert_double_eq(world_count(o->outlook_soon, "at_risk", NULL), 0);
	cbx_counters_set_snapshot(o, &made, false);
	ck_assert_double_eq(world_count(o->outlook_soon, "late", NULL), 0);
	cbx_outlook_list_unref(made.outlooks);
}
END_TEST

START_TEST(a_snapshot_stays_as_long_as_it_is_referenced)
{
	struct cbx_snapshot *now;

	world_push("ABC1", "2 Completed");
	cbx_road_drain_inbox(road);
	ck_assert_int_eq(cbx_road_commit(road), 0);
	now = cbx_snapshot_slot_get(&world.slot);
	ck_assert_ptr_ne(now, snapshot);
	ck_assert_int_eq(now->jobs->totals.live, 1);
	ck_assert_int_eq(snapshot->jobs->totals.live, 2);
	/* the system that nothing was told of is shared */
	ck_assert_ptr_eq(cbx_frozen_jobs_find(now->jobs, "XYZ"),
			 cbx_frozen_jobs_find(snapshot->jobs, "XYZ"));
	cbx_snapshot_unref(now);
}
END_TEST

UNIT_TESTS_WITH(set_up, tear_down, pages_of_systems, some_of_the_systems, a_bad_page_of_systems,
		a_bad_filter_of_systems, one_system, the_summary, the_gauges,
		the_gauges_of_outlooks, a_snapshot_stays_as_long_as_it_is_referenced)
