// SPDX-License-Identifier: MIT
/*
 * phrases.c - how a change, an error, an order and an event are said
 *
 * Names and texts of others stand in the sentence as they are; its data hold them once more, so
 * that no program needs to read the sentence.
 */
#include "controller/phrases.h"

#include "base/read.h"
#include "common/cleanup.h"
#include "common/json.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool is(const char *text, const char *other)
{
	return text && !strcmp(text, other);
}

/* --- data: an object that begins with where it comes from; what is absent is left out --- */

static void begin(struct cbx_text *data, const char *from)
{
	cbx_text_printf(data, "{\"from\":\"%s\"", from);
}

static void put(struct cbx_text *data, const char *name, const char *value)
{
	if (!value)
		return;
	cbx_text_printf(data, ",\"%s\":", name);
	cbx_text_json_string(data, value);
}

static void put_count(struct cbx_text *data, const char *name, int64_t count)
{
	if (count != CBX_NO_COUNT)
		cbx_text_printf(data, ",\"%s\":%lld", name, (long long)count);
}

/* --- what was seen and decided --- */

static void say_turn(const struct cbx_history_row *row, struct cbx_text *phrase)
{
	cbx_text_printf(phrase, "System %s went %s", row->system, row->status ?: "?");
	if (is(row->source, "answer"))
		cbx_text_puts(phrase, is(row->status, "online") ? ": it answered."
								: ": nl-hdms answered so.");
	else if (is(row->source, "push"))
		cbx_text_puts(phrase, ": so it was reported.");
	else
		cbx_text_puts(phrase, ": the table connections says so.");
}

static void say_inferred(const struct cbx_history_row *row, struct cbx_text *phrase)
{
	cbx_text_printf(phrase, "Job %lld was taken as %s", (long long)row->job_id,
			row->status ?: "?");
	if (is(row->reason, "system_offline"))
		cbx_text_puts(phrase, ": its system was offline for too long without a report.");
	else if (is(row->reason, "vanished"))
		cbx_text_puts(phrase,
			      ": it was missing from the answers that should have held it.");
	else if (row->reason)
		cbx_text_printf(phrase, ": %s.", row->reason);
	else
		cbx_text_putc(phrase, '.');
}

static void say_change(const struct cbx_history_row *row, struct cbx_text *phrase)
{
	cbx_text_printf(phrase, "Job %lld ", (long long)row->job_id);
	if (is(row->reason, "returned"))
		cbx_text_printf(phrase, "had ended and lives again: %s", row->status ?: "?");
	else if (row->previous_status)
		cbx_text_printf(phrase, "went from %s to %s", row->previous_status,
				row->status ?: "?");
	else
		cbx_text_printf(phrase, "was first heard of: %s", row->status ?: "?");
	if (row->percent_completed)
		cbx_text_printf(phrase, ", at %s %%", row->percent_completed);
	if (row->reason && !is(row->reason, "returned"))
		cbx_text_printf(phrase, ", with the error %s", row->reason);
	cbx_text_puts(phrase, is(row->source, "push") ? "; its system pushed it."
						      : "; its system answered so.");
}

const char *cbx_phrase_of_history(const struct cbx_history_row *row, struct cbx_text *phrase,
				  struct cbx_text *data)
{
	bool cleaned = is(row->source, "clean_up");
	bool inferred = is(row->source, "inferred");

	if (row->job_id == CBX_NO_COUNT)
		say_turn(row, phrase);
	else if (cleaned)
		cbx_text_printf(phrase,
				"Job %lld was cleaned up: it is among the ended jobs now, as %s.",
				(long long)row->job_id, row->status ?: "?");
	else if (inferred)
		say_inferred(row, phrase);
	else
		say_change(row, phrase);
	begin(data, "job_history");
	put(data, "system", row->system);
	put_count(data, "job_id", row->job_id);
	put_count(data, "revision", row->revision);
	put(data, "status", row->status);
	put(data, "previous_status", row->previous_status);
	put(data, "origin", row->origin);
	put(data, "source", row->source);
	put(data, "reason", row->reason);
	put(data, "percent_completed", row->percent_completed);
	cbx_text_putc(data, '}');
	return cleaned || inferred ? "decided" : "seen";
}

void cbx_phrase_of_error(const struct cbx_error_row *row, struct cbx_text *phrase,
			 struct cbx_text *data)
{
	char since[CBX_TIME_TEXT];
	const char *first = row->first_seen_ms ? since : NULL;

	cbx_time_text(row->first_seen_ms, since);
	cbx_text_printf(phrase, "Error %s", row->code ?: "?");
	if (row->job_id != CBX_NO_COUNT)
		cbx_text_printf(phrase, " of job %lld", (long long)row->job_id);
	if (row->message && !is(row->code, row->message))
		cbx_text_printf(phrase, ": %s", row->message);
	if (row->occurrences > 1)
		cbx_text_printf(phrase, " (%lld times%s%s)", (long long)row->occurrences,
				first ? " since " : "", first ?: "");
	if (row->incident)
		cbx_text_printf(phrase, "; it belongs to incident %lld", (long long)row->incident);
	cbx_text_putc(phrase, '.');
	begin(data, "errors");
	put_count(data, "id", row->id);
	put(data, "system", row->system);
	put_count(data, "job_id", row->job_id);
	put(data, "job_type", row->job_type);
	put(data, "code", row->code);
	put(data, "message", row->message);
	put(data, "origin", row->origin);
	put_count(data, "occurrences", row->occurrences);
	put(data, "first_seen", first);
	if (row->incident)
		put_count(data, "incident", row->incident);
	cbx_text_putc(data, '}');
}

