// SPDX-License-Identifier: MIT
/* The two periodic events (contract 3.3): job_status in chunks, jobs_data always; transient. */
#include "base/read.h"
#include "memory_servers.h"
#include "teller_world.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define NO_JOBS                                                                                 \
	"{\"job_count\":0,\"activte_jobs\":0,\"total_download_speed\":0,\"active_ocd_jobs\":0," \
	"\"total_ocd_jobs\":0}"

static void set_up(void)
{
	teller_set_up();
	teller_subscribe();
}

/* What the poller hands over: the present view */
static void announce(void)
{
	struct cbx_snapshot *snapshot;

	ck_assert_int_eq(cbx_road_update_snapshot(road), 0);
	snapshot = cbx_snapshot_slot_get(&world.slot);
	cbx_announce(&teller, snapshot, world.epoch);
	cbx_snapshot_unref(snapshot);
}

static void expect_data(const char *wanted)
{
	struct cbx_bus_event event;
	char *shared = NULL;
	char body[400];

	teller_receive(&event);
	snprintf(body, sizeof(body),
		 "{\"jsonrpc\":\"2.0\",\"method\":\"nl-ocd-chatterbox.event.jobs_data\","
		 "\"params\":%s}",
		 wanted);
	ck_assert_str_eq(event.message.body, body);
	ck_assert(!event.message.persistent);
	ck_assert_str_eq(event.message.app_id, "nl-ocd-chatterbox");
	ck_assert_ptr_nonnull(cbx_bus_header(&event.message, "trace_id"));
	cbx_bus_event_clear(&event);
	ck_assert_int_eq(cbx_memory_store_jobs_data(world.store, &shared), 0);
	ck_assert_str_eq(shared, wanted);
	free(shared);
}

START_TEST(without_a_status_only_the_figures_are_told)
{
	announce();
	expect_data(NO_JOBS);
	teller_expect_received("");
	/* errored and unheard jobs are no stored status */
	world_insert("ABC1", "1 Errored", "ocd", 1);
	world_insert("ABC1", "2 Started", "ocd", 0);
	world_lead();
	announce();
	expect_data(NO_JOBS);
	teller_expect_received("");
}
END_TEST

START_TEST(the_figures)
{
	struct cbx_bus_event event;

	world_insert("ABC1", "1 Started", "ocd", 0);
	world_lead();
	teller_record("ABC1", "1 Running 1.5K; 2 Running 100; 3 Paused 1M; 4 Queued 1M; 5 Done");
	announce();
	teller_receive(&event);
	cbx_bus_event_clear(&event);
	expect_data("{\"job_count\":4,\"activte_jobs\":2,\"total_download_speed\":1636,"
		    "\"active_ocd_jobs\":1,\"total_ocd_jobs\":1}");
}
END_TEST

/* Chunk @n of @chunks with @count statuses, of the snapshot in @id (written by the first) */
static void expect_chunk(int n, int chunks, size_t count, char id[CBX_UUID_TEXT])
{
	struct cbx_bus_event event;
	const char *frozen;
	char number[16];
	json_t *root;

	teller_receive(&event);
	ck_assert_str_eq(event.message.routing_key, "nl-ocd-chatterbox.event.job_status");
	frozen = cbx_bus_header(&event.message, "snapshot");
	ck_assert_uint_eq(strlen(frozen), 36);
	if (n == 1)
		strcpy(id, frozen);
	ck_assert_str_eq(frozen, id);
	snprintf(number, sizeof(number), "%d", n);
	ck_assert_str_eq(cbx_bus_header(&event.message, "chunk"), number);
	snprintf(number, sizeof(number), "%d", chunks);
	ck_assert_str_eq(cbx_bus_header(&event.message, "chunks"), number);
	ck_assert(!event.message.persistent);
	root = json_loads(event.message.body, 0, NULL);
	ck_assert_uint_eq(json_array_size(json_object_get(root, "params")), count);
	json_decref(root);
	cbx_bus_event_clear(&event);
}

