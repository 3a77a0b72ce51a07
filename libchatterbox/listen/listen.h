/* SPDX-License-Identifier: MIT */
/*
 * listen.h - the listener: a thread with a connection of its own: events in, RPC served
 *
 * It decodes what comes, hands it to the poller, and acknowledges it when the poller has committed
 * it. Only the leader consumes; what is unsettled when it stops is delivered again to its
 * successor.
 */
#ifndef CBX_LISTEN_LISTEN_H
#define CBX_LISTEN_LISTEN_H

#include "base/thread.h"
#include "port/bus.h"
#include "port/link.h"
#include "runtime/counters.h"
#include "runtime/inbound.h"
#include "runtime/leadership.h"
#include "runtime/settings.h"

struct cbx_calls;

struct cbx_listener {
	struct cbx_clock *clock;
	const struct cbx_log *log;
	struct cbx_settings_place *place;
	struct cbx_settings *settings; /* taken from there on every turn */
	struct cbx_counters *counters;
	struct cbx_leadership *leadership;
	struct cbx_mailbox *inbox;  /* inbounds that come back, settled */
	struct cbx_mailbox *poller; /* where they go */
	struct cbx_calls *calls;    /* where requests go; answered through the inbox */
	struct cbx_bus *bus;
	struct cbx_link bus_link;
	uint64_t connection; /* number of the present one */
	/* The connection of a request whose answer was lost for want of memory or room; set by any
	 * thread, then the inbox is woken */
	_Atomic uint64_t unanswered;
	int64_t backlog;    /* messages that waited when consuming began, still to come */
	size_t outstanding; /* handed to the poller, not yet settled */
	bool consuming;
	/* What waited when consuming began is with the poller: the first question may go out. True
	 * also when the queue can't be had (a 406): that is told, and must not stop the rounds. */
	_Atomic bool caught_up;
	_Atomic bool bound; /* the queues are bound: readyz */
	_Atomic bool stop;
	_Atomic uint64_t beat;
	struct cbx_thread thread;
	uint64_t retry_at;
};

/* rpc.c: a message of queue APP.request ends in one answer in the inbox (CBX_IN_ANSWER), now or
 * later, or is said to be lost: by -ENOMEM now, by `unanswered` later */
int cbx_listener_serve(struct cbx_listener *listener, const struct cbx_bus_event *event);
void *cbx_listener_run(void *listener);
void cbx_listener_close(struct cbx_listener *listener);

#endif
