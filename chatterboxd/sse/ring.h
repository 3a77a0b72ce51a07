/* SPDX-License-Identifier: MIT */
/*
 * ring.h - the newest events, as frames that all subscribers share
 *
 * Frames are numbered from 1 on; each subscriber has the number of the one that it sends next. Who
 * has not taken a frame before it leaves the ring is too far behind. Not locked: its owner does
 * that.
 */
#ifndef CBD_SSE_RING_H
#define CBD_SSE_RING_H

#include "sse/frame.h"

/* How much a subscriber may be behind: what counts of the frames that are kept */
#define CBD_RING_BYTES ((uint64_t)1048576)

struct cbd_ring {
	struct cbd_frame *
		*frames;      /* of number n at n modulo capacity; NULL = it is not for anybody */
	size_t capacity;      /* a power of two */
	uint64_t first, next; /* numbers: of the oldest, and of the one to come; 0 = none came */
	uint64_t begun;       /* what is before this number came before the last gap */
	uint64_t end;         /* bytes that count, of all that ever came */
	bool positioned;      /* the next two are known */
	struct cbd_position floor; /* all events after it are here, or were before it was raised */
	struct cbd_position newest;
	uint64_t whole; /* number of the newest frame that does not count, 0 = none */
};

/* Takes over the caller's reference; drops what is too old. 0, -ENOMEM: then nothing has changed */
int cbd_ring_add(struct cbd_ring *ring, struct cbd_frame *frame);
/* There was a gap, or the stream is read from here on: nothing is known of what came before */
void cbd_ring_restart(struct cbd_ring *ring, struct cbd_position newest);
/* The frame of that number, NULL if it is not there any more or not for anybody */
struct cbd_frame *cbd_ring_at(const struct cbd_ring *ring, uint64_t number);
/* The number of the first event after @position; 0: some of them may be missing here */
uint64_t cbd_ring_after(const struct cbd_ring *ring, struct cbd_position position);
/* The number of the next frame */
uint64_t cbd_ring_next(const struct cbd_ring *ring);
/* How many bytes count from @number on */
uint64_t cbd_ring_behind(const struct cbd_ring *ring, uint64_t number);
void cbd_ring_free(struct cbd_ring *ring);

#endif
