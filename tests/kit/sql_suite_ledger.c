// SPDX-License-Identifier: MIT
/* sql_suite_ledger.c - record(): forward only, guarded, all or nothing */
#include "sql_suite.h"

#include <stdio.h>
#include <string.h>

START_TEST(records_every_column)
{
	struct cbx_batch batch = { 0 };
	struct cbx_status *status = sql_put(&batch, "ABC1", 17, "Running", 1)->job->status;

	status->job_type = "movie";
	status->percent_text = "42.5";
	status->speed_text = "1.5M";
	status->downloaded = 3;
	status->total_files = 9007199254740991;
	sql_put_event(&batch, "ABC1/17", "ABC1/17/1");
	sql_record(&batch, 0);
	sql_expect("select system || '|' || job_id || '|' || job_type || '|' || status || '|' || "
		   "percent_completed || '|' || downloaded || '|' || total_files || '|' || "
		   "download_speed || '|' || origin || '|' || revision from status_monitor",
		   "ABC1|17|movie|Running|42.5|3|9007199254740991|1.5M|user|1");
	sql_expect("select count(*) from status_monitor where created_at is not null and "
		   "updated_at is not null",
		   "1");
	sql_expect("select key || '|' || name || '|' || message_id || '|' || payload || '|' || "
		   "origin from outbox",
		   "ABC1/17|update_job_status|ABC1/17/1|{}|user");

	/* progress: absent members become null, an equal revision is fine */
	sql_put(&batch, "ABC1", 17, "Running", 1)->told = false;
	sql_record(&batch, 0);
	sql_expect("select count(*) from status_monitor where percent_completed is null and "
		   "downloaded is null and total_files is null and download_speed is null and "
		   "job_type is null",
		   "1");
}
END_TEST

START_TEST(moves_only_forward)
{
	struct cbx_batch batch = { 0 };

	sql_put(&batch, "ABC1", 17, "Paused", 3);
	sql_put(&batch, "ABC1", 18, "Paused", 3)->place = CBX_IN_COMPLETED;
	sql_record(&batch, 0);
	sql_put(&batch, "ABC1", 16, "Running", 1);
	sql_put(&batch, "ABC1", 17, "Running", 2);
	sql_put_event(&batch, "ABC1/17", "ABC1/17/2");
	sql_record(&batch, CHATTERBOX_E_FENCED);
	sql_put(&batch, "ABC1", 17, "Killed", 2)->place = CBX_IN_COMPLETED;
	sql_record(&batch, CHATTERBOX_E_FENCED);
	sql_put(&batch, "ABC1", 18, "Killed", 2)->place = CBX_IN_COMPLETED;
	sql_record(&batch, CHATTERBOX_E_FENCED);
	sql_put(&batch, "ABC1", 18, "Running", 2)->returned = true;
	sql_record(&batch, CHATTERBOX_E_FENCED);
	sql_expect("select count(*) from outbox", "0");
	sql_expect("select job_id || status || revision from status_monitor", "17Paused3");
	sql_expect("select job_id || status || revision from completed_jobs", "18Paused3");
	ck_assert_int_eq(sql->ledger->settled(sql, sql_soon()), 0);
}
END_TEST

START_TEST(origin_never_turns_back)
{
	struct cbx_batch batch = { 0 };

	sql_world->run("insert into status_monitor (system, job_id, status) "
		       "values ('ABC1', 17, 'Running')");
	sql_put(&batch, "ABC1", 17, "Running", 1);
	sql_put(&batch, "ABC1", 18, "Running", 1);
	sql_record(&batch, 0);
	sql_expect("select origin from status_monitor where job_id = 17", "ocd");
	sql_expect("select origin from status_monitor where job_id = 18", "user");
	sql_put(&batch, "ABC1", 18, "Running", 1)->job->origin = CBX_OCD;
	sql_record(&batch, 0);
	sql_expect("select origin from status_monitor where job_id = 18", "ocd");
	sql_put(&batch, "ABC1", 17, "Completed", 2)->place = CBX_IN_COMPLETED;
	sql_record(&batch, 0);
	sql_expect("select origin from completed_jobs", "ocd");
}
END_TEST

START_TEST(ends_move_to_completed_jobs)
{
	struct cbx_batch batch = { 0 };
	struct cbx_change *change;

	sql_put(&batch, "ABC1", 17, "Running", 1);
	sql_record(&batch, 0);
	change = sql_put(&batch, "ABC1", 17, "Killed", 2);
	change->place = CBX_IN_COMPLETED;
	change->job->inferred = true;
	change->job->status->downloaded = 4;
	change->job->status->total_files = 5;
	change->job->status->job_type = "movie";
	/* never seen before, reported ended */
	sql_put(&batch, "ABC1", 18, "Completed", 1)->place = CBX_IN_COMPLETED;
	sql_record(&batch, 0);
	sql_expect("select count(*) from status_monitor", "0");
	sql_expect("select job_type || status || downloaded || total_files || origin || revision "
		   "from completed_jobs where job_id = 17 and started_at is not null and "
		   "completed_at is not null",
		   "movieKilled45user2");
	sql_expect("select count(*) from completed_jobs where job_id = 18 and started_at is null",
		   "1");

	/* the true end corrects an inferred one, and keeps the start */
	sql_put(&batch, "ABC1", 17, "Completed", 3)->place = CBX_IN_COMPLETED;
	sql_record(&batch, 0);
	sql_expect("select status || revision from completed_jobs where job_id = 17 and "
		   "started_at is not null",
		   "Completed3");
}
END_TEST

