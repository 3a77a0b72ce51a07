// SPDX-License-Identifier: MIT
/*
 * changes.c - builds the next list of a system, and its changes with their events:
 * `update_job_status` of a job, and two about the system, `status` and `user_job_errors`
 *
 * The live jobs of one job_type are a group; jobs without a job_type are a group of their own. A
 * group is paused when it has live jobs and all of them are paused. When that changes, `status` is
 * published.
 */
#include "merge/internal.h"

#include "base/read.h"
#include "common/array.h"
#include "common/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t position(const struct merge *m, int64_t job_id)
{
	size_t low = 0;
	size_t high = m->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (m->jobs[middle]->status->job_id < job_id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct cbx_job *cbx_merge_find(const struct merge *m, int64_t job_id)
{
	size_t at = position(m, job_id);

	return at < m->count && m->jobs[at]->status->job_id == job_id ? m->jobs[at] : NULL;
}

int cbx_merge_put(struct merge *m, struct cbx_job *job)
{
	size_t at = position(m, job->status->job_id);

	m->changed = true;
	if (at < m->count && m->jobs[at]->status->job_id == job->status->job_id) {
		cbx_job_unref(m->jobs[at]);
		m->jobs[at] = cbx_job_ref(job);
		return 0;
	}
	if (cbx_grow(m->jobs, m->capacity, m->count + 1) < 0)
		return -ENOMEM;
	memmove(m->jobs + at + 1, m->jobs + at, (m->count - at) * sizeof(*m->jobs));
	m->jobs[at] = cbx_job_ref(job);
	m->count++;
	return 0;
}

static int add_job_event(struct merge *m, const struct cbx_job *job, const char *previous)
{
	const struct cbx_status *status = job->status;
	struct cbx_event *event = cbx_batch_add_event(m->batch);

	if (!event)
		return -ENOMEM;
	event->name = "update_job_status";
	event->origin = cbx_origin_name(job->origin);
	event->payload = cbx_strndup(status->json, status->json_len);
	if (previous)
		event->previous_status = strdup(previous);
	if (asprintf(&event->key, "%s/%lld", status->system, (long long)status->job_id) < 0)
		event->key = NULL;
	if (asprintf(&event->message_id, "%s/%lld/%lld", status->system, (long long)status->job_id,
		     (long long)job->revision) < 0)
		event->message_id = NULL;
	if (!event->payload || !event->key || !event->message_id ||
	    (previous && !event->previous_status))
		return -ENOMEM;
	return 0;
}

/* An end that nobody reported says so itself, see ends.c */
static const char *source_of(const struct cbx_report *report)
{
	return report->kind == CBX_PUSH ? "push" : "answer";
}

int cbx_merge_transition(struct merge *m, struct cbx_job *job, enum cbx_row_table table,
			 const char *previous, struct cbx_change **out)
{
	struct cbx_change *change = cbx_batch_add_change(m->batch);

	if (!change)
		return -ENOMEM;
	change->job = cbx_job_ref(job);
	change->table = table;
	change->transition = true;
	change->source = source_of(m->report);
	job->recorded_at = m->rules->now;
	job->updated_ms = m->rules->wall_ms;
	if (previous) {
		change->previous_status = strdup(previous);
		if (!change->previous_status)
			return -ENOMEM;
	}
	m->counts->transitions[job->kind]++;
	*out = change;
	return add_job_event(m, job, previous);
}

struct group {
	const char *type; /* NULL = jobs without a job_type */
	unsigned live_before, paused_before;
	unsigned live_after, paused_after;
};

struct groups {
	struct group *all;
	size_t count, capacity;
};

static struct group *group_of(struct groups *groups, const char *type)
{
	size_t i;

	for (i = 0; i < groups->count; i++) {
		const char *known = groups->all[i].type;

		if (known == type || (known && type && !strcmp(known, type)))
			return &groups->all[i];
	}
	if (cbx_grow(groups->all, groups->capacity, groups->count + 1) < 0)
		return NULL;
	groups->all[groups->count] = (struct group){ .type = type };
	return &groups->all[groups->count++];
}

static int count_jobs(struct groups *groups, struct cbx_job *const *jobs, size_t count, bool after)
{
	size_t i;

	for (i = 0; i < count; i++) {
		struct group *group;

		if (jobs[i]->phase != CBX_LIVE)
			continue;
		group = group_of(groups, jobs[i]->status->job_type);
		if (!group)
			return -ENOMEM;
		*(after ? &group->live_after : &group->live_before) += 1;
		*(after ? &group->paused_after : &group->paused_before) +=
			jobs[i]->kind == CBX_PAUSED;
	}
	return 0;
}

/* Adds an outbox row about the system. Its message_id contains the row's id, so the database makes
 * it. */
static int add_system_event(struct merge *m, const char *name, const char *tag,
			    struct cbx_text *payload)
{
	struct cbx_event *event = cbx_batch_add_event(m->batch);

	if (!event)
		return -ENOMEM;
	event->name = name;
	event->tag = tag;
	event->key = strdup(m->report->system);
	if (!event->key)
		return -ENOMEM;
	return cbx_text_take(payload, &event->payload, NULL);
}

static int add_group_event(struct merge *m, const struct group *group)
{
	cbx_auto(cbx_text_free) struct cbx_text payload = { 0 };
	bool before = group->live_before && group->live_before == group->paused_before;
	bool after = group->live_after && group->live_after == group->paused_after;

	if (before == after)
		return 0;
	cbx_text_puts(&payload, "{\"system_id\":");
	cbx_text_json_string(&payload, m->report->system);
	cbx_text_printf(&payload, ",\"paused\":%s", after ? "true" : "false");
	if (group->type) {
		cbx_text_puts(&payload, ",\"job_type\":");
		cbx_text_json_string(&payload, group->type);
	}
	cbx_text_putc(&payload, '}');
	return add_system_event(m, "status", "status", &payload);
}

static int add_group_events(struct merge *m)
{
	struct groups groups = { 0 };
	size_t i;
	int result = 0;

	if (m->last)
		result = count_jobs(&groups, m->last->jobs, m->last->count, false);
	if (!result)
		result = count_jobs(&groups, m->jobs, m->count, true);
	for (i = 0; !result && i < groups.count; i++)
		result = add_group_event(m, &groups.all[i]);
	free(groups.all);
	return result;
}

static void add_error(struct merge *m, const struct cbx_change *change, struct cbx_text *payload)
{
	const struct cbx_status *status = change->job->status;
	char time[CBX_TIME_TEXT];

	cbx_time_text(m->rules->wall_ms, time);
	cbx_text_puts(payload, payload->len ? ",{\"system\":" : "[{\"system\":");
	cbx_text_json_string(payload, status->system);
	cbx_text_printf(payload, ",\"job_id\":%lld", (long long)status->job_id);
	if (status->job_type) {
		cbx_text_puts(payload, ",\"job_type\":");
		cbx_text_json_string(payload, status->job_type);
	}
	cbx_text_puts(payload, ",\"code\":");
	cbx_text_json_string(payload, change->error_code);
	cbx_text_puts(payload, ",\"message\":");
	cbx_text_json_string(payload, change->error_message);
	cbx_text_printf(payload, ",\"time\":\"%s\"}", time);
}

static int add_error_event(struct merge *m)
{
	cbx_auto(cbx_text_free) struct cbx_text payload = { 0 };
	size_t i;

	for (i = m->first_change; i < m->batch->change_count; i++) {
		const struct cbx_change *change = &m->batch->changes[i];

		if (change->transition && change->job->kind == CBX_ERRORED &&
		    change->job->origin == CBX_USER)
			add_error(m, change, &payload);
	}
	if (!payload.len && !payload.failed)
		return 0;
	cbx_text_putc(&payload, ']');
	return add_system_event(m, "user_job_errors", "errors", &payload);
}

int cbx_merge_system_events(struct merge *m)
{
	size_t i;
	int result = 0;
	bool told = m->regrouped;

	for (i = m->first_change; i < m->batch->change_count; i++)
		told = told || m->batch->changes[i].transition;
	if (!told)
		return 0;
	result = add_group_events(m);
	if (result < 0)
		return result;
	return add_error_event(m);
}
