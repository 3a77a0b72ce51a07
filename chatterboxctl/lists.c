// SPDX-License-Identifier: MIT
/* lists.c - the commands that show jobs, systems and errors */
#include "ask.h"
#include "commands.h"
#include "http.h"
#include "say.h"
#include "show.h"

#include <stdio.h>
#include <string.h>

static void add(struct ctl_table *table, const json_t *object, const char *name)
{
	char cell[CTL_CELL];

	ctl_table_add(table, CTL_PLAIN, ctl_member(object, name, cell));
}

static void add_status(struct ctl_table *table, const json_t *object)
{
	char cell[CTL_CELL];
	const char *status = ctl_member(object, "status", cell);

	ctl_table_add(table, ctl_colour_of(status), status);
}

static int show_jobs(const json_t *jobs)
{
	static const char *const heads[] = { "SYSTEM", "JOB",   "STATUS", "DONE",
					     "FILES",  "SPEED", "TYPE",   NULL };
	struct ctl_table table;
	json_t *job;
	size_t i;

	ctl_table_begin(&table, heads);
	json_array_foreach(jobs, i, job)
	{
		char done[CTL_CELL];
		char total[CTL_CELL];
		const char *percent = ctl_member(job, "percent_completed", done);

		add(&table, job, "system");
		add(&table, job, "job_id");
		add_status(&table, job);
		ctl_table_addf(&table, "%s%s", percent, *percent ? " %" : "");
		if (json_object_get(job, "total_files"))
			ctl_table_addf(&table, "%s/%s", ctl_member(job, "downloaded", done),
				       ctl_member(job, "total_files", total));
		else
			ctl_table_add(&table, CTL_PLAIN, NULL);
		add(&table, job, "download_speed");
		add(&table, job, "job_type");
	}
	return ctl_table_end(&table);
}

static int show_list(const struct ctl_options *options, const char *path, struct cbx_text *query,
		     const char *name, int (*show)(const json_t *))
{
	cbx_auto(json_decrefp) json_t *answer = NULL;
	int result = ctl_ask_list(options, path, query, name, &answer);

	if (result)
		return result;
	return options->json ? ctl_print_json(answer) : show(json_object_get(answer, name));
}

int ctl_jobs(const struct ctl_options *options)
{
	struct cbx_text query = { 0 };

	ctl_add_one(&query, "system", options->system);
	ctl_add_one(&query, "status", options->status);
	ctl_add_one(&query, "job_type", options->type);
	ctl_add_filter(&query, "origin", options->origin);
	ctl_add_filter(&query, "q", options->search);
	ctl_add_filter(&query, "state", options->state);
	ctl_add_filter(&query, "stalled", options->stalled ? "1" : NULL);
	ctl_add_filter(&query, "stale", options->stale ? "1" : NULL);
	ctl_add_filter(&query, "sort", options->sort);
	return show_list(options, "/api/v1/jobs", &query, "jobs", show_jobs);
}

static int show_errors(const json_t *errors)
{
	static const char *const heads[] = { "ID",    "SYSTEM", "JOB",     "CODE",
					     "TIMES", "LAST",   "MESSAGE", NULL };
	struct ctl_table table;
	json_t *error;
	size_t i;

	ctl_table_begin(&table, heads);
	json_array_foreach(errors, i, error)
	{
		add(&table, error, "id");
		add(&table, error, "system");
		add(&table, error, "job_id");
		add(&table, error, "code");
		add(&table, error, "occurrences");
		add(&table, error, "last_seen");
		add(&table, error, "message");
	}
	return ctl_table_end(&table);
}

int ctl_errors(const struct ctl_options *options)
{
	struct cbx_text query = { 0 };

	ctl_add_filter(&query, "system", options->system);
	return show_list(options, "/api/v1/errors", &query, "errors", show_errors);
}

static int show_systems(const json_t *systems)
{
	static const char *const heads[] = {
		"SYSTEM", "STATUS", "JOBS", "LAST CHECK", "SINCE", NULL
	};
	struct ctl_table table;
	json_t *system;
	size_t i;

	ctl_table_begin(&table, heads);
	json_array_foreach(systems, i, system)
	{
		add(&table, system, "systemID");
		add_status(&table, system);
		add(&table, system, "jobs");
		add(&table, system, "lastCheck");
		add(&table, system, "since");
	}
	return ctl_table_end(&table);
}

/* A line for each member that is a text or a number, and one for each of an object below it */
static void add_members(struct ctl_table *table, const json_t *object)
{
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, name, value)
	{
		char cell[CTL_CELL];
		const char *text = ctl_member(object, name, cell);

		if (json_is_object(value))
			add_members(table, value);
		else if (!json_is_array(value)) {
			ctl_table_add(table, CTL_DIM, name);
			ctl_table_add(table, ctl_colour_of(text), text);
		}
	}
}

static int show_members(const json_t *object)
{
	static const char *const heads[] = { "NAME", "VALUE", NULL };
	struct ctl_table table;

	ctl_table_begin(&table, heads);
	add_members(&table, object);
	return ctl_table_end(&table);
}

static int show_one_system(const struct ctl_options *options)
{
	struct cbx_text text = { 0 };
	cbx_auto(cbx_freep) char *path = NULL;
	cbx_auto(json_decrefp) json_t *system = NULL;
	int result;

	cbx_text_puts(&text, "/api/v1/systems/");
	ctl_encode(&text, options->arguments[0]);
	if (cbx_text_take(&text, &path, NULL) < 0) {
		ctl_say_memory();
		return CTL_UNAVAILABLE;
	}
	result = ctl_ask(options, "GET", path, NULL, &system);
	if (result)
		return result;
	if (options->json)
		return ctl_print_json(system);
	if (!json_is_array(json_object_get(system, "jobs")))
		return ctl_ask_strange(options, path);
	result = show_members(system);
	return result ? result : show_jobs(json_object_get(system, "jobs"));
}

int ctl_systems(const struct ctl_options *options)
{
	struct cbx_text query = { 0 };

	if (options->count)
		return show_one_system(options);
	return show_list(options, "/api/v1/systems", &query, "systems", show_systems);
}

char *ctl_job_path(const struct ctl_options *options, const char *begin, const char *end,
		   int *result)
{
	struct cbx_text text = { 0 };
	char *path = NULL;

	if (ctl_number(options->arguments[1], 0, (1L << 53) - 1) < 0) {
		ctl_say("%s: JOB is a job_id, a number; got '%s'", options->command->name,
			options->arguments[1]);
		*result = CTL_USAGE;
		return NULL;
	}
	cbx_text_puts(&text, begin);
	ctl_encode(&text, options->arguments[0]);
	cbx_text_printf(&text, "/%s%s", options->arguments[1], end);
	if (cbx_text_take(&text, &path, NULL) < 0) {
		ctl_say_memory();
		*result = CTL_UNAVAILABLE;
	}
	return path;
}

int ctl_job(const struct ctl_options *options)
{
	int result = CTL_OK;
	cbx_auto(cbx_freep) char *path = ctl_job_path(options, "/api/v1/jobs/", "", &result);
	cbx_auto(json_decrefp) json_t *answer = NULL;

	if (!path)
		return result;
	result = ctl_ask(options, "GET", path, NULL, &answer);
	if (result)
		return result;
	if (options->json)
		return ctl_print_json(answer);
	if (!json_is_object(json_object_get(answer, "job")))
		return ctl_ask_strange(options, path);
	return show_members(answer);
}
