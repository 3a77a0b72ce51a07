/* SPDX-License-Identifier: MIT */
/*
 * redis_state.h - the state port over a Redis server (contract 4.1)
 *
 * Threads that use it must block SIGPIPE (base/thread.h does), since hiredis writes without
 * MSG_NOSIGNAL.
 */
#ifndef CBX_ADAPTER_REDIS_STATE_REDIS_STATE_H
#define CBX_ADAPTER_REDIS_STATE_REDIS_STATE_H

#include "base/log.h"
#include "port/state.h"

struct cbx_redis_options {
	const char *host; /* several by comma; a path (begins with '/') is a Unix socket */
	int port;
	const char *username; /* NULL or "": the default user */
	const char *password; /* NULL or "": no AUTH */
	int db;
	bool tls;           /* peer and host name are verified, TLS 1.2 at least */
	const char *tls_ca; /* a PEM file; NULL: the system's */
	/* "host:port" of each Sentinel, which are asked for the master called @name instead of
	 * @host and @port; tls is for both */
	const char *const *sentinels;
	size_t sentinel_count;
	const char *name;
	const char *sentinel_username; /* as above */
	const char *sentinel_password;
	/* "host:port" of some nodes of a cluster, which are asked for the others; or "true" alone:
	 * @host and @port are one. @db is 0 then. */
	const char *const *cluster;
	size_t cluster_count;
	const char *app_name;
};

/* Copies @options and does not connect yet. CHATTERBOX_E_CONFIG, with a line in @log: this hiredis
 * has no TLS. */
int cbx_redis_state_new(const struct cbx_redis_options *options, struct cbx_clock *clock,
			const struct cbx_log *log, struct cbx_state **out);

#endif
