/* SPDX-License-Identifier: MIT */
/*
 * desk.h - the desk: where calls of hosts and of AMQP arrive, with a thread and a SQL connection
 *
 * It answers what only needs a view or a look into SQL, and hands the rest to the poller. So
 * neither the listener nor a host's loop ever waits for a server.
 */
#ifndef CBX_CONTROLLER_DESK_H
#define CBX_CONTROLLER_DESK_H

#include "base/mailbox.h"
#include "base/thread.h"
#include "controller/call.h"
#include "runtime/leadership.h"
#include "runtime/settings.h"
#include "runtime/snapshot.h"
#include "port/link.h"
#include "port/sql.h"

struct cbx_desk {
	struct cbx_window *window;
	struct cbx_leadership *leadership;
	bool observer;              /* what can't be answered here is the leader's business */
	struct cbx_mailbox *poller; /* of struct cbx_inbound */
	struct cbx_mailbox *inbox;  /* of struct cbx_call */
	pthread_mutex_t lock;       /* of the connection: hosts' own threads use it, too */
	struct cbx_sql *sql;
	struct cbx_link link;
	_Atomic bool stop;
	struct cbx_thread thread;
};

void *cbx_desk_run(void *desk);
/* Any thread; takes the call over. A full desk finishes it at once as "a server is down". */
void cbx_desk_take(struct cbx_desk *desk, struct cbx_call *call);
/* Runs @ask with the connection, up and alone, or returns CHATTERBOX_E_DOWN; @error as always */
int cbx_desk_ask(struct cbx_desk *desk, int (*ask)(struct cbx_sql *sql, void *user), void *user,
		 char error[256]);
void cbx_desk_close(struct cbx_desk *desk); /* ends what still waits */

#endif
