// SPDX-License-Identifier: MIT
/*
 * errors_api.c - calls about errors: errors.get for the request worker, errors.remove and clean-up,
 * of all errored jobs or those of an incident, for the poller
 *
 * Errors are listed by id, newest first; the cursor is the last id shown.
 */
#include "base/read.h"
#include "controller/job_api.h"
#include "controller/orders.h"
#include "port/errors.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct listing {
	struct cbx_text *text;
	char system[80];
	struct cbx_page page;
	int64_t before_id;
	size_t shown;
	int64_t last_id;
	bool more;
};

static void add_text(struct cbx_text *text, const char *name, const char *value)
{
	cbx_text_printf(text, ",\"%s\":", name);
	if (value)
		cbx_text_json_string(text, value);
	else
		cbx_text_puts(text, "null");
}

static int write_error(void *user, const struct cbx_error_row *row)
{
	struct listing *listing = user;
	struct cbx_text *text = listing->text;

	if (listing->shown == listing->page.limit) {
		listing->more = true;
		return 0;
	}
	cbx_text_printf(text, "%s{\"id\":%lld", listing->shown++ ? "," : "", (long long)row->id);
	add_text(text, "system", row->system);
	if (row->job_id == CBX_NO_COUNT)
		cbx_text_puts(text, ",\"job_id\":null");
	else
		cbx_text_printf(text, ",\"job_id\":%lld", (long long)row->job_id);
	add_text(text, "job_type", row->job_type);
	add_text(text, "code", row->code);
	add_text(text, "message", row->message);
	add_text(text, "origin", row->origin);
	cbx_text_printf(text, ",\"occurrences\":%lld", (long long)row->occurrences);
	cbx_add_time(text, "first_seen", row->first_seen_ms);
	cbx_add_time(text, "last_seen", row->last_seen_ms);
	if (row->incident)
		cbx_text_printf(text, ",\"incident\":%lld}", (long long)row->incident);
	else
		cbx_text_puts(text, ",\"incident\":null}");
	listing->last_id = row->id;
	return 0;
}

static int ask_errors(struct cbx_sql *sql, void *user)
{
	struct listing *listing = user;

	return sql->errors->page(sql, listing->system[0] ? listing->system : NULL,
				 listing->before_id, listing->page.limit + 1, write_error, listing);
}

/* The cursor of errors is "e<id>" */
static int take_page(struct cbx_call *call, struct listing *listing, char error[256])
{
	const char *cursor;
	int result = cbx_param_text(call, "cursor", false, &cursor, error);

	if (!result && cursor &&
	    (cursor[0] != 'e' ||
	     !cbx_parse_count(cursor + 1, strlen(cursor + 1), &listing->before_id))) {
		snprintf(error, 256, "cursor: takes the `next` of an earlier page");
		result = -EINVAL;
	}
	if (result < 0)
		return result;
	json_object_del(call->params, "cursor");
	return cbx_page_parse(call->params, &listing->page, error);
}

void cbx_request_worker_errors_get(struct cbx_request_worker *worker, struct cbx_call *call)
{
	cbx_auto(cbx_text_free) struct cbx_text text = { 0 };
	struct listing listing = { .text = &text };
	char error[256] = "";
	int result = cbx_param_system(call, false, listing.system, error);

	if (!result)
		result = take_page(call, &listing, error);
	cbx_text_puts(&text, "{\"errors\":[");
	if (!result)
		result = cbx_request_worker_query(worker, ask_errors, &listing, error);
	if (result < 0) {
		cbx_call_fail_by(call, result, error);
		return;
	}
	cbx_text_puts(&text, "],\"next\":");
	if (listing.more)
		cbx_text_printf(&text, "\"e%lld\"}", (long long)listing.last_id);
	else
		cbx_text_puts(&text, "null}");
	cbx_call_done(call, &text);
}

static void finish_removed(struct cbx_call *call, int64_t removed)
{
	cbx_auto(cbx_text_free) struct cbx_text text = { 0 };

	cbx_text_printf(&text, "{\"removed\":%lld}", (long long)removed);
	cbx_call_done(call, &text);
}

static int take_ids(struct cbx_call *call, int64_t **out, size_t *count, char error[256])
{
	const json_t *ids = json_object_get(call->params, "ids");
	int64_t *all;
	size_t i;

	*out = NULL;
	*count = 0;
	if (!ids)
		return 0;
	all = calloc(json_array_size(ids) + 1, sizeof(*all));
	if (!all)
		return -ENOMEM;
	for (i = 0; i < json_array_size(ids) && json_is_integer(json_array_get(ids, i)); i++)
		all[i] = json_integer_value(json_array_get(ids, i));
	if (!json_is_array(ids) || i < json_array_size(ids)) {
		free(all);
		snprintf(error, 256, "ids: takes an array of integers");
		return -EINVAL;
	}
	*out = all;
	*count = i;
	return 0;
}

