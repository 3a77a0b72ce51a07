// SPDX-License-Identifier: MIT
/*
 * request_worker.c - the loop of the request worker
 *
 * An instance that does not lead and has no SQL has calls answered by the leader instead.
 */
#include "controller/request_worker.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>

/* After so many intervals without a report a job is stale */
#define STALE_INTERVALS 3

static bool has_sql(struct cbx_request_worker *worker)
{
	bool up;

	pthread_mutex_lock(&worker->lock);
	up = cbx_link_ensure(&worker->link) >= 0;
	pthread_mutex_unlock(&worker->lock);
	return up;
}

void cbx_request_worker_answer(struct cbx_request_worker *worker, struct cbx_call *call)
{
	bool elsewhere = call->method->relayed && !cbx_leadership_epoch(worker->calls->leadership);

	if (call->method->worker && !(elsewhere && !has_sql(worker)))
		call->method->worker(worker, call);
	else
		cbx_calls_to_poller(worker->calls, call);
}

int cbx_request_worker_query(struct cbx_request_worker *worker,
			     int (*ask)(struct cbx_sql *sql, void *user), void *user,
			     char error[256])
{
	int result;

	pthread_mutex_lock(&worker->lock);
	result = cbx_link_ensure(&worker->link);
	if (result < 0) {
		/* the connection was idle and the server closed it meanwhile: try again at once,
		 * since somebody waits */
		worker->link.next_try = 0;
		result = cbx_link_ensure(&worker->link);
	}
	if (result >= 0) {
		result = ask(worker->sql, user);
		if (result < 0)
			cbx_link_lost(&worker->link, result);
	}
	if (result < 0)
		snprintf(error, 256, "the database: %.230s", worker->sql->error);
	pthread_mutex_unlock(&worker->lock);
	return result;
}

void cbx_request_worker_moment(struct cbx_request_worker *worker,
			       const struct cbx_snapshot *snapshot, struct cbx_moment *out)
{
	struct cbx_settings *settings = NULL;

	cbx_settings_take(worker->settings, &settings);
	*out = (struct cbx_moment){ .now = cbx_now(worker->clock),
				    .wall_ms = cbx_wall(worker->clock),
				    .stall_after = settings->stall_after_ns,
				    .kinds = settings->kinds,
				    .settings = settings };
	if (cbx_leadership_epoch(worker->calls->leadership))
		out->stale_after = STALE_INTERVALS * snapshot->interval_current_ns;
}

void cbx_moment_close(struct cbx_moment *moment)
{
	cbx_settings_unref(moment->settings);
}

void *cbx_request_worker_run(void *user)
{
	struct cbx_request_worker *worker = user;
	struct pollfd p = { .fd = cbx_mailbox_fd(worker->inbox), .events = POLLIN };
	struct cbx_call *call;

	while (!worker->stop) {
		poll(&p, 1, 1000);
		cbx_mailbox_clear(worker->inbox);
		while (!worker->stop && (call = cbx_mailbox_take(worker->inbox)))
			cbx_request_worker_answer(worker, call);
	}
	return NULL;
}

void cbx_request_worker_close(struct cbx_request_worker *worker)
{
	struct cbx_call *call;

	while (worker->inbox && (call = cbx_mailbox_take(worker->inbox)))
		cbx_call_fail(call, CBX_CALL_DOWN, "chatterbox is stopping");
	cbx_link_close(&worker->link);
	cbx_link_close(&worker->state_link);
}
