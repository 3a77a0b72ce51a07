// SPDX-License-Identifier: MIT
/* ring.c - keeps the newest frames, up to a sum of bytes */
#include "sse/ring.h"

#include <errno.h>
#include <stdlib.h>

#define CAPACITY_AT_FIRST 64

static struct cbd_frame **slot(const struct cbd_ring *ring, uint64_t number)
{
	return &ring->frames[number & (ring->capacity - 1)];
}

static int grow(struct cbd_ring *ring)
{
	struct cbd_ring larger = *ring;
	uint64_t i;

	larger.capacity = ring->capacity ? ring->capacity * 2 : CAPACITY_AT_FIRST;
	larger.frames = calloc(larger.capacity, sizeof(struct cbd_frame *));
	if (!larger.frames)
		return -ENOMEM;
	for (i = ring->first; i < ring->next; i++)
		*slot(&larger, i) = *slot(ring, i);
	free(ring->frames);
	*ring = larger;
	return 0;
}

static void forget(struct cbd_ring *ring, uint64_t number)
{
	struct cbd_frame **frame = slot(ring, number);

	if (*frame && (*frame)->has_id && number >= ring->begun)
		ring->floor = (*frame)->id;
	cbd_frame_unref(*frame);
	*frame = NULL;
}

/* Frames that count end after each other, so the sum of those kept is a difference */
static void trim(struct cbd_ring *ring)
{
	while (ring->first + 1 < ring->next) {
		const struct cbd_frame *frame = *slot(ring, ring->first);

		if (frame && frame->counts &&
		    ring->end - (frame->end - frame->len) <= CBD_RING_BYTES)
			break;
		if (frame && !frame->counts && ring->end - frame->end <= CBD_RING_BYTES)
			break;
		forget(ring, ring->first++);
	}
}

int cbd_ring_add(struct cbd_ring *ring, struct cbd_frame *frame)
{
	if (!ring->next)
		ring->first = ring->next = 1;
	if (ring->next - ring->first == ring->capacity && grow(ring) < 0)
		return -ENOMEM;
	/* a whole list replaces the one before it; who is just sending that keeps it */
	if (!frame->counts && ring->whole >= ring->first)
		forget(ring, ring->whole);
	if (!frame->counts)
		ring->whole = ring->next;
	ring->end += frame->counts ? frame->len : 0;
	frame->end = ring->end;
	if (frame->has_id)
		ring->newest = frame->id;
	*slot(ring, ring->next++) = frame;
	trim(ring);
	return 0;
}

void cbd_ring_restart(struct cbd_ring *ring, struct cbd_position newest)
{
	ring->positioned = true;
	ring->floor = ring->newest = newest;
	ring->begun = ring->next;
}

uint64_t cbd_ring_next(const struct cbd_ring *ring)
{
	return ring->next ? ring->next : 1;
}

struct cbd_frame *cbd_ring_at(const struct cbd_ring *ring, uint64_t number)
{
	return number >= ring->first && number < ring->next ? *slot(ring, number) : NULL;
}

uint64_t cbd_ring_after(const struct cbd_ring *ring, struct cbd_position position)
{
	uint64_t first = ring->begun > ring->first ? ring->begun : ring->first;
	uint64_t number = ring->next;

	if (!ring->positioned || cbd_position_compare(position, ring->floor) < 0)
		return 0;
	while (number > first) {
		const struct cbd_frame *frame = *slot(ring, number - 1);

		if (frame && frame->has_id && cbd_position_compare(frame->id, position) <= 0)
			break;
		number--;
	}
	return number ? number : cbd_ring_next(ring);
}

uint64_t cbd_ring_behind(const struct cbd_ring *ring, uint64_t number)
{
	const struct cbd_frame *frame = NULL;

	while (number < ring->next && !frame)
		frame = cbd_ring_at(ring, number++);
	if (!frame)
		return 0;
	return ring->end - frame->end + (frame->counts ? frame->len : 0);
}

void cbd_ring_free(struct cbd_ring *ring)
{
	for (; ring->first < ring->next; ring->first++)
		forget(ring, ring->first);
	free(ring->frames);
	*ring = (struct cbd_ring){ 0 };
}