void cbx_order_remove_errors(struct cbx_poller *poller, struct cbx_call *call)
{
	cbx_auto(cbx_freep) int64_t *ids = NULL;
	char error[256] = "";
	char system[80];
	size_t count = 0;
	int64_t removed = 0;
	int result = cbx_param_system(call, false, system, error);

	if (!result)
		result = take_ids(call, &ids, &count, error);
	if (!result && !ids && !system[0]) {
		snprintf(error, sizeof(error), "ids or system: one of them is needed");
		result = -EINVAL;
	}
	if (!result)
		result = cbx_errors_remove(&poller->errors, ids, count, ids ? NULL : system,
					   &removed);
	if (result < 0)
		cbx_call_fail_by(call, result, error);
	else
		finish_removed(call, removed);
}

static int write_job(void *user, const struct cbx_row *row)
{
	struct cbx_text *text = user;
	cbx_auto(cbx_status_unrefp) struct cbx_status *status = NULL;
	int result = cbx_status_of_row(row, &status);

	if (result < 0)
		return result;
	if (text->bytes[text->len - 1] == '}')
		cbx_text_putc(text, ',');
	cbx_text_add(text, status->json, status->json_len);
	return text->failed ? -ENOMEM : 0;
}

/* Which jobs are cleaned up */
struct scope {
	const char *system; /* NULL = of all */
	int64_t older_than;
	int64_t incident; /* > 0: its own alone */
};

static void fail(struct cbx_call *call, const struct scope *scope, int result)
{
	char error[CBX_API_ERROR] = "";

	if (result == 1)
		result = cbx_incident_unknown(scope->incident, error);
	cbx_call_fail_by(call, result, error);
}

static void dry_run(struct cbx_poller *poller, struct cbx_call *call, const struct scope *scope)
{
	cbx_auto(cbx_text_free) struct cbx_text text = { 0 };
	struct cbx_cleanup *cleanup = &poller->cleanup;
	int64_t errors = 0;
	int result;

	cbx_text_puts(&text, "{\"jobs\":[");
	if (text.failed)
		result = -ENOMEM;
	else if (scope->incident)
		result = cbx_cleanup_incident_dry_run(cleanup, scope->incident, write_job, &text,
						      &errors);
	else
		result = cbx_cleanup_dry_run(cleanup, scope->system, scope->older_than, write_job,
					     &text, &errors);
	if (result) {
		fail(call, scope, result);
		return;
	}
	cbx_text_printf(&text, "],\"errors\":%lld}", (long long)errors);
	cbx_call_done(call, &text);
}

static void clean_up(struct cbx_poller *poller, struct cbx_call *call, const struct scope *scope)
{
	int64_t removed = 0;
	int result = scope->incident
			     ? cbx_cleanup_incident(&poller->cleanup, scope->incident, &removed)
			     : cbx_cleanup_errored_jobs(&poller->cleanup, scope->system,
							scope->older_than, &removed);

	if (result)
		fail(call, scope, result);
	else
		finish_removed(call, removed);
}

void cbx_order_clean_up(struct cbx_poller *poller, struct cbx_call *call)
{
	char error[256] = "";
	char system[80];
	int64_t older_than = -1;
	bool dry = false;
	int result = cbx_param_system(call, false, system, error);

	if (!result)
		result = cbx_param_count(call, "older_than", false, &older_than, error);
	if (!result)
		result = cbx_param_flag(call, "dry_run", &dry, error);
	if (result < 0)
		cbx_call_fail_by(call, result, error);
	else
		(dry ? dry_run
		     : clean_up)(poller, call,
				 &(struct scope){ .system = system[0] ? system : NULL,
						  .older_than = older_than > 0 ? older_than : 0 });
}

void cbx_order_clean_up_incident(struct cbx_poller *poller, struct cbx_call *call)
{
	char error[256] = "";
	struct scope scope = { 0 };
	bool dry = false;
	int result = cbx_param_count(call, "id", true, &scope.incident, error);

	if (!result)
		result = cbx_param_flag(call, "dry_run", &dry, error);
	if (!result && !scope.incident)
		result = cbx_incident_unknown(0, error);
	if (result < 0)
		cbx_call_fail_by(call, result, error);
	else
		(dry ? dry_run : clean_up)(poller, call, &scope);
}
