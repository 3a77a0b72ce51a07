// SPDX-License-Identifier: MIT
/*
 * notice.c - finds what others changed since the last round: rows that OCD inserted, origins,
 * activations, internal systems; and ends the jobs of systems that are offline for too long
 *
 * A job that scheduled_jobs makes OCD's is written so into its own row at once: it never turns
 * back, even if that other row goes (contract 1.4).
 */
#include "road/batch.h"
#include "road/flight.h"

#include "base/read.h"
#include "port/directory.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A row that OCD inserted becomes a job that has not been reported yet */
static int add_unreported(void *user, const struct cbx_row *row)
{
	struct cbx_road *road = user;
	const char *name = row->system;
	size_t len = strlen(row->system);
	const struct cbx_job *known;
	cbx_auto(cbx_job_unrefp) struct cbx_job *job = NULL;
	int result;

	if (!cbx_system_name(&name, &len) || row->job_id < 0 || !row->status)
		return 0;
	known = cbx_job_list_find(cbx_active_jobs_get(road->jobs, row->system), row->job_id);
	/* a record that is live or unreported is newer than the row; an ended one starts again */
	if (known && known->phase != CBX_ENDED)
		return 0;
	cbx_flight_row(road, "status_monitor", row);
	if (!cbx_systems_get(road->systems, row->system))
		return -ENOMEM;
	result = cbx_road_job_of_row(road, row, &job);
	if (result < 0)
		return result;
	if (known) {
		job->applied_at = known->applied_at;
		job->applied_since = known->applied_since;
		job->first_seen_ms = known->first_seen_ms;
	}
	return cbx_active_jobs_put(road->jobs, row->system, job);
}

/* The jobs of a table that turn out to be OCD's */
struct turning {
	struct cbx_road *road;
	struct cbx_active_jobs *table;
	struct cbx_job_key *turned;
	size_t count;
};

static int turn_to_ocd(void *user, const struct cbx_row *row)
{
	struct turning *turning = user;
	const struct cbx_job *known =
		cbx_job_list_find(cbx_active_jobs_get(turning->table, row->system), row->job_id);
	cbx_auto(cbx_job_unrefp) struct cbx_job *job = NULL;
	int result;

	if (!known || known->origin == CBX_OCD)
		return 0;
	if (turning->table == turning->road->jobs)
		cbx_flight_row(turning->road, "ocd", row);
	result = cbx_job_copy(known, &job);
	if (result < 0)
		return result;
	job->origin = CBX_OCD;
	/* makes the next report write it, should its row be locked now */
	job->recorded_at = 0;
	turning->turned[turning->count++] =
		(struct cbx_job_key){ job->status->system, job->status->job_id };
	return cbx_active_jobs_put(turning->table, row->system, job);
}

/* The live jobs of users; 1 = there is none. */
static int users_jobs(struct cbx_active_jobs *table, struct cbx_job_key **out, size_t *count)
{
	cbx_auto(cbx_frozen_jobs_unrefp) struct cbx_frozen_jobs *frozen = NULL;
	int result = cbx_active_jobs_freeze(table, &frozen);
	struct cbx_job_key *keys;
	size_t i;
	size_t k;

	if (result < 0 || frozen->totals.live == frozen->totals.live_ocd)
		return result < 0 ? result : 1;
	keys = calloc((size_t)(frozen->totals.live - frozen->totals.live_ocd), sizeof(*keys));
	if (!keys)
		return -ENOMEM;
	*count = 0;
	for (i = 0; i < frozen->count; i++)
		for (k = 0; k < cbx_frozen_jobs_at(frozen, i)->count; k++) {
			const struct cbx_job *job = cbx_frozen_jobs_at(frozen, i)->jobs[k];

			if (job->phase == CBX_LIVE && job->origin == CBX_USER)
				keys[(*count)++] = (struct cbx_job_key){ job->status->system,
									 job->status->job_id };
		}
	*out = keys;
	return 0;
}

int cbx_road_notice_origins(struct cbx_road *road, struct cbx_active_jobs *table,
			    const struct cbx_guard *guard)
{
	cbx_auto(cbx_freep) struct cbx_job_key *turned = NULL;
	cbx_auto(cbx_freep) struct cbx_job_key *keys = NULL;
	struct turning turning = { .road = road, .table = table };
	size_t count = 0;
	int result = users_jobs(table, &keys, &count);

	if (result)
		return result < 0 ? result : 0;
	turned = calloc(count + 1, sizeof(*turned));
	if (!turned)
		return -ENOMEM;
	turning.turned = turned;
	result = road->sql->ledger->ocd_jobs(road->sql, keys, count, turn_to_ocd, &turning);
	if (!result && guard && turning.count)
		result = road->sql->ledger->keep_ocd(road->sql, guard, turned, turning.count);
	return result;
}

int cbx_road_notice_rows(struct cbx_road *road)
{
	struct cbx_guard guard = cbx_leadership_guard(road->leadership, road->epoch);
	int result = road->sql->ledger->unreported(road->sql, add_unreported, road);

	if (!result)
		result = cbx_road_notice_origins(road, road->jobs, &guard);
	if (result < 0)
		cbx_link_lost(&road->sql_link, result);
	return result;
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
static void notice_shown(struct cbx_road *road, bool discovery)
{
	size_t internal = 0;
	int result = 0;

	if (discovery) {
		cbx_road_outlook_read_soon(road);
		result = road->sql->directory->next_activations(road->sql, note_activation, road);
	}
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

int cbx_road_look_around(struct cbx_road *road, bool discovery)
{
	int result;

	if (!cbx_road_may_ask(road) || !road->sql_link.up || road->hanging)
		return CHATTERBOX_E_DOWN;
	result = cbx_road_measure_db_clock(road);
	if (result < 0)
		cbx_link_lost(&road->sql_link, result);
	else
		result = cbx_road_notice_rows(road);
	if (result < 0)
		return CHATTERBOX_E_DOWN;
	cbx_road_share_check(road); /* without Redis the round goes on */
	notice_shown(road, discovery);
	cbx_road_observe_times(road);
	cbx_flight_look(road, discovery);
	return expire_offline(road);
}
