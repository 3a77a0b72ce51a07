/* SPDX-License-Identifier: MIT */
/*
 * request_worker.h - answers calls that only read, from hosts and AMQP
 *
 * It has a thread and connections to SQL and Redis of its own, so that neither the listener nor a
 * host's loop waits for a server.
 */
#ifndef CBX_CONTROLLER_REQUEST_WORKER_H
#define CBX_CONTROLLER_REQUEST_WORKER_H

#include "base/mailbox.h"
#include "base/thread.h"
#include "controller/job_figures.h"
#include "port/link.h"
#include "port/sql.h"
#include "port/state.h"
#include "runtime/call.h"
#include "runtime/settings.h"
#include "runtime/snapshot.h"

struct cbx_request_worker {
	struct cbx_snapshot_slot *slot;
	struct cbx_clock *clock;
	struct cbx_settings_place *settings;
	struct cbx_calls *calls;   /* where calls go that can't be answered here */
	struct cbx_mailbox *inbox; /* of struct cbx_call */
	pthread_mutex_t lock;      /* of the connection, which hosts' own threads use, too */
	struct cbx_sql *sql;
	struct cbx_link link;
	struct cbx_state *state; /* reads the stream, under the same lock; NULL: it is not known */
	struct cbx_link state_link;
	_Atomic bool stop;
	struct cbx_thread thread;
};

void *cbx_request_worker_run(void *worker);
/* Takes a call over: one that only reads is answered in this thread, which may have to wait for
 * SQL; another one is passed on to the poller. Any thread. */
void cbx_request_worker_answer(struct cbx_request_worker *worker, struct cbx_call *call);
/* Runs @ask with the connection; CHATTERBOX_E_DOWN when there is none, with a line in @error */
int cbx_request_worker_query(struct cbx_request_worker *worker,
			     int (*ask)(struct cbx_sql *sql, void *user), void *user,
			     char error[256]);
/* Now, by the present settings; of any thread. cbx_moment_close() afterwards. */
void cbx_request_worker_moment(struct cbx_request_worker *worker,
			       const struct cbx_snapshot *snapshot, struct cbx_moment *out);
void cbx_moment_close(struct cbx_moment *moment);
void cbx_request_worker_close(struct cbx_request_worker *worker); /* ends the waiting calls */

#endif
