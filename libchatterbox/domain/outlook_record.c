// SPDX-License-Identifier: MIT
/* outlook_record.c - an outlook as readers see it, as JSON, and in sentences */
#include "domain/outlook_record.h"

#include "base/read.h"

#include <errno.h>
#include <string.h>

static char *put(char *at, const char *text, const char **place)
{
	size_t len = strlen(text) + 1;

	*place = memcpy(at, text, len);
	return at + len;
}

int cbx_outlook_new(const struct cbx_outlook *parts, const int64_t *jobs, size_t count,
		    struct cbx_outlook **out)
{
	size_t texts = strlen(parts->system) + strlen(parts->list_id) + strlen(parts->reason) + 3;
	struct cbx_outlook *outlook = malloc(sizeof(*outlook) + count * sizeof(*jobs) + texts);
	char *at;

	if (!outlook)
		return -ENOMEM;
	*outlook = (struct cbx_outlook){
		.refs = 1,
		.activate_at_ms = parts->activate_at_ms,
		.state = parts->state,
		.since_ms = parts->since_ms,
		.left_s = parts->left_s,
		.cause = parts->cause,
		.count = count,
	};
	if (count)
		memcpy(outlook->jobs, jobs, count * sizeof(*jobs));
	at = put((char *)(outlook->jobs + count), parts->system, &outlook->system);
	at = put(at, parts->list_id, &outlook->list_id);
	put(at, parts->reason, &outlook->reason);
	*out = outlook;
	return 0;
}

struct cbx_outlook *cbx_outlook_ref(struct cbx_outlook *outlook)
{
	outlook->refs++;
	return outlook;
}

void cbx_outlook_unref(struct cbx_outlook *outlook)
{
	if (outlook && --outlook->refs == 0)
		free(outlook);
}

bool cbx_outlook_says(const struct cbx_outlook *outlook, const struct cbx_outlook *parts,
		      const int64_t *jobs, size_t count)
{
	return outlook->state == parts->state && outlook->activate_at_ms == parts->activate_at_ms &&
	       outlook->since_ms == parts->since_ms && outlook->left_s == parts->left_s &&
	       outlook->cause == parts->cause && outlook->count == count &&
	       (!count || !memcmp(outlook->jobs, jobs, count * sizeof(*jobs))) &&
	       !strcmp(outlook->reason, parts->reason);
}

int cbx_outlook_compare(const struct cbx_outlook *a, const struct cbx_outlook *b)
{
	int order;

	if (a->activate_at_ms != b->activate_at_ms)
		return a->activate_at_ms < b->activate_at_ms ? -1 : 1;
	order = strcmp(a->system, b->system);
	return order ? order : strcmp(a->list_id, b->list_id);
}

static void add_seconds(struct cbx_text *out, const char *name, bool known, int64_t seconds)
{
	if (known)
		cbx_text_printf(out, ",\"%s\":%lld", name, (long long)seconds);
	else
		cbx_text_printf(out, ",\"%s\":null", name);
}

static void add_time(struct cbx_text *out, const char *name, int64_t ms)
{
	char time[CBX_TIME_TEXT];

	cbx_time_text(ms, time);
	cbx_text_printf(out, ",\"%s\":\"%s\"", name, time);
}

void cbx_outlook_json(const struct cbx_outlook *outlook, int64_t now_ms, struct cbx_text *out)
{
	bool known = outlook->left_s >= 0;
	const char *cause = cbx_cause_name(outlook->cause);
	size_t i;

	cbx_text_puts(out, "{\"system\":");
	cbx_text_json_string(out, outlook->system);
	cbx_text_puts(out, ",\"list_id\":");
	cbx_text_json_string(out, outlook->list_id);
	add_time(out, "activate_at", outlook->activate_at_ms);
	cbx_text_printf(out, ",\"state\":\"%s\"", cbx_outlook_state_name(outlook->state));
	add_time(out, "since", outlook->since_ms);
	add_seconds(out, "seconds_left", known, outlook->left_s);
	add_seconds(out, "lead_seconds", known,
		    (outlook->activate_at_ms - now_ms) / 1000 - outlook->left_s);
	cbx_text_puts(out, ",\"jobs\":[");
	for (i = 0; i < outlook->count; i++)
		cbx_text_printf(out, "%s%lld", i ? "," : "", (long long)outlook->jobs[i]);
	cbx_text_puts(out, "],\"cause\":");
	if (cause)
		cbx_text_json_string(out, cause);
	else
		cbx_text_puts(out, "null");
	cbx_text_puts(out, ",\"reason\":");
	cbx_text_json_string(out, outlook->reason);
	cbx_text_putc(out, '}');
}

/* --- the sentences --- */

/* "35 s", "12 min", "3 h 20 min" */
static void write_duration(struct cbx_text *out, int64_t seconds)
{
	int64_t minutes = (seconds + 30) / 60;

	if (seconds < 120) {
		cbx_text_integer(out, seconds);
		cbx_text_puts(out, " s");
		return;
	}
	if (minutes >= 120) {
		cbx_text_integer(out, minutes / 60);
		cbx_text_puts(out, " h ");
		minutes %= 60;
	}
	cbx_text_integer(out, minutes);
	cbx_text_puts(out, " min");
}

