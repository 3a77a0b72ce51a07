// SPDX-License-Identifier: MIT
/*
 * subscriber.c - one client of the event stream, and what it is sent next
 *
 * Its connection is suspended while there is nothing to send. libmicrohttpd does not watch it then,
 * so hub.c looks whether the client is still there.
 */
#include "sse/internal.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

/* What the kernel holds for one that does not read; without that, it may be megabytes */
#define SEND_BUFFER 131072
#define BLOCK 1024 /* only HTTP/1.0 uses it */
/* Who has vanished without a word is noticed by this */
#define UNACKNOWLEDGED_MS 30000

void cbd_subscriber_wake(struct cbd_subscriber *one)
{
	if (!one->suspended)
		return;
	one->suspended = false;
	MHD_resume_connection(one->connection);
}

static void set_live(struct cbd_subscriber *one, uint64_t cursor)
{
	one->live = true;
	one->wants_start = one->wants_past = false;
	one->cursor = cursor;
	one->live_at_ms = cbd_hub_now_ms();
}

void cbd_subscriber_begin(struct cbd_subscriber *one, struct cbd_frame *notice)
{
	cbd_past_unref(cbx_steal(one->past));
	one->at = one->hub->ring.newest;
	set_live(one, cbd_ring_next(&one->hub->ring));
	if (notice) {
		cbd_frame_unref(one->notice);
		one->notice = notice;
		cbd_subscriber_wake(one);
	}
}

/* All that was read for it has been sent: does the ring hold the rest? */
static void leave_past(struct cbd_subscriber *one)
{
	uint64_t number = cbd_ring_after(&one->hub->ring, one->at);

	cbd_past_unref(cbx_steal(one->past));
	if (number) {
		set_live(one, number);
		return;
	}
	one->wants_past = one->hub->wants_past = true;
	eventfd_write(one->hub->wake_fd, 1);
}

void cbd_subscriber_give_past(struct cbd_subscriber *one, struct cbd_past *past)
{
	one->wants_past = false;
	past->refs++;
	one->past = past;
	one->past_next = 0;
	cbd_subscriber_wake(one);
}

static bool is_sent(const struct cbd_subscriber *one, const struct cbd_frame *frame)
{
	return frame->has_id && cbd_position_compare(frame->id, one->at) <= 0;
}

static struct cbd_frame *next_of_past(struct cbd_subscriber *one)
{
	struct cbd_past *past = one->past;

	while (past && one->past_next < past->count) {
		struct cbd_frame *frame = past->frames[one->past_next++];

		if (is_sent(one, frame))
			continue;
		one->at = frame->id;
		if (cbd_filter_takes(&one->filter, frame))
			return frame;
	}
	if (past) {
		if (cbd_position_compare(past->next, one->at) > 0)
			one->at = past->next;
		leave_past(one);
	}
	return NULL;
}

/* Too slow: it has not taken what is not there any more */
static bool is_behind_the_ring(const struct cbd_subscriber *one)
{
	return one->live && one->cursor < one->hub->ring.first;
}

bool cbd_subscriber_has_next(struct cbd_subscriber *one)
{
	const struct cbd_ring *ring = &one->hub->ring;

	if (one->notice || is_behind_the_ring(one))
		return true;
	for (; one->live && one->cursor < ring->next; one->cursor++) {
		const struct cbd_frame *frame = cbd_ring_at(ring, one->cursor);

		if (frame && !is_sent(one, frame) && cbd_filter_takes(&one->filter, frame))
			return true;
	}
	return false;
}

/* Is there another frame to send? */
static bool take_next(struct cbd_subscriber *one)
{
	struct cbd_frame *frame = NULL;

	if (one->ended)
		return false;
	if (one->notice) {
		one->sending = cbx_steal(one->notice);
		return true;
	}
	if (!one->live)
		frame = next_of_past(one);
	if (!frame && is_behind_the_ring(one))
		one->ended = true;
	else if (!frame && cbd_subscriber_has_next(one))
		frame = cbd_ring_at(&one->hub->ring, one->cursor++);
	if (frame)
		one->sending = cbd_frame_ref(frame);
	return frame;
}

static void finish_frame(struct cbd_subscriber *one)
{
	/* what came while a long list was sent has not waited for the client until now */
	if (!one->sending->counts)
		one->live_at_ms = cbd_hub_now_ms();
	cbd_frame_unref(cbx_steal(one->sending));
	one->sent = 0;
}

