// SPDX-License-Identifier: MIT
/*
 * incident.c - opens, extends and closes incidents
 *
 * What fits an open incident belongs to it. Else it waits in its groups (incident_groups.c) until
 * one of them is large enough, and opens that.
 */
#include "domain/incident.h"

#include "common/cleanup.h"
#include "domain/incident_table.h"

#include <errno.h>

#define FEWEST_AT_ONCE 10 /* systems that fall silent or stall; and a tenth of all */

static bool happens_at_once(enum cbx_incident_kind kind)
{
	return kind == CBX_SILENCE || kind == CBX_STALL;
}

/* A failure that comes again keeps its incident open, but a system that is still silent does not */
static int join(struct cbx_incidents *incidents, struct cbx_incident *incident,
		const struct cbx_trouble *trouble)
{
	int added =
		cbx_incident_count_member(incidents, incident, trouble->system, trouble->job_id);

	if (added < 0 || (!added && happens_at_once(incident->kind)))
		return added;
	incident->dirty = true;
	if (trouble->at_ms > incident->updated_ms)
		incident->updated_ms = trouble->at_ms;
	return cbx_incident_join_unwritten(incident, trouble);
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
		incident = cbx_incident_make(incidents, name->kind, name->key, sample.bytes);
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
		struct cbx_incident *incident = cbx_incident_find(incidents, &groups[i]);

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
		cbx_incident_unlist(incidents, incident);
	}
}
