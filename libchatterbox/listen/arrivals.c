// SPDX-License-Identifier: MIT
/*
 * arrivals.c - remembers lost connections, to know which deliveries may be repeated
 *
 * A loss matters for a limited time: a broker that has not noticed it gives the messages back when
 * its heartbeats end. A message that is delivered again much later was taken and given back by
 * somebody else.
 */
#include "listen/arrivals.h"

#include "port/clock.h"

#include <string.h>

#define LOSS_MATTERS (30 * CBX_SECOND)

/* Removes @count at @at */
static void cut(struct cbx_arrival *list, size_t *list_count, size_t at, size_t count)
{
	*list_count -= count;
	memmove(list + at, list + at + count, (*list_count - at) * sizeof(*list));
}

static void append(struct cbx_arrival *list, size_t *list_count, const struct cbx_arrival *arrival)
{
	if (*list_count == CBX_ARRIVALS)
		cut(list, list_count, 0, 1);
	list[(*list_count)++] = *arrival;
}

void cbx_arrivals_add(struct cbx_arrivals *arrivals, const struct cbx_arrival *arrival)
{
	append(arrivals->open, &arrivals->open_count, arrival);
	if (arrivals->newest < arrival->at)
		arrivals->newest = arrival->at;
}

void cbx_arrivals_acknowledge(struct cbx_arrivals *arrivals, uint64_t tag)
{
	size_t i;

	for (i = 0; i < arrivals->open_count; i++) {
		if (arrivals->open[i].tag != tag)
			continue;
		cut(arrivals->open, &arrivals->open_count, i, 1);
		return;
	}
}

/* Forgets losses that no longer matter */
static void expire(struct cbx_arrivals *arrivals, uint64_t now)
{
	if (!arrivals->lost_until || now < arrivals->lost_until)
		return;
	arrivals->lost_count = 0;
	arrivals->lost_at = 0;
	arrivals->lost_until = 0;
}

void cbx_arrivals_lose(struct cbx_arrivals *arrivals, uint64_t alive_at, uint64_t now)
{
	size_t i;

	expire(arrivals, now);
	for (i = 0; i < arrivals->open_count; i++)
		append(arrivals->lost, &arrivals->lost_count, &arrivals->open[i]);
	arrivals->open_count = 0;
	/* what waits is behind all that came, however long that was held before it was looked at */
	arrivals->lost_at = alive_at < arrivals->newest ? arrivals->newest : alive_at;
	arrivals->lost_until = 0;
}

void cbx_arrivals_begin(struct cbx_arrivals *arrivals, uint64_t now)
{
	if (!arrivals->since)
		arrivals->since = now;
	if (arrivals->lost_at)
		arrivals->lost_until = now + LOSS_MATTERS;
}

void cbx_arrivals_stand_by(struct cbx_arrivals *arrivals)
{
	arrivals->since = 0;
}

bool cbx_arrivals_first(struct cbx_arrivals *arrivals, uint64_t identity, uint64_t now,
			uint64_t *at)
{
	size_t i;

	expire(arrivals, now);
	for (i = 0; i < arrivals->lost_count; i++) {
		if (arrivals->lost[i].identity != identity)
			continue;
		*at = arrivals->lost[i].at;
		cut(arrivals->lost, &arrivals->lost_count, i, 1);
		return true;
	}
	*at = arrivals->lost_at ? arrivals->lost_at : arrivals->since;
	return false;
}
