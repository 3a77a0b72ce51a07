// SPDX-License-Identifier: MIT
/* night_plan.c - what each venue is, and what will happen to it, before the night begins */
#include "night_plan.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

double night_uniform(struct night *night, double low, double high)
{
	night->random ^= night->random << 13;
	night->random ^= night->random >> 7;
	night->random ^= night->random << 17;
	return low + (high - low) * (double)(night->random >> 11) / (double)(1ULL << 53);
}

static void make_job(struct night *night, struct venue *venue, int64_t job_id, double seconds)
{
	struct venue_job *made = &venue->jobs[venue->job_count++];
	struct cbx_status_parts parts;
	struct cbx_status *status = NULL;
	int result;

	cbx_status_parts_init(&parts);
	parts.system = venue->name;
	parts.system_len = strlen(venue->name);
	parts.job_id = job_id;
	parts.text = "Running";
	parts.text_len = strlen(parts.text);
	result = cbx_status_new(&parts, &status);
	assert(!result);
	result = cbx_job_new(status, &made->job);
	assert(!result);
	cbx_status_unref(status);
	made->job->kind = CBX_RUNNING;
	made->job->phase = CBX_UNREPORTED;
	made->begins_s = (int64_t)night_uniform(night, 0, 10 * MINUTE);
	made->rate = 1 / (seconds - (double)made->begins_s);
	made->grain = night_uniform(night, 0, 1) < 0.5 ? 0.01 : 0.001;
}

/* Jobs of which the slowest is done at @done_s */
static void make_jobs(struct night *night, struct venue *venue, double done_s)
{
	size_t count = 1 + (size_t)night_uniform(night, 0, VENUE_JOBS - 0.01);
	size_t i;

	if (done_s < 30 * MINUTE)
		done_s = 30 * MINUTE;
	for (i = 0; i < count; i++)
		make_job(night, venue, (int64_t)i + 1,
			 i ? done_s * night_uniform(night, 0.5, 1) : done_s);
}

/* Things happen to it while its jobs run */
static void plan_trouble(struct night *night, struct venue *venue, double done_s)
{
	venue->trouble_from_s = (int64_t)night_uniform(night, 20 * MINUTE, done_s);
	venue->trouble_to_s =
		night_uniform(night, 0, 1) < 0.5
			? NIGHT_S * 2
			: venue->trouble_from_s + (int64_t)night_uniform(night, 5 * MINUTE, HOUR);
}

static void plan_anew(struct night *night, struct venue *venue)
{
	if (venue->kind == RESCHEDULED) {
		venue->moves_to_s =
			venue->activate_s + (int64_t)night_uniform(night, -2 * HOUR, 2 * HOUR);
		if (venue->moves_to_s > NIGHT_S)
			venue->moves_to_s = NIGHT_S - HOUR;
		venue->moves_at_s = (int64_t)night_uniform(
			night, 10 * MINUTE,
			fmin((double)venue->moves_to_s, (double)venue->activate_s) - 30 * MINUTE);
	} else if (venue->kind == CLOCK_CHANGE) {
		venue->moves_at_s = HOUR;
		venue->moves_to_s =
			venue->activate_s + (night_uniform(night, 0, 1) < 0.5 ? HOUR : -HOUR);
	}
}

void night_make_venue(struct night *night, size_t i)
{
	struct venue *venue = &night->venues[i];
	double slack = night_uniform(night, -10 * MINUTE, 3 * HOUR);
	double done_s;

	snprintf(venue->name, sizeof(venue->name), "V%05zu", i);
	venue->kind = i % 20 < 8 ? STEADY : (enum venue_kind)(SLOW + (int)(i % 20 - 8) % 8);
	venue->activate_s = (int64_t)night_uniform(night, 2.5 * HOUR, (NIGHT_HOURS - 1) * HOUR);
	venue->listed_s = -1;
	venue->done_s = INT64_MAX;
	if (venue->kind == WITHOUT_JOBS)
		return;
	if (venue->kind == SLOW)
		slack = night_uniform(night, -HOUR, -12 * MINUTE);
	else if (venue->kind != STEADY)
		slack = night_uniform(night, HOUR, 3 * HOUR);
	done_s = (double)venue->activate_s - slack;
	make_jobs(night, venue, done_s);
	plan_trouble(night, venue, done_s < 30 * MINUTE ? 30 * MINUTE : done_s);
	plan_anew(night, venue);
}
