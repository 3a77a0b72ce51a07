// SPDX-License-Identifier: MIT
/*
 * outlook.c - keeps outlooks up to date while this instance leads, and has their changes recorded
 *
 * What was told last is a row of the table outlook, written in the transaction of its event: so the
 * next leader neither tells it again nor loses a change. What is to be told goes with the next
 * commit, like all that is recorded.
 */
#include "road/outlook.h"

#include "port/outlook.h"
#include "road/batch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TURN CBX_SECOND
#define READ_EVERY (60 * CBX_SECOND)
#define LISTED_INTERVALS 2

int cbx_outlook_watch_init(struct cbx_outlook_watch *watch)
{
	return cbx_outlooks_new(&watch->table);
}

void cbx_outlook_watch_close(struct cbx_outlook_watch *watch)
{
	cbx_evidence_clear(&watch->evidence);
	cbx_outlooks_free(watch->table);
	watch->table = NULL;
}

void cbx_outlook_watch_unload(struct cbx_outlook_watch *watch)
{
	cbx_evidence_clear(&watch->evidence);
	cbx_outlooks_clear(watch->table);
	*watch = (struct cbx_outlook_watch){ .table = watch->table };
}

/* --- what is read --- */

static int take_told(void *user, const struct cbx_outlook_row *row)
{
	enum cbx_outlook_state state;

	if (!row->state || !cbx_outlook_state_read(row->state, &state))
		return 0;
	return cbx_outlooks_restore(user, row->system, row->list_id, state, row->at_ms);
}

static int take_scheduled(void *user, const struct cbx_outlook_row *row)
{
	return cbx_outlooks_read_row(user, row->system, row->list_id, row->at_ms);
}

static int load(struct cbx_road *road)
{
	struct cbx_outlook_watch *watch = &road->outlook;
	int result;

	if (watch->epoch == road->epoch)
		return 0;
	cbx_outlook_watch_unload(watch);
	result = road->sql->outlook->told(road->sql, take_told, watch->table);
	if (result < 0)
		return result;
	watch->epoch = road->epoch;
	watch->new_until_ms = cbx_road_db_now(road) + CBX_SETTLING_MS;
	return 0;
}

static int read_all(struct cbx_road *road)
{
	struct cbx_outlook_watch *watch = &road->outlook;
	int64_t keep_s = (int64_t)(road->settings->outlook_keep_ns / CBX_SECOND);
	int result;

	cbx_outlooks_read_begin(watch->table);
	result = road->sql->outlook->schedule(road->sql, keep_s, take_scheduled, watch->table);
	if (!result) {
		cbx_outlooks_read_end(watch->table);
		result = cbx_evidence_read(&watch->evidence, road->sql, watch->table);
	}
	cbx_road_observe_times(road);
	return result;
}

static int read_what_is_due(struct cbx_road *road, uint64_t now)
{
	struct cbx_outlook_watch *watch = &road->outlook;
	int result = load(road);

	if (!result && now >= watch->read_at) {
		watch->read_at = now + READ_EVERY;
		result = read_all(road);
	}
	if (result < 0 && result != -ENOMEM)
		cbx_link_lost(&road->sql_link, result);
	return result;
}

void cbx_road_outlook_judge_again(struct cbx_road *road)
{
	cbx_outlooks_touch_all(road->outlook.table);
}

void cbx_road_outlook_read_soon(struct cbx_road *road)
{
	road->outlook.read_at = 0;
}

/* --- what is judged --- */

static void give_facts(void *user, const char *system, struct cbx_outlook_facts *out)
{
	const struct cbx_road *road = user;
	const struct cbx_system_entry *entry = cbx_systems_find(road->systems, system);

	out->jobs = cbx_active_jobs_get(road->jobs, system);
	out->denied = cbx_evidence_is_denied(&road->outlook.evidence, system);
	if (!entry)
		return;
	out->offline = entry->system->state == CBX_OFFLINE;
	out->timeouts = entry->timeouts;
	out->listed_ms = entry->system->last_check_ms;
}

static const char *give_code(void *user, const char *system, int64_t job_id)
{
	const struct cbx_road *road = user;

	return cbx_evidence_code(&road->outlook.evidence, system, job_id);
}

static struct cbx_outlook_world world_of(struct cbx_road *road, uint64_t now)
{
	const struct cbx_settings *settings = road->settings;

	return (struct cbx_outlook_world){
		.rules = { .margin_ms = (int64_t)(settings->outlook_margin_ns / CBX_MS),
			   .horizon_ms = (int64_t)(settings->outlook_horizon_ns / CBX_MS),
			   .keep_ms = (int64_t)(settings->outlook_keep_ns / CBX_MS),
			   .listed_ms = (int64_t)(LISTED_INTERVALS *
						  settings->time_till_next_check_ns / CBX_MS),
			   .stall_after = settings->stall_after_ns },
		.ignored = (const char *const *)settings->outlook_ignore_types.items,
		.ignored_count = settings->outlook_ignore_types.count,
		.now = now,
		.now_ms = cbx_road_db_now(road),
		.new_until_ms = road->outlook.new_until_ms,
		.fleet = road->outlook.evidence.fleet,
		.facts = give_facts,
		.code = give_code,
		.user = road,
	};
}

