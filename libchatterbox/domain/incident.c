// SPDX-License-Identifier: MIT
/*
 * incident.c - opens, extends and closes incidents
 *
 * What fits an open incident belongs to it. Else it waits in its groups (incident_groups.c) until
 * one of them is large enough, and opens that.
 */
#include "domain/incident.h"

#include "base/hash.h"
#include "common/array.h"
#include "common/cleanup.h"
#include "domain/incident_groups.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FEWEST_AT_ONCE 10 /* systems that fall silent or stall; and a tenth of all */

struct handle {
	UT_hash_handle hh;
	struct cbx_seen seen;
	struct cbx_incident *incident;
	bool listed; /* it is open, and found by its name */
	char name[]; /* its kind and key */
};

struct cbx_incidents {
	struct cbx_incident_rules rules;
	struct cbx_groups groups;
	struct handle *by_name;
	struct cbx_incident *all;
	size_t open;
	size_t members; /* in all of them */
};

/* --- members, each counted once --- */

/* 1 = it is new */
static int see(struct cbx_incidents *incidents, struct cbx_seen *seen, const char *system,
	       int64_t job_id)
{
	int added =
		incidents->members < CBX_INCIDENT_MEMBERS ? cbx_seen_add(seen, system, job_id) : 0;

	incidents->members += added > 0;
	return added;
}

/* How many of the two are new: the system, and the job if it is one */
static int count_member(struct cbx_incidents *incidents, struct cbx_incident *incident,
			const char *system, int64_t job_id)
{
	struct handle *handle = incident->handle;
	int of_system = see(incidents, &handle->seen, system, -1);
	int of_job = 0;

	if (of_system >= 0 && job_id >= 0)
		of_job = see(incidents, &handle->seen, system, job_id);
	if (of_system < 0 || of_job < 0)
		return -ENOMEM;
	incident->systems += (size_t)of_system;
	incident->jobs += (size_t)of_job;
	return of_system + of_job;
}

/* --- the table --- */

static size_t full_name(enum cbx_incident_kind kind, const char *key,
			char out[CBX_INCIDENT_KEY + 2])
{
	return (size_t)snprintf(out, CBX_INCIDENT_KEY + 2, "%c%.*s", 'a' + (int)kind,
				CBX_INCIDENT_KEY - 1, key);
}

static struct cbx_incident *find(const struct cbx_incidents *incidents,
				 const struct cbx_group_name *name)
{
	struct handle *handle;
	char text[CBX_INCIDENT_KEY + 2];
	size_t len = full_name(name->kind, name->key, text);

	HASH_FIND(hh, incidents->by_name, text, len, handle);
	return handle ? handle->incident : NULL;
}

static void clear_joined(struct cbx_incident *incident)
{
	size_t i;

	for (i = 0; i < incident->joined_count; i++) {
		free(incident->joined[i].system);
		free(incident->joined[i].code);
	}
	incident->joined_count = 0;
}

static void unlist(struct cbx_incidents *incidents, struct handle *handle)
{
	if (!handle->listed)
		return;
	HASH_DEL(incidents->by_name, handle);
	handle->listed = false;
	incidents->open--;
	incidents->members -= handle->seen.count;
}

static void free_incident(struct cbx_incidents *incidents, struct cbx_incident *incident)
{
	struct handle *handle = incident->handle;

	if (handle) {
		unlist(incidents, handle);
		cbx_seen_clear(&handle->seen);
	}
	clear_joined(incident);
	free(incident->joined);
	free(incident->key);
	free(incident->sample);
	free(handle);
	free(incident);
}

static struct cbx_incident *make(struct cbx_incidents *incidents, enum cbx_incident_kind kind,
				 const char *key, const char *sample)
{
	struct cbx_incident *incident = calloc(1, sizeof(*incident));
	char text[CBX_INCIDENT_KEY + 2];
	size_t len = full_name(kind, key, text);
	struct handle *handle = calloc(1, sizeof(*handle) + len + 1);

	if (!incident || !handle) {
		free(incident);
		free(handle);
		return NULL;
	}
	memcpy(handle->name, text, len + 1);
	handle->incident = incident;
	incident->handle = handle;
	incident->kind = kind;
	incident->key = strdup(key);
	incident->sample = sample ? strdup(sample) : NULL;
	if (!incident->key || (sample && !incident->sample) ||
	    cbx_hash_add(incidents->by_name, handle->name, len, handle) < 0) {
		free_incident(incidents, incident);
		return NULL;
	}
	handle->listed = true;
	incidents->open++;
	incident->next = incidents->all;
	incidents->all = incident;
	return incident;
}

