/* SPDX-License-Identifier: MIT */
/*
 * link.h - keeps one connection alive: reconnects with backoff and jitter, and reports it in log
 * and metrics
 *
 * A server that answers, but does not let us work, is as good as down: its connection is closed,
 * and tried again until it does.
 *
 * Its thread calls cbx_link_ensure() in its loop and uses the connection in between. When a call
 * returns CHATTERBOX_E_DOWN, it calls cbx_link_lost() and goes on with its loop. Whatever fails
 * again and again is logged when it begins and then once a minute.
 */
#ifndef CBX_PORT_LINK_H
#define CBX_PORT_LINK_H

#include "base/backoff.h"
#include "base/log.h"
#include "base/metrics.h"
#include "port/health.h"

/* What a link needs of its connection */
struct cbx_link_ops {
	/* CHATTERBOX_E_CONFIG as of examine() */
	int (*connect)(void *connection, uint64_t deadline);
	void (*disconnect)(void *connection);
	bool (*is_up)(void *connection);
	const char *(*error)(void *connection);
	/* Checks that an idle connection is alive; NULL if it has heartbeats */
	int (*ping)(void *connection);
	/* Why a connection that is up can't be used now; returns NULL if it can. NULL: never
	 * happens. */
	const char *(*hindrance)(void *connection);
	/* Does the server let us work? Asked when it is connected, in place of each ping, and when
	 * it has refused something (@refused). 0; CHATTERBOX_E_REFUSED: not now;
	 * CHATTERBOX_E_CONFIG: not before somebody changes something; anything else says nothing
	 * about it. NULL: not asked. */
	int (*examine)(void *connection, bool refused);
	/* When the first of its certificates ends, see health.h; NULL: it has none */
	int64_t (*certificate_ends)(void *connection);
};

struct cbx_link_metrics {
	struct cbx_metric *reconnects; /* chatterbox_reconnects_total{server} */
	struct cbx_metric *errors;     /* chatterbox_server_errors_total{server} */
};

struct cbx_link {
	const struct cbx_link_ops *ops;
	void *connection;
	const char *server;
	const char *purpose;
	struct cbx_clock *clock;
	const struct cbx_log *log;
	struct cbx_link_metrics metrics;
	struct cbx_health_entry *entry;
	const _Atomic bool *examinable; /* examine() makes sense while it is true; NULL: always */
	struct cbx_backoff backoff;
	uint64_t next_try;
	uint64_t logged_at;
	uint64_t pinged_at;
	uint64_t up_since;
	bool up;
	bool hindered;
	char refusal[256];      /* see cbx_link_refused(); "" when nothing is refused */
	char complaint[256];    /* the last logged error of a connection that stayed up, */
	uint64_t complained_at; /* and when */
	bool told;              /* it was logged that it is down */
	bool on_trial;          /* it is up again, but may refuse what it refused before */
	bool was_up;
	int last_error;
};

/* Connects if the connection is down and a try is due; pings or examines it every 5 s. A connection
 * that is hindered is up, but reported as down. 0 = up; 1 = it has just come up, and everything on
 * it is new; else CHATTERBOX_E_DOWN, or the failure of the connect. */
int cbx_link_ensure(struct cbx_link *link);
/* The connection failed with @error (CHATTERBOX_E_DOWN or another): counts it and, if the
 * connection is gone or the server does not let us work, reports and closes it. The next try
 * follows after the backoff. */
void cbx_link_lost(struct cbx_link *link, int error);
/* The connection is up, but the server refuses what it is for, and says @why: it is reported as
 * down, with one warning, until cbx_link_works(), however often it is refused. Losing the
 * connection does not end that. */
void cbx_link_refused(struct cbx_link *link, const char *why);
/* What was refused works (again); costs nothing when nothing was */
void cbx_link_works(struct cbx_link *link);
/* Closes it, without a line in the log */
void cbx_link_close(struct cbx_link *link);

#endif
