// SPDX-License-Identifier: MIT
/* history.c - the command that shows what became of a job, or of a system and its jobs */
#include "ask.h"
#include "commands.h"
#include "http.h"
#include "say.h"
#include "show.h"

static void add(struct ctl_table *table, const json_t *object, const char *name)
{
	char cell[CTL_CELL];

	ctl_table_add(table, CTL_PLAIN, ctl_member(object, name, cell));
}

static int show(const json_t *history)
{
	static const char *const heads[] = { "AT",     "JOB",    "REVISION", "STATUS", "BEFORE",
					     "SOURCE", "REASON", "DONE",     NULL };
	struct ctl_table table;
	json_t *change;
	size_t i;

	ctl_table_begin(&table, heads);
	json_array_foreach(history, i, change)
	{
		char cell[CTL_CELL];
		const char *status = ctl_member(change, "status", cell);
		char done[CTL_CELL];
		const char *percent = ctl_member(change, "percent_completed", done);

		add(&table, change, "at");
		add(&table, change, "job_id");
		add(&table, change, "revision");
		ctl_table_add(&table, ctl_colour_of(status), status);
		add(&table, change, "previous_status");
		add(&table, change, "source");
		add(&table, change, "reason");
		ctl_table_addf(&table, "%s%s", percent, *percent ? " %" : "");
	}
	return ctl_table_end(&table);
}

static char *path_of(const struct ctl_options *options, int *result)
{
	struct cbx_text text = { 0 };
	char *path = NULL;

	if (options->count == 2)
		return ctl_job_path(options, "/history", result);
	cbx_text_puts(&text, "/api/v1/systems/");
	ctl_encode(&text, options->arguments[0]);
	cbx_text_puts(&text, "/history");
	if (cbx_text_take(&text, &path, NULL) < 0) {
		ctl_say_memory();
		*result = CTL_UNAVAILABLE;
	}
	return path;
}

int ctl_history(const struct ctl_options *options)
{
	int result = CTL_OK;
	cbx_auto(cbx_freep) char *path = path_of(options, &result);
	cbx_auto(json_decrefp) json_t *answer = NULL;

	if (!path)
		return result;
	result = ctl_ask_all(options, path, "", "history", &answer);
	if (result)
		return result;
	return options->json ? ctl_print_json(answer) : show(json_object_get(answer, "history"));
}