void cbx_phrase_of_stall(const char *system, int64_t job_id, int64_t progress_at_ms,
			 struct cbx_text *phrase, struct cbx_text *data)
{
	char since[CBX_TIME_TEXT];

	cbx_time_text(progress_at_ms, since);
	cbx_text_printf(phrase, "Job %lld stands still: it runs, and has not moved since %s.",
			(long long)job_id, since);
	begin(data, "figures");
	put(data, "system", system);
	put_count(data, "job_id", job_id);
	put(data, "progress_at", since);
	cbx_text_putc(data, '}');
}

void cbx_phrase_of_stall_end(const char *system, int64_t job_id, const struct cbx_figures *figures,
			     struct cbx_text *phrase, struct cbx_text *data)
{
	char since[CBX_TIME_TEXT];

	cbx_time_text(figures->stood_from_ms, since);
	cbx_text_printf(phrase, "Job %lld moves again: it had stood still since %s.",
			(long long)job_id, since);
	begin(data, "figures");
	put(data, "system", system);
	put_count(data, "job_id", job_id);
	put(data, "progress_at", since);
	put_count(data, "stood_seconds", figures->stood_ms / 1000);
	cbx_text_putc(data, '}');
}

/* --- what was ordered --- */

/* What each order is to do; %J: the job, %S: whose jobs or errors, %N: for how many seconds, %E:
 * every how many, %I: the incident */
static const struct {
	const char *event, *phrase;
} orders[] = {
	{ "nl-ocd.content.job.pause", "to pause %J" },
	{ "nl-ocd.content.job.resume", "to resume %J" },
	{ "nl-ocd.content.job.kill", "to kill %J" },
	{ "nl-ocd.content.job.pauseAll", "to pause all jobs of %S" },
	{ "nl-ocd.content.job.resumeAll", "to resume all jobs of %S" },
	{ "nl-ocd.content.job.cleanUpErrored", "to clean up the errored jobs of %S" },
	{ "nl-ocd.server.errors.remove", "to delete errors of %S" },
	{ "nl-ocd.server.incidents.cleanUp", "to clean up the errored jobs of %I" },
	{ "nl-ocd.chatterbox.poll", "to ask the systems now" },
	{ "nl-ocd.chatterbox.interval", "to ask %E" },
	{ "nl-ocd.chatterbox.pause", "to pause the asking %N" },
	{ "nl-ocd.chatterbox.resume", "to go on asking" },
	{ "nl-ocd.event.update_database", "to ask the systems for all their jobs now" },
	{ "nl-ocd.event.update_time_till_next_check", "to ask %E" },
	{ "chatterbox.delete_entry", "to clean up %J" },
	{ "chatterbox.send_status", "to tell the status of all jobs" },
};

/* "for 30 s", "incident 7" */
static void say_number(const char *detail, const char *name, const char *before,
		       const char *unknown, struct cbx_text *phrase)
{
	json_t *object = NULL;
	const json_t *number = NULL;

	if (detail && cbx_json_read(detail, strlen(detail), &object, NULL) >= 0)
		number = json_object_get(object, name);
	if (json_is_integer(number))
		cbx_text_printf(phrase, "%s %lld%s", before, (long long)json_integer_value(number),
				is(name, "seconds") ? " s" : "");
	else
		cbx_text_puts(phrase, unknown);
	json_decref(object);
}

static void say_purpose(const struct cbx_order_row *row, const char *form, struct cbx_text *phrase)
{
	for (; *form; form++) {
		if (*form != '%') {
			cbx_text_putc(phrase, *form);
			continue;
		}
		form++;
		if (*form == 'J' && row->job_id != CBX_NO_COUNT)
			cbx_text_printf(phrase, "job %lld", (long long)row->job_id);
		else if (*form == 'J')
			cbx_text_puts(phrase, "a job");
		else if (*form == 'S')
			cbx_text_printf(phrase, "%s%s", row->system ? "system " : "all systems",
					row->system ?: "");
		else if (*form == 'I')
			say_number(row->detail, "id", "incident", "an incident", phrase);
		else if (*form == 'E')
			say_number(row->detail, "seconds", "every", "at another interval", phrase);
		else
			say_number(row->detail, "seconds", "for", "for some time", phrase);
	}
}

static void say_door(const struct cbx_order_row *row, struct cbx_text *phrase)
{
	cbx_text_printf(phrase, "Ordered %s",
			is(row->door, "http")   ? "over HTTP"
			: is(row->door, "amqp") ? "over AMQP"
						: "in C");
	if (row->who)
		cbx_text_printf(phrase, " by %s", row->who);
	cbx_text_puts(phrase, ": ");
}

