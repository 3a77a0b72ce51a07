// SPDX-License-Identifier: MIT
/* sql_suite.c - the frame of the SQL suite: its fixture, and batches and rows as texts */
#include "sql_suite.h"

#include <string.h>

const struct sql_world *sql_world;
struct cbx_sql *sql;
struct cbx_guard sql_guard;

uint64_t sql_soon(void)
{
	return cbx_now(cbx_system_clock()) + 10 * CBX_SECOND;
}

struct cbx_sql *sql_open(void)
{
	struct cbx_sql *made = NULL;

	ck_assert_int_eq(sql_world->open(&made), 0);
	ck_assert_msg(!made->ops->connect(made, sql_soon()), "%s", made->error);
	return made;
}

void sql_set_up(void)
{
	struct cbx_lease_state held;
	int applied = 0;

	sql_world->reset();
	sql = sql_open();
	ck_assert_msg(!sql->ops->migrate(sql, &applied), "%s", sql->error);
	ck_assert_int_gt(applied, 0);
	sql_guard = (struct cbx_guard){ "leader", "me", 0 };
	ck_assert_int_eq(sql->lease->take(sql, "leader", "me", 60, &sql_guard.epoch, &held), 0);
}

void sql_tear_down(void)
{
	sql_world->release();
	cbx_sql_free(sql);
	sql = NULL;
}

void sql_expect(const char *query, const char *value)
{
	char *found = sql_world->ask(query);
	bool same = !strcmp(found, value);

	ck_assert_msg(same, "%s\n  is: %s\n  needs: %s", query, found, value);
	free(found);
}

static void *grow(void *array, size_t count, size_t size)
{
	void *grown = realloc(array, (count + 1) * size);

	ck_assert_ptr_nonnull(grown);
	memset((char *)grown + count * size, 0, size);
	return grown;
}

struct cbx_change *sql_put(struct cbx_batch *batch, const char *system, int64_t job_id,
			   const char *text, int64_t revision)
{
	struct cbx_status *status = calloc(1, sizeof(*status));
	struct cbx_job *job = calloc(1, sizeof(*job));
	struct cbx_change *change;

	ck_assert(status && job);
	status->system = system;
	status->job_id = job_id;
	status->text = text;
	status->downloaded = CBX_NO_COUNT;
	status->total_files = CBX_NO_COUNT;
	job->status = status;
	job->revision = revision;
	batch->changes = grow(batch->changes, batch->change_count, sizeof(*change));
	change = &batch->changes[batch->change_count++];
	change->job = job;
	change->transition = true;
	return change;
}

struct cbx_event *sql_put_event(struct cbx_batch *batch, const char *key, const char *message_id)
{
	struct cbx_event *event;

	batch->events = grow(batch->events, batch->event_count, sizeof(*event));
	event = &batch->events[batch->event_count++];
	event->name = "update_job_status";
	event->key = strdup(key);
	event->message_id = message_id ? strdup(message_id) : NULL;
	event->tag = message_id ? NULL : "status";
	event->payload = strdup("{}");
	event->origin = "user";
	return event;
}

struct cbx_push *sql_put_push(struct cbx_batch *batch, int64_t connection, const char *identities)
{
	struct cbx_push *push;

	batch->pushes = grow(batch->pushes, batch->push_count, sizeof(*push));
	push = &batch->pushes[batch->push_count++];
	push->connection = connection;
	push->identities = strdup(identities);
	return push;
}

void sql_batch_free(struct cbx_batch *batch)
{
	size_t i;

	for (i = 0; i < batch->change_count; i++) {
		free(batch->changes[i].job->status);
		free(cbx_steal(batch->changes[i].job));
	}
	batch->checked = NULL; /* the test's own */
	cbx_batch_clear(batch);
}

void sql_record(struct cbx_batch *batch, int result)
{
	int r = sql->ledger->record(sql, &sql_guard, batch, sql_soon());

	ck_assert_msg(r == result, "record: %d (%s), needs %d", r, sql->error, result);
	sql_batch_free(batch);
}

int sql_note_row(void *text, const struct cbx_row *row)
{
	cbx_text_printf(text, "%s/%lld %s %s r%lld%s\n", row->system, (long long)row->job_id,
			row->status ?: "-", row->origin ?: "-", (long long)row->revision,
			row->inferred ? " inferred" : "");
	return 0;
}

int sql_note_name(void *text, const char *name, int64_t ms)
{
	cbx_text_printf(text, "%s%s\n", name, ms ? " timed" : "");
	return 0;
}

int sql_note_push(void *text, int64_t connection, const char *identities)
{
	cbx_text_printf(text, "%lld:%s ", (long long)connection, identities);
	return 0;
}

int sql_note_event(void *text, const struct cbx_outbox_row *row)
{
	cbx_text_printf(text, "%s ", row->message_id);
	return 0;
}

void sql_expect_text(struct cbx_text *text, const char *expected)
{
	ck_assert_str_eq(text->bytes ?: "", expected);
	cbx_text_free(text);
}

void sql_add(Suite *suite, const char *name, const TTest *const *tests, size_t count)
{
	TCase *tcase = tcase_create(name);

	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, sql_set_up, sql_tear_down);
	unit_add(tcase, tests, count);
	suite_add_tcase(suite, tcase);
}

void sql_suite(const struct sql_world *world, Suite *suite)
{
	sql_world = world;
	sql_suite_ledger(suite);
	sql_suite_pushes(suite);
	sql_suite_trouble(suite);
	sql_suite_rows(suite);
	sql_suite_outbox(suite);
	sql_suite_lease(suite);
	sql_suite_schema(suite);
	sql_suite_directory(suite);
	sql_suite_errors(suite);
	sql_suite_clearing(suite);
	sql_suite_history(suite);
	sql_suite_orders(suite);
	sql_suite_incidents(suite);
	sql_suite_outlook(suite);
}
