// SPDX-License-Identifier: MIT
/* night.c - plays the venues, reports what they do, and notes what is told of them */
#include "night_plan.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WALL 1764543600000LL /* the evening before */
#define START (1000 * 1000000000ULL)
#define NOISE 0.1
#define MEASURED_S (25 * MINUTE) /* jobs begin in the first ten */

static int64_t wall_of(int64_t at_s)
{
	return WALL + at_s * 1000;
}

const char *venue_kind_name(enum venue_kind kind)
{
	static const char *const names[] = {
		[STEADY] = "steady",
		[SLOW] = "slow",
		[STALLED] = "stalled",
		[AWAY] = "offline",
		[FAILING] = "failing",
		[VANISHING] = "vanishing",
		[RESCHEDULED] = "rescheduled",
		[CLOCK_CHANGE] = "clock change",
		[WITHOUT_JOBS] = "without jobs",
	};

	return kind < VENUE_KINDS ? names[kind] : "";
}

static void give_facts(void *user, const char *system, struct cbx_outlook_facts *out)
{
	const struct night *night = user;
	const struct venue *venue = &night->venues[strtoul(system + 1, NULL, 10)];

	out->jobs = venue->list;
	out->offline = venue->offline;
	out->listed_ms = venue->listed_s < 0 ? 0 : wall_of(venue->listed_s);
}

static void read_schedule(struct night *night)
{
	size_t i;
	int result = 0;

	cbx_outlooks_read_begin(night->table);
	for (i = 0; i < night->count && !result; i++)
		result = cbx_outlooks_read_row(night->table, night->venues[i].name, "tonight",
					       wall_of(night->venues[i].activate_s));
	assert(!result);
	cbx_outlooks_read_end(night->table);
}

void night_begin(struct night *night, size_t count, uint64_t seed, int64_t report_s)
{
	size_t i;
	int result;

	*night = (struct night){ .count = count,
				 .report_s = report_s,
				 .random = seed * 0x9e3779b97f4a7c15ULL + 1 };
	night->world = (struct cbx_outlook_world){
		.rules = { .margin_ms = 600000,
			   .horizon_ms = 21600000,
			   .keep_ms = 86400000,
			   .listed_ms = 1200000,
			   .stall_after = 900000000000ULL },
		.facts = give_facts,
		.user = night,
	};
	night->venues = calloc(count, sizeof(*night->venues));
	result = cbx_outlooks_new(&night->table);
	assert(night->venues && !result);
	for (i = 0; i < count; i++)
		night_make_venue(night, i);
}

static bool is_in_trouble(const struct venue *venue, int64_t at_s)
{
	return at_s >= venue->trouble_from_s && at_s < venue->trouble_to_s;
}

static bool moves(const struct venue *venue, const struct venue_job *job, int64_t at_s)
{
	if (at_s < job->begins_s || job->done >= 1)
		return false;
	if (!is_in_trouble(venue, at_s))
		return true;
	/* what an offline system downloads nobody sees, and it is not counted on */
	if (venue->kind == STALLED || venue->kind == AWAY)
		return false;
	return job != venue->jobs || (venue->kind != FAILING && venue->kind != VANISHING);
}

static void move_truth(struct night *night, struct venue *venue)
{
	bool all = venue->job_count > 0;
	size_t i;

	if (night->at_s == venue->trouble_from_s / NIGHT_STEP_S * NIGHT_STEP_S ||
	    night->at_s == venue->trouble_to_s / NIGHT_STEP_S * NIGHT_STEP_S)
		venue->disturbed_s = night->at_s;
	for (i = 0; i < venue->job_count; i++) {
		struct venue_job *job = &venue->jobs[i];

		if (moves(venue, job, night->at_s))
			job->done += job->rate * NIGHT_STEP_S *
				     night_uniform(night, 1 - NOISE, 1 + NOISE);
		all = all && job->done >= 1;
	}
	if ((all || !venue->job_count) && venue->done_s == INT64_MAX)
		venue->done_s = night->at_s;
	if (venue->moves_at_s && night->at_s >= venue->moves_at_s) {
		venue->activate_s = venue->moves_to_s;
		venue->disturbed_s = night->at_s;
		venue->moves_at_s = 0;
	}
}

/* --- what is reported --- */

static uint64_t now_of(const struct night *night)
{
	return START + (uint64_t)night->at_s * 1000000000ULL;
}

static void report_end(struct cbx_job *job, enum cbx_kind kind)
{
	job->kind = kind;
	job->phase = CBX_ENDED;
}

static void report_progress(const struct night *night, const struct venue_job *job)
{
	struct cbx_status before = *job->job->status;
	struct cbx_job *record = job->job;
	uint64_t now = now_of(night);
	bool ran = record->phase == CBX_LIVE;

	if (record->phase != CBX_LIVE) {
		record->phase = CBX_LIVE;
		record->kind = CBX_RUNNING;
		if (!record->first_seen_ms)
			record->first_seen_ms = wall_of(night->at_s);
	}
	record->status->percent = floor(job->done / job->grain) * job->grain * 100;
	cbx_figures_count(&record->figures, ran, now);
	cbx_figures_report(&record->figures, &before, record->status, wall_of(night->at_s));
}

static void lose(const struct night *night, const struct venue *venue, const struct cbx_job *job)
{
	struct cbx_lost_job lost = { .job_id = job->status->job_id,
				     .first_seen_ms = job->first_seen_ms };
	int result = cbx_outlooks_lose(night->table, venue->name, &lost);

	assert(!result);
	(void)result;
}

