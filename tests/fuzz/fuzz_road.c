// SPDX-License-Identifier: MIT
/*
 * fuzz_road.c - events, one after another, through decode, merge, record and share
 *
 * Each line is an event; its first byte picks the routing key. After each, the poller's table
 * equals what SQL holds, revisions have only grown, and each revision of a job has one event.
 */
#include "fuzz.h"

#include "memory_servers.h"
#include "road_world.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#define LINES 12

static const char *const keys[] = {
	"nl-hdms.event.content.job_status",     "nl-hdms.event.control.system_online",
	"nl-hdms.event.control.system_offline", "nl-ocd.event.update_time_till_next_check",
	"nl-hdms.event.content.job_status",     "nl-ocd.event.update_database",
};
static sqlite3 *db;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	world_set_up();
	FUZZ_CHECK(sqlite3_open(world.path, &db) == SQLITE_OK);
	world_lead();
	return 0;
}

static void begin_anew(void)
{
	FUZZ_CHECK(sqlite3_exec(db,
				"delete from status_monitor; delete from completed_jobs; "
				"delete from errors; delete from outbox; delete from server_conf; "
				"insert into status_monitor (system, job_id, status, revision) "
				"values ('ABC1', 1, 'Running', 3), ('ABC1', 2, 'Started', 0), "
				"('ABC2', 1, 'Errored', 2); "
				"insert into completed_jobs (system, job_id, status, revision) "
				"values ('ABC2', 2, 'Completed', 4)",
				NULL, NULL, NULL) == SQLITE_OK);
	cbx_memory_store_flush(world.store);
	FUZZ_CHECK(!cbx_road_load(road, world.epoch));
	cbx_road_share_check(road);
}

/* A row of status_monitor is the poller's record */
static int compare_row(void *user, const struct cbx_row *row)
{
	const struct cbx_job *job =
		cbx_job_list_find(cbx_active_jobs_get(road->jobs, row->system), row->job_id);

	FUZZ_CHECK(job && job->revision == row->revision);
	FUZZ_CHECK(!strcmp(job->status->text, row->status));
	FUZZ_CHECK((job->origin == CBX_OCD) == !strcmp(row->origin, "ocd"));
	++*(size_t *)user;
	return 0;
}

static void check_tables(void)
{
	cbx_auto(cbx_frozen_jobs_unrefp) struct cbx_frozen_jobs *frozen = NULL;
	size_t rows = 0;
	size_t live = 0;
	size_t i;
	size_t k;

	FUZZ_CHECK(!road->sql->ledger->monitored(road->sql, compare_row, &rows));
	FUZZ_CHECK(!cbx_active_jobs_freeze(road->jobs, &frozen));
	for (i = 0; i < frozen->count; i++)
		for (k = 0; k < cbx_frozen_jobs_at(frozen, i)->count; k++) {
			const struct cbx_job *job = cbx_frozen_jobs_at(frozen, i)->jobs[k];

			fuzz_check_status(job->status);
			live += job->phase == CBX_LIVE;
			/* live and unreported ones are rows; an end may be kept for late reports */
			rows -= job->phase != CBX_ENDED || job->kind == CBX_ERRORED;
		}
	FUZZ_CHECK(!rows && live == (size_t)frozen->totals.live);
}

/* Each event's params are JSON, and no job has two of one revision (the ids are unique) */
static void check_outbox(void)
{
	sqlite3_stmt *statement = NULL;

	FUZZ_CHECK(sqlite3_prepare_v2(db, "select payload from outbox", -1, &statement, NULL) ==
		   SQLITE_OK);
	while (sqlite3_step(statement) == SQLITE_ROW) {
		const char *text = (const char *)sqlite3_column_text(statement, 0);

		json_decref(fuzz_json(text, strlen(text)));
	}
	sqlite3_finalize(statement);
}

static void receive(const char *key, const char *body, size_t len)
{
	struct cbx_inbound *inbound = NULL;

	if (cbx_inbound_decode(key, body, len, &world.settings->limits, &inbound))
		return;
	inbound->at = cbx_now(road->clock);
	inbound->answer = world.answers;
	FUZZ_CHECK(!cbx_mailbox_put(road->inbox, inbound));
	FUZZ_CHECK(!cbx_road_drain_inbox(road));
	FUZZ_CHECK(!cbx_road_commit(road));
	inbound = cbx_mailbox_take(world.answers);
	FUZZ_CHECK(inbound && !inbound->again && !cbx_mailbox_count(world.answers));
	inbound->answer = NULL;
	cbx_inbound_free(inbound);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = fuzz_input(data, size);
	unsigned lines;

	begin_anew();
	for (lines = 0; in.left && lines < LINES; lines++) {
		const char *key = keys[fuzz_pick(&in, CBX_COUNT(keys))];
		const char *end = memchr(in.at, '\n', in.left);
		size_t len = end ? (size_t)(end - in.at) : in.left;

		world_pass(1);
		receive(key, in.at, len);
		check_tables();
		in.at += end ? len + 1 : len;
		in.left -= end ? len + 1 : len;
	}
	check_outbox();
	return 0;
}
