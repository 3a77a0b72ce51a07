// SPDX-License-Identifier: MIT
/* sql_suite_trouble.c - record() when it may not, must not or can't: nothing is written */
#include "sql_suite.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

START_TEST(other_epoch_writes_nothing)
{
	const struct cbx_guard mine = sql_guard;
	const struct cbx_guard wrong[] = {
		{ mine.name, mine.holder, mine.epoch - 1 },
		{ mine.name, mine.holder, mine.epoch + 1 },
		{ mine.name, "somebody", mine.epoch },
		{ "elsewhere", mine.holder, mine.epoch },
	};
	struct cbx_batch batch = { 0 };
	size_t i;

	for (i = 0; i < CBX_COUNT(wrong); i++) {
		sql_guard = wrong[i];
		sql_put(&batch, "ABC1", 17, "Running", 1);
		sql_put_event(&batch, "ABC1/17", "ABC1/17/1");
		sql_record(&batch, CHATTERBOX_E_FENCED);
		ck_assert_int_ne(sql->error[0], 0);
	}
	sql_guard = mine;
	sql_expect("select count(*) from status_monitor", "0");
	sql_expect("select count(*) from outbox", "0");
	sql_put(&batch, "ABC1", 17, "Running", 1);
	sql_record(&batch, 0);
}
END_TEST

START_TEST(all_or_nothing)
{
	struct cbx_batch batch = { 0 };
	const char *checked[] = { "ABC1" };

	sql_put_event(&batch, "ABC1/17", "ABC1/17/1");
	sql_record(&batch, 0);
	/* the last statement of the transaction finds that its event was recorded already */
	sql_put(&batch, "ABC1", 17, "Errored", 1)->error_code = "disk";
	sql_put(&batch, "ABC1", 18, "Completed", 1)->table = CBX_IN_COMPLETED;
	sql_put_event(&batch, "ABC1/18", "ABC1/18/1");
	sql_put_event(&batch, "ABC1/17", "ABC1/17/1");
	batch.checked = checked;
	batch.checked_count = 1;
	sql_record(&batch, CHATTERBOX_E_FENCED);
	sql_expect("select (select count(*) from status_monitor) + (select count(*) from "
		   "completed_jobs) + (select count(*) from errors) + (select count(*) from "
		   "recently_checked)",
		   "0");
	sql_expect("select message_id from outbox", "ABC1/17/1");
	ck_assert(sql->ops->is_up(sql));
}
END_TEST

START_TEST(texts_are_only_texts)
{
	static const char *const texts[] = {
		"'; drop table status_monitor; --",
		"\\'\"{},NULL",
		"NULL",
		"{\"a\\\"b\",c}",
		"Läuft – 実行中 🚚",
		"a\tb\nc\\n",
		"%s %n $1 ?1 :x",
	};
	struct cbx_batch batch = { 0 };
	struct cbx_text rows = { 0 };
	struct cbx_text expected = { 0 };
	size_t i;

	for (i = 0; i < CBX_COUNT(texts); i++) {
		struct cbx_change *change = sql_put(&batch, "ABC1", (int64_t)i, texts[i], 1);

		change->job->status->job_type = texts[i];
		change->error_code = texts[i];
		change->error_message = texts[i];
		cbx_text_printf(&expected, "ABC1/%zu %s user r1\n", i, texts[i]);
	}
	sql_put(&batch, "Ж'; --", 1, "Running", 1);
	cbx_text_puts(&expected, "Ж'; --/1 Running user r1\n");
	sql_put_event(&batch, "k'\"\\", "m'\"\\")->previous_status = strdup("NULL");
	sql_record(&batch, 0);
	ck_assert_int_eq(sql->ledger->monitored(sql, sql_note_row, &rows), 0);
	sql_expect_text(&rows, expected.bytes);
	cbx_text_free(&expected);
	sql_expect("select key || message_id || previous_status from outbox", "k'\"\\m'\"\\NULL");
	sql_expect("select count(*) from errors where code = message and code = job_type", "7");
}
END_TEST

START_TEST(takes_large_batches)
{
	struct cbx_batch batch = { 0 };
	char id[64];
	int i;

	for (i = 0; i < 5000; i++) {
		/* against the order of keys, some ended */
		int job = (i * 3001) % 5000;
		struct cbx_change *change = sql_put(&batch, "ABC1", job, "Running", 1);

		if (i % 10 == 0)
			change->table = CBX_IN_COMPLETED;
		snprintf(id, sizeof(id), "ABC1/%d/1", job);
		sql_put_event(&batch, "ABC1", id);
	}
	sql_record(&batch, 0);
	sql_expect("select count(*) from status_monitor", "4500");
	sql_expect("select count(*) from completed_jobs", "500");
	sql_expect("select count(*) from outbox", "5000");
	/* in the order of the batch */
	sql_expect("select message_id from outbox order by id limit 1", "ABC1/0/1");
	sql_expect("select message_id from outbox order by id desc limit 1", "ABC1/1999/1");
}
END_TEST

