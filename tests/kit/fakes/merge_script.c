// SPDX-License-Identifier: MIT
/* merge_script.c - runs the steps of a table through cbx_merge() and prints the results */
#include "merge_script.h"

#include "status_texts.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#define SYSTEM "ABC1"
#define SECOND 1000000000ULL
#define WALL 1795456800000LL
#define MOST 16

struct cbx_merge_counts merge_script_counts;

struct script {
	struct cbx_job_list *list;
	struct cbx_batch batch;
	struct cbx_past pasts[MOST];
	char texts[MOST][65];
	size_t past_count;
	uint64_t now; /* seconds, for the next inputs; 0 = when they were asked */
	struct cbx_text out;
};

static const struct cbx_kind_keys keys = { "Running", "Paused", "Completed", "Errored", "Killed" };

static const struct cbx_past *find_past(void *user, const char *system, int64_t job_id)
{
	struct script *script = user;
	size_t i;

	ck_assert_str_eq(system, SYSTEM);
	for (i = 0; i < script->past_count; i++)
		if (script->pasts[i].job_id == job_id)
			return &script->pasts[i];
	return NULL;
}

static void add_past(struct script *script, const char *text)
{
	struct cbx_past *past = &script->pasts[script->past_count];
	char *status = script->texts[script->past_count++];
	long long id;
	long long revision;
	int n = sscanf(text, "%lld %64s r%lld", &id, status, &revision);

	ck_assert_uint_le(script->past_count, MOST);
	*past = (struct cbx_past){ .system = SYSTEM, .job_id = id, .origin = CBX_OCD };
	if (n != 3)
		return;
	past->ended = true;
	past->status = status;
	past->revision = revision;
	past->started_ms = WALL - 5000;
	past->inferred = strstr(text, "inferred") != NULL;
	past->origin = strstr(text, "user") ? CBX_USER : CBX_OCD;
}

/* As load.c makes a record of a row */
static void add_row(struct script *script, const char *text)
{
	const char *at = strstr(text, " r");
	char *status_text = strndup(text, (size_t)(at - text));
	struct cbx_status *status = status_of(SYSTEM, status_text);
	struct cbx_job *jobs[MOST];
	struct cbx_job_list *list = NULL;
	size_t count = script->list ? script->list->count : 0;
	size_t i;

	for (i = 0; i < count; i++)
		jobs[i] = script->list->jobs[i];
	ck_assert_int_eq(cbx_job_new(status, &jobs[count]), 0);
	jobs[count]->kind = cbx_kind_of(&keys, status->text);
	jobs[count]->origin = strstr(text, "user") ? CBX_USER : CBX_OCD;
	jobs[count]->revision = strtoll(at + 2, NULL, 10);
	jobs[count]->phase = CBX_LIVE;
	jobs[count]->applied_db_ms = 1;
	if (!jobs[count]->revision)
		jobs[count]->phase = CBX_UNREPORTED;
	else if (cbx_kind_is_end(jobs[count]->kind))
		jobs[count]->phase = CBX_ENDED;
	ck_assert_int_eq(cbx_job_list_new(jobs, count + 1, &list), 0);
	cbx_job_unref(jobs[count]);
	cbx_job_list_unref(script->list);
	script->list = list;
	cbx_status_unref(status);
	free(status_text);
}

static void print_change(struct cbx_text *out, const struct cbx_change *change)
{
	const struct cbx_job *job = change->job;

	cbx_text_printf(out, "%lld %s r%lld %s", (long long)job->status->job_id, job->status->text,
			(long long)job->revision,
			!change->transition                 ? "progress"
			: change->table == CBX_IN_COMPLETED ? "completed"
							    : "monitor");
	if (change->previous_status)
		cbx_text_printf(out, " was=%s", change->previous_status);
	if (change->error_code)
		cbx_text_printf(out, " error=%s:%s", change->error_code, change->error_message);
	cbx_text_puts(out, change->returned ? " returned\n" : "\n");
}

static void print_event(struct cbx_text *out, const struct cbx_batch *batch,
			const struct cbx_event *event)
{
	char key[80];
	long long id = 0;
	size_t i;

	if (!event->message_id) {
		ck_assert_str_eq(event->key, SYSTEM);
		ck_assert_str_eq(event->tag, !strcmp(event->name, "status") ? "status" : "errors");
		cbx_text_printf(out, "! %s %s\n", event->name, event->payload);
		return;
	}
	ck_assert_str_eq(event->name, "update_job_status");
	ck_assert_int_eq(sscanf(event->message_id, SYSTEM "/%lld", &id), 1);
	snprintf(key, sizeof(key), SYSTEM "/%lld", id);
	ck_assert_str_eq(event->key, key);
	/* the payload is the status as the change has it */
	for (i = batch->change_count; i-- > 0;)
		if (batch->changes[i].job->status->job_id == id)
			break;
	if (batch->change_count == 1)
		ck_assert_str_eq(event->payload, batch->changes[i].job->status->json);
	cbx_text_printf(out, "! %s", event->message_id);
	if (event->previous_status)
		cbx_text_printf(out, " was=%s", event->previous_status);
	cbx_text_printf(out, " %s\n", event->origin);
}

static void print_batch(struct script *script, const struct cbx_merge_counts *before)
{
	struct cbx_batch *batch = &script->batch;
	uint64_t late = merge_script_counts.late - before->late;
	size_t i;

	for (i = 0; i < batch->change_count; i++)
		print_change(&script->out, &batch->changes[i]);
	for (i = 0; i < batch->event_count; i++)
		print_event(&script->out, batch, &batch->events[i]);
	if (late)
		cbx_text_printf(&script->out, "late %llu\n", (unsigned long long)late);
	if (merge_script_counts.ask)
		cbx_text_puts(&script->out, "ask\n");
	merge_script_counts.ask = false;
	cbx_batch_clear(batch);
}

