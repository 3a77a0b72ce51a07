// SPDX-License-Identifier: MIT
/*
 * ended_jobs.c - lists jobs that have ended: of completed_jobs, newest first, or those that errored
 * and still stand in status_monitor
 *
 * Of completed_jobs, which may be very large, one question looks at so many rows at most; what is
 * found among them is its page, perhaps nothing, and the next one goes on behind them. Those that
 * errored are few: all are looked at, to be counted.
 */
#include "controller/ended_jobs.h"

#include "port/directory.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PAGE_BYTES ((size_t)4 << 20)
#define MOST_ROWS 10000
/* No time of a row is later or earlier, in ms */
#define MOST_MS 1e15

int cbx_job_state_read(const json_t *params, enum cbx_job_state *out, char error[CBX_API_ERROR])
{
	static const char *const names[] = { "live", "errored", "ended" };
	const char *text = NULL;
	int result = cbx_take_text(params, "state", &text, error);
	size_t i;

	*out = CBX_JOBS_LIVE;
	if (result < 0 || !text)
		return result;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(names[i], text)) {
			*out = (enum cbx_job_state)i;
			return 0;
		}
	snprintf(error, CBX_API_ERROR, "state: takes live, errored or ended");
	return -EINVAL;
}

/* What only live jobs have */
static int refuse_live(const struct cbx_ended_jobs *list, const json_t *params,
		       char error[CBX_API_ERROR])
{
	const char *named = "sort";
	const char *sort = NULL;
	bool flag = false;
	int result = cbx_take_text(params, "sort", &sort, error);

	if (!result && !sort) {
		named = "stalled";
		result = cbx_take_flag(params, "stalled", &flag, error);
	}
	if (!result && !sort && !flag) {
		named = "stale";
		result = cbx_take_flag(params, "stale", &flag, error);
	}
	if (result < 0 || (!sort && !flag))
		return result;
	snprintf(error, CBX_API_ERROR, "%s: not of jobs whose state is %s", named,
		 list->errored ? "errored" : "ended");
	return -EINVAL;
}

static int read_cursor(struct cbx_ended_jobs *list, const json_t *params, char error[CBX_API_ERROR])
{
	struct cbx_job_cursor *cursor = &list->cursor;
	int result;

	list->order.sort = list->errored ? CBX_BY_SYSTEM : CBX_BY_END;
	result = cbx_job_cursor_read(params, &list->order, cursor, error);
	if (result < 0 || !cursor->given || list->errored)
		return result;
	if (!cursor->row.absent && cursor->row.number >= -MOST_MS && cursor->row.number <= MOST_MS)
		return 0;
	snprintf(error, CBX_API_ERROR, "cursor: takes the `next` of an earlier page");
	return -EINVAL;
}

int cbx_ended_jobs_open(struct cbx_ended_jobs *list, const json_t *params,
			char error[CBX_API_ERROR])
{
	int result = refuse_live(list, params, error);

	if (!result)
		result = cbx_job_filter_read(params, list->moment, &list->filter, error);
	if (!result)
		result = cbx_page_limit(params, &list->limit, error);
	if (!result)
		result = cbx_take_flag(params, "detail", &list->detail, error);
	if (!result)
		result = cbx_job_order_read(params, &list->order, error);
	return result ? result : read_cursor(list, params, error);
}

void cbx_ended_jobs_close(struct cbx_ended_jobs *list)
{
	cbx_job_filter_free(&list->filter);
}

static struct cbx_job job_of(const struct cbx_ended_jobs *list, const struct cbx_row *row,
			     struct cbx_status *status)
{
	bool is_user = row->origin && !strcmp(row->origin, "user");

	return (struct cbx_job){ .status = status,
				 .kind = cbx_kind_of(&list->moment->kinds, status->text),
				 .origin = is_user ? CBX_USER : CBX_OCD,
				 .phase = CBX_ENDED,
				 .revision = row->revision,
				 .first_seen_ms = row->started_ms,
				 .updated_ms = row->updated_ms };
}

