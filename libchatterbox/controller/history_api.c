// SPDX-License-Identifier: MIT
/*
 * history_api.c - the call job.history: what became of a job, or of a system and all its jobs
 *
 * Newest first, by id; the cursor is the last id shown. A job that clean-up has removed, or that is
 * older than the history, is known as long as one of both knows it.
 */
#include "base/read.h"
#include "controller/job_api.h"
#include "controller/orders.h"
#include "port/directory.h"
#include "port/history.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

struct listing {
	struct cbx_text *text;
	const char *system;
	char name[80];  /* the system's, trimmed */
	int64_t job_id; /* CBX_NO_COUNT: all of the system */
	struct cbx_page page;
	int64_t before_id;
	size_t shown;
	int64_t last_id;
	bool more;
	bool known; /* there is such a job or system */
};

/* An absent member is left out */
static void add_text(struct cbx_text *text, const char *name, const char *value)
{
	if (!value)
		return;
	cbx_text_printf(text, ",\"%s\":", name);
	cbx_text_json_string(text, value);
}

static void add_count(struct cbx_text *text, const char *name, int64_t count)
{
	if (count != CBX_NO_COUNT)
		cbx_text_printf(text, ",\"%s\":%lld", name, (long long)count);
}

static int write_row(void *user, const struct cbx_history_row *row)
{
	struct listing *listing = user;
	struct cbx_text *text = listing->text;
	char time[CBX_TIME_TEXT];

	if (listing->shown == listing->page.limit) {
		listing->more = true;
		return 0;
	}
	cbx_time_text(row->at_ms, time);
	cbx_text_printf(text, "%s{\"at\":\"%s\"", listing->shown++ ? "," : "", time);
	add_count(text, "job_id", row->job_id);
	add_count(text, "revision", row->revision);
	add_text(text, "status", row->status);
	add_text(text, "previous_status", row->previous_status);
	add_text(text, "origin", row->origin);
	add_text(text, "source", row->source);
	add_text(text, "reason", row->reason);
	add_text(text, "percent_completed", row->percent_completed);
	cbx_text_putc(text, '}');
	listing->last_id = row->id;
	return text->failed ? -ENOMEM : 0;
}

static int note_any(void *user, const struct cbx_history_row *row)
{
	(void)row;
	*(bool *)user = true;
	return 0;
}

static int note_job(void *user, const struct cbx_row *row)
{
	(void)row;
	*(bool *)user = true;
	return 0;
}

static int ask(struct cbx_sql *sql, void *user)
{
	struct listing *listing = user;
	int result = sql->history->page(sql, listing->system, listing->job_id, listing->before_id,
					listing->page.limit + 1, write_row, listing);

	listing->known = listing->known || listing->shown;
	if (!result && !listing->known && listing->before_id)
		result = sql->history->page(sql, listing->system, listing->job_id, 0, 1, note_any,
					    &listing->known);
	if (!result && !listing->known && listing->job_id != CBX_NO_COUNT) {
		result = sql->directory->find_job(sql, listing->system, listing->job_id, note_job,
						  &listing->known);
		result = result < 0 ? result : 0;
	}
	return result;
}

/* The cursor is "h<id>" */
static int take_page(struct cbx_call *call, struct listing *listing, char error[256])
{
	const char *cursor;
	int result = cbx_param_text(call, "cursor", false, &cursor, error);

	if (!result && cursor &&
	    (cursor[0] != 'h' ||
	     !cbx_parse_count(cursor + 1, strlen(cursor + 1), &listing->before_id) ||
	     !listing->before_id)) {
		snprintf(error, 256, "cursor: takes the `next` of an earlier page");
		result = -EINVAL;
	}
	if (result < 0)
		return result;
	json_object_del(call->params, "cursor");
	return cbx_page_parse(call->params, &listing->page, error);
}

static int take_params(struct cbx_call *call, struct listing *listing, char error[256])
{
	int result = cbx_param_text(call, "system", true, &listing->system, error);

	listing->job_id = CBX_NO_COUNT;
	/* a name that no system can have is an unknown system */
	if (!result)
		listing->system = cbx_system_trim(listing->system, listing->name);
	if (!result)
		result = cbx_param_count(call, "job_id", false, &listing->job_id, error);
	if (!result && listing->job_id < 0)
		listing->job_id = CBX_NO_COUNT;
	return result ? result : take_page(call, listing, error);
}

/* Does the snapshot know it? */
static bool is_shown(struct cbx_request_worker *worker, const struct listing *listing)
{
	cbx_auto(cbx_snapshot_unrefp) struct cbx_snapshot *snapshot =
		cbx_snapshot_slot_get(worker->slot);

	if (listing->job_id != CBX_NO_COUNT)
		return cbx_job_api_find(snapshot, listing->system, listing->job_id);
	return cbx_system_list_find(snapshot->systems, listing->system);
}

static int fail_unknown(const struct listing *listing, char error[256])
{
	if (listing->job_id != CBX_NO_COUNT)
		snprintf(error, 256, "no job %lld of system %.64s is known",
			 (long long)listing->job_id, listing->system);
	else
		snprintf(error, 256, "no system %.64s is known", listing->system);
	return CHATTERBOX_E_UNKNOWN;
}

void cbx_request_worker_history(struct cbx_request_worker *worker, struct cbx_call *call)
{
	struct cbx_text text = { 0 };
	struct listing listing = { .text = &text };
	char error[256] = "";
	int result = take_params(call, &listing, error);

	cbx_text_puts(&text, "{\"history\":[");
	if (!result) {
		listing.known = is_shown(worker, &listing);
		result = cbx_request_worker_query(worker, ask, &listing, error);
	}
	if (!result && !listing.known)
		result = fail_unknown(&listing, error);
	cbx_text_puts(&text, "],\"next\":");
	if (listing.more)
		cbx_text_printf(&text, "\"h%lld\"}", (long long)listing.last_id);
	else
		cbx_text_puts(&text, "null}");
	cbx_call_end(call, result, &text, error);
}
