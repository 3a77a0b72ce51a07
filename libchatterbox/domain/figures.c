// SPDX-License-Identifier: MIT
/*
 * figures.c - measures how fast a job's progress grows (contract 1.10)
 *
 * Only running time counts, so a pause neither slows a job nor lets it stall. The first rate is the
 * mean over the first 30 s or more; after that each growth moves it, the more the longer it took,
 * so that a burst of reports weighs no more than the one report that might have come instead.
 */
#include "domain/figures.h"

#include "base/number.h"
#include "base/read.h"
#include "common/json.h"

#include <math.h>
#include <string.h>

#define MS 1000000ULL
#define FIRST_MS 30000
#define SMOOTH 300.0        /* seconds */
#define MOST_LEFT 31557600L /* seconds; what would take longer than a year is not known */

double cbx_status_progress(const struct cbx_status *status)
{
	if (status->percent >= 0)
		return status->percent / 100;
	if (status->downloaded < 0 || status->total_files <= 0 ||
	    status->downloaded > status->total_files)
		return -1;
	return (double)status->downloaded / (double)status->total_files;
}

static uint32_t add_ms(uint32_t ms, uint64_t more)
{
	return more < UINT32_MAX - ms ? ms + (uint32_t)more : UINT32_MAX;
}

void cbx_figures_count(struct cbx_figures *figures, bool ran, uint64_t at)
{
	uint64_t ms;

	if (figures->counted_at >= at)
		return;
	ms = (at - figures->counted_at) / MS;
	if (ran && figures->counted_at)
		figures->idle_ms = add_ms(figures->idle_ms, ms);
	/* what is less than a millisecond counts the next time */
	figures->counted_at = figures->counted_at ? figures->counted_at + ms * MS : at;
}

static int32_t less(int32_t ms, uint32_t idle_ms)
{
	return idle_ms < INT32_MAX ? ms - (int32_t)idle_ms : -INT32_MAX;
}

/* The first measurement begins now */
static void begin(struct cbx_figures *figures, double progress)
{
	figures->rate = 0;
	figures->begun = figures->progress = progress;
	figures->measured_ms = less(0, figures->idle_ms);
}

static void measure(struct cbx_figures *figures, double progress)
{
	int64_t ms = (int64_t)figures->measured_ms + figures->idle_ms;

	figures->measured_ms = ms < INT32_MAX ? (int32_t)ms : INT32_MAX;
	if (ms >= FIRST_MS)
		figures->rate = (progress - figures->begun) / ((double)ms / 1000);
}

static void smooth(struct cbx_figures *figures, double growth)
{
	double seconds = figures->idle_ms / 1000.0;

	if (figures->idle_ms)
		figures->rate += -expm1(-seconds / SMOOTH) * (growth / seconds - figures->rate);
	else
		figures->rate += growth / SMOOTH;
}

static void note_stand(struct cbx_figures *figures, int64_t wall_ms)
{
	if (figures->idle_ms <= figures->stood_ms)
		return;
	figures->stood_ms = figures->idle_ms;
	figures->stood_from_ms = figures->progress_at_ms;
	figures->stood_until_ms = wall_ms;
}

static void grow(struct cbx_figures *figures, double progress, int64_t wall_ms)
{
	if (figures->rate > 0)
		smooth(figures, progress - figures->progress);
	else
		measure(figures, progress);
	note_stand(figures, wall_ms);
	figures->progress = progress;
	figures->progress_at_ms = wall_ms;
	figures->idle_ms = 0;
}

/* Was the progress before known by the other members? Then the two can't be compared. */
static bool is_other_measure(const struct cbx_status *before, const struct cbx_status *status)
{
	return before && cbx_status_progress(before) >= 0 &&
	       (before->percent >= 0) != (status->percent >= 0);
}

