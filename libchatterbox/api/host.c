// SPDX-License-Identifier: MIT
/*
 * api/host.c - tells the host what happens, by callbacks in the host's own thread
 *
 * That the engine is ready is reported before any event, so events recorded meanwhile wait for it;
 * answers of calls wait for nothing. Events are kept in a bounded queue, since a host may stop
 * dispatching. The memory of an answer is allocated before its call begins, so an answer is never
 * lost.
 */
#include "api/api.h"

#include "base/error.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Events of one chatterbox_dispatch(): a host's listener may need 10 us for each, and its loop has
 * other work */
#define PORTION 256

/* A copy of an event, in the queue */
struct host_event {
	enum chatterbox_event_type type;
	enum chatterbox_origin origin;
	char *id, *params, *previous_status, *stream_id;
};

bool cbx_engine_waits_for_twin(struct chatterbox *box)
{
	char twin[CBX_DATABASE_ID];

	return box->started && cbx_health_is_up(box->health, NULL) && box->lease_keeper.migrated &&
	       cbx_leadership_twin(&box->leadership, twin);
}

bool cbx_engine_is_ready(struct chatterbox *box)
{
	char leader[CBX_HOLDER_TEXT];
	char twin[CBX_DATABASE_ID];
	char why[192];

	/* who gave the lease up, since it could not work, is not ready either */
	if (!box->started || !cbx_health_is_up(box->health, NULL) ||
	    cbx_leadership_rests(&box->leadership, why) ||
	    cbx_leadership_twin(&box->leadership, twin))
		return false;
	/* from now on the host misses no event of the stream */
	if (box->observer.on_event && !box->poller.follow.positioned)
		return false;
	/* an observer writes nothing and needs no tables */
	if (box->lease_keeper.observer)
		return true;
	if (!box->lease_keeper.migrated)
		return false;
	if (cbx_leadership_epoch(&box->leadership))
		return box->listener.bound;
	/* who stands by knows behind whom */
	cbx_leadership_leader(&box->leadership, leader);
	return leader[0];
}

/* --- the engine's threads --- */

static void report_start(struct chatterbox *box, enum cbx_engine_start start)
{
	pthread_mutex_lock(&box->host_lock);
	if (box->start == ENGINE_STARTING)
		box->start = start;
	pthread_mutex_unlock(&box->host_lock);
	cbx_mailbox_wake(box->host);
}

void cbx_engine_tell_ready(struct chatterbox *box)
{
	cbx_info(&box->log, CBX_NO_FIELDS, "ready: every configured server answers");
	box->start_reported = true;
	report_start(box, ENGINE_READY);
}

void cbx_engine_tell_failed(struct chatterbox *box, int error, enum chatterbox_server server,
			    const char *text)
{
	cbx_log_write(&box->log, CHATTERBOX_LOG_FATAL, CBX_FIELDS({ "error", text }), "%s",
		      error == CHATTERBOX_E_DOWN ? "a server was unreachable for too long at start"
						 : chatterbox_strerror(error));
	if (box->start_reported)
		return;
	box->start_reported = true;
	cbx_fail(&box->failure, error, server, "%s", text);
	report_start(box, ENGINE_FAILED);
}

void cbx_engine_tell_ended(struct chatterbox *box, struct cbx_api_ended *ended)
{
	ended->next = NULL;
	pthread_mutex_lock(&box->host_lock);
	*box->last_ended = ended;
	box->last_ended = &ended->next;
	pthread_mutex_unlock(&box->host_lock);
	cbx_mailbox_wake(box->host);
}

void cbx_engine_drop_event(void *item)
{
	struct host_event *event = item;

	if (!event)
		return;
	free(event->id);
	free(event->params);
	free(event->previous_status);
	free(event->stream_id);
	free(event);
}

static char *copy(const char *text, bool *failed)
{
	char *copied = text ? strdup(text) : NULL;

	*failed = *failed || (text && !copied);
	return copied;
}

static void queue_event(struct chatterbox *box, const struct chatterbox_event *event)
{
	struct host_event *copied = calloc(1, sizeof(*copied));
	bool failed = !event->params;

	if (copied) {
		copied->type = event->type;
		copied->origin = event->origin;
		copied->id = copy(event->id, &failed);
		copied->params = copy(event->params, &failed);
		copied->previous_status = copy(event->previous_status, &failed);
		copied->stream_id = copy(event->stream_id, &failed);
	}
	if (copied && !failed && !cbx_mailbox_put(box->host, copied))
		return;
	box->lost_events++;
	cbx_engine_drop_event(copied);
}

static enum chatterbox_event_type type_of(const char *name)
{
	enum chatterbox_event_type type = CHATTERBOX_EVENT_UPDATE_JOB_STATUS;

	while (type < CHATTERBOX_EVENT_OUTLOOK &&
	       strcmp(name, chatterbox_event_type_to_string(type)) != 0)
		type++;
	return type;
}

static enum chatterbox_origin origin_of(const char *name)
{
	if (!name)
		return CHATTERBOX_ORIGIN_UNKNOWN;
	return strcmp(name, "ocd") ? CHATTERBOX_ORIGIN_USER : CHATTERBOX_ORIGIN_OCD;
}

void cbx_engine_tell_batch(void *user, const struct cbx_batch *batch)
{
	struct chatterbox *box = user;
	size_t i;

	if (!box->observer.on_event)
		return;
	for (i = 0; i < batch->event_count; i++) {
		const struct cbx_event *recorded = &batch->events[i];
		struct chatterbox_event event = { .type = type_of(recorded->name),
						  .id = recorded->message_id,
						  .params = recorded->payload,
						  .previous_status = recorded->previous_status,
						  .origin = origin_of(recorded->origin),
						  .stream_id = recorded->stream_id };

		queue_event(box, &event);
	}
}