static size_t send_some(struct cbd_subscriber *one, char *to, size_t most)
{
	size_t left = one->sending->len - one->sent;
	size_t len = left < most ? left : most;

	memcpy(to, one->sending->bytes + one->sent, len);
	one->sent += len;
	if (one->sent == one->sending->len)
		finish_frame(one);
	return len;
}

static ssize_t send_next(void *user, uint64_t pos, char *to, size_t most)
{
	struct cbd_subscriber *one = user;
	size_t len = 0;
	bool ended;

	(void)pos;
	pthread_mutex_lock(&one->hub->lock);
	while (len < most && (one->sending || take_next(one)))
		len += send_some(one, to + len, most - len);
	ended = !len && one->ended;
	if (len) {
		one->sent_at_ms = cbd_hub_now_ms();
	} else if (!ended) {
		one->suspended = true;
		MHD_suspend_connection(one->connection);
	}
	pthread_mutex_unlock(&one->hub->lock);
	return ended ? MHD_CONTENT_READER_END_OF_STREAM : (ssize_t)len;
}

void cbd_subscribers_wake(struct cbd_hub *hub, int64_t now_ms)
{
	struct cbd_subscriber *one;

	for (one = hub->head; one; one = one->next)
		if (one->suspended && one->live && cbd_subscriber_has_next(one)) {
			one->woken_at_ms = now_ms;
			cbd_subscriber_wake(one);
		}
}

static void set_up_socket(int fd)
{
	int buffer = SEND_BUFFER;
	unsigned unacknowledged = UNACKNOWLEDGED_MS;

	if (fd < 0)
		return;
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof(buffer));
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacknowledged, sizeof(unacknowledged));
}

static void enlist(struct cbd_hub *hub, struct cbd_subscriber *one)
{
	one->hub = hub;
	one->next = hub->head;
	one->link = &hub->head;
	if (one->next)
		one->next->link = &one->next;
	hub->head = one;
	hub->count++;
}

/* Where it begins: with what comes, or with the events after @since */
static void set_beginning(struct cbd_subscriber *one, const struct cbd_position *since)
{
	struct cbd_hub *hub = one->hub;

	one->sending = cbd_frame_ref(hub->greeting);
	one->sent_at_ms = one->live_at_ms = cbd_hub_now_ms();
	if (!since && hub->ring.positioned) {
		cbd_subscriber_begin(one, cbd_hub_mark(hub));
		return;
	}
	one->wants_start = !since;
	one->wants_past = since;
	hub->wants_past = hub->wants_past || since;
	if (since)
		one->at = *since;
	eventfd_write(hub->wake_fd, 1);
}

int cbd_subscriber_new(struct cbd_hub *hub, struct MHD_Connection *connection, int fd,
		       struct cbd_filter *filter, const struct cbd_position *since,
		       struct cbd_subscriber **out)
{
	struct cbd_subscriber *one = calloc(1, sizeof(*one));
	bool full;

	if (!one)
		return -ENOMEM;
	one->connection = connection;
	one->fd = fd;
	pthread_mutex_lock(&hub->lock);
	full = hub->stopping || hub->count >= hub->settings.most;
	if (!full) {
		enlist(hub, one);
		set_beginning(one, since);
		one->filter = *filter;
		*filter = (struct cbd_filter){ 0 };
	}
	pthread_mutex_unlock(&hub->lock);
	if (full) {
		free(one);
		return CHATTERBOX_E_FULL;
	}
	set_up_socket(fd);
	*out = one;
	return 0;
}

void cbd_subscriber_free(void *user)
{
	struct cbd_subscriber *one = user;
	struct cbd_hub *hub = one->hub;

	pthread_mutex_lock(&hub->lock);
	*one->link = one->next;
	if (one->next)
		one->next->link = one->link;
	hub->count--;
	cbd_frame_unref(one->sending);
	cbd_frame_unref(one->notice);
	cbd_past_unref(one->past);
	pthread_cond_signal(&hub->left);
	pthread_mutex_unlock(&hub->lock);
	cbd_filter_free(&one->filter);
	free(one);
}

struct MHD_Response *cbd_subscriber_response(struct cbd_subscriber *one)
{
	struct MHD_Response *response = MHD_create_response_from_callback(
		MHD_SIZE_UNKNOWN, BLOCK, send_next, one, cbd_subscriber_free);

	/* or a proxy may keep events back until there are enough */
	if (response)
		MHD_add_response_header(response, "X-Accel-Buffering", "no");
	return response;
}
