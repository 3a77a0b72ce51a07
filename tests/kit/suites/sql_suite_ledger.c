// SPDX-License-Identifier: MIT
/* sql_suite_ledger.c - record(): forward only, guarded, all or nothing */
#include "sql_suite.h"

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
	sql_put(&batch, "ABC1", 17, "Running", 1)->transition = false;
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
	sql_put(&batch, "ABC1", 18, "Paused", 3)->table = CBX_IN_COMPLETED;
	sql_record(&batch, 0);
	sql_put(&batch, "ABC1", 16, "Running", 1);
	sql_put(&batch, "ABC1", 17, "Running", 2);
	sql_put_event(&batch, "ABC1/17", "ABC1/17/2");
	sql_record(&batch, CHATTERBOX_E_FENCED);
	sql_put(&batch, "ABC1", 17, "Killed", 2)->table = CBX_IN_COMPLETED;
	sql_record(&batch, CHATTERBOX_E_FENCED);
	sql_put(&batch, "ABC1", 18, "Killed", 2)->table = CBX_IN_COMPLETED;
	sql_record(&batch, CHATTERBOX_E_FENCED);
	sql_put(&batch, "ABC1", 18, "Running", 2)->returned = true;
	sql_record(&batch, CHATTERBOX_E_FENCED);
	sql_expect("select count(*) from outbox", "0");
	sql_expect("select job_id || status || revision from status_monitor", "17Paused3");
	sql_expect("select job_id || status || revision from completed_jobs", "18Paused3");
	ck_assert_int_eq(sql->ledger->resolve(sql, sql_soon()), 0);
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
	sql_put(&batch, "ABC1", 17, "Completed", 2)->table = CBX_IN_COMPLETED;
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
	change->table = CBX_IN_COMPLETED;
	change->job->inferred = true;
	change->job->status->downloaded = 4;
	change->job->status->total_files = 5;
	change->job->status->job_type = "movie";
	/* never seen before, reported ended */
	sql_put(&batch, "ABC1", 18, "Completed", 1)->table = CBX_IN_COMPLETED;
	sql_record(&batch, 0);
	sql_expect("select count(*) from status_monitor", "0");
	sql_expect("select job_type || status || downloaded || total_files || origin || revision "
		   "from completed_jobs where job_id = 17 and started_at is not null and "
		   "completed_at is not null",
		   "movieKilled45user2");
	sql_expect("select count(*) from completed_jobs where job_id = 18 and started_at is null",
		   "1");

	/* the true end corrects an inferred one, and keeps the start */
	sql_put(&batch, "ABC1", 17, "Completed", 3)->table = CBX_IN_COMPLETED;
	sql_record(&batch, 0);
	sql_expect("select status || revision from completed_jobs where job_id = 17 and "
		   "started_at is not null",
		   "Completed3");
}
END_TEST

START_TEST(returned_jobs_leave_completed_jobs)
{
	struct cbx_batch batch = { 0 };

	sql_put(&batch, "ABC1", 17, "Completed", 2)->table = CBX_IN_COMPLETED;
	sql_put(&batch, "ABC1", 18, "Completed", 2)->table = CBX_IN_COMPLETED;
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
	sql_put(&batch, "ABC1", 17, "Completed", 2)->table = CBX_IN_COMPLETED;
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
	};

	sql_add(suite, "ledger", tests, CBX_COUNT(tests));
}
