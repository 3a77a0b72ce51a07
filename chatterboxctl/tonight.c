// SPDX-License-Identifier: MIT
/* tonight.c - will every list be downloaded when it is activated, and if not, why? */
#include "ask.h"
#include "commands.h"
#include "show.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define HOURS 12

static const struct {
	const char *state;
	const char *label;
	enum ctl_colour colour;
} states[] = {
	{ "on_time", "on time", CTL_GREEN },
	{ "unknown", "unknown", CTL_DIM },
	{ "at_risk", "at risk", CTL_YELLOW },
	{ "late", "late", CTL_RED },
};

static void add_state(struct ctl_table *table, const json_t *row)
{
	const char *state = json_string_value(json_object_get(row, "state"));
	size_t i;

	for (i = 0; state && i < CBX_COUNT(states); i++)
		if (!strcmp(states[i].state, state)) {
			ctl_table_add(table, states[i].colour, states[i].label);
			return;
		}
	ctl_table_add(table, CTL_PLAIN, state);
}

/* "12 min", "-3 min" */
static void add_seconds(struct ctl_table *table, const json_t *row, const char *name)
{
	const json_t *value = json_object_get(row, name);
	double seconds = json_number_value(value);
	double size = seconds < 0 ? -seconds : seconds;

	if (!json_is_number(value))
		ctl_table_add(table, CTL_PLAIN, NULL);
	else if (size < 90)
		ctl_table_addf(table, "%.0f s", seconds);
	else if (size < 5400)
		ctl_table_addf(table, "%.0f min", seconds / 60);
	else
		ctl_table_addf(table, "%.1f h", seconds / 3600);
}

static int show(const json_t *outlook)
{
	static const char *const heads[] = { "ACTIVATED AT", "SYSTEM", "LIST", "STATE",
					     "LEFT",         "LEAD",   "WHY",  NULL };
	struct ctl_table table;
	json_t *row;
	size_t i;

	ctl_table_begin(&table, heads);
	json_array_foreach(outlook, i, row)
	{
		char cell[CTL_CELL];

		ctl_table_add(&table, CTL_PLAIN, ctl_member(row, "activate_at", cell));
		ctl_table_add(&table, CTL_PLAIN, ctl_member(row, "system", cell));
		ctl_table_add(&table, CTL_PLAIN, ctl_member(row, "list_id", cell));
		add_state(&table, row);
		add_seconds(&table, row, "seconds_left");
		add_seconds(&table, row, "lead_seconds");
		ctl_table_add(&table, CTL_PLAIN, ctl_member(row, "reason", cell));
	}
	return ctl_table_end(&table);
}

/* On a terminal the answer comes first, in a sentence. Return: an exit code. */
static int answer(const json_t *totals, bool says)
{
	json_int_t counts[CBX_COUNT(states)];
	json_int_t all = 0;
	size_t i;

	for (i = 0; i < CBX_COUNT(states); i++)
		all += counts[i] = json_integer_value(json_object_get(totals, states[i].state));
	if (says)
		printf("%" JSON_INTEGER_FORMAT " of %" JSON_INTEGER_FORMAT " on time", counts[0],
		       all);
	for (i = 1; says && i < CBX_COUNT(states); i++)
		if (counts[i])
			printf(", %" JSON_INTEGER_FORMAT " %s", counts[i], states[i].label);
	if (says)
		putchar('\n');
	return counts[2] || counts[3] ? CTL_NO : CTL_OK;
}

int ctl_tonight(const struct ctl_options *options)
{
	cbx_auto(json_decrefp) json_t *outlook = NULL;
	struct cbx_text query = { 0 };
	int result;

	cbx_text_printf(&query, "within=%ld&", (options->hours ? options->hours : HOURS) * 3600);
	ctl_add_filter(&query, "state", options->state);
	ctl_add_one(&query, "system", options->system);
	result = ctl_ask_list(options, "/api/v1/outlook", &query, "outlook", &outlook);
	if (result)
		return result;
	if (!json_is_object(json_object_get(outlook, "totals")))
		return ctl_ask_strange(options, "/api/v1/outlook");
	result =
		answer(json_object_get(outlook, "totals"), !options->json && isatty(STDOUT_FILENO));
	if (options->json)
		ctl_print_json(outlook);
	else if (show(json_object_get(outlook, "outlook")))
		return CTL_UNAVAILABLE;
	return result;
}
