// SPDX-License-Identifier: MIT
/* marks.c - what is sent besides events: the greeting, heartbeats, where the stream is */
#include "sse/internal.h"

struct cbd_frame *cbd_mark_new(const char *comment, const struct cbd_position *id)
{
	const struct cbd_frame_parts parts = { .comment = comment, .id = id };

	return cbd_frame_new(&parts, cbd_hub_now_ms());
}

struct cbd_frame *cbd_hub_mark(struct cbd_hub *hub)
{
	if (hub->mark && cbd_position_compare(hub->mark->id, hub->ring.newest) != 0)
		cbd_frame_unref(cbx_steal(hub->mark));
	if (!hub->mark)
		hub->mark = cbd_mark_new(":\n", &hub->ring.newest);
	return hub->mark ? cbd_frame_ref(hub->mark) : NULL;
}
