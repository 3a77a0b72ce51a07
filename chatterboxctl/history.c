// SPDX-License-Identifier: MIT
/* history.c - what became of a job, or of a system and its jobs, as rows and as sentences */
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

/* Of the first argument */
static char *path_of(const struct ctl_options *options, const char *begin, const char *end,
		     int *result)
{
	struct cbx_text text = { 0 };
	char *path = NULL;

	cbx_text_puts(&text, begin);
	ctl_encode(&text, options->arguments[0]);
	cbx_text_puts(&text, end);
	if (cbx_text_take(&text, &path, NULL) < 0) {
		ctl_say_memory();
		*result = CTL_UNAVAILABLE;
	}
	return path;
}

int ctl_history(const struct ctl_options *options)
{
	int result = CTL_OK;
	cbx_auto(cbx_freep) char *path =
		options->count == 2 ? ctl_job_path(options, "/api/v1/jobs/", "/history", &result)
				    : path_of(options, "/api/v1/systems/", "/history", &result);
	cbx_auto(json_decrefp) json_t *answer = NULL;

	if (!path)
		return result;
	result = ctl_ask_all(options, path, "", "history", &answer);
	if (result)
		return result;
	return options->json ? ctl_print_json(answer) : show(json_object_get(answer, "history"));
}

#define EXPLAIN "/api/v1/explain/"

static enum ctl_colour colour_of(const char *kind)
{
	if (!strcmp(kind, "ordered"))
		return CTL_BOLD;
	if (!strcmp(kind, "decided"))
		return CTL_YELLOW;
	return strcmp(kind, "told") ? CTL_PLAIN : CTL_DIM;
}

/* "2026-11-29T18:10:20.123Z ordered  Ordered over HTTP …", on a line each */
static void show_sentence(const json_t *sentence)
{
	const char *text = json_string_value(json_object_get(sentence, "text"));
	char cell[CTL_CELL];
	char padded[CTL_CELL];
	const char *kind;

	ctl_print_clean(stdout, ctl_member(sentence, "at", cell));
	kind = ctl_member(sentence, "kind", cell);
	snprintf(padded, sizeof(padded), "  %-7.16s  ", kind);
	ctl_print_coloured(colour_of(kind), padded);
	ctl_print_clean(stdout, text ? text : "");
	putchar('\n');
}

int ctl_explain(const struct ctl_options *options)
{
	int result = CTL_OK;
	cbx_auto(cbx_freep) char *path = options->count == 2
						 ? ctl_job_path(options, EXPLAIN, "", &result)
						 : path_of(options, EXPLAIN, "", &result);
	cbx_auto(json_decrefp) json_t *answer = NULL;
	const json_t *sentence;
	size_t i;

	if (!path)
		return result;
	result = ctl_ask_all(options, path, "", "sentences", &answer);
	if (result)
		return result;
	if (options->json)
		return ctl_print_json(answer);
	json_array_foreach(json_object_get(answer, "sentences"), i, sentence)
		show_sentence(sentence);
	if (json_object_get(answer, "told"))
		ctl_say("Redis is down: what was told is not known now");
	return CTL_OK;
}
