// SPDX-License-Identifier: MIT
/* road_look.c - shows tables, hashes and acknowledgements of the poller's world as short texts */
#include "road_world.h"

#include "state_rows.h"
#include "status_texts.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

static sqlite3 *open_file(void)
{
	sqlite3 *db = NULL;

	ck_assert_int_eq(sqlite3_open(world.path, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 5000);
	return db;
}

void world_run(const char *statements)
{
	sqlite3 *db = open_file();
	char *error = NULL;

	sqlite3_exec(db, statements, NULL, NULL, &error);
	ck_assert_msg(!error, "%s: %s", statements, error);
	sqlite3_close(db);
}

void world_expect(const char *query, const char *value)
{
	sqlite3 *db = open_file();
	sqlite3_stmt *statement = NULL;
	const unsigned char *found = NULL;

	ck_assert_msg(sqlite3_prepare_v2(db, query, -1, &statement, NULL) == SQLITE_OK, "%s: %s",
		      query, sqlite3_errmsg(db));
	if (sqlite3_step(statement) == SQLITE_ROW)
		found = sqlite3_column_text(statement, 0);
	ck_assert_msg(!strcmp(found ? (const char *)found : "", value), "%s\n  is: %s\n  needs: %s",
		      query, found ? (const char *)found : "", value);
	sqlite3_finalize(statement);
	sqlite3_close(db);
}

void world_insert(const char *system, const char *status_text, const char *origin, int64_t revision)
{
	struct cbx_status *status = status_of(system, status_text);
	char *text =
		sqlite3_mprintf("insert into status_monitor (system, job_id, job_type, status, "
				"percent_completed, origin, revision, created_at, updated_at) "
				"values (%Q, %lld, %Q, %Q, %Q, %Q, %lld, %lld, %lld)",
				system, (long long)status->job_id, status->job_type, status->text,
				status->percent_text, origin, (long long)revision,
				(long long)cbx_wall(road->clock), (long long)cbx_wall(road->clock));

	world_run(text);
	sqlite3_free(text);
	cbx_status_unref(status);
}

/* The status in a Status JSON, which our own writer always puts third */
static void add_status(struct cbx_text *out, const struct cbx_field *field)
{
	cbx_auto(cbx_status_unrefp) struct cbx_status *status = NULL;

	ck_assert_int_eq(cbx_decode_status(field->value, field->value_len, &status), 0);
	cbx_text_printf(out, " %s=%s", field->name, status->text);
}

void world_expect_shared(const char *wanted)
{
	struct state_rows names = { 0 };
	struct cbx_text text = { 0 };
	size_t i;
	size_t k;

	ck_assert_int_eq(world.eye->ops->list_systems(world.eye, state_rows_add, &names), 0);
	state_rows_sort(&names);
	for (i = 0; i < names.count; i++) {
		struct state_rows fields = { 0 };
		const char *key = names.rows[i].key;

		ck_assert_int_eq(world.eye->ops->read_jobs(world.eye, &key, 1, state_rows_add, NULL,
							   &fields),
				 0);
		state_rows_sort(&fields);
		cbx_text_puts(&text, key);
		for (k = 0; k < fields.count; k++)
			add_status(&text, &fields.rows[k].field);
		cbx_text_putc(&text, '\n');
		state_rows_free(&fields);
	}
	ck_assert_str_eq(text.len ? text.bytes : "", wanted);
	cbx_text_free(&text);
	state_rows_free(&names);
}

void world_expect_outbox(const char *ids)
{
	world_expect("select group_concat(message_id, ' ') from "
		     "(select message_id from outbox order by id)",
		     ids);
}

void world_expect_jobs(const char *wanted)
{
	static const char *const phases[] = { "unheard", "live", "ended" };
	cbx_auto(cbx_frozen_jobs_unrefp) struct cbx_frozen_jobs *frozen = NULL;
	struct cbx_text text = { 0 };
	size_t i;
	size_t k;

	ck_assert_int_eq(cbx_active_jobs_freeze(road->jobs, &frozen), 0);
	for (i = 0; i < frozen->count; i++)
		for (k = 0; k < cbx_frozen_jobs_at(frozen, i)->count; k++) {
			const struct cbx_job *job = cbx_frozen_jobs_at(frozen, i)->jobs[k];

			cbx_text_printf(&text, "%s/%lld %s r%lld %s %s\n",
					cbx_job_list_system(cbx_frozen_jobs_at(frozen, i)),
					(long long)job->status->job_id, job->status->text,
					(long long)job->revision, phases[job->phase],
					cbx_origin_name(job->origin));
		}
	ck_assert_str_eq(text.len ? text.bytes : "", wanted);
	cbx_text_free(&text);
}

void world_event(const char *routing_key, const char *body)
{
	struct cbx_inbound *inbound = NULL;

	ck_assert_int_eq(cbx_inbound_decode(routing_key, body, strlen(body),
					    &world.settings->limits, &inbound),
			 0);
	inbound->at = cbx_now(road->clock);
	inbound->answer = world.answers;
	ck_assert_int_eq(cbx_mailbox_put(road->inbox, inbound), 0);
}

void world_push(const char *system, const char *words)
{
	struct cbx_status *statuses[16];
	size_t count = statuses_of(system, words, statuses, 16);
	struct cbx_text body = { 0 };
	size_t i;

	for (i = 0; i < count; i++) {
		cbx_text_putc(&body, i ? ',' : '[');
		cbx_text_add(&body, statuses[i]->json, statuses[i]->json_len);
		cbx_status_unref(statuses[i]);
	}
	cbx_text_putc(&body, ']');
	world_event("nl-hdms.event.content.job_status", body.bytes);
	cbx_text_free(&body);
}

void world_expect_acknowledged(const char *wanted)
{
	struct cbx_text text = { 0 };
	struct cbx_inbound *inbound;

	while ((inbound = cbx_mailbox_take(world.answers))) {
		cbx_text_printf(&text, "%s%s", text.len ? " " : "",
				inbound->again ? "again"
				: inbound->ok  ? "ok"
					       : "rejected");
		inbound->answer = NULL;
		cbx_inbound_free(inbound);
	}
	ck_assert_str_eq(text.len ? text.bytes : "", wanted);
	cbx_text_free(&text);
}
