/* SPDX-License-Identifier: MIT */
/* pg_kit.h - the test server's PostgreSQL, seen past the adapter, and a proxy that cuts commits */
#ifndef CBX_TESTS_PG_KIT_H
#define CBX_TESTS_PG_KIT_H

#include "adapter/postgres/postgres.h"
#include "sql_suite.h"

#include <libpq-fe.h>

/* The database of this process is made by the world's first reset; this adds a test that drops it
 */
void pg_kit_stop(Suite *suite);
extern const struct sql_world pg_world;

/* The options that pg_world opens with; change a copy */
struct cbx_postgres_options pg_options(void);
/* Any statements over a connection of their own, to this database; fails the test on an error */
void pg_run(const char *text);
/* A connection to this database, for PQfinish() */
PGconn *pg_raw(void);

/*
 * A proxy on a port of its own that passes one connection after another to the server, and knows
 * what to do when a client says commit.
 */
enum pg_cut {
	PG_CUT_NEVER,
	PG_CUT_BEFORE, /* the commit never arrives */
	PG_CUT_AFTER,  /* the commit is answered, the answer is lost */
};

struct pg_proxy;

struct pg_proxy *pg_proxy_start(void);
void pg_proxy_stop(struct pg_proxy *proxy);
int pg_proxy_port(const struct pg_proxy *proxy);
/* For the next commit, once */
void pg_proxy_cut(struct pg_proxy *proxy, enum pg_cut cut);
/* Whether new connections are let in */
void pg_proxy_open(struct pg_proxy *proxy, bool open);
/* Nothing passes, in any direction, and nothing is closed */
void pg_proxy_stall(struct pg_proxy *proxy, bool stalled);

#endif
