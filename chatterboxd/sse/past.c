// SPDX-License-Identifier: MIT
/* past.c - a page of older events, which several subscribers may be sent */
#include "sse/internal.h"

#include "common/array.h"

#include <errno.h>
#include <stdlib.h>

struct cbd_past *cbd_past_new(struct cbd_position since)
{
	struct cbd_past *past = calloc(1, sizeof(*past));

	if (!past)
		return NULL;
	past->refs = 1;
	past->since = past->next = since;
	return past;
}

int cbd_past_add(struct cbd_past *past, struct cbd_frame *frame)
{
	if (cbx_grow(past->frames, past->capacity, past->count + 1) < 0)
		return -ENOMEM;
	past->frames[past->count++] = frame;
	return 0;
}

void cbd_past_unref(struct cbd_past *past)
{
	if (!past || --past->refs)
		return;
	while (past->count)
		cbd_frame_unref(past->frames[--past->count]);
	free(past->frames);
	free(past);
}