START_TEST(returned_jobs_leave_completed_jobs)
{
	struct cbx_batch batch = { 0 };

	sql_put(&batch, "ABC1", 17, "Completed", 2)->place = CBX_IN_COMPLETED;
	sql_put(&batch, "ABC1", 18, "Completed", 2)->place = CBX_IN_COMPLETED;
	sql_record(&batch, 0);
	sql_put(&batch, "ABC1", 17, "Running", 3)->returned = true;
	sql_record(&batch, 0);
	sql_expect("select job_id || status from completed_jobs", "18Completed");
	sql_expect("select job_id || status || revision from status_monitor", "17Running3");
}
END_TEST

static void put_errored(struct cbx_batch *batch, int64_t revision, const char *code,
			const char *message)
{
	struct cbx_change *change = sql_put(batch, "ABC1", 17, "Errored", revision);

	change->error_code = code;
	change->error_message = message;
}

START_TEST(errors_are_counted)
{
	struct cbx_batch batch = { 0 };

	put_errored(&batch, 1, "disk", "full");
	sql_record(&batch, 0);
	put_errored(&batch, 3, "disk", "full again");
	sql_record(&batch, 0);
	put_errored(&batch, 5, "net", "gone");
	sql_record(&batch, 0);
	sql_expect("select count(*) from errors", "2");
	sql_expect("select system || job_id || code || message || origin || occurrences "
		   "from errors where code = 'disk'",
		   "ABC117diskfull againuser2");
	sql_expect("select count(*) from errors where first_seen is not null and "
		   "last_seen >= first_seen",
		   "2");
	sql_expect("select status from status_monitor", "Errored");
	/* twice in one transaction */
	put_errored(&batch, 7, "net", "once");
	put_errored(&batch, 9, "net", "twice");
	sql_record(&batch, 0);
	sql_expect("select message || occurrences from errors where code = 'net'", "twice3");
}
END_TEST

START_TEST(later_change_of_a_job_wins)
{
	struct cbx_batch batch = { 0 };

	sql_put(&batch, "ABC1", 17, "Running", 1);
	sql_put(&batch, "ABC1", 18, "Running", 1);
	sql_put(&batch, "ABC1", 17, "Completed", 2)->place = CBX_IN_COMPLETED;
	sql_put_event(&batch, "ABC1/17", "ABC1/17/1");
	sql_put_event(&batch, "ABC1/17", "ABC1/17/2");
	sql_record(&batch, 0);
	sql_expect("select job_id from status_monitor", "18");
	sql_expect("select job_id || status || revision from completed_jobs", "17Completed2");
	sql_expect("select count(*) from outbox", "2");
	sql_put(&batch, "ABC1", 17, "Running", 3)->returned = true;
	sql_put(&batch, "ABC1", 17, "Paused", 4);
	sql_record(&batch, 0);
	sql_expect("select count(*) from completed_jobs", "0");
	sql_expect("select status || revision from status_monitor where job_id = 17", "Paused4");
}
END_TEST

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
	put_errored(&batch, 1, "disk", "full");
	sql_put(&batch, "ABC1", 18, "Completed", 1)->place = CBX_IN_COMPLETED;
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
			change->place = CBX_IN_COMPLETED;
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

START_TEST(passes_its_deadline_by_writing_nothing)
{
	struct cbx_batch batch = { 0 };
	int r;

	sql_put(&batch, "ABC1", 17, "Running", 1);
	r = sql->ledger->record(sql, &sql_guard, &batch, cbx_now(cbx_system_clock()));
	ck_assert(r == CHATTERBOX_E_TIMEOUT || r == CHATTERBOX_E_DOWN);
	sql_batch_free(&batch);
	sql_expect("select count(*) from status_monitor", "0");
	ck_assert_int_eq(sql->ledger->settled(sql, sql_soon()), 0);
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
	ck_assert_uint_gt(took, 1500 * CBX_MS);
	ck_assert_uint_lt(took, 4 * CBX_SECOND);
	ck_assert(sql->ops->is_up(sql));
	sql_world->release();
	sql_put(&batch, "ABC1", 17, "Running", 1);
	sql_record(&batch, 0);
}
END_TEST

void sql_suite_ledger(Suite *suite)
{
	const TTest *const tests[] = {
		records_every_column,
		moves_only_forward,
		origin_never_turns_back,
		ends_move_to_completed_jobs,
		returned_jobs_leave_completed_jobs,
		errors_are_counted,
		later_change_of_a_job_wins,
		other_epoch_writes_nothing,
		all_or_nothing,
		texts_are_only_texts,
		takes_large_batches,
		passes_its_deadline_by_writing_nothing,
		held_lock_times_out,
	};

	sql_add(suite, "ledger", tests, CBX_COUNT(tests));
}
