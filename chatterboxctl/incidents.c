// SPDX-License-Identifier: MIT
/* incidents.c - the command that lists incidents, or shows one with its systems and jobs */
#include "ask.h"
#include "commands.h"
#include "http.h"
#include "say.h"
#include "show.h"

#include <stdio.h>

static void add(struct ctl_table *table, const json_t *object, const char *name)
{
	char cell[CTL_CELL];

	ctl_table_add(table, CTL_PLAIN, ctl_member(object, name, cell));
}

static void add_incident(struct ctl_table *table, const json_t *incident)
{
	char cell[CTL_CELL];
	bool open = json_is_null(json_object_get(incident, "closed_at"));

	add(table, incident, "id");
	ctl_table_add(table, open ? CTL_RED : CTL_PLAIN, open ? "open" : "closed");
	add(table, incident, "kind");
	add(table, incident, "systems");
	add(table, incident, "jobs");
	ctl_table_add(table, CTL_PLAIN, ctl_member(incident, "opened_at", cell));
	ctl_table_add(table, CTL_PLAIN, ctl_member(incident, "updated_at", cell));
	add(table, incident, "title");
}

static const char *const heads[] = { "ID",     "STATE", "KIND", "SYSTEMS", "JOBS",
				     "OPENED", "LAST",  "WHAT", NULL };

static int show_list(const json_t *incidents)
{
	struct ctl_table table;
	json_t *incident;
	size_t i;

	ctl_table_begin(&table, heads);
	json_array_foreach(incidents, i, incident) add_incident(&table, incident);
	return ctl_table_end(&table);
}

static int show_one(const json_t *answer)
{
	static const char *const jobs_heads[] = { "SYSTEM", "JOB", "CODE", NULL };
	static const char *const systems_heads[] = { "SYSTEM", NULL };
	const json_t *jobs = json_object_get(answer, "jobs");
	bool has_jobs = json_array_size(jobs);
	const json_t *list = has_jobs ? jobs : json_object_get(answer, "systems");
	struct ctl_table table;
	json_t *one;
	size_t i;
	int result;

	ctl_table_begin(&table, heads);
	add_incident(&table, json_object_get(answer, "incident"));
	result = ctl_table_end(&table);
	if (result)
		return result;
	ctl_table_begin(&table, has_jobs ? jobs_heads : systems_heads);
	json_array_foreach(list, i, one)
	{
		if (!has_jobs) {
			ctl_table_add(&table, CTL_PLAIN, json_string_value(one));
			continue;
		}
		add(&table, one, "system");
		add(&table, one, "job_id");
		add(&table, one, "code");
	}
	return ctl_table_end(&table);
}

/* Its first members: as many as --limit says, 1000 at most */
static int ask_one(const struct ctl_options *options, long id)
{
	cbx_auto(json_decrefp) json_t *answer = NULL;
	long limit = options->limit && options->limit < 1000 ? options->limit : 1000;
	char path[96];
	int result;

	snprintf(path, sizeof(path), "/api/v1/incidents/%ld?limit=%ld", id, limit);
	result = ctl_ask(options, "GET", path, NULL, &answer);
	if (result)
		return result;
	if (options->json)
		return ctl_print_json(answer);
	if (!json_is_object(json_object_get(answer, "incident")))
		return ctl_ask_strange(options, path);
	return show_one(answer);
}

int ctl_incidents(const struct ctl_options *options)
{
	cbx_auto(json_decrefp) json_t *answer = NULL;
	long id;
	int result;

	if (options->count) {
		id = ctl_number(options->arguments[0], 1, (1L << 53) - 1);
		if (id > 0)
			return ask_one(options, id);
		ctl_say("incidents: ID is a number; got '%s'", options->arguments[0]);
		return CTL_USAGE;
	}
	result = ctl_ask_all(options, "/api/v1/incidents", options->open ? "open=1&" : "",
			     "incidents", &answer);
	if (result)
		return result;
	return options->json ? ctl_print_json(answer)
			     : show_list(json_object_get(answer, "incidents"));
}
