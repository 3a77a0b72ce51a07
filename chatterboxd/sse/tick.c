// SPDX-License-Identifier: MIT
/*
 * tick.c - what the main thread does for the subscribers: passes events on that are not in the
 * stream, keeps quiet connections alive, drops who is too slow or has left
 */
#include "sse/internal.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#define CHECK_EVERY_MS 1000
#define STOP_WAIT_S 1

/* --- the events that are not in the stream --- */

static bool is_wanted(struct cbd_hub *hub)
{
	const struct cbd_subscriber *one;

	for (one = hub->head; one; one = one->next)
		if (cbd_filter_takes_job_status(&one->filter))
			return true;
	return false;
}

static void add_transient(struct cbd_hub *hub, const struct chatterbox_event *event, bool counts)
{
	const char *name = chatterbox_event_type_to_string(event->type);
	const struct cbd_frame_parts parts = { .name = cbd_slice_of(name, strlen(name)),
					       .data = cbd_slice_of(event->params,
								    strlen(event->params)),
					       .counts = counts };
	int64_t now = cbd_hub_now_ms();
	struct cbd_frame *frame = cbd_frame_new(&parts, now);

	/* without memory it is left out: there is another in a minute */
	if (frame && cbd_ring_add(&hub->ring, frame) < 0)
		cbd_frame_unref(frame);
	cbd_subscribers_wake(hub, now);
}

void cbd_hub_event(struct cbd_hub *hub, const struct chatterbox_event *event)
{
	bool list = event->type == CHATTERBOX_EVENT_JOB_STATUS;
	int64_t now = cbd_hub_now_ms();

	pthread_mutex_lock(&hub->lock);
	if (event->type == CHATTERBOX_EVENT_JOBS_DATA ||
	    (list && is_wanted(hub) &&
	     chatterbox_get_role(hub->settings.box) == CHATTERBOX_ROLE_LEADER))
		add_transient(hub, event, !list);
	pthread_mutex_unlock(&hub->lock);
	cbd_tail_hurry(hub, now);
}

/* --- once a second --- */

static void tell_of_drop(struct cbd_hub *hub, const char *why)
{
	const struct chatterbox_log_field fields[] = { { "reason", why } };

	if (hub->settings.log)
		hub->settings.log(hub->settings.log_user, CHATTERBOX_LOG_INFO, fields, 1,
				  "a subscriber of the event stream is dropped");
}

/* Its socket may be full, so the connection is not ended in good order */
static void drop(struct cbd_subscriber *one, const char *why)
{
	if (one->ended)
		return;
	one->ended = true;
	if (one->fd >= 0)
		shutdown(one->fd, SHUT_RDWR);
	cbd_subscriber_wake(one);
	tell_of_drop(one->hub, why);
}

/* The frame that it has to send next, though it is not suspended; NULL = none */
static const struct cbd_frame *waiting_frame(struct cbd_subscriber *one)
{
	if (one->sending || one->suspended)
		return one->sending;
	return one->live && cbd_subscriber_has_next(one) ? cbd_ring_at(&one->hub->ring, one->cursor)
							 : NULL;
}

static void check_pace(struct cbd_subscriber *one, int64_t now_ms)
{
	const struct cbd_frame *frame = waiting_frame(one);
	int64_t patience = one->hub->settings.patience_ms;
	int64_t since;

	if (one->live && one->cursor < one->hub->ring.first) {
		drop(one, "it is 1 MiB behind");
		return;
	}
	if (!frame)
		return;
	since = frame->at_ms > one->live_at_ms ? frame->at_ms : one->live_at_ms;
	/* a long list, and what came before it subscribed, may take as long as it moves */
	if (!frame->counts || !one->live)
		since = one->sent_at_ms;
	if (now_ms - since > patience)
		drop(one, "it is 30 s behind");
}

static void keep_alive(struct cbd_subscriber *one, int64_t now_ms)
{
	struct cbd_hub *hub = one->hub;
	bool marks = one->live && hub->ring.positioned &&
		     cbd_position_compare(one->at, hub->ring.newest) <= 0;

	if (!one->suspended || one->notice || now_ms - one->sent_at_ms < hub->settings.heartbeat_ms)
		return;
	one->notice = marks ? cbd_hub_mark(hub) : cbd_frame_ref(hub->beat);
	if (one->notice)
		cbd_subscriber_wake(one);
}

/* libmicrohttpd does not watch suspended connections */
static void look_who_left(struct cbd_hub *hub)
{
	cbx_auto(cbx_freep) struct pollfd *fds = calloc(hub->count + 1, sizeof(*fds));
	struct cbd_subscriber *one;
	nfds_t count = 0;

	if (!fds)
		return;
	for (one = hub->head; one; one = one->next)
		fds[count++] =
			(struct pollfd){ .fd = one->suspended ? one->fd : -1, .events = POLLRDHUP };
	if (poll(fds, count, 0) <= 0)
		return;
	count = 0;
	for (one = hub->head; one; one = one->next, count++)
		if (fds[count].fd >= 0 && fds[count].revents) {
			one->ended = true;
			cbd_subscriber_wake(one);
		}
}

static void check(struct cbd_hub *hub, int64_t now_ms)
{
	struct cbd_subscriber *one;

	pthread_mutex_lock(&hub->lock);
	look_who_left(hub);
	for (one = hub->head; one; one = one->next) {
		check_pace(one, now_ms);
		keep_alive(one, now_ms);
	}
	pthread_mutex_unlock(&hub->lock);
}

int cbd_hub_tick(struct cbd_hub *hub)
{
	int64_t now = cbd_hub_now_ms();
	eventfd_t count;
	int64_t next;

	eventfd_read(hub->wake_fd, &count);
	if (now >= hub->check_at_ms) {
		int64_t every = hub->settings.heartbeat_ms < CHECK_EVERY_MS
					? hub->settings.heartbeat_ms
					: CHECK_EVERY_MS;

		check(hub, now);
		hub->check_at_ms = now + every;
	}
	next = cbd_tail_turn(hub, now);
	if (hub->check_at_ms < next)
		next = hub->check_at_ms;
	return next > now ? (int)(next - now) : 0;
}

void cbd_hub_stop(struct cbd_hub *hub)
{
	struct cbd_subscriber *one;
	struct timespec until;
	int result = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += STOP_WAIT_S;
	pthread_mutex_lock(&hub->lock);
	hub->stopping = true;
	for (one = hub->head; one; one = one->next) {
		one->ended = true;
		cbd_subscriber_wake(one);
	}
	while (hub->count && !result)
		result = pthread_cond_timedwait(&hub->left, &hub->lock, &until);
	pthread_mutex_unlock(&hub->lock);
}