int cbx_incidents_new(struct cbx_incidents **out)
{
	struct cbx_incidents *incidents = calloc(1, sizeof(*incidents));

	if (!incidents)
		return -ENOMEM;
	incidents->rules = (struct cbx_incident_rules){ 900000, 5, 10 };
	*out = incidents;
	return 0;
}

void cbx_incidents_free(struct cbx_incidents *incidents)
{
	struct cbx_incident *next;

	if (!incidents)
		return;
	cbx_groups_clear(&incidents->groups);
	for (; incidents->all; incidents->all = next) {
		next = incidents->all->next;
		free_incident(incidents, incidents->all);
	}
	free(incidents);
}

void cbx_incidents_set_rules(struct cbx_incidents *incidents,
			     const struct cbx_incident_rules *rules)
{
	incidents->rules = *rules;
}

struct cbx_incident *cbx_incidents_all(const struct cbx_incidents *incidents)
{
	return incidents->all;
}

size_t cbx_incidents_open(const struct cbx_incidents *incidents, enum cbx_incident_kind kind)
{
	const struct cbx_incident *incident;
	size_t count = 0;

	for (incident = incidents->all; incident; incident = incident->next)
		count += incident->kind == kind && !incident->closed_ms;
	return count;
}

size_t cbx_incidents_waiting(const struct cbx_incidents *incidents)
{
	return incidents->groups.count;
}

/* --- what happens --- */

static bool happens_at_once(enum cbx_incident_kind kind)
{
	return kind == CBX_SILENCE || kind == CBX_STALL;
}

static int keep_joined(struct cbx_incident *incident, const struct cbx_trouble *trouble)
{
	struct cbx_joined joined = { .job_id = trouble->job_id };
	bool failed;

	/* as when SQL has refused it for very long */
	if (incident->joined_count >= CBX_INCIDENT_MEMBERS)
		return 0;
	joined.system = strdup(trouble->system);
	if (trouble->code)
		joined.code = strdup(trouble->code);
	failed = !joined.system || (trouble->code && !joined.code) ||
		 cbx_grow(incident->joined, incident->joined_capacity, incident->joined_count + 1) <
			 0;
	if (!failed) {
		incident->joined[incident->joined_count++] = joined;
		return 0;
	}
	free(joined.system);
	free(joined.code);
	return -ENOMEM;
}

/* A failure that comes again keeps its incident open, but a system that is still silent does not */
static int join(struct cbx_incidents *incidents, struct cbx_incident *incident,
		const struct cbx_trouble *trouble)
{
	int added = count_member(incidents, incident, trouble->system, trouble->job_id);

	if (added < 0 || (!added && happens_at_once(incident->kind)))
		return added;
	incident->dirty = true;
	if (trouble->at_ms > incident->updated_ms)
		incident->updated_ms = trouble->at_ms;
	return keep_joined(incident, trouble);
}

/* What waits in the group moves into a new incident */
static int open_incident(struct cbx_incidents *incidents, const struct cbx_group_name *name,
			 int64_t now_ms)
{
	cbx_auto(cbx_text_free) struct cbx_text sample = { 0 };
	struct cbx_incident *incident = NULL;
	struct cbx_waiting *waiting;
	struct cbx_waiting *next;
	int result = cbx_groups_sample(&incidents->groups, name, &sample);

	if (!result) {
		incident = make(incidents, name->kind, name->key, sample.bytes);
		result = incident ? 0 : -ENOMEM;
	}
	if (result < 0)
		return result;
	incident->dirty = true;
	incident->opened_ms = incident->updated_ms = now_ms;
	for (waiting = incidents->groups.oldest; waiting && !result; waiting = next) {
		next = waiting->next;
		if (!cbx_waiting_is_in(waiting, name))
			continue;
		result = join(incidents, incident, &waiting->trouble);
		if (result < 0)
			break;
		if (name->kind == CBX_SAME_SYSTEM)
			cbx_groups_place(&incidents->groups, waiting);
		else
			cbx_groups_drop(&incidents->groups, waiting);
	}
	return result;
}

static size_t threshold(const struct cbx_incidents *incidents, enum cbx_incident_kind kind,
			size_t known)
{
	size_t tenth = (known + 9) / 10;

	if (happens_at_once(kind))
		return tenth > FEWEST_AT_ONCE ? tenth : FEWEST_AT_ONCE;
	return kind == CBX_SAME_SYSTEM ? incidents->rules.jobs : incidents->rules.systems;
}

