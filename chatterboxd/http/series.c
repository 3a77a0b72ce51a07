// SPDX-License-Identifier: MIT
/*
 * series.c - a ring of the last hour's figures
 *
 * Steps are counted by the monotonic clock, so that a clock that is set neither doubles nor loses
 * one; only the time of the first value is of the day.
 */
#include "series.h"

#include "common/cleanup.h"
#include "common/text.h"

#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define STEPS_PER_MINUTE (60000 / CBD_SERIES_STEP_MS)
#define STEPS (CBD_SERIES_MINUTES * STEPS_PER_MINUTE)

/* What is kept: its name here, and in the summary */
static const struct {
	const char *name, *member;
} kept[] = {
	{ "live_jobs", "job_count" },
	{ "active_jobs", "activte_jobs" },
	{ "download_speed", "total_download_speed" },
};
#define NAMES "live_jobs, active_jobs, download_speed"

struct slot {
	int64_t step; /* whose values these are; 0 = nobody's */
	double values[CBX_COUNT(kept)];
};

struct cbd_series {
	pthread_mutex_t lock; /* of everything below */
	int64_t newest;       /* the last step that was noted, 0 = none */
	bool knows;           /* something of the fleet was seen once */
	struct slot slots[STEPS];
};

int cbd_series_new(struct cbd_series **out)
{
	struct cbd_series *series = calloc(1, sizeof(*series));

	if (!series)
		return -ENOMEM;
	pthread_mutex_init(&series->lock, NULL);
	*out = series;
	return 0;
}

void cbd_series_freep(struct cbd_series **series)
{
	if (!*series)
		return;
	pthread_mutex_destroy(&(*series)->lock);
	free(*series);
	*series = NULL;
}

/* Never 0 */
static int64_t step_of(int64_t monotonic_ms)
{
	return 1 + monotonic_ms / CBD_SERIES_STEP_MS;
}

/* main's thread alone writes, so it may read without the lock */
bool cbd_series_is_due(const struct cbd_series *series, int64_t monotonic_ms)
{
	return series->newest != step_of(monotonic_ms);
}

/* A leader knows after its first round, another instance when it follows one. An instance that has
 * known the fleet and now leads it goes on without a gap. */
static bool is_known(struct cbd_series *series, const json_t *summary)
{
	const char *role = json_string_value(json_object_get(summary, "role"));
	const json_t *systems = json_object_get(summary, "systems");
	const char *source = json_string_value(json_object_get(systems, "source"));
	bool led = json_is_string(json_object_get(summary, "leader"));
	bool leads = role && !strcmp(role, "leader");

	if (leads ? json_is_object(json_object_get(summary, "last_cycle"))
		  : led && source && strcmp(source, "none") != 0)
		series->knows = true;
	return series->knows && (leads || led);
}

void cbd_series_note(struct cbd_series *series, const json_t *summary, int64_t monotonic_ms)
{
	int64_t step = step_of(monotonic_ms);
	struct slot *slot = &series->slots[step % STEPS];
	size_t i;

	pthread_mutex_lock(&series->lock);
	if (is_known(series, summary)) {
		slot->step = series->newest = step;
		for (i = 0; i < CBX_COUNT(kept); i++)
			slot->values[i] =
				json_number_value(json_object_get(summary, kept[i].member));
	}
	pthread_mutex_unlock(&series->lock);
}

/* --- the answer --- */

struct wish {
	bool names[CBX_COUNT(kept)];
	int steps;
};

/* The texts are the client's, and are not repeated */
static int read_names(const char *list, struct wish *wish, char error[CHATTERBOX_ERROR_TEXT])
{
	while (list) {
		size_t len = strcspn(list, ",");
		size_t i = 0;

		while (i < CBX_COUNT(kept) &&
		       (strlen(kept[i].name) != len || strncmp(kept[i].name, list, len) != 0))
			i++;
		if (i == CBX_COUNT(kept)) {
			snprintf(error, CHATTERBOX_ERROR_TEXT, "name: takes some of " NAMES);
			return -EINVAL;
		}
		wish->names[i] = true;
		list = list[len] ? list + len + 1 : NULL;
	}
	return 0;
}

static int read_wish(const json_t *query, struct wish *wish, char error[CHATTERBOX_ERROR_TEXT])
{
	const char *names = json_string_value(json_object_get(query, "name"));
	const char *minutes = json_string_value(json_object_get(query, "minutes"));
	size_t digits = minutes ? strspn(minutes, "0123456789") : 0;
	int count = minutes ? atoi(minutes) : CBD_SERIES_MINUTES;

	if (minutes &&
	    (!digits || minutes[digits] || digits > 2 || count < 1 || count > CBD_SERIES_MINUTES)) {
		snprintf(error, CHATTERBOX_ERROR_TEXT, "minutes: takes an integer 1..%d",
			 CBD_SERIES_MINUTES);
		return -EINVAL;
	}
	wish->steps = count * STEPS_PER_MINUTE;
	if (names)
		return read_names(names, wish, error);
	memset(wish->names, true, sizeof(wish->names));
	return 0;
}

static void print_time(int64_t ms, struct cbx_text *out)
{
	time_t seconds = (time_t)((ms + 500) / 1000);
	struct tm parts;
	char text[32];

	if (gmtime_r(&seconds, &parts) && strftime(text, sizeof(text), "%FT%T.000Z", &parts))
		cbx_text_printf(out, "\"%s\"", text);
	else
		cbx_text_puts(out, "null");
}

static void print_values(const struct cbd_series *series, size_t which, int64_t first, int steps,
			 struct cbx_text *out)
{
	int i;

	for (i = 0; i < steps; i++) {
		const struct slot *slot = &series->slots[(first + i + STEPS) % STEPS];

		if (i)
			cbx_text_putc(out, ',');
		if (slot->step == first + i && slot->step)
			cbx_text_printf(out, "%.15g", slot->values[which]);
		else
			cbx_text_puts(out, "null");
	}
}

int cbd_series_json(struct cbd_series *series, const json_t *query, int64_t monotonic_ms,
		    int64_t now_ms, char **out, char error[CHATTERBOX_ERROR_TEXT])
{
	struct cbx_text text = { 0 };
	struct wish wish = { 0 };
	int64_t last = step_of(monotonic_ms);
	int64_t first;
	bool more = false;
	size_t i;
	int result = read_wish(query, &wish, error);

	if (result < 0)
		return result;
	pthread_mutex_lock(&series->lock);
	/* a step whose value is not taken yet is not unknown */
	last -= series->newest != last;
	first = last - wish.steps + 1;
	cbx_text_printf(&text, "{\"step\":%d,\"from\":", CBD_SERIES_STEP_MS / 1000);
	print_time(now_ms - (monotonic_ms - (first - 1) * CBD_SERIES_STEP_MS), &text);
	cbx_text_puts(&text, ",\"series\":{");
	for (i = 0; i < CBX_COUNT(kept); i++) {
		if (!wish.names[i])
			continue;
		cbx_text_printf(&text, "%s\"%s\":[", more ? "," : "", kept[i].name);
		print_values(series, i, first, wish.steps, &text);
		cbx_text_putc(&text, ']');
		more = true;
	}
	pthread_mutex_unlock(&series->lock);
	cbx_text_puts(&text, "}}");
	return cbx_text_take(&text, out, NULL);
}