/* What the snapshot shows of each system, for the causes of its jobs */
static bool show_evidence(struct cbx_road *road)
{
	struct cbx_system_entry *const *entries = cbx_systems_all(road->systems);
	size_t count = entries ? cbx_systems_count(road->systems) : 0;
	bool changed = false;
	size_t i;

	for (i = 0; i < count; i++) {
		const struct cbx_system *before = entries[i]->system;
		bool denied = cbx_evidence_is_denied(&road->outlook.evidence, before->name);

		/* without memory it is shown later */
		if (cbx_systems_set_evidence(road->systems, entries[i], denied) < 0)
			break;
		changed |= entries[i]->system != before;
	}
	return changed;
}

static void judge(struct cbx_road *road, uint64_t now, bool changed)
{
	int64_t new_until_ms = cbx_road_db_now(road) + CBX_SETTLING_MS;
	struct cbx_outlook_world world;
	bool shown = false;

	/* the database's clock may have been set back */
	if (road->outlook.new_until_ms > new_until_ms)
		road->outlook.new_until_ms = new_until_ms;
	world = world_of(road, now);
	if (cbx_outlooks_judge(road->outlook.table, &world, &shown) < 0)
		cbx_error(road->log, CBX_NO_FIELDS, "out of memory: outlooks are judged later");
	if (show_evidence(road) || shown || changed)
		cbx_road_update_snapshot(road);
}

void cbx_road_outlook_turn(struct cbx_road *road, bool asked)
{
	struct cbx_outlook_watch *watch = &road->outlook;
	uint64_t now = cbx_now(road->clock);
	bool changed;

	if (now < watch->turn_at || road->hanging)
		return;
	watch->turn_at = now + TURN;
	changed = cbx_evidence_renew(&watch->evidence, road);
	if (changed)
		cbx_outlooks_touch_all(watch->table);
	if (!asked || !road->sql_link.up || read_what_is_due(road, now) < 0) {
		if (changed)
			cbx_road_update_snapshot(road);
		return;
	}
	judge(road, now, changed);
}

/* --- what has changed --- */

void cbx_road_outlook_touch(struct cbx_road *road, const char *system)
{
	if (road->outlook.epoch)
		cbx_outlooks_touch(road->outlook.table, system);
}

static int lose(struct cbx_road *road, const struct cbx_job *job)
{
	const struct cbx_status *status = job->status;
	struct cbx_lost_job lost = { .job_id = status->job_id,
				     .first_seen_ms = job->first_seen_ms };

	cbx_status_list_id(status, lost.list_id);
	snprintf(lost.job_type, sizeof(lost.job_type), "%.64s", status->job_type ?: "");
	return cbx_outlooks_lose(road->outlook.table, status->system, &lost);
}

void cbx_road_outlook_note_batch(struct cbx_road *road)
{
	const struct cbx_touched *touched;
	size_t i;

	if (!road->outlook.epoch)
		return;
	for (touched = road->batch.touched; touched; touched = touched->hh.next)
		cbx_outlooks_touch(road->outlook.table, touched->system);
	for (i = 0; i < road->batch.record.change_count; i++) {
		const struct cbx_change *change = &road->batch.record.changes[i];
		const struct cbx_status *status = change->job->status;

		if (!change->transition)
			continue;
		if (!change->error_code || strcmp(change->error_code, "vanished") != 0)
			cbx_outlooks_find(road->outlook.table, status->system, status->job_id);
		/* without memory for it the next read finds its row */
		else if (lose(road, change->job) < 0)
			cbx_road_outlook_read_soon(road);
	}
}

/* --- what is recorded --- */

bool cbx_road_outlook_waits(const struct cbx_road *road)
{
	return road->outlook.epoch && cbx_outlooks_waiting(road->outlook.table) > 0;
}

static int add_event(struct cbx_road *road, const struct cbx_outlook_entry *entry)
{
	struct cbx_event *event = cbx_batch_add_event(&road->batch.record);
	cbx_auto(cbx_text_free) struct cbx_text payload = { 0 };
	const char *system = entry->system_name;

	if (!event)
		return -ENOMEM;
	event->name = "outlook";
	event->tag = "outlook";
	if (asprintf(&event->key, "%s/%s", system, entry->list_id) < 0) {
		event->key = NULL;
		return -ENOMEM;
	}
	if (entry->told.told) {
		event->previous_status = strdup(cbx_outlook_state_name(entry->told.state));
		if (!event->previous_status)
			return -ENOMEM;
	}
	cbx_outlook_json(entry->next_shown, cbx_road_db_now(road), &payload);
	return cbx_text_take(&payload, &event->payload, NULL);
}

static int add_one(void *user, struct cbx_outlook_entry *entry)
{
	struct cbx_road *road = user;
	struct cbx_outlook_change *told = cbx_batch_add_told(&road->batch.record);

	if (!told)
		return -ENOMEM;
	told->system = entry->system_name;
	told->list_id = entry->list_id;
	if (!entry->wanted)
		return 0;
	told->state = cbx_outlook_state_name(entry->next_shown->state);
	told->since_ms = entry->next_shown->since_ms;
	return add_event(road, entry);
}

int cbx_road_outlook_add_to_record(struct cbx_road *road)
{
	if (!cbx_road_outlook_waits(road))
		return 0;
	return cbx_outlooks_each_waiting(road->outlook.table, add_one, road);
}

void cbx_road_outlook_recorded(struct cbx_road *road)
{
	if (road->batch.record.told_count)
		cbx_outlooks_recorded(road->outlook.table);
}
