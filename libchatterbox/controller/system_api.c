// SPDX-License-Identifier: MIT
/* system_api.c - lists of systems, one system, and the summary (contract 6.2) */
#include "controller/job_api.h"
#include "controller/system_filter.h"

#include "base/number.h"
#include "base/read.h"
#include "tell/tell.h"

#include <chatterbox/error.h>
#include <stdio.h>
#include <string.h>

static size_t live_jobs(const struct cbx_snapshot *snapshot, const char *system)
{
	const struct cbx_job_list *list = cbx_frozen_jobs_find(snapshot->jobs, system);

	return list ? list->live : 0;
}

/* Opens the object with systemID, lastCheck and status, as in Redis, and since */
static void open_system(const struct cbx_system *system, struct cbx_text *out)
{
	cbx_system_json(system, out);
	if (!out->failed)
		out->len--; /* without the closing brace */
	cbx_add_time(out, "since", system->since_ms);
}

int cbx_job_api_systems(const struct cbx_snapshot *snapshot, const json_t *params,
			struct cbx_text *out, char error[CBX_API_ERROR])
{
	const struct cbx_system *last = NULL;
	struct cbx_system_filter filter;
	struct cbx_page page;
	size_t shown = 0;
	bool more = false;
	size_t i;
	int result = cbx_page_parse(params, &page, error);

	if (!result)
		result = cbx_system_filter_read(params, &filter, error);
	if (result < 0)
		return result;
	cbx_text_puts(out, "{\"systems\":[");
	for (i = 0; i < snapshot->systems->count && !more; i++) {
		const struct cbx_system *system = cbx_system_list_at(snapshot->systems, i);

		if ((page.system[0] && strcmp(system->name, page.system) <= 0) ||
		    !cbx_system_filter_matches(&filter, system))
			continue;
		if (shown == page.limit) {
			more = true;
			continue;
		}
		if (shown++)
			cbx_text_putc(out, ',');
		open_system(system, out);
		cbx_add_time(out, "next_activation", system->next_activation_ms);
		cbx_text_printf(out, ",\"jobs\":%zu}", live_jobs(snapshot, system->name));
		last = system;
	}
	cbx_text_puts(out, "],\"next\":");
	cbx_page_next(out, more ? last->name : NULL, 0);
	cbx_text_putc(out, '}');
	return 0;
}

int cbx_job_api_system(const struct cbx_snapshot *snapshot, const char *name, struct cbx_text *out,
		       char error[CBX_API_ERROR])
{
	const struct cbx_system *system = cbx_system_list_find(snapshot->systems, name);
	const struct cbx_job_list *list = cbx_frozen_jobs_find(snapshot->jobs, name);

	if (!system) {
		snprintf(error, CBX_API_ERROR, "no system %.64s is known", name);
		return CHATTERBOX_E_UNKNOWN;
	}
	open_system(system, out);
	cbx_add_time(out, "next_activation", system->next_activation_ms);
	cbx_text_puts(out, ",\"jobs\":[");
	cbx_job_list_write_live(list, 0, out);
	cbx_text_puts(out, "]}");
	return 0;
}

static void add_number(struct cbx_text *out, const char *name, double value)
{
	char text[CBX_NUMBER_TEXT];

	cbx_number_format(value, text);
	cbx_text_printf(out, "\"%s\":%s", name, text);
}

static void add_cycle(const struct cbx_cycle *cycle, struct cbx_text *out)
{
	char time[CBX_TIME_TEXT];

	if (!cycle->finished_ms) {
		cbx_text_puts(out, ",\"last_cycle\":null");
		return;
	}
	cbx_text_printf(out,
			",\"last_cycle\":{\"systems\":%llu,\"jobs\":%llu,\"changed\":%llu,"
			"\"timeouts\":%llu,",
			(unsigned long long)cycle->systems, (unsigned long long)cycle->jobs,
			(unsigned long long)cycle->changed, (unsigned long long)cycle->timeouts);
	add_number(out, "seconds", cycle->seconds);
	cbx_time_text(cycle->finished_ms, time);
	cbx_text_printf(out, ",\"finished_at\":\"%s\"}", time);
}

void cbx_job_api_summary(const struct cbx_snapshot *snapshot, const struct cbx_summary_facts *facts,
			 struct cbx_text *out)
{
	char time[CBX_TIME_TEXT];

	cbx_jobs_data_json(&snapshot->jobs->totals, true, out);
	cbx_text_printf(out,
			",\"systems\":{\"online\":%zu,\"offline\":%zu,\"unknown\":%zu,"
			"\"internal\":%zu,\"source\":\"%s\"},\"interval\":{",
			snapshot->systems->online, snapshot->systems->offline,
			snapshot->systems->unknown, snapshot->internal,
			snapshot->systems_source   ? snapshot->systems_source
			: snapshot->systems->count ? "events"
						   : "none");
	add_number(out, "base", cbx_seconds(snapshot->interval_base_ns));
	cbx_text_putc(out, ',');
	add_number(out, "current", cbx_seconds(snapshot->interval_current_ns));
	cbx_text_printf(out,
			",\"under_load\":%s,\"reason\":", snapshot->load_reason ? "true" : "false");
	if (snapshot->load_reason)
		cbx_text_json_string(out, snapshot->load_reason);
	else
		cbx_text_puts(out, "null");
	cbx_text_printf(out, "},\"paused\":%s,\"paused_until\":",
			snapshot->paused_until_ms ? "true" : "false");
	if (snapshot->paused_until_ms) {
		cbx_time_text(snapshot->paused_until_ms, time);
		cbx_text_json_string(out, time);
	} else {
		cbx_text_puts(out, "null");
	}
	cbx_text_printf(out, ",\"role\":\"%s\",\"leader\":", facts->role);
	if (facts->leader[0])
		cbx_text_json_string(out, facts->leader);
	else
		cbx_text_puts(out, "null");
	add_cycle(&snapshot->last_cycle, out);
	cbx_text_putc(out, '}');
}
