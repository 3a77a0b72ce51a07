// SPDX-License-Identifier: MIT
/*
 * flight_state.c - gives the recorder the state that the lines after it follow from
 *
 * It is taken where nothing is under way: what came is recorded, and what is known of each job and
 * system stands in its record. A state is written at the start, when a file begins, and after
 * whatever broke the thread of events.
 */
#include "road/flight.h"

#include "road/batch.h"
#include "road/flight_line.h"

#include <inttypes.h>

/* What decides about jobs; never where servers are, or a secret */
static void put_settings(const struct cbx_settings *settings, struct cbx_text *line)
{
	const struct {
		const char *path;
		uint64_t value;
	} numbers[] = {
		{ "check_job_status_time", settings->check_job_status_time_ns / CBX_SECOND },
		{ "time_till_next_check", settings->time_till_next_check_ns / CBX_SECOND },
		{ "offline_job_ttl", settings->offline_job_ttl_ns / CBX_SECOND },
		{ "progress_checkpoint", settings->progress_checkpoint_ns / CBX_SECOND },
		{ "history_retention", settings->history_retention_ns / CBX_SECOND },
		{ "rmq_rpc.poll_timeout", settings->poll_timeout_ns / CBX_MS },
		{ "limits.reply_bytes", settings->limits.bytes },
		{ "limits.jobs_per_reply", settings->limits.jobs },
	};
	size_t i;

	cbx_text_puts(line, ",\"settings\":{");
	for (i = 0; i < CBX_COUNT(numbers); i++)
		cbx_text_printf(line, "%s\"%s\":%" PRIu64, i ? "," : "", numbers[i].path,
				numbers[i].value);
	cbx_line_text(line, "pausedKey", settings->kinds.paused);
	cbx_line_text(line, "runningKey", settings->kinds.running);
	cbx_line_text(line, "completedKey", settings->kinds.completed);
	cbx_line_text(line, "erroredKey", settings->kinds.errored);
	cbx_line_text(line, "killedKey", settings->kinds.killed);
	cbx_text_putc(line, '}');
}

static void put_system(const struct cbx_system_entry *entry, struct cbx_text *out)
{
	cbx_text_puts(out, "{\"what\":\"system\"");
	cbx_line_text(out, "system", entry->system->name);
	cbx_line_text(out, "state", cbx_system_state_name(entry->system->state));
	cbx_line_number(out, "checked_ms", entry->system->last_check_ms);
	cbx_line_time(out, "reported", entry->reported_at);
	cbx_line_flag(out, "list_due", entry->list_due);
	cbx_text_puts(out, "}\n");
}

static void put_job(const struct cbx_job *job, struct cbx_text *out)
{
	static const char *const phases[] = { "unreported", "live", "ended" };

	cbx_text_puts(out, "{\"what\":\"job\"");
	cbx_line_text(out, "system", job->status->system);
	cbx_line_text(out, "phase", phases[job->phase]);
	cbx_line_text(out, "origin", cbx_origin_name(job->origin));
	cbx_line_number(out, "revision", job->revision);
	cbx_line_time(out, "applied", job->applied_at);
	cbx_line_time(out, "since", job->applied_since);
	cbx_line_time(out, "reported", job->reported_at);
	cbx_line_time(out, "recorded", job->recorded_at);
	cbx_line_time(out, "unseen", job->unseen_at);
	cbx_line_number(out, "unseen_times", job->unseen);
	cbx_line_number(out, "missing_times", job->missing);
	cbx_line_number(out, "applied_ms", job->applied_db_ms);
	cbx_line_number(out, "first_seen_ms", job->first_seen_ms);
	cbx_line_number(out, "updated_ms", job->updated_ms);
	cbx_line_flag(out, "inferred", job->inferred);
	cbx_line_body(out, job->status->json, job->status->json_len, true);
	cbx_text_puts(out, "}\n");
}

static void put_state(struct cbx_road *road, const struct cbx_frozen_jobs *frozen)
{
	struct cbx_system_entry *const *entries = cbx_systems_all(road->systems);
	size_t count = entries ? cbx_systems_count(road->systems) : 0;
	struct cbx_text text = { 0 };
	size_t i;
	size_t k;

	cbx_line_begin(road, &text, "state");
	cbx_line_number(&text, "wall_ms", cbx_wall(road->clock));
	cbx_line_number(&text, "db_ms", cbx_road_db_now(road));
	cbx_line_number(&text, "systems", (int64_t)count);
	put_settings(road->settings, &text);
	cbx_text_puts(&text, "}\n");
	for (i = 0; i < count; i++)
		put_system(entries[i], &text);
	for (i = 0; i < frozen->count; i++) {
		const struct cbx_job_list *list = cbx_frozen_jobs_at(frozen, i);

		for (k = 0; k < list->count; k++)
			put_job(list->jobs[k], &text);
	}
	cbx_line_begin(road, &text, "begin");
	cbx_text_puts(&text, "}\n");
	road->flight->ops->put(road->flight, &text, true);
	cbx_text_free(&text);
}

/* Is everything that came recorded? */
static bool rests(const struct cbx_road *road)
{
	const struct cbx_road_batch *batch = &road->batch;

	return road->epoch && !road->following && !road->hanging && !batch->received_count &&
	       !batch->inbounds && !batch->waiting && !batch->aside && !road->turn_count &&
	       !road->pushes.run;
}

static void note_links(struct cbx_road *road)
{
	unsigned links =
		(unsigned)(road->bus_link.up | road->sql_link.up << 1 | road->state_link.up << 2);
	struct cbx_text line = { 0 };

	if (links == road->flight_links)
		return;
	road->flight_links = links;
	cbx_line_begin(road, &line, "servers");
	cbx_text_printf(&line, ",\"rmq\":%s,\"sql\":%s,\"redis\":%s", links & 1 ? "true" : "false",
			links & 2 ? "true" : "false", links & 4 ? "true" : "false");
	cbx_line_end(road, &line);
}

void cbx_flight_turn(struct cbx_road *road)
{
	cbx_auto(cbx_frozen_jobs_unrefp) struct cbx_frozen_jobs *frozen = NULL;

	if (!road->flight)
		return;
	note_links(road);
	if ((road->flight_runs && !road->flight->wants_state) || !rests(road))
		return;
	if (cbx_active_jobs_freeze(road->jobs, &frozen) < 0)
		return;
	road->flight->wants_state = false;
	road->flight_runs = true;
	put_state(road, frozen);
}
