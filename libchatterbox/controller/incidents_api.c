// SPDX-License-Identifier: MIT
/*
 * incidents_api.c - calls that read incidents: the list, and one with its systems and jobs
 *
 * The list is newest first by id, with the cursor "i<id>". Members are by system and job, with the
 * cursor of a list of jobs.
 */
#include "base/read.h"
#include "controller/incidents.h"
#include "controller/job_api.h"
#include "controller/job_filter.h"
#include "controller/orders.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

struct listing {
	struct cbx_text *text;
	bool open;
	struct cbx_page page;
	int64_t before_id;
	size_t shown;
	int64_t last_id;
	bool more;
};

static int write_row(void *user, const struct cbx_incident_row *row)
{
	struct listing *listing = user;

	if (listing->shown == listing->page.limit) {
		listing->more = true;
		return 0;
	}
	if (listing->shown++)
		cbx_text_putc(listing->text, ',');
	cbx_incident_json(row, listing->text);
	listing->last_id = row->id;
	return listing->text->failed ? -ENOMEM : 0;
}

static int ask_list(struct cbx_sql *sql, void *user)
{
	struct listing *listing = user;

	return sql->incidents->page(sql, listing->open, listing->before_id, listing->page.limit + 1,
				    write_row, listing);
}

static int take_page(struct cbx_call *call, struct listing *listing, char error[CBX_API_ERROR])
{
	const char *cursor;
	int result = cbx_take_flag(call->params, "open", &listing->open, error);

	if (!result)
		result = cbx_param_text(call, "cursor", false, &cursor, error);
	if (!result && cursor &&
	    (cursor[0] != 'i' ||
	     !cbx_parse_count(cursor + 1, strlen(cursor + 1), &listing->before_id) ||
	     !listing->before_id)) {
		snprintf(error, CBX_API_ERROR, "cursor: takes the `next` of an earlier page");
		result = -EINVAL;
	}
	if (result < 0)
		return result;
	json_object_del(call->params, "cursor");
	return cbx_page_parse(call->params, &listing->page, error);
}

void cbx_request_worker_incidents(struct cbx_request_worker *worker, struct cbx_call *call)
{
	struct cbx_text text = { 0 };
	struct listing listing = { .text = &text };
	char error[CBX_API_ERROR] = "";
	int result = take_page(call, &listing, error);

	cbx_text_puts(&text, "{\"incidents\":[");
	if (!result)
		result = cbx_request_worker_query(worker, ask_list, &listing, error);
	cbx_text_puts(&text, "],\"next\":");
	if (listing.more)
		cbx_text_printf(&text, "\"i%lld\"}", (long long)listing.last_id);
	else
		cbx_text_puts(&text, "null}");
	cbx_call_end(call, result, &text, error);
}

/* One incident and a page of its members */
struct showing {
	int64_t id;
	struct cbx_page page;
	struct cbx_text row, systems, jobs;
	char last_system[80]; /* of the last member that is shown */
	int64_t last_job;
	size_t shown;
	bool more;
};

static int show_row(void *user, const struct cbx_incident_row *row)
{
	struct showing *showing = user;

	cbx_incident_json(row, &showing->row);
	return 0;
}

static void add_system(struct showing *showing, const char *system)
{
	if (showing->shown && !strcmp(showing->last_system, system))
		return;
	if (showing->systems.len)
		cbx_text_putc(&showing->systems, ',');
	cbx_text_json_string(&showing->systems, system);
}

static void add_job(struct cbx_text *jobs, const struct cbx_incident_member *member)
{
	if (member->job_id == CBX_NO_COUNT)
		return;
	cbx_text_puts(jobs, jobs->len ? ",{\"system\":" : "{\"system\":");
	cbx_text_json_string(jobs, member->system);
	cbx_text_printf(jobs, ",\"job_id\":%lld", (long long)member->job_id);
	if (member->code) {
		cbx_text_puts(jobs, ",\"code\":");
		cbx_text_json_string(jobs, member->code);
	}
	cbx_text_putc(jobs, '}');
}

static int show_member(void *user, const struct cbx_incident_member *member)
{
	struct showing *showing = user;

	if (showing->shown == showing->page.limit) {
		showing->more = true;
		return 0;
	}
	add_system(showing, member->system);
	add_job(&showing->jobs, member);
	snprintf(showing->last_system, sizeof(showing->last_system), "%s", member->system);
	showing->last_job = member->job_id;
	showing->shown++;
	return 0;
}

static int ask_one(struct cbx_sql *sql, void *user)
{
	struct showing *showing = user;
	const struct cbx_incident_place after = {
		showing->page.system,
		*showing->page.system ? showing->page.job_id - 1 : -1,
	};
	int result = sql->incidents->find(sql, showing->id, show_row, showing);

	return result ? result
		      : sql->incidents->members(sql, showing->id, &after, showing->page.limit + 1,
						show_member, showing);
}

static void show(const struct showing *showing, struct cbx_text *text)
{
	cbx_text_puts(text, "{\"incident\":");
	cbx_text_add(text, showing->row.bytes, showing->row.len);
	cbx_text_puts(text, ",\"systems\":[");
	cbx_text_add(text, showing->systems.bytes, showing->systems.len);
	cbx_text_puts(text, "],\"jobs\":[");
	cbx_text_add(text, showing->jobs.bytes, showing->jobs.len);
	cbx_text_puts(text, "],\"next\":");
	/* a cursor holds no negative number, which a system as a whole has for its job */
	cbx_page_next(text, showing->more ? showing->last_system : NULL, showing->last_job + 1);
	cbx_text_putc(text, '}');
}

void cbx_request_worker_incident(struct cbx_request_worker *worker, struct cbx_call *call)
{
	struct showing showing = { 0 };
	struct cbx_text text = { 0 };
	char error[CBX_API_ERROR] = "";
	int result = cbx_param_count(call, "id", true, &showing.id, error);

	if (!result)
		result = cbx_page_parse(call->params, &showing.page, error);
	if (!result)
		result = cbx_request_worker_query(worker, ask_one, &showing, error);
	if (result == 1)
		result = cbx_incident_unknown(showing.id, error);
	if (!result)
		show(&showing, &text);
	if (showing.row.failed || showing.systems.failed || showing.jobs.failed)
		text.failed = true;
	cbx_call_end(call, result, &text, error);
	cbx_text_free(&showing.row);
	cbx_text_free(&showing.systems);
	cbx_text_free(&showing.jobs);
}
