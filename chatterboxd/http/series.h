/* SPDX-License-Identifier: MIT */
/*
 * series.h - the figures of the last hour, one value every ten seconds, kept in memory
 *
 * So that a page that has just been opened has a past to show. An hour that this process has not
 * seen is unknown: nothing is written anywhere.
 */
#ifndef CBD_SERIES_H
#define CBD_SERIES_H

#include <chatterbox/error.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define CBD_SERIES_STEP_MS 10000
#define CBD_SERIES_MINUTES 60

struct cbd_series;

int cbd_series_new(struct cbd_series **out);
void cbd_series_freep(struct cbd_series **series);

/* Is the value of this time still wanted? One is taken in each step. */
bool cbd_series_is_due(const struct cbd_series *series, int64_t monotonic_ms);
/* @summary: what GET /api/v1/summary answers. Nothing is noted when it says that nobody leads, or
 * that this instance has seen nothing of the fleet yet. */
void cbd_series_note(struct cbd_series *series, const json_t *summary, int64_t monotonic_ms);

/* @query: {name?, minutes?}, both texts. @now_ms: the time of day of @monotonic_ms. The answer is
 * allocated. Return: 0; -EINVAL with a line in @error; -ENOMEM. */
int cbd_series_json(struct cbd_series *series, const json_t *query, int64_t monotonic_ms,
		    int64_t now_ms, char **out, char error[CHATTERBOX_ERROR_TEXT]);

#endif