START_TEST(chunks_hold_so_many_at_most)
{
	static const struct {
		size_t most;
		int chunks;
		size_t last;
	} rows[] = {
		{ 1, 6, 1 }, { 2, 3, 2 }, { 3, 2, 3 }, { 4, 2, 2 }, { 6, 1, 6 }, { 500, 1, 6 }
	};
	char id[CBX_UUID_TEXT] = "";
	char other[CBX_UUID_TEXT] = "";
	int n;

	world.settings->max_jobs_per_event = rows[_i].most;
	teller_record("ABC1", "1 Running; 2 Running; 3 Errored; 4 Running");
	teller_record("XYZ", "1 Running; 2 Running; 3 Completed; 4 Paused");
	announce();
	for (n = 1; n <= rows[_i].chunks; n++)
		expect_chunk(n, rows[_i].chunks,
			     n == rows[_i].chunks ? rows[_i].last : rows[_i].most, id);
	teller_expect_received("jobs_data -\n");
	announce();
	expect_chunk(1, rows[_i].chunks, rows[_i].chunks == 1 ? rows[_i].last : rows[_i].most,
		     other);
	ck_assert_str_ne(id, other);
}
END_TEST

/* Four of them are below 4 MiB, five are not; one that is larger alone is a chunk */
START_TEST(chunks_hold_so_many_bytes_at_most)
{
	enum { LARGE = 900 * 1024, HUGE_ONE = 5 * 1024 * 1024 };
	char id[CBX_UUID_TEXT] = "";
	char *words = malloc(HUGE_ONE + 64);
	int n;

	ck_assert_ptr_nonnull(words);
	world.settings->limits.bytes = 2 * HUGE_ONE;
	for (n = 1; n <= 7; n++) {
		size_t size = n == 6 ? HUGE_ONE : LARGE;
		int at = sprintf(words, "%d Running x=\"", n);

		memset(words + at, 'a', size);
		strcpy(words + at + size, "\"");
		teller_record("ABC1", words);
	}
	free(words);
	announce();
	expect_chunk(1, 4, 4, id);
	expect_chunk(2, 4, 1, id);
	expect_chunk(3, 4, 1, id);
	expect_chunk(4, 4, 1, id);
}
END_TEST

START_TEST(a_chunk_is_statuses_in_order)
{
	struct cbx_bus_event event;

	world.settings->envelope = CBX_ENVELOPE_BARE;
	teller_record("b", "2 Running; 1 Running");
	teller_record("B", "1 Running 5% x=[1]");
	announce();
	teller_receive(&event);
	ck_assert_str_eq(event.message.body,
			 "[{\"system\":\"B\",\"job_id\":1,\"status\":\"Running\","
			 "\"percent_completed\":\"5\",\"x\":[1]},"
			 "{\"system\":\"b\",\"job_id\":1,\"status\":\"Running\"},"
			 "{\"system\":\"b\",\"job_id\":2,\"status\":\"Running\"}]");
	ck_assert_str_eq(event.message.type, "nl-ocd-chatterbox.event.job_status");
	cbx_bus_event_clear(&event);
}
END_TEST

START_TEST(what_can_not_be_told_now_is_dropped)
{
	char *shared = NULL;

	teller_record("ABC1", "1 Running");
	faults_add(&world.bus_faults, "publish", CHATTERBOX_E_DOWN);
	announce();
	ck_assert(!teller.bus_link.up);
	teller_expect_received("");
	/* the figures are still kept */
	ck_assert_int_eq(cbx_memory_store_jobs_data(world.store, &shared), 0);
	ck_assert_str_ne(shared, "");
	free(shared);
	faults_add(&world.state_faults, "write_jobs_data", CHATTERBOX_E_REFUSED);
	teller_connect();
	announce();
	teller_expect_received("job_status -\njobs_data -\n");
}
END_TEST

UNIT_SUITE(suite)
{
	const TTest *const tests[] = { without_a_status_only_the_figures_are_told, the_figures,
				       a_chunk_is_statuses_in_order,
				       chunks_hold_so_many_bytes_at_most,
				       what_can_not_be_told_now_is_dropped };
	TCase *tcase = tcase_create("announce");

	tcase_add_checked_fixture(tcase, set_up, teller_tear_down);
	unit_add(tcase, tests, CBX_COUNT(tests));
	tcase_add_loop_test(tcase, chunks_hold_so_many_at_most, 0, 6);
	suite_add_tcase(suite, tcase);
}
