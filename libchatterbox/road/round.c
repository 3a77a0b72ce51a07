// SPDX-License-Identifier: MIT
/*
 * round.c - one round: poll, decode, merge, record, share, tell, observe
 *
 * Chooses whom to ask (contract 2.1) and runs the poll. What is received while polling is merged,
 * recorded, shared and published batch by batch (record.c).
 */
#include "road/round.h"

#include "port/directory.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdlib.h>

/* Was the job in a push or a list within the last interval? Answers to a round's own questions
 * don't count, or every second round would leave it out. */
static bool reported_lately(const struct cbx_road *road, const struct cbx_job *job)
{
	return job->reported_at &&
	       cbx_now(road->clock) - job->reported_at < road->interval_current_ns;
}

/* 1 when there was a job to ask about */
static int add_jobs(struct cbx_poll *poll, struct cbx_road *road, struct cbx_system_entry *entry,
		    const struct cbx_job_list *list)
{
	cbx_auto(cbx_freep) int64_t *ids = calloc(list->count + 1, sizeof(*ids));
	size_t count = 0;
	size_t i;
	int result = 0;

	if (!ids)
		return -ENOMEM;
	for (i = 0; i < list->count; i++)
		if (list->jobs[i]->phase != CBX_ENDED && !reported_lately(road, list->jobs[i]))
			ids[count++] = list->jobs[i]->status->job_id;
	if (count)
		result = cbx_poll_add(poll, entry, false, ids, count);
	return result < 0 ? result : count > 0;
}

static int add_target(struct cbx_poll *poll, struct cbx_road *road, enum cbx_round_kind kind,
		      struct cbx_system_entry *entry)
{
	const struct cbx_job_list *list = cbx_active_jobs_get(road->jobs, entry->system->name);
	bool offline = entry->system->state == CBX_OFFLINE;
	bool waits = cbx_now(road->clock) < entry->ask_again_at;
	int result = 0;

	if (kind == CBX_DISCOVERY_ROUND && !waits && (!offline || (list && list->live)))
		return cbx_poll_add(poll, entry, true, NULL, 0);
	if (kind == CBX_DISCOVERY_ROUND)
		entry->list_due = true;
	if (kind == CBX_DISCOVERY_ROUND || waits || offline)
		return 0;
	if (list)
		result = add_jobs(poll, road, entry, list);
	/* an answer about its jobs brings the due list with it */
	return result || !entry->list_due ? result : cbx_poll_add(poll, entry, true, NULL, 0);
}

static int add_targets(struct cbx_poll *poll, struct cbx_road *road, enum cbx_round_kind kind)
{
	struct cbx_system_entry *const *entries;
	size_t count = cbx_systems_count(road->systems);
	size_t i;
	int result = 0;

	if (kind == CBX_ASK_NOW_ROUND)
		return 0; /* the poll itself takes them, at any time */
	entries = cbx_systems_all(road->systems);
	if (!entries)
		return -ENOMEM;
	for (i = 0; result >= 0 && i < count; i++)
		result = add_target(poll, road, kind, entries[i]);
	return result < 0 ? result : 0;
}

/* Ends the jobs of systems that have been offline for too long */
static int expire_offline(struct cbx_road *road)
{
	struct cbx_system_entry *const *entries = cbx_systems_all(road->systems);
	size_t count = cbx_systems_count(road->systems);
	size_t i;
	int result = 0;

	if (!entries)
		return -ENOMEM;
	for (i = 0; !result && i < count; i++) {
		struct cbx_report report = {
			.kind = CBX_OFFLINE_EXPIRY,
			.system = entries[i]->system->name,
			.at = cbx_now(road->clock),
			.expired_before_ms = cbx_road_db_now(road) -
					     (int64_t)(road->settings->offline_job_ttl_ns / CBX_MS),
		};
		const struct cbx_job_list *list;

		if (entries[i]->system->state != CBX_OFFLINE)
			continue;
		list = cbx_active_jobs_get(road->jobs, report.system);
		if (list && cbx_merge_has_expired(list, report.expired_before_ms))
			result = cbx_road_receive(road, &report, NULL);
	}
	return result;
}

static int note_activation(void *user, const char *name, int64_t ms)
{
	struct cbx_road *road = user;
	struct cbx_system_entry *entry = cbx_systems_find(road->systems, name);

	return entry ? cbx_systems_set_activation(road->systems, entry, ms) : 0;
}

static int count_field(void *user, const char *key, const struct cbx_field *field)
{
	size_t *count = user;

	(void)key;
	(void)field;
	(*count)++;
	return 0;
}

/* Reads what others write and we only show: activations at each discovery, the number of internal
 * systems */
static void look_around(struct cbx_road *road, enum cbx_round_kind kind)
{
	size_t internal = 0;
	int result = 0;

	if (kind == CBX_DISCOVERY_ROUND)
		result = road->sql->directory->next_activations(road->sql, note_activation, road);
	if (result < 0)
		cbx_link_lost(&road->sql_link, result);
	if (!road->state_link.up)
		return;
	result = road->state->ops->read_systems(road->state, CBX_INTERNAL_SYSTEMS, count_field,
						&internal);
	if (result < 0)
		cbx_link_lost(&road->state_link, result);
	else
		road->internal = internal;
}

static int prepare(struct cbx_road *road, enum cbx_round_kind kind)
{
	int result;

	if (!road->bus_link.up || road->bus->blocked || !road->sql_link.up || road->hanging)
		return CHATTERBOX_E_DOWN;
	result = cbx_road_measure_db_clock(road);
	if (result < 0)
		cbx_link_lost(&road->sql_link, result);
	else
		result = cbx_road_notice_rows(road);
	if (result < 0)
		return CHATTERBOX_E_DOWN;
	cbx_road_share_check(road); /* without Redis the round goes on */
	look_around(road, kind);
	return expire_offline(road);
}

static int64_t queue_depth(struct cbx_road *road)
{
	int64_t depth = -1;
	int result;

	if (!road->bus_link.up)
		return -1;
	result = road->bus->ops->depth(road->bus, "nl-hdms.request", &depth,
				       cbx_now(road->clock) + 2 * CBX_SECOND);
	if (result == CHATTERBOX_E_DOWN)
		cbx_link_lost(&road->bus_link, result);
	return result < 0 ? -1 : depth;
}

int cbx_round_run(struct cbx_road *road, enum cbx_round_kind kind, struct cbx_round_result *out)
{
	uint64_t began = cbx_now(road->clock);
	cbx_auto(cbx_poll_freep) struct cbx_poll *poll = NULL;
	int result = kind == CBX_ASK_NOW_ROUND ? 0 : prepare(road, kind);

	if (!result)
		result = cbx_poll_new(road, &poll);
	if (!result)
		result = add_targets(poll, road, kind);
	if (result < 0)
		return result;
	cbx_poll_run(poll);
	cbx_poll_figures(poll, &out->figures);
	out->queue_depth = kind == CBX_ASK_NOW_ROUND || out->figures.cut ? -1 : queue_depth(road);
	out->duration_ns = cbx_now(road->clock) - began;
	return 0;
}