void cbx_phrase_of_order(const struct cbx_order_row *row, struct cbx_text *phrase,
			 struct cbx_text *data)
{
	size_t i = 0;

	say_door(row, phrase);
	while (i < CBX_COUNT(orders) && !is(row->event, orders[i].event))
		i++;
	say_purpose(row, i < CBX_COUNT(orders) ? orders[i].phrase : row->event ?: "?", phrase);
	if (is(row->outcome, "ok"))
		cbx_text_puts(phrase, "; done.");
	else if (row->outcome)
		cbx_text_printf(phrase, "; it failed: %s.", row->outcome);
	else
		cbx_text_puts(phrase, "; what came of it is not known.");
	begin(data, "orders");
	put_count(data, "id", row->id);
	put(data, "system", row->system);
	put_count(data, "job_id", row->job_id);
	put(data, "event", row->event);
	put(data, "door", row->door);
	put(data, "who", row->who);
	put(data, "outcome", row->outcome);
	if (row->detail)
		cbx_text_printf(data, ",\"detail\":%s", row->detail);
	cbx_text_putc(data, '}');
}

/* --- what was told --- */

static const char *member(const json_t *params, const char *name)
{
	return json_string_value(json_object_get(params, name)) ?: "?";
}

static void say_group(const json_t *params, struct cbx_text *phrase)
{
	const char *type = json_string_value(json_object_get(params, "job_type"));

	cbx_text_printf(phrase, "%s jobs%s%s are paused",
			json_is_true(json_object_get(params, "paused")) ? "all" : "no longer all",
			type ? " of type " : "", type ?: "");
}

static void say_event(const struct cbx_stream_entry *entry, const json_t *params,
		      struct cbx_text *phrase)
{
	const char *status = json_string_value(json_object_get(params, "status"));
	json_int_t job = json_integer_value(json_object_get(params, "job_id"));

	if (is(entry->name, "update_job_status") && entry->previous_status)
		cbx_text_printf(phrase, "job %lld is %s, and was %s", (long long)job, status ?: "?",
				entry->previous_status);
	else if (is(entry->name, "update_job_status"))
		cbx_text_printf(phrase, "job %lld is %s", (long long)job, status ?: "?");
	else if (is(entry->name, "status"))
		say_group(params, phrase);
	else if (is(entry->name, "user_job_errors"))
		cbx_text_printf(phrase, "%zu %s of jobs that users began", json_array_size(params),
				json_array_size(params) == 1 ? "error" : "errors");
	else
		cbx_text_printf(phrase, "the event %s", entry->name);
}

/* "at risk" of "at_risk" */
static void say_state(const char *state, struct cbx_text *phrase)
{
	for (; *state; state++)
		cbx_text_putc(phrase, *state == '_' ? ' ' : *state);
}

/* "List 4711, to be activated at …, was judged at risk, and on time before: Job 17 …" */
static void say_outlook(const struct cbx_stream_entry *entry, const json_t *params,
			struct cbx_text *phrase)
{
	cbx_text_printf(phrase, "List %s, to be activated at %s, was judged ",
			member(params, "list_id"), member(params, "activate_at"));
	say_state(member(params, "state"), phrase);
	if (entry->previous_status) {
		cbx_text_puts(phrase, ", and ");
		say_state(entry->previous_status, phrase);
		cbx_text_puts(phrase, " before");
	}
	cbx_text_printf(phrase, ": %s", member(params, "reason"));
}

const char *cbx_phrase_of_event(const struct cbx_stream_entry *entry, struct cbx_text *phrase,
				struct cbx_text *data)
{
	json_t *params = NULL;
	bool whole = cbx_json_read(entry->params, entry->params_len, &params, NULL) >= 0;
	bool outlook = is(entry->name, "outlook");

	if (outlook) {
		say_outlook(entry, params, phrase);
	} else {
		cbx_text_puts(phrase, "Told to all: ");
		say_event(entry, params, phrase);
		cbx_text_putc(phrase, '.');
	}
	begin(data, "stream");
	put(data, "stream_id", entry->at);
	put(data, "name", entry->name);
	put(data, "message_id", entry->id);
	put(data, "previous_status", entry->previous_status);
	if (whole) {
		cbx_text_puts(data, ",\"params\":");
		cbx_text_add(data, entry->params, entry->params_len);
	}
	cbx_text_putc(data, '}');
	json_decref(params);
	return outlook ? "decided" : "told";
}

bool cbx_phrase_name_job(const struct cbx_stream_entry *entry, int64_t job_id)
{
	json_t *params = NULL;
	const json_t *list;
	const json_t *one;
	bool found = false;
	size_t i;

	cbx_json_read(entry->params, entry->params_len, &params, NULL);
	list = is(entry->name, "outlook") ? json_object_get(params, "jobs") : params;
	json_array_foreach(list, i, one) found =
		found || json_integer_value(json_is_object(one) ? json_object_get(one, "job_id")
								: one) == job_id;
	json_decref(params);
	return found;
}
