/* SPDX-License-Identifier: MIT */
/*
 * link.h - keeps one connection alive: tries with backoff and jitter, says so in log and metric
 *
 * Its owner thread calls cbx_link_ensure() in its loop; in between it uses the connection. When a
 * call says CHATTERBOX_E_DOWN the owner calls cbx_link_lost() and goes on with its loop.
 */
#ifndef CBX_PORT_LINK_H
#define CBX_PORT_LINK_H

#include "base/backoff.h"
#include "base/log.h"
#include "base/metrics.h"
#include "port/health.h"

/* What a link needs of its connection: one try, and the text of its failure */
struct cbx_link_ops {
	int (*connect)(void *connection, uint64_t deadline);
	void (*disconnect)(void *connection);
	bool (*is_up)(void *connection);
	const char *(*error)(void *connection);
	/* Asks an idle connection whether it still lives; NULL when it has heartbeats of its own */
	int (*ping)(void *connection);
	/* Why a connection that is up is of no use for now; NULL when it is, or never happens */
	const char *(*hindrance)(void *connection);
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
	struct cbx_backoff backoff;
	uint64_t next_try;
	uint64_t logged_at;
	uint64_t pinged_at;
	uint64_t up_since;
	bool up;
	bool hindered;
	bool told; /* that it is down */
	bool was_up;
	int last_error;
};

/* Up now? Tries to connect when it is not and a try is due; pings it each 5 s. A connection that is
 * hindered is up, and said to be down on the board. 0 = up, 1 = it has
 * just come up (everything about the connection is new), else CHATTERBOX_E_DOWN or what the connect
 * said. */
int cbx_link_ensure(struct cbx_link *link);
/* The connection failed with @error (CHATTERBOX_E_DOWN or not): counted, and if it is gone, noted
 * and closed. The next try follows after the backoff. */
void cbx_link_lost(struct cbx_link *link, int error);
/* Closes it, without a word to the log */
void cbx_link_close(struct cbx_link *link);

#endif
