/* SPDX-License-Identifier: MIT */
/*
 * page.h - reads a page of events as CHATTERBOX_TOPIC_EVENTS answers it; pure
 *
 * A status may hold members that are passed through byte for byte, and numbers that no program can
 * hold: so params are cut out of the text, not read and written anew.
 */
#ifndef CBD_SSE_PAGE_H
#define CBD_SSE_PAGE_H

#include "sse/frame.h"

struct cbd_page_event {
	struct cbd_position id;
	struct cbd_slice name;   /* plain */
	struct cbd_slice system; /* valid during the call */
	struct cbd_slice params; /* JSON, as it is in the answer */
};

struct cbd_page_end {
	struct cbd_position next;
	bool lost;
};

/* @each gets every event, oldest first; a negative return stops. Return: 0, what @each returned,
 * CHATTERBOX_E_DECODE when it is no such answer, -ENOMEM. */
int cbd_page_read(const char *json, int (*each)(void *user, const struct cbd_page_event *event),
		  void *user, struct cbd_page_end *end);

#endif