/* "Job 17", and what comes after it */
static void write_of_job(struct cbx_text *out, int64_t job_id, const char *what)
{
	cbx_text_puts(out, "Job ");
	cbx_text_integer(out, job_id);
	cbx_text_puts(out, what);
}

static void write_job(const struct cbx_waited *job, struct cbx_text *out)
{
	switch (job->kind) {
	case CBX_WAITED_VANISHED:
		write_of_job(out, job->job_id, " vanished from its system's answers.");
		break;
	case CBX_WAITED_ERRORED:
		write_of_job(out, job->job_id, " errored");
		cbx_text_puts(out, job->error_code ? ": " : "");
		cbx_text_puts(out, job->error_code ?: "");
		cbx_text_putc(out, '.');
		break;
	case CBX_WAITED_STALLED:
		write_of_job(out, job->job_id, " stands still.");
		break;
	case CBX_WAITED_PAUSED:
		write_of_job(out, job->job_id, " is paused.");
		break;
	case CBX_WAITED_UNMEASURED:
		cbx_text_puts(out, "Nobody knows yet how long job ");
		cbx_text_integer(out, job->job_id);
		cbx_text_puts(out, " will take.");
		break;
	case CBX_WAITED_MOVING:
		write_of_job(out, job->job_id, " needs ");
		write_duration(out, job->left_s);
		cbx_text_puts(out, " more at its present pace.");
		break;
	}
}

static void write_count(struct cbx_text *out, size_t count, const char *one, const char *many)
{
	cbx_text_integer(out, (int64_t)count);
	cbx_text_puts(out, count == 1 ? one : many);
}

/* Which jobs there are, though none of them is waited for */
static void write_not_waited(const struct cbx_outlook_view *view, struct cbx_text *out)
{
	if (view->others)
		write_count(out, view->others, " job is known, and it is not waited for.",
			    " jobs are known, and none of them is waited for.");
	if (view->unreported) {
		if (view->others)
			cbx_text_putc(out, ' ');
		write_count(out, view->unreported, " job was started, and never reported yet.",
			    " jobs were started, and never reported yet.");
	}
	if (!view->others && !view->unreported)
		cbx_text_puts(out, "No job is known that is waited for.");
}

static void write_nothing_waited(const struct cbx_outlook_view *view,
				 const struct cbx_verdict *verdict, struct cbx_text *out)
{
	if (verdict->state == CBX_ON_TIME) {
		cbx_text_puts(out, "Nothing is waited for.");
		return;
	}
	write_not_waited(view, out);
	if (!view->offline)
		cbx_text_puts(out, " The system's jobs were not listed lately.");
}

void cbx_outlook_reason(const struct cbx_outlook_view *view, const struct cbx_verdict *verdict,
			enum cbx_cause cause, const struct cbx_cause_facts *facts,
			struct cbx_text *out)
{
	const struct cbx_waited *worst =
		verdict->worst == SIZE_MAX ? NULL : &view->jobs[verdict->worst];

	if (worst)
		write_job(worst, out);
	else
		write_nothing_waited(view, verdict, out);
	/* that a job is paused was said */
	if (cause != CBX_NO_CAUSE && cause != CBX_CAUSE_UNKNOWN && cause != CBX_JOB_PAUSED) {
		cbx_text_putc(out, ' ');
		cbx_cause_write(cause, facts, out);
	}
	if (worst && view->now_ms >= view->activate_at_ms)
		cbx_text_puts(out, " The time of activation has passed.");
	if (view->count > 1) {
		cbx_text_putc(out, ' ');
		cbx_text_integer(out, (int64_t)view->count);
		cbx_text_puts(out, " jobs are waited for.");
	}
}

/* As people say it: "at risk" */
static const char *text_of(enum cbx_outlook_state state)
{
	return state == CBX_ON_TIME   ? "on time"
	       : state == CBX_AT_RISK ? "at risk"
				      : cbx_outlook_state_name(state);
}

void cbx_outlook_write_hold(enum cbx_outlook_state told, const struct cbx_outlook_hold *hold,
			    struct cbx_text *out)
{
	bool worse = hold->verdict > told;
	int64_t holds_ms = worse ? CBX_WORSE_HOLDS_MS : CBX_BETTER_HOLDS_MS;

	if (hold->is_new) {
		cbx_text_puts(out, " Who leads is new, and takes nothing back yet.");
		return;
	}
	if (!worse && hold->cautious >= told) {
		cbx_text_puts(out, " That is too little room to take back what was told.");
		return;
	}
	cbx_text_puts(out, " If that lasts for ");
	write_duration(out, holds_ms / 1000);
	cbx_text_puts(out, " it is told as ");
	cbx_text_puts(out, text_of(worse ? hold->verdict : hold->cautious));
	cbx_text_putc(out, '.');
}

/* --- lists --- */

struct cbx_outlook_list *cbx_outlook_list_ref(struct cbx_outlook_list *list)
{
	list->refs++;
	return list;
}

void cbx_outlook_list_unref(struct cbx_outlook_list *list)
{
	size_t i;

	if (!list || --list->refs > 0)
		return;
	for (i = 0; i < list->count; i++)
		cbx_outlook_unref(list->items[i]);
	free(list);
}
