// SPDX-License-Identifier: MIT
/*
 * facts.c - asks SQL what Redis does not hold about a live job: its origin, revision and times
 *
 * The status is chosen as at a start: from Redis if its text agrees with SQL, else from SQL, which
 * has it first (contract 4.2). Without SQL a new job is shown with its status, origin user and
 * revision 0, until SQL is back.
 */
#include "follow/follow.h"

#include "common/array.h"
#include "port/directory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PIECE 1000

int cbx_follow_want_facts(struct cbx_follow *follow, struct cbx_job *job)
{
	if (cbx_grow(follow->unknown, follow->unknown_capacity, follow->unknown_count + 1) < 0)
		return -ENOMEM;
	follow->unknown[follow->unknown_count++] = cbx_job_ref(job);
	return 0;
}

static int take_fact(void *user, const struct cbx_row *row)
{
	struct cbx_follow *follow = user;
	cbx_auto(cbx_job_unrefp) struct cbx_job *fresh = NULL;
	const struct cbx_job *known =
		cbx_job_list_find(cbx_active_jobs_get(follow->jobs, row->system), row->job_id);
	int result;

	if (!known || !row->status)
		return 0;
	result = cbx_road_job_of_row(follow->road, row, &fresh);
	if (result < 0)
		return result;
	/* it has ended; Redis will say so in a moment */
	if (fresh->phase != CBX_LIVE)
		return 0;
	/* it never turns back: scheduled_jobs may say so before the row does */
	if (known->origin == CBX_OCD)
		fresh->origin = CBX_OCD;
	if (!strcmp(fresh->status->text, known->status->text)) {
		cbx_status_unref(fresh->status);
		fresh->status = cbx_status_ref(known->status);
	}
	fresh->figures = known->figures;
	cbx_figures_resume(&fresh->figures, fresh->status, fresh->kind == CBX_RUNNING,
			   fresh->updated_ms, cbx_now(follow->road->clock),
			   cbx_wall(follow->road->clock));
	follow->changed = true;
	return cbx_active_jobs_put(follow->jobs, row->system, fresh);
}

static int ask(struct cbx_follow *follow, size_t first, size_t count)
{
	struct cbx_sql *sql = follow->road->sql;
	cbx_auto(cbx_freep) struct cbx_job_key *keys = calloc(count, sizeof(*keys));
	size_t i;

	if (!keys)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		const struct cbx_status *status = follow->unknown[first + i]->status;

		keys[i] = (struct cbx_job_key){ status->system, status->job_id };
	}
	return sql->ledger->of_jobs(sql, keys, count, take_fact, follow);
}

void cbx_follow_ask_facts(struct cbx_follow *follow)
{
	struct cbx_link *link = &follow->road->sql_link;
	size_t count = follow->unknown_count;
	size_t done;
	int result = 0;

	for (done = 0; done < count && !result && link->up; done += PIECE)
		result = ask(follow, done, count - done < PIECE ? count - done : PIECE);
	if (result < 0)
		cbx_link_lost(link, result);
	while (follow->unknown_count)
		cbx_job_unref(follow->unknown[--follow->unknown_count]);
}

/* Asks about jobs again that SQL could not be asked about, or did not know, when they appeared */
static int want_all_facts(struct cbx_follow *follow)
{
	cbx_auto(cbx_frozen_jobs_unrefp) struct cbx_frozen_jobs *frozen = NULL;
	size_t i;
	size_t k;
	int result = cbx_active_jobs_freeze(follow->jobs, &frozen);

	for (i = 0; !result && i < frozen->count; i++) {
		const struct cbx_job_list *list = cbx_frozen_jobs_at(frozen, i);

		for (k = 0; !result && k < list->count; k++)
			if (!list->jobs[k]->recorded_at)
				result = cbx_follow_want_facts(follow, list->jobs[k]);
	}
	return result;
}

static int take_activation(void *user, const char *name, int64_t ms)
{
	struct cbx_follow *follow = user;
	struct cbx_system_entry *entry = cbx_systems_find(follow->systems, name);

	return entry ? cbx_systems_set_activation(follow->systems, entry, ms) : 0;
}

static void look_at_interval(struct cbx_follow *follow)
{
	uint64_t base_ns = follow->interval_ns(follow->road);

	if (follow->road->sql_link.up)
		follow->kept_base_ns = base_ns;
	follow->base_ns = follow->kept_base_ns ?: base_ns;
}

void cbx_follow_refresh(struct cbx_follow *follow)
{
	struct cbx_road *road = follow->road;
	int result = 0;

	look_at_interval(follow);
	if (!road->sql_link.up)
		return;
	follow->paused_until_ms(road, &follow->kept_pause_ms);
	result = want_all_facts(follow);
	cbx_follow_ask_facts(follow);
	if (!result && road->sql_link.up)
		result = cbx_road_notice_origins(road, follow->jobs, NULL);
	if (!result && road->sql_link.up)
		result = road->sql->directory->next_activations(road->sql, take_activation, follow);
	if (!result && road->sql_link.up)
		result = cbx_past_turns_read(&follow->past_turns, road->sql);
	if (!result)
		result = cbx_past_turns_pass_on(&follow->past_turns, follow->systems);
	if (result < 0)
		cbx_link_lost(&road->sql_link, result);
}