static void write_statuses(const struct cbx_frozen_jobs *frozen, struct cbx_text *out)
{
	size_t written = 0;
	size_t i;

	cbx_text_putc(out, '[');
	for (i = 0; i < frozen->count; i++)
		written = cbx_job_list_write_live(cbx_frozen_jobs_at(frozen, i), written, out);
	cbx_text_putc(out, ']');
}

static void tell_statuses(void *user, const struct cbx_snapshot *snapshot)
{
	cbx_auto(cbx_text_free) struct cbx_text text = { 0 };
	struct chatterbox_event event = { .type = CHATTERBOX_EVENT_JOB_STATUS };

	if (!snapshot->jobs->totals.live)
		return;
	write_statuses(snapshot->jobs, &text);
	event.params = text.failed ? NULL : text.bytes;
	queue_event(user, &event);
}

static void tell_data(void *user, const char *json)
{
	const struct chatterbox_event event = { .type = CHATTERBOX_EVENT_JOBS_DATA,
						.params = json };

	queue_event(user, &event);
}

void cbx_engine_tell_figures(struct chatterbox *box, const struct cbx_snapshot *snapshot)
{
	cbx_auto(cbx_text_free) struct cbx_text text = { 0 };

	if (!box->observer.on_event)
		return;
	tell_statuses(box, snapshot);
	cbx_jobs_data_json(&snapshot->jobs->totals, false, &text);
	tell_data(box, text.failed ? NULL : text.bytes);
}

static void tell_gap(void *user)
{
	struct chatterbox *box = user;

	box->gap = true;
	cbx_mailbox_wake(box->host);
}

void cbx_engine_listen(struct chatterbox *box)
{
	box->listening = (struct cbx_follow_host){ .events = cbx_engine_tell_batch,
						   .jobs_data = tell_data,
						   .job_status = tell_statuses,
						   .lost = tell_gap,
						   .user = box };
	if (box->observer.on_event)
		box->poller.follow.host = &box->listening;
}

/* --- the host's thread --- */

int chatterbox_get_fd(struct chatterbox *box)
{
	return cbx_mailbox_fd(box->host);
}

/* What has come up since the last time: on_ready or on_failed, once, and ended calls */
static enum cbx_engine_start take_news(struct chatterbox *box, struct cbx_api_ended **ended)
{
	enum cbx_engine_start news = ENGINE_STARTING;

	pthread_mutex_lock(&box->host_lock);
	if (box->start != box->told_start)
		news = box->told_start = box->start;
	*ended = box->ended;
	box->ended = NULL;
	box->last_ended = &box->ended;
	pthread_mutex_unlock(&box->host_lock);
	return news;
}

static int dispatch_start(struct chatterbox *box, enum cbx_engine_start news)
{
	const struct chatterbox_observer *observer = &box->observer;

	if (news == ENGINE_READY && observer->on_ready)
		observer->on_ready(observer->user);
	else if (news == ENGINE_FAILED && observer->on_failed)
		observer->on_failed(observer->user, &box->failure);
	else
		return 0;
	return 1;
}

static int dispatch_ended(struct cbx_api_ended *ended)
{
	struct cbx_api_ended *next;
	int ran = 0;

	for (; ended; ended = next, ran++) {
		next = ended->next;
		ended->deliver(ended);
	}
	return ran;
}

static void dispatch_event(struct chatterbox *box, struct host_event *queued)
{
	const struct chatterbox_event event = { .type = queued->type,
						.id = queued->id,
						.params = queued->params,
						.previous_status = queued->previous_status,
						.origin = queued->origin,
						.stream_id = queued->stream_id };

	box->observer.on_event(box->observer.user, &event);
	cbx_engine_drop_event(queued);
}

static int dispatch_loss(struct chatterbox *box, uint64_t count, bool gap)
{
	const struct chatterbox_observer *observer = &box->observer;

	box->lost_events -= count;
	if (!observer->on_lost)
		return 0;
	if (count)
		observer->on_lost(observer->user, count);
	if (gap)
		observer->on_lost(observer->user, 0);
	return (count > 0) + gap;
}

/* What was queued when something was lost comes before on_lost, however many portions it takes */
static int dispatch_portion(struct chatterbox *box)
{
	struct host_event *queued;
	int ran = 0;

	if (!box->delivery.events) {
		box->delivery.lost = box->lost_events;
		box->delivery.gap = atomic_exchange(&box->gap, false);
		box->delivery.events = cbx_mailbox_count(box->host);
	}
	while (ran < PORTION && box->delivery.events && (queued = cbx_mailbox_take(box->host))) {
		box->delivery.events--;
		dispatch_event(box, queued);
		ran++;
	}
	if (!box->delivery.events)
		ran += dispatch_loss(box, box->delivery.lost, box->delivery.gap);
	/* what came between two portions has woken us before this one */
	if (cbx_mailbox_count(box->host) || box->lost_events || box->gap)
		cbx_mailbox_wake(box->host);
	return ran;
}

int chatterbox_dispatch(struct chatterbox *box)
{
	struct cbx_api_ended *ended;
	enum cbx_engine_start news;
	int ran;

	cbx_mailbox_clear(box->host);
	news = take_news(box, &ended);
	ran = dispatch_start(box, news);
	ran += dispatch_ended(ended);
	return box->told_start == ENGINE_READY ? ran + dispatch_portion(box) : ran;
}

void cbx_engine_close_host(struct chatterbox *box)
{
	struct cbx_api_ended *ended;

	take_news(box, &ended);
	dispatch_ended(ended);
	cbx_mailbox_free(box->host, cbx_engine_drop_event);
	pthread_mutex_destroy(&box->host_lock);
}
