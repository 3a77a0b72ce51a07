/* SPDX-License-Identifier: MIT */
/* stream.h - reads Server-Sent Events as they come */
#ifndef CTL_STREAM_H
#define CTL_STREAM_H

#include "common/text.h"

#include <stdbool.h>

#define CTL_STREAM_ID 64

struct ctl_event {
	const char *id; /* "" = it has none */
	const char *name;
	const char *data;
};

struct ctl_stream {
	void (*each)(void *user, const struct ctl_event *event);
	void *user;
	char last_id[CTL_STREAM_ID]; /* "" = none yet; what a resumed stream begins after */
	char id[CTL_STREAM_ID];      /* of the event that is being read */
	char name[64];
	struct cbx_text data;
	struct cbx_text line;
};

/* False: out of memory, or it is no such stream */
bool ctl_stream_take(struct ctl_stream *stream, const char *bytes, size_t len);
/* A new connection begins: what was read of an event is forgotten, not where it was */
void ctl_stream_restart(struct ctl_stream *stream);
void ctl_stream_free(struct ctl_stream *stream);

#endif
