/* SPDX-License-Identifier: MIT */
/*
 * frame.h - an event as it goes over the wire, made once for all subscribers
 *
 * A frame never changes once others have it, and is counted, so that each subscriber can send it at
 * its own pace.
 */
#ifndef CBD_SSE_FRAME_H
#define CBD_SSE_FRAME_H

#include "common/cleanup.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A place in the stream of events: "1526919030474-55". 0-0 comes before all others. */
struct cbd_position {
	uint64_t ms, n;
};

#define CBD_POSITION_TEXT 48

bool cbd_position_read(const char *text, size_t len, struct cbd_position *out);
void cbd_position_write(struct cbd_position position, char out[CBD_POSITION_TEXT]);
/* < 0, 0, > 0 */
int cbd_position_compare(struct cbd_position a, struct cbd_position b);

/* Bytes that belong to somebody else */
struct cbd_slice {
	const char *at;
	size_t len;
};

static inline struct cbd_slice cbd_slice_of(const char *text, size_t len)
{
	return (struct cbd_slice){ .at = text, .len = len };
}

struct cbd_frame {
	_Atomic unsigned refs;
	bool counts;   /* it makes a subscriber that did not take it be behind */
	bool has_id;   /* it is an entry of the stream, at @id */
	int64_t at_ms; /* when it was made, or came into the ring */
	struct cbd_position id;
	uint64_t end; /* how many bytes of frames that count came until its end (ring.c) */
	struct cbd_slice name, system; /* texts of its own; no system: "" */
	size_t len;
	char bytes[]; /* what is sent, then name and system */
};

struct cbd_frame_parts {
	const struct cbd_position *id; /* NULL = it is no entry of the stream */
	struct cbd_slice name;         /* "" = none, and no data either: only id and comment */
	struct cbd_slice system;
	struct cbd_slice data; /* line ends in it become further lines of data */
	const char *comment;   /* lines before all that, as they are; may be NULL */
	bool counts;
};

/* NULL when out of memory */
struct cbd_frame *cbd_frame_new(const struct cbd_frame_parts *parts, int64_t now_ms);
struct cbd_frame *cbd_frame_ref(struct cbd_frame *frame);
void cbd_frame_unref(struct cbd_frame *frame); /* takes NULL */
CBX_DEFINE_CLEANUP(struct cbd_frame *, cbd_frame_unref)

#endif
