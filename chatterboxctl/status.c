// SPDX-License-Identifier: MIT
/* status.c - the summary in words */
#include "ask.h"
#include "commands.h"
#include "show.h"

#include <string.h>

static void row(struct ctl_table *table, const char *name, enum ctl_colour colour, const char *text)
{
	ctl_table_add(table, CTL_DIM, name);
	ctl_table_add(table, colour, text);
}

static void add_leader(struct ctl_table *table, const json_t *summary)
{
	const char *leader = json_string_value(json_object_get(summary, "leader"));
	char cell[CTL_CELL];

	row(table, "role", CTL_PLAIN, ctl_member(summary, "role", cell));
	row(table, "leader", leader ? CTL_PLAIN : CTL_RED, leader ? leader : "nobody");
}

static void add_jobs(struct ctl_table *table, const json_t *summary)
{
	char count[CTL_CELL];
	char active[CTL_CELL];

	ctl_table_add(table, CTL_DIM, "jobs");
	ctl_table_addf(table, "%s live, %s running", ctl_member(summary, "job_count", count),
		       ctl_member(summary, "activte_jobs", active));
	ctl_table_add(table, CTL_DIM, "jobs of OCD");
	ctl_table_addf(table, "%s live, %s running", ctl_member(summary, "total_ocd_jobs", count),
		       ctl_member(summary, "active_ocd_jobs", active));
	row(table, "speed", CTL_PLAIN,
	    ctl_speed(json_number_value(json_object_get(summary, "total_download_speed")), count));
}

static void add_systems(struct ctl_table *table, const json_t *systems)
{
	char online[CTL_CELL];
	char offline[CTL_CELL];
	char unknown[CTL_CELL];

	ctl_table_add(table, CTL_DIM, "systems");
	ctl_table_addf(table, "%s online, %s offline, %s unknown",
		       ctl_member(systems, "online", online),
		       ctl_member(systems, "offline", offline),
		       ctl_member(systems, "unknown", unknown));
}

static void add_asking(struct ctl_table *table, const json_t *summary)
{
	const json_t *interval = json_object_get(summary, "interval");
	const char *until = json_string_value(json_object_get(summary, "paused_until"));
	const char *reason = json_string_value(json_object_get(interval, "reason"));
	char current[CTL_CELL];

	ctl_table_add(table, CTL_DIM, "asking");
	if (json_is_true(json_object_get(summary, "paused")))
		ctl_table_addf(table, "paused%s%s", until ? " until " : "", until ? until : "");
	else
		ctl_table_addf(table, "every %s s%s%s", ctl_member(interval, "current", current),
			       reason ? ", more rarely because of " : "", reason ? reason : "");
}

static void add_round(struct ctl_table *table, const json_t *round)
{
	char ago[CTL_CELL];
	char systems[CTL_CELL];
	char changed[CTL_CELL];
	char timeouts[CTL_CELL];

	ctl_table_add(table, CTL_DIM, "last round");
	if (!json_is_object(round)) {
		ctl_table_add(table, CTL_YELLOW, "none yet");
		return;
	}
	ctl_table_addf(table, "%s: %s systems, %s jobs changed, %s timed out",
		       ctl_ago(json_string_value(json_object_get(round, "finished_at")), ago),
		       ctl_member(round, "systems", systems), ctl_member(round, "changed", changed),
		       ctl_member(round, "timeouts", timeouts));
}

int ctl_status(const struct ctl_options *options)
{
	static const char *const heads[] = { "NAME", "VALUE", NULL };
	cbx_auto(json_decrefp) json_t *summary = NULL;
	struct ctl_table table;
	int result = ctl_ask(options, "GET", "/api/v1/summary", NULL, &summary);

	if (result)
		return result;
	if (!json_is_object(json_object_get(summary, "systems")) ||
	    !json_is_object(json_object_get(summary, "interval")))
		return ctl_ask_strange(options, "/api/v1/summary");
	if (options->json)
		return ctl_print_json(summary);
	ctl_table_begin(&table, heads);
	add_leader(&table, summary);
	add_jobs(&table, summary);
	add_systems(&table, json_object_get(summary, "systems"));
	add_asking(&table, summary);
	add_round(&table, json_object_get(summary, "last_cycle"));
	return ctl_table_end(&table);
}
