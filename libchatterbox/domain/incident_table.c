// SPDX-License-Identifier: MIT
/* incident_table.c - the incidents that are open or not written yet, by name, and their members */
#include "domain/incident_table.h"

#include "base/hash.h"
#include "common/array.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct cbx_incident_handle {
	UT_hash_handle hh;
	struct cbx_seen seen;
	struct cbx_incident *incident;
	bool listed; /* it is open, and found by its name */
	char name[]; /* its kind and key */
};

/* 1 = it is new */
static int see(struct cbx_incidents *incidents, struct cbx_seen *seen, const char *system,
	       int64_t job_id)
{
	int added =
		incidents->members < CBX_INCIDENT_MEMBERS ? cbx_seen_add(seen, system, job_id) : 0;

	incidents->members += added > 0;
	return added;
}

int cbx_incident_count_member(struct cbx_incidents *incidents, struct cbx_incident *incident,
			      const char *system, int64_t job_id)
{
	struct cbx_incident_handle *handle = incident->handle;
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

static size_t full_name(enum cbx_incident_kind kind, const char *key,
			char out[CBX_INCIDENT_KEY + 2])
{
	return (size_t)snprintf(out, CBX_INCIDENT_KEY + 2, "%c%.*s", 'a' + (int)kind,
				CBX_INCIDENT_KEY - 1, key);
}

struct cbx_incident *cbx_incident_find(const struct cbx_incidents *incidents,
				       const struct cbx_group_name *name)
{
	struct cbx_incident_handle *handle;
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

void cbx_incident_unlist(struct cbx_incidents *incidents, struct cbx_incident *incident)
{
	struct cbx_incident_handle *handle = incident->handle;

	if (!handle->listed)
		return;
	HASH_DEL(incidents->by_name, handle);
	handle->listed = false;
	incidents->open--;
	incidents->members -= handle->seen.count;
}

static void free_incident(struct cbx_incidents *incidents, struct cbx_incident *incident)
{
	struct cbx_incident_handle *handle = incident->handle;

	if (handle) {
		cbx_incident_unlist(incidents, incident);
		cbx_seen_clear(&handle->seen);
	}
	clear_joined(incident);
	free(incident->joined);
	free(incident->key);
	free(incident->sample);
	free(handle);
	free(incident);
}

struct cbx_incident *cbx_incident_make(struct cbx_incidents *incidents, enum cbx_incident_kind kind,
				       const char *key, const char *sample)
{
	struct cbx_incident *incident = calloc(1, sizeof(*incident));
	char text[CBX_INCIDENT_KEY + 2];
	size_t len = full_name(kind, key, text);
	struct cbx_incident_handle *handle = calloc(1, sizeof(*handle) + len + 1);

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

int cbx_incident_join_unwritten(struct cbx_incident *incident, const struct cbx_trouble *trouble)
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
	struct cbx_incident *incident =
		cbx_incident_make(incidents, row->kind, row->key, row->sample);

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
	int added = cbx_incident_count_member(incidents, incident, system, job_id);

	return added < 0 ? added : 0;
}