/* A constraint of others, on a table that may be OCD's: a retry won't cure it */
START_TEST(a_value_that_is_never_taken_is_told_apart)
{
	struct cbx_batch batch = { 0 };

	sql_world->run("create unique index one_status on status_monitor(status)");
	sql_put(&batch, "ABC1", 17, "Running", 1);
	sql_put(&batch, "ABC1", 18, "Running", 1);
	sql_put_event(&batch, "ABC1/17", "ABC1/17/1");
	sql_record(&batch, -EBADMSG);
	ck_assert_int_ne(sql->error[0], 0);
	ck_assert_uint_eq(sql->fault_count, 1);
	ck_assert_uint_eq(sql->faults[0].change, 1);
	ck_assert(sql->faults[0].refused);
	sql_expect("select count(*) from status_monitor", "0");
	sql_expect("select count(*) from outbox", "0");
	sql_put(&batch, "ABC1", 17, "Running", 1);
	sql_record(&batch, 0);
	sql_world->run("drop index one_status");
}
END_TEST

/* Many in a large batch: all that were found are told at once, and the rest can be recorded */
START_TEST(every_value_that_is_never_taken_is_found)
{
	static char texts[1500][24];
	struct cbx_batch batch = { 0 };
	int i;

	sql_world->run("create unique index one_status on status_monitor(status)");
	for (i = 0; i < 1500; i++) {
		snprintf(texts[i], sizeof(texts[i]), "Status %d", i % 300 ? i : 0);
		sql_put(&batch, "ABC1", i, texts[i], 1);
	}
	batch.changes[42].error_code = "disk";
	sql_record(&batch, -EBADMSG);
	ck_assert_uint_eq(sql->fault_count, 4);
	for (i = 0; i < 4; i++)
		ck_assert_uint_eq(sql->faults[i].change % 300, 0);
	sql_expect("select count(*) from status_monitor", "0");
	sql_world->run("drop index one_status");
}
END_TEST

/* Neither our revision nor any that could be: without it the others are recorded */
START_TEST(a_row_of_an_absurd_revision_costs_itself_alone)
{
	struct cbx_batch batch = { 0 };

	sql_world->run("insert into status_monitor (system, job_id, status, revision) values "
		       "('ABC1', 17, 'Running', 9223372036854775807)");
	sql_put(&batch, "ABC1", 17, "Paused", 1);
	sql_put(&batch, "ABC1", 18, "Running", 1);
	sql_record(&batch, -EBADMSG);
	ck_assert_uint_eq(sql->fault_count, 1);
	ck_assert_uint_eq(sql->faults[0].change, 0);
	ck_assert(sql->faults[0].refused);
}
END_TEST

START_TEST(passes_its_deadline_by_writing_nothing)
{
	struct cbx_batch batch = { 0 };
	int r;

	sql_put(&batch, "ABC1", 17, "Running", 1);
	r = sql->ledger->record(sql, &sql_guard, &batch, cbx_now(cbx_system_clock()));
	ck_assert(r == CHATTERBOX_E_TIMEOUT || r == CHATTERBOX_E_DOWN);
	sql_batch_free(&batch);
	sql_expect("select count(*) from status_monitor", "0");
	ck_assert_int_eq(sql->ledger->resolve(sql, sql_soon()), 0);
}
END_TEST

START_TEST(held_lock_times_out)
{
	struct cbx_batch batch = { 0 };
	uint64_t before = cbx_now(cbx_system_clock());
	uint64_t took;

	sql_world->hold();
	sql_put(&batch, "ABC1", 17, "Running", 1);
	sql_record(&batch, CHATTERBOX_E_TIMEOUT);
	took = cbx_now(cbx_system_clock()) - before;
	ck_assert_uint_gt(took, 400 * CBX_MS);
	ck_assert_uint_lt(took, 20 * CBX_SECOND);
	ck_assert(sql->ops->is_up(sql));
	sql_world->release();
	sql_put(&batch, "ABC1", 17, "Running", 1);
	sql_record(&batch, 0);
}
END_TEST

void sql_suite_trouble(Suite *suite)
{
	const TTest *const tests[] = {
		other_epoch_writes_nothing,
		all_or_nothing,
		texts_are_only_texts,
		takes_large_batches,
		a_value_that_is_never_taken_is_told_apart,
		every_value_that_is_never_taken_is_found,
		a_row_of_an_absurd_revision_costs_itself_alone,
		passes_its_deadline_by_writing_nothing,
		held_lock_times_out,
	};

	sql_add(suite, "trouble", tests, CBX_COUNT(tests));
}