static void report_job(const struct night *night, const struct venue *venue,
		       const struct venue_job *job)
{
	bool troubled = is_in_trouble(venue, night->at_s) && job == venue->jobs && job->done < 1;

	if (night->at_s < job->begins_s || job->job->kind == CBX_COMPLETED)
		return;
	if (job->done >= 1) {
		report_end(job->job, CBX_COMPLETED);
	} else if (troubled && venue->kind == FAILING) {
		report_end(job->job, CBX_ERRORED);
	} else if (troubled && venue->kind == VANISHING) {
		if (job->job->phase == CBX_LIVE)
			lose(night, venue, job->job);
		report_end(job->job, CBX_KILLED);
	} else {
		cbx_outlooks_find(night->table, venue->name, job->job->status->job_id);
		report_progress(night, job);
	}
}

static void report(struct night *night, struct venue *venue)
{
	struct cbx_job *jobs[VENUE_JOBS];
	size_t count = 0;
	size_t i;
	int result = 0;

	venue->offline = venue->kind == AWAY && is_in_trouble(venue, night->at_s);
	if (!venue->offline) {
		if (venue->listed_s < 0 || night->at_s - venue->listed_s >= 10 * MINUTE)
			venue->listed_s = night->at_s;
		for (i = 0; i < venue->job_count; i++)
			report_job(night, venue, &venue->jobs[i]);
	}
	for (i = 0; i < venue->job_count; i++)
		if (venue->jobs[i].job->phase == CBX_LIVE ||
		    venue->jobs[i].job->kind == CBX_ERRORED)
			jobs[count++] = venue->jobs[i].job;
	cbx_job_list_unref(venue->list);
	venue->list = NULL;
	if (count)
		result = cbx_job_list_new(jobs, count, &venue->list);
	assert(!result);
	(void)result;
}

/* --- what is told --- */

static int note_told(void *user, struct cbx_outlook_entry *entry)
{
	struct night *night = user;
	struct venue *venue = &night->venues[strtoul(entry->system_name + 1, NULL, 10)];

	if (!entry->wanted)
		return 0;
	assert(venue->change_count < MOST_CHANGES);
	venue->changes[venue->change_count++] =
		(struct venue_change){ night->at_s, entry->next_shown->state };
	return 0;
}

static void judge(struct night *night)
{
	clock_t began = clock();
	bool changed;
	int result;

	night->world.now = now_of(night);
	night->world.now_ms = wall_of(night->at_s);
	result = cbx_outlooks_judge(night->table, &night->world, &changed);
	assert(!result);
	(void)result;
	night->judged_s += (double)(clock() - began) / CLOCKS_PER_SEC;
	cbx_outlooks_each_waiting(night->table, note_told, night);
	cbx_outlooks_recorded(night->table);
}

static void step(struct night *night)
{
	size_t i;

	for (i = 0; i < night->count; i++) {
		struct venue *venue = &night->venues[i];

		move_truth(night, venue);
		if ((night->at_s / NIGHT_STEP_S + (int64_t)i) % (night->report_s / NIGHT_STEP_S))
			continue;
		report(night, venue);
		cbx_outlooks_touch(night->table, venue->name);
	}
	if (night->at_s % MINUTE == 0)
		read_schedule(night);
	judge(night);
}

void night_play(struct night *night)
{
	for (night->at_s = 0; night->at_s < NIGHT_S; night->at_s += NIGHT_STEP_S)
		step(night);
}

void night_end(struct night *night)
{
	size_t i;
	size_t k;

	for (i = 0; i < night->count; i++) {
		cbx_job_list_unref(night->venues[i].list);
		for (k = 0; k < night->venues[i].job_count; k++)
			cbx_job_unref(night->venues[i].jobs[k].job);
	}
	cbx_outlooks_free(night->table);
	free(night->venues);
}

/* --- what it was like --- */

enum cbx_outlook_state venue_told_at(const struct venue *venue, int64_t at_s)
{
	enum cbx_outlook_state state = CBX_OUTLOOK_UNKNOWN;
	size_t i;

	for (i = 0; i < venue->change_count && venue->changes[i].at_s <= at_s; i++)
		state = venue->changes[i].state;
	return state;
}

bool venue_is_late(const struct venue *venue, int64_t margin_s)
{
	return venue->done_s == INT64_MAX || venue->done_s > venue->activate_s + margin_s;
}

int64_t venue_warned_s(const struct venue *venue)
{
	int64_t since = -1;
	size_t i;

	for (i = 0; i < venue->change_count && venue->changes[i].at_s < venue->activate_s; i++)
		if (venue->changes[i].state < CBX_AT_RISK)
			since = -1;
		else if (since < 0)
			since = venue->changes[i].at_s;
	return since < 0 ? 0 : venue->activate_s - since;
}

bool venue_is_steady(const struct venue *venue, int64_t at_s, int64_t seconds)
{
	/* what began later than that had no pace yet */
	return venue->disturbed_s <= at_s - seconds && at_s - seconds >= MEASURED_S;
}

size_t venue_most_changes(const struct venue *venue)
{
	size_t most = 0;
	size_t first = 0;
	size_t i;

	while (first < venue->change_count && venue->changes[first].at_s < MEASURED_S)
		first++;
	for (i = first; i < venue->change_count; i++) {
		while (venue->changes[i].at_s - venue->changes[first].at_s >= HOUR)
			first++;
		if (i - first + 1 > most)
			most = i - first + 1;
	}
	return most;
}