void cbx_figures_report(struct cbx_figures *figures, const struct cbx_status *before,
			const struct cbx_status *status, int64_t wall_ms)
{
	double progress = cbx_status_progress(status);

	if (progress < 0)
		return;
	if (!figures->progress_at_ms) {
		figures->progress_at_ms = wall_ms;
		figures->idle_ms = 0;
		begin(figures, progress);
	} else if (progress < figures->progress || is_other_measure(before, status)) {
		begin(figures, progress);
	} else if (progress > figures->progress) {
		grow(figures, progress, wall_ms);
	}
}

bool cbx_figures_are_shared(const struct cbx_figures *figures)
{
	return figures->progress_at_ms != 0;
}

bool cbx_figures_share_same(const struct cbx_figures *a, const struct cbx_figures *b)
{
	return a->progress_at_ms == b->progress_at_ms && !(a->rate < b->rate) &&
	       !(a->rate > b->rate);
}

/* pow() of the same, which is asked for often, and exact as it is */
static double power_of_ten(double n)
{
	static const double powers[] = { 1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
					 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15 };

	return n >= 0 && n < 16 ? powers[(int)n] : pow(10, n);
}

double cbx_figures_rate(const struct cbx_figures *figures)
{
	double scale;

	if (!(figures->rate > 0))
		return 0;
	scale = power_of_ten(5 - floor(log10(figures->rate)));
	return isfinite(scale) ? round(figures->rate * scale) / scale : figures->rate;
}

size_t cbx_figures_format(const struct cbx_figures *figures, char out[CBX_FIGURES_TEXT])
{
	static const char head[] = "{\"progress_at\":\"", rate[] = "\",\"rate\":";
	char *at = out + sizeof(head) - 1;

	memcpy(out, head, sizeof(head) - 1);
	cbx_time_text(figures->progress_at_ms, at);
	at += strlen(at);
	if (figures->rate > 0) {
		memcpy(at, rate, sizeof(rate) - 1);
		at += sizeof(rate) - 1;
		at += cbx_number_format(cbx_figures_rate(figures), at);
	} else {
		*at++ = '"';
	}
	*at++ = '}';
	*at = '\0';
	return (size_t)(at - out);
}

bool cbx_figures_read(const char *bytes, size_t len, struct cbx_figures *out)
{
	json_t *value = NULL;
	const char *time;
	double rate;
	int64_t at = 0;
	bool understood;

	if (cbx_json_read(bytes, len, &value, NULL) < 0)
		return false;
	time = json_string_value(json_object_get(value, "progress_at"));
	rate = json_number_value(json_object_get(value, "rate"));
	understood = time && cbx_time_parse(time, &at) && at > 0;
	json_decref(value);
	if (!understood)
		return false;
	*out = (struct cbx_figures){ .progress_at_ms = at,
				     .rate = rate > 0 && isfinite(rate) ? rate : 0 };
	return true;
}

void cbx_figures_resume(struct cbx_figures *figures, const struct cbx_status *status, bool runs,
			int64_t since_ms, uint64_t now, int64_t wall_ms)
{
	int64_t at = figures->progress_at_ms;
	double rate = figures->rate;
	double progress = cbx_status_progress(status);
	int64_t idle = runs ? wall_ms - (since_ms > at ? since_ms : at) : since_ms - at;

	*figures = (struct cbx_figures){ .counted_at = now };
	if (!at || progress < 0)
		return;
	figures->progress_at_ms = at;
	if (idle > 0)
		figures->idle_ms = add_ms(0, (uint64_t)idle);
	begin(figures, progress);
	figures->rate = rate;
}

uint64_t cbx_figures_idle(const struct cbx_figures *figures, bool runs, uint64_t now)
{
	uint64_t idle = figures->idle_ms * MS;

	if (runs && figures->counted_at && now > figures->counted_at)
		idle += now - figures->counted_at;
	return idle;
}

int64_t cbx_figures_left(const struct cbx_figures *figures)
{
	double left;

	if (!(figures->rate > 0))
		return -1;
	/* by the rate that others are told, so that all instances say the same */
	left = (1 - figures->progress) / cbx_figures_rate(figures);
	return left <= (double)MOST_LEFT ? llround(left) : -1;
}
