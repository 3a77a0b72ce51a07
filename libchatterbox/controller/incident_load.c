// SPDX-License-Identifier: MIT
/*
 * incident_load.c - what a new leader has to know: the open incidents, who belongs to them, which
 * systems were silent, and the errors of the window that belong to nothing yet
 */
#include "common/array.h"
#include "controller/incidents.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE 10000

struct loading {
	struct cbx_incident_keeper *keeper;
	struct cbx_incident *incident; /* whose members are read; NULL: systems are marked */
	char system[80];               /* the last member of the page */
	int64_t job_id;
	size_t rows;
	int64_t silence; /* the newest incident of silence, open or not */
};

static int take_open(void *user, const struct cbx_incident_row *row)
{
	struct loading *loading = user;
	struct cbx_incident incident = {
		.id = row->id,
		.key = (char *)(uintptr_t)(row->key ?: ""),
		.sample = (char *)(uintptr_t)row->sample,
		.opened_ms = row->opened_ms,
		.updated_ms = row->updated_ms,
		.told = row->told > 0 ? (size_t)row->told : 0,
	};

	/* a kind of a newer version is left to that */
	if (!cbx_incident_kind_read(row->kind, &incident.kind))
		return 0;
	return cbx_incidents_restore(loading->keeper->incidents, &incident) ? 0 : -ENOMEM;
}

static int find_silence(void *user, const struct cbx_incident_row *row)
{
	struct loading *loading = user;
	enum cbx_incident_kind kind;

	if (!loading->silence && cbx_incident_kind_read(row->kind, &kind) && kind == CBX_SILENCE)
		loading->silence = row->id;
	return 0;
}

static int take_member(void *user, const struct cbx_incident_member *member)
{
	struct loading *loading = user;
	struct cbx_incident_keeper *keeper = loading->keeper;
	struct cbx_system_entry *entry;

	loading->rows++;
	snprintf(loading->system, sizeof(loading->system), "%s", member->system);
	loading->job_id = member->job_id;
	if (loading->incident)
		return cbx_incident_restore_member(keeper->incidents, loading->incident,
						   member->system, member->job_id);
	entry = cbx_systems_find(keeper->road->systems, member->system);
	if (entry)
		entry->silent = true;
	return 0;
}

static int read_members(struct loading *loading, int64_t id)
{
	struct cbx_sql *sql = loading->keeper->road->sql;
	int result;

	loading->system[0] = '\0';
	loading->job_id = -1;
	do {
		char system[80];
		const struct cbx_incident_place after = { system, loading->job_id };

		memcpy(system, loading->system, sizeof(system));
		loading->rows = 0;
		result = sql->incidents->members(sql, id, &after, PAGE, take_member, loading);
	} while (!result && loading->rows == PAGE);
	return result;
}

struct cbx_trouble cbx_trouble_of_error(const struct cbx_error_row *row, int64_t at_ms)
{
	return (struct cbx_trouble){ .type = CBX_SAME_CODE,
				     .at_ms = at_ms,
				     .system = row->system,
				     .job_id = row->job_id,
				     .code = row->code,
				     .message = row->message };
}

static int take_loose(void *user, const struct cbx_error_row *row)
{
	struct loading *loading = user;
	struct cbx_trouble trouble = cbx_trouble_of_error(row, row->last_seen_ms);

	if (!row->system)
		return 0;
	return cbx_incidents_add(loading->keeper->incidents, &trouble,
				 cbx_systems_count(loading->keeper->road->systems));
}

int cbx_incidents_load(struct cbx_incident_keeper *keeper)
{
	struct cbx_sql *sql = keeper->road->sql;
	struct loading loading = { .keeper = keeper };
	int64_t window_ms = (int64_t)(keeper->road->settings->incident_window_ns / CBX_MS);
	int result = sql->incidents->page(sql, true, 0, CBX_INCIDENTS_OPEN, take_open, &loading);

	loading.incident = cbx_incidents_all(keeper->incidents);
	for (; !result && loading.incident; loading.incident = loading.incident->next)
		result = read_members(&loading, loading.incident->id);
	if (!result)
		result = sql->incidents->page(sql, false, 0, CBX_INCIDENTS_OPEN, find_silence,
					      &loading);
	if (!result && loading.silence)
		result = read_members(&loading, loading.silence);
	if (!result)
		result = sql->incidents->loose(sql, cbx_road_db_now(keeper->road) - window_ms,
					       CBX_TROUBLES, take_loose, &loading);
	return result;
}
