/* SPDX-License-Identifier: MIT */
/*
 * listen.h - the listener: a thread with its own connection that consumes events and serves RPC
 *
 * It decodes messages, hands them to the poller, and acknowledges them after the poller's commit.
 * Only the leader consumes. What is unacknowledged when it stops will be delivered to its
 * successor.
 */
#ifndef CBX_LISTEN_LISTEN_H
#define CBX_LISTEN_LISTEN_H

#include "base/thread.h"
#include "listen/arrivals.h"
#include "listen/orders.h"
#include "port/bus.h"
#include "port/link.h"
#include "runtime/counters.h"
#include "runtime/inbound.h"
#include "runtime/leadership.h"
#include "runtime/settings.h"

struct cbx_calls;

/* So many messages of each queue are unacknowledged at most, and so many may come again */
#define CBX_PREFETCH 256
#define CBX_LISTENER_QUEUE 96

struct cbx_listener {
	struct cbx_clock *clock;
	const struct cbx_log *log;
	struct cbx_settings_place *place;
	struct cbx_settings *settings; /* the present ones, taken on every turn */
	struct cbx_counters *counters;
	struct cbx_leadership *leadership;
	struct cbx_mailbox *inbox; /* messages that come back from the poller, to be acknowledged */
	struct cbx_mailbox *poller; /* where events go */
	struct cbx_calls *calls;    /* where requests go; answers come back through the inbox */
	struct cbx_bus *bus;
	struct cbx_link bus_link;
	uint64_t connection; /* number of the present one; no two of any instance are the same */
	/* The connection of a request whose answer was lost for want of memory or room. Set in any
	 * thread, which then wakes the inbox. */
	_Atomic uint64_t unanswered;
	int64_t backlog; /* how many of the messages that waited when consuming began are still to
			    come */
	uint64_t waits_since; /* the earliest time at which they may have come; 0: since we lead */
	/* Others who consumed when we began may hold older messages, as a leader before us who is
	 * frozen does. So long the first question waits for them to be gone, and for what they
	 * held; 0: it does not */
	uint64_t others_until;
	bool others_left;
	size_t outstanding; /* received and not yet acknowledged */
	struct cbx_arrivals arrivals;
	/* Redelivered messages that came in a row, held until it ends: by next, in their order */
	struct cbx_inbound *run, *run_last;
	size_t run_count;
	uint64_t run_at; /* when its last one came */
	struct cbx_orders orders;
	/* Answers to orders, whose requests are acknowledged already, held while there is no
	 * connection: by next, in their order */
	struct cbx_inbound *answers, **answers_end;
	size_t answer_count;
	bool keeps_raw; /* the poller wants the bodies, for a recording */
	bool consuming;
	/* All messages that waited when consuming began are with the poller, so the first question
	 * may go out. Also true if the queue can't be used (a 406): that is reported, and must not
	 * stop the rounds. */
	_Atomic bool caught_up;
	_Atomic bool bound;         /* for /readyz */
	_Atomic unsigned strangers; /* consumers of others on our queues */
	uint64_t look_at;           /* when the queues are looked at next */
	/* What was missing in the broker was made again, so that what was refused for want of it
	 * will not be any more */
	void (*mended)(void *user);
	void *user;
	_Atomic bool stop;
	_Atomic uint64_t last_turn;
	struct cbx_thread thread;
	uint64_t retry_at;
};

/* rpc.c: serves a message of queue APP.request. Its one answer comes to the inbox (CBX_IN_ANSWER),
 * now or later. If it is lost for want of memory: returns -ENOMEM now, or sets `unanswered` later.
 */
int cbx_listener_serve(struct cbx_listener *listener, const struct cbx_bus_event *event);
void *cbx_listener_run(void *listener);
void cbx_listener_close(struct cbx_listener *listener);

/* For its own files. connection.c: connects and begins to consume, false = it is down. What was
 * consumed and not acknowledged comes again by another connection. */
bool cbx_listener_ensure(struct cbx_listener *listener);
void cbx_listener_lost(struct cbx_listener *listener, int error);
void cbx_listener_drop_connection(struct cbx_listener *listener);
struct cbx_inbound *cbx_listener_take_from_run(struct cbx_listener *listener);
void cbx_listener_drop_run(struct cbx_listener *listener);
/* topology.c: declares and binds the queue of events, and counts what waits there; declares the one
 * of requests. What was not there is made, and warned of if it had been there. */
int cbx_listener_declare(struct cbx_listener *listener);
/* Looks again, when it is time: a failure, when the connection is of no use any more */
int cbx_listener_look(struct cbx_listener *listener);
/* Does somebody else consume the queue of events? Else 0, or a failure */
int cbx_listener_has_others(struct cbx_listener *listener);
/* What the broker refuses is said in /readyz, and at a start it is the end if it is for want of a
 * right */
void cbx_listener_refused(struct cbx_listener *listener);
void cbx_listener_queue(const struct cbx_listener *listener, const char *kind,
			char name[CBX_LISTENER_QUEUE]);
/* hand_over.c: a message to the poller; one that can't be understood is rejected */
void cbx_listener_hand_over(struct cbx_listener *listener, const struct cbx_bus_event *event);
/* Nothing has come for a while: if that ends the run, it goes to the poller */
void cbx_listener_end_idle_run(struct cbx_listener *listener);
/* answers.c: sends an answer, then acknowledges its request: if this fails in between, the request
 * comes again */
void cbx_listener_send_answer(struct cbx_listener *listener, struct cbx_inbound *inbound);
/* The answer to an order, which is acknowledged already, waits for a connection; taken over */
void cbx_listener_keep_answer(struct cbx_listener *listener, struct cbx_inbound *inbound);
void cbx_listener_send_answers(struct cbx_listener *listener); /* those kept */
void cbx_listener_drop_answers(struct cbx_listener *listener);

#endif