/* Which of its groups comes first when several would do: a file that is named, the code, a file
 * that was merely being downloaded, the system */
static int rank(const struct cbx_trouble *trouble, enum cbx_incident_kind kind)
{
	if (kind == CBX_SAME_FILE)
		return trouble->named ? 0 : 2;
	return kind == CBX_SAME_SYSTEM ? 3 : 1;
}

/* The open incident that it belongs to; NULL: none */
static struct cbx_incident *belongs_to(const struct cbx_incidents *incidents,
				       const struct cbx_trouble *trouble,
				       const struct cbx_group_name *groups, size_t count)
{
	struct cbx_incident *best = NULL;
	size_t i;

	for (i = 0; i < count; i++) {
		struct cbx_incident *incident = find(incidents, &groups[i]);

		if (incident &&
		    (!best || rank(trouble, incident->kind) < rank(trouble, best->kind)))
			best = incident;
	}
	return best;
}

/* The group that is large enough for an incident; NULL: none */
static const struct cbx_group_name *due(const struct cbx_incidents *incidents,
					const struct cbx_trouble *trouble,
					const struct cbx_group_name *groups, size_t count,
					size_t known)
{
	const struct cbx_group_name *best = NULL;
	size_t i;

	for (i = 0; i < count; i++) {
		if (cbx_groups_size(&incidents->groups, &groups[i]) <
		    threshold(incidents, groups[i].kind, known))
			continue;
		if (!best || rank(trouble, groups[i].kind) < rank(trouble, best->kind))
			best = &groups[i];
	}
	return best;
}

int cbx_incidents_add(struct cbx_incidents *incidents, const struct cbx_trouble *trouble,
		      size_t known)
{
	struct cbx_group_name groups[CBX_GROUPS_OF_ONE];
	size_t count = cbx_trouble_groups(trouble, groups);
	struct cbx_incident *incident = belongs_to(incidents, trouble, groups, count);
	const struct cbx_group_name *opens;
	int result = 0;

	cbx_groups_expire(&incidents->groups, trouble->at_ms - incidents->rules.window_ms);
	if (incident)
		result = join(incidents, incident, trouble);
	if (result < 0 || (incident && incident->kind != CBX_SAME_SYSTEM))
		return result;
	result = cbx_groups_add(&incidents->groups, trouble, incident != NULL);
	if (result < 0 || incidents->open >= CBX_INCIDENTS_OPEN)
		return result;
	opens = due(incidents, trouble, groups, count, known);
	return opens ? open_incident(incidents, opens, trouble->at_ms) : 0;
}

void cbx_incidents_close_old(struct cbx_incidents *incidents, int64_t now_ms)
{
	struct cbx_incident *incident;

	cbx_groups_expire(&incidents->groups, now_ms - incidents->rules.window_ms);
	for (incident = incidents->all; incident; incident = incident->next) {
		if (incident->closed_ms ||
		    now_ms - incident->updated_ms < incidents->rules.window_ms)
			continue;
		incident->closed_ms = now_ms;
		incident->dirty = true;
		unlist(incidents, incident->handle);
	}
}

/* --- what becomes of them --- */

void cbx_incident_written(struct cbx_incidents *incidents, struct cbx_incident *incident)
{
	struct cbx_incident **place = &incidents->all;

	if (cbx_incident_is_news(incident))
		incident->told = cbx_incident_size(incident);
	incident->dirty = false;
	clear_joined(incident);
	if (!incident->closed_ms)
		return;
	while (*place != incident)
		place = &(*place)->next;
	*place = incident->next;
	free_incident(incidents, incident);
}

struct cbx_incident *cbx_incidents_restore(struct cbx_incidents *incidents,
					   const struct cbx_incident *row)
{
	struct cbx_incident *incident = make(incidents, row->kind, row->key, row->sample);

	if (!incident)
		return NULL;
	incident->id = row->id;
	incident->opened_ms = row->opened_ms;
	incident->updated_ms = row->updated_ms;
	incident->told = row->told;
	return incident;
}

int cbx_incident_restore_member(struct cbx_incidents *incidents, struct cbx_incident *incident,
				const char *system, int64_t job_id)
{
	int added = count_member(incidents, incident, system, job_id);

	return added < 0 ? added : 0;
}
