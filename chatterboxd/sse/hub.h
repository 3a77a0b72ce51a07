/* SPDX-License-Identifier: MIT */
/*
 * hub.h - live events: reads the stream through the library, and gives it to the subscribers
 *
 * The main thread reads and appends to a ring of frames; libmicrohttpd's thread sends, each
 * subscriber at its own pace. Nobody waits for a slow one: it is dropped.
 */
#ifndef CBD_SSE_HUB_H
#define CBD_SSE_HUB_H

#include "sse/filter.h"

#include <chatterbox/chatterbox.h>

struct MHD_Connection;
struct MHD_Response;
struct cbd_hub;
struct cbd_subscriber;

struct cbd_hub_settings {
	struct chatterbox *box; /* borrowed; outlives the hub */
	chatterbox_log_fn log;  /* may be NULL */
	void *log_user;
	size_t most;          /* subscribers */
	int64_t heartbeat_ms; /* without anything else to send, a comment is */
	int64_t patience_ms;  /* who is behind for so long is dropped */
};

int cbd_hub_new(const struct cbd_hub_settings *settings, struct cbd_hub **out);
/* After cbd_hub_stop(). Questions under way keep what they need. */
void cbd_hub_freep(struct cbd_hub **hub);
/* Ends every stream, and waits a moment until that was sent. Before MHD_stop_daemon(). */
void cbd_hub_stop(struct cbd_hub *hub);

/* The main thread: an event of the library */
void cbd_hub_event(struct cbd_hub *hub, const struct chatterbox_event *event);
/* The main thread, when it is due or cbd_hub_fd() is readable. Return: in how many ms it is due
 * again. */
int cbd_hub_tick(struct cbd_hub *hub);
int cbd_hub_fd(const struct cbd_hub *hub);

/* Any thread. What is read from the library now holds every event up to there. */
void cbd_hub_position(struct cbd_hub *hub, char out[CBD_POSITION_TEXT]);
size_t cbd_hub_count(struct cbd_hub *hub);

/* subscriber.c, in libmicrohttpd's thread. @since: NULL = from now on. Takes the filter over, when
 * it succeeds. Return: 0, CHATTERBOX_E_FULL when there are too many or the hub stops, -ENOMEM. */
int cbd_subscriber_new(struct cbd_hub *hub, struct MHD_Connection *connection, int fd,
		       struct cbd_filter *filter, const struct cbd_position *since,
		       struct cbd_subscriber **out);
/* An answer that sends what it is sent, and then frees it; NULL when out of memory */
struct MHD_Response *cbd_subscriber_response(struct cbd_subscriber *one);
void cbd_subscriber_free(void *subscriber);

#endif
