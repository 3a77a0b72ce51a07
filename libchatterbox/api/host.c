// SPDX-License-Identifier: MIT
/* api/host.c - tells the host what happens: a bounded queue, and callbacks in the host's own thread
 */
#include "engine/internal.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Something for the host: ready (name NULL, error 0), failed (error), or an event */
struct engine_notice {
	int error;
	char text[512];
	const char *name; /* static */
	char *id, *params, *previous_status;
	const char *origin; /* static */
};

bool engine_is_ready(struct chatterbox *box)
{
	char leader[CBX_HOLDER_TEXT];

	if (!box->started || !cbx_health_is_up(box->health, NULL))
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
	/* a standby is ready when it knows who leads */
	cbx_leadership_leader(&box->leadership, leader);
	return leader[0];
}

static void tell(struct chatterbox *box, int error, const char *text)
{
	struct engine_notice *notice;

	if (box->start_reported)
		return;
	box->start_reported = true;
	notice = calloc(1, sizeof(*notice));
	if (!notice)
		return;
	notice->error = error;
	snprintf(notice->text, sizeof(notice->text), "%s", text);
	if (cbx_mailbox_put(box->host, notice) < 0)
		free(notice);
}

void engine_tell_ready(struct chatterbox *box)
{
	cbx_info(&box->log, CBX_NO_FIELDS, "ready: every configured server answers");
	tell(box, 0, "");
}

void engine_tell_failed(struct chatterbox *box, int error, const char *text)
{
	cbx_log_write(&box->log, CHATTERBOX_LOG_FATAL, CBX_FIELDS({ "error", text }), "%s",
		      error == CHATTERBOX_E_DOWN ? "a server was unreachable for too long at start"
						 : chatterbox_strerror(error));
	tell(box, error, text);
}

void engine_notice_free(void *item)
{
	struct engine_notice *notice = item;

	if (!notice)
		return;
	free(notice->id);
	free(notice->params);
	free(notice->previous_status);
	free(notice);
}

static char *copy(const char *text, bool *failed)
{
	char *copied = text ? strdup(text) : NULL;

	*failed = *failed || (text && !copied);
	return copied;
}

static void add_job_event(struct chatterbox *box, const struct chatterbox_event *event)
{
	struct engine_notice *notice = calloc(1, sizeof(*notice));
	bool failed = false;

	if (notice) {
		notice->name = event->name;
		notice->origin = event->origin;
		notice->id = copy(event->id, &failed);
		notice->params = copy(event->params, &failed);
		notice->previous_status = copy(event->previous_status, &failed);
	}
	if (notice && !failed && !cbx_mailbox_put(box->host, notice))
		return;
	box->lost_events++;
	engine_notice_free(notice);
}

void engine_tell_batch(void *user, const struct cbx_batch *batch)
{
	struct chatterbox *box = user;
	size_t i;

	if (!box->observer.on_event)
		return;
	for (i = 0; i < batch->event_count; i++) {
		const struct cbx_event *recorded = &batch->events[i];
		struct chatterbox_event event = { .name = recorded->name,
						  .id = recorded->message_id,
						  .params = recorded->payload,
						  .previous_status = recorded->previous_status,
						  .origin = recorded->origin };

		add_job_event(box, &event);
	}
}

static void write_statuses(const struct cbx_frozen_jobs *frozen, struct cbx_text *out)
{
	size_t written = 0;
	size_t i;

	cbx_text_putc(out, '[');
	for (i = 0; i < frozen->count; i++)
		written = cbx_job_list_write_live(frozen->entries[i].list, written, out);
	cbx_text_putc(out, ']');
}

static void tell_statuses(void *user, const struct cbx_snapshot *snapshot)
{
	cbx_auto(cbx_text_free) struct cbx_text text = { 0 };
	struct chatterbox_event event = { .name = "job_status" };

	if (!snapshot->jobs->totals.live)
		return;
	write_statuses(snapshot->jobs, &text);
	event.params = text.failed ? NULL : text.bytes;
	add_job_event(user, &event);
}

static void tell_data(void *user, const char *json)
{
	const struct chatterbox_event event = { .name = "jobs_data", .params = json };

	add_job_event(user, &event);
}

void engine_tell_figures(struct chatterbox *box, const struct cbx_snapshot *snapshot)
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

void engine_listen(struct chatterbox *box)
{
	box->listening = (struct cbx_follow_host){ .events = engine_tell_batch,
						   .jobs_data = tell_data,
						   .job_status = tell_statuses,
						   .lost = tell_gap,
						   .user = box };
	if (box->observer.on_event)
		box->poller.follow.host = &box->listening;
}

int chatterbox_get_fd(struct chatterbox *box)
{
	return cbx_mailbox_fd(box->host);
}

static void dispatch(const struct chatterbox_observer *observer, const struct engine_notice *notice)
{
	struct chatterbox_event event = { .name = notice->name,
					  .id = notice->id,
					  .params = notice->params,
					  .previous_status = notice->previous_status,
					  .origin = notice->origin };

	if (notice->name && observer->on_event && notice->params)
		observer->on_event(observer->user, &event);
	else if (!notice->name && !notice->error && observer->on_ready)
		observer->on_ready(observer->user);
	else if (notice->error && observer->on_failed)
		observer->on_failed(observer->user, notice->error, notice->text);
}

static int dispatch_loss(const struct chatterbox_observer *observer, uint64_t count, bool gap)
{
	if (!observer->on_lost)
		return 0;
	if (count)
		observer->on_lost(observer->user, count);
	if (gap)
		observer->on_lost(observer->user, 0);
	return (count > 0) + gap;
}

int chatterbox_dispatch(struct chatterbox *box)
{
	uint64_t lost = box->lost_events;
	struct engine_notice *notice;
	int ran = 0;
	bool gap;

	cbx_mailbox_clear(box->host);
	gap = atomic_exchange(&box->gap, false);
	while ((notice = cbx_mailbox_take(box->host))) {
		dispatch(&box->observer, notice);
		engine_notice_free(notice);
		ran++;
	}
	box->lost_events -= lost;
	return ran + dispatch_loss(&box->observer, lost, gap);
}