/* Is it a job that is asked for? One that chatterbox has not recorded has not ended. */
static bool is_wanted(const struct cbx_ended_jobs *list, const struct cbx_job *job)
{
	if (list->errored && (job->kind != CBX_ERRORED || !job->revision))
		return false;
	return cbx_job_filter_takes_system(&list->filter, job->status->system) &&
	       cbx_job_filter_takes(&list->filter, job, false, list->moment);
}

static bool is_full(const struct cbx_ended_jobs *list, const struct cbx_status *status)
{
	return list->shown == list->limit ||
	       (list->shown && list->out->len + status->json_len > PAGE_BYTES);
}

static void write_job(struct cbx_ended_jobs *list, const struct cbx_job *job)
{
	struct cbx_job_facts facts = cbx_job_facts_of(job);

	if (list->shown++)
		cbx_text_putc(list->out, ',');
	if (list->detail)
		cbx_job_api_job(list->snapshot, &facts, list->moment, list->out);
	else
		cbx_text_add(list->out, job->status->json, job->status->json_len);
}

/* The last report has members that SQL has not */
static void take_report(const struct cbx_ended_jobs *list, struct cbx_job *job)
{
	const struct cbx_job *known =
		cbx_job_api_find(list->snapshot, job->status->system, job->status->job_id);

	if (known && known->phase == CBX_ENDED && !strcmp(known->status->text, job->status->text))
		job->status = known->status;
}

static void note_last(struct cbx_ended_jobs *list, const struct cbx_row *row)
{
	snprintf(list->last_system, sizeof(list->last_system), "%s", row->system);
	list->last = (struct cbx_job_row){ .system = list->last_system,
					   .text = list->errored ? list->last_system : NULL,
					   .number = (double)row->updated_ms,
					   .job_id = row->job_id };
}

/* 1: the page is full. Those that errored are read from the first one on, and all are counted. */
static int take_row(void *user, const struct cbx_row *row)
{
	struct cbx_ended_jobs *list = user;
	cbx_auto(cbx_status_unrefp) struct cbx_status *status = NULL;
	struct cbx_job job;
	struct cbx_job_row place = { .system = row->system,
				     .text = row->system,
				     .job_id = row->job_id };
	int result = cbx_status_of_row(row, &status);

	if (result < 0)
		return result;
	job = job_of(list, row, status);
	if (is_wanted(list, &job)) {
		list->total++;
		if (list->more)
			return 0;
		if (list->errored && list->cursor.given &&
		    cbx_job_order_compare(&list->order, &place, &list->cursor.row) <= 0)
			return 0;
		take_report(list, &job);
		list->more = is_full(list, job.status);
		if (list->more)
			return list->errored ? 0 : 1;
		write_job(list, &job);
	}
	if (!list->more)
		note_last(list, row);
	return list->out->failed ? -ENOMEM : 0;
}

static int read_errored(struct cbx_sql *sql, struct cbx_ended_jobs *list)
{
	struct cbx_kind_texts texts;

	cbx_kind_texts(&list->moment->kinds, CBX_ERRORED, &texts);
	return sql->directory->jobs_with(sql, &texts, take_row, list);
}

static int read_ended(struct cbx_sql *sql, struct cbx_ended_jobs *list)
{
	struct cbx_ended_place place = { .ended_ms = INT64_MAX, .system = "" };
	int result;

	if (list->cursor.given)
		place = (struct cbx_ended_place){ (int64_t)list->cursor.row.number,
						  list->cursor.system, list->cursor.row.job_id };
	result = sql->directory->ended_jobs(sql, &place, MOST_ROWS, take_row, list);
	list->more = result == 1 && list->last.system;
	return result < 0 ? result : 0;
}

int cbx_ended_jobs_ask(struct cbx_sql *sql, void *user)
{
	struct cbx_ended_jobs *list = user;
	struct cbx_text *out = list->out;
	int result;

	cbx_text_puts(out, "{\"jobs\":[");
	result = list->errored ? read_errored(sql, list) : read_ended(sql, list);
	if (result < 0)
		return result;
	cbx_text_puts(out, "],\"next\":");
	if (list->more)
		cbx_job_cursor_write(&list->order, &list->last, out);
	else
		cbx_text_puts(out, "null");
	if (list->errored)
		cbx_text_printf(out, ",\"total\":%zu", list->total);
	cbx_text_putc(out, '}');
	return 0;
}