/* What goes into job_history, instead of the batch */
static void print_history(struct script *script)
{
	struct cbx_batch *batch = &script->batch;
	size_t i;

	for (i = 0; i < batch->change_count; i++) {
		const struct cbx_change *change = &batch->changes[i];

		cbx_text_printf(&script->out, "%lld %s r%lld %s/%s\n",
				(long long)change->job->status->job_id, change->job->status->text,
				(long long)change->job->revision, change->source ?: "-",
				change->reason ?: "-");
	}
	cbx_batch_clear(batch);
}

static void print_list(struct script *script)
{
	static const char *const phases[] = { "unheard", "live", "ended" };
	size_t i;

	for (i = 0; script->list && i < script->list->count; i++) {
		const struct cbx_job *job = script->list->jobs[i];

		cbx_text_printf(&script->out, "%lld %s r%lld %s %s %s\n",
				(long long)job->status->job_id, job->status->text,
				(long long)job->revision, phases[job->phase],
				cbx_kind_name(job->kind), cbx_origin_name(job->origin));
	}
}

static size_t read_ids(const char **text, int64_t ids[MOST])
{
	size_t count = 0;
	char *end;

	while (**text && **text != ':') {
		ids[count++] = strtoll(*text, &end, 10);
		*text = *end == ',' ? end + 1 : end;
	}
	*text += 1;
	return count;
}

/* What follows the statuses: "| 17 ?" */
static void read_rejected(const char *text, struct cbx_report *report, int64_t ids[MOST])
{
	report->rejected = ids;
	for (text += strspn(text, "| "); *text;
	     text += strcspn(text, " "), text += strspn(text, " ")) {
		if (*text == '?')
			report->absence = CBX_MAY_BE_MISSING;
		else
			ids[report->rejected_count++] = strtoll(text, NULL, 10);
	}
}

static void merge(struct script *script, struct cbx_report *report)
{
	uint64_t now = script->now     ? script->now * SECOND
		       : report->until ? report->until
				       : report->at;
	struct cbx_merge_rules rules = {
		.keys = keys,
		.now = now,
		.wall_ms = WALL + (int64_t)(now / 1000000),
		.db_ms = (int64_t)(now / 1000000),
		.checkpoint = 3600 * SECOND, /* see test_checkpoint.c */
		.keep_ended = 80 * SECOND,
	};
	struct cbx_job_list *next = NULL;

	ck_assert_int_eq(cbx_merge(&rules, script->list, report, find_past, script, &script->batch,
				   &merge_script_counts, &next),
			 0);
	cbx_job_list_unref(script->list);
	script->list = next;
	script->now = 0;
}

static void receive(struct script *script, const char *text)
{
	struct cbx_status *statuses[MOST];
	int64_t ids[MOST];
	int64_t rejected[MOST];
	char words[256];
	struct cbx_report report = { .system = SYSTEM, .statuses = statuses, .named = ids };
	const char *rest = strchr(text, '@') + 1;
	char *end;
	size_t i;

	report.at = strtoull(rest, &end, 10) * SECOND;
	if (*end == '-')
		report.until = strtoull(end + 1, &end, 10) * SECOND;
	rest = end + strspn(end, " ");
	report.kind = *text == 'l' ? CBX_LIST_ANSWER : *text == 'p' ? CBX_PUSH : CBX_STATUS_ANSWER;
	if (!strncmp(text, "silence", 7)) {
		report.kind = CBX_OFFLINE_EXPIRY;
		report.expired_before_ms = strtoll(rest, NULL, 10) * 1000;
		rest = "";
	} else if (report.kind == CBX_STATUS_ANSWER) {
		report.named_count = read_ids(&rest, ids);
	}
	snprintf(words, sizeof(words), "%.*s", (int)strcspn(rest, "|"), rest);
	report.count = statuses_of(SYSTEM, words, statuses, MOST);
	read_rejected(rest + strcspn(rest, "|"), &report, rejected);
	merge(script, &report);
	for (i = 0; i < report.count; i++)
		cbx_status_unref(statuses[i]);
}

static void step(struct script *script, const char *input)
{
	struct cbx_merge_counts before = merge_script_counts;

	if (!strncmp(input, "row ", 4))
		add_row(script, input + 4);
	else if (!strncmp(input, "past ", 5))
		add_past(script, input + 5);
	else if (!strncmp(input, "now ", 4))
		script->now = strtoull(input + 4, NULL, 10);
	else if (!strcmp(input, "show"))
		print_list(script);
	else
		receive(script, input + (*input == '+' || *input == '~'));
	if (*input == '~')
		print_history(script);
	else if (*input != '+')
		print_batch(script, &before);
}

void merge_script_run(const struct merge_step *steps, size_t count)
{
	struct script script = { 0 };
	size_t i;

	merge_script_counts = (struct cbx_merge_counts){ 0 };
	for (i = 0; i < count; i++) {
		const char *wanted = steps[i].output ? steps[i].output : "";
		const char *got;

		cbx_text_clear(&script.out);
		step(&script, steps[i].input);
		if (script.out.len)
			script.out.bytes[--script.out.len] = '\0'; /* the last line's end */
		got = script.out.len ? script.out.bytes : "";
		ck_assert_msg(!strcmp(got, wanted), "step %zu: %s\n--- gives\n%s\n--- needs\n%s\n",
			      i, steps[i].input, got, wanted);
	}
	cbx_batch_clear(&script.batch);
	cbx_job_list_unref(script.list);
	cbx_text_free(&script.out);
}
