// SPDX-License-Identifier: MIT
/* redis_state.c - creates and frees a state on Redis; its calls are in the other files of this room
 */
#include "adapter/redis_state/link.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool redis_is_up(struct cbx_state *state)
{
	return cbx_redis_is_up(cbx_redis_of(state));
}

static void redis_free(struct cbx_state *state)
{
	struct cbx_redis *me = cbx_redis_of(state);

	cbx_redis_disconnect(state);
	if (me->password)
		explicit_bzero(me->password, strlen(me->password));
	cbx_dial_free(me->dial);
	cbx_sentinels_free(me->sentinels);
	cbx_cluster_free(me->cluster);
	free(me->username);
	free(me->password);
	free(me->tls_ca);
	free(me->app);
	free(me->rev);
	free(me->argv);
	free(me->argv_len);
	cbx_text_free(&me->key);
	cbx_text_free(&me->guard);
	free(me);
}

static void redis_freep(struct cbx_redis **me)
{
	if (*me)
		redis_free(&(*me)->base);
}

static const struct cbx_state_ops redis_ops = {
	.connect = cbx_redis_connect,
	.disconnect = cbx_redis_disconnect,
	.is_up = redis_is_up,
	.ping = cbx_redis_ping,
	.examine = cbx_redis_examine,
	.read_epoch = cbx_redis_read_epoch,
	.write_mark = cbx_redis_write_mark,
	.claim = cbx_redis_claim,
	.write_jobs = cbx_redis_write_jobs,
	.list_systems = cbx_redis_list_systems,
	.count = cbx_redis_count,
	.read_jobs = cbx_redis_read_jobs,
	.write_systems = cbx_redis_write_systems,
	.read_systems = cbx_redis_read_systems,
	.drop_systems = cbx_redis_drop_systems,
	.write_jobs_data = cbx_redis_write_jobs_data,
	.read_jobs_data = cbx_redis_read_jobs_data,
	.append_events = cbx_redis_append_events,
	.read_active = cbx_redis_read_active,
	.read_events = cbx_redis_read_events,
	.read_interval = cbx_redis_read_interval,
	.free = redis_free,
};

/* Copies a text that may be absent; false when out of memory */
static bool copy(char **to, const char *from)
{
	if (!from || !*from)
		return true;
	*to = strdup(from);
	return *to != NULL;
}

static bool name_guard(struct cbx_redis *me)
{
	return cbx_redis_key(me, &me->key, "rev") && copy(&me->rev, me->key.bytes);
}

static bool copy_options(struct cbx_redis *me, const struct cbx_redis_options *options)
{
	me->base.ops = &redis_ops;
	me->seek = cbx_redis_try;
	me->port = options->port;
	me->db = options->db;
	me->tls = options->tls;
	return copy(&me->username, options->username) && copy(&me->password, options->password) &&
	       copy(&me->tls_ca, options->tls_ca) && copy(&me->app, options->app_name);
}

/* Creates what is one connection, to @options->host */
static int new_link(const struct cbx_redis_options *options, struct cbx_clock *clock,
		    const struct cbx_log *log, struct cbx_redis **out)
{
	cbx_auto(redis_freep) struct cbx_redis *me = calloc(1, sizeof(*me));
	int error;

	if (!me)
		return -ENOMEM;
	me->clock = clock;
	me->log = log;
	if (!copy_options(me, options))
		return -ENOMEM;
	if (!options->host || !me->app)
		return -EINVAL;
	error = cbx_dial_new(options->host, options->port, clock, &me->dial);
	if (error)
		return error;
	if (!name_guard(me))
		return -ENOMEM;
	cbx_dial_text(options->host, me->port, me->address, sizeof(me->address));
	*out = cbx_steal(me);
	return 0;
}

/* @text: "host:port"; gives the host. -EINVAL: it is none. */
static int split(const char *text, char **host, int *port)
{
	const char *colon = strrchr(text, ':');

	if (!colon)
		return -EINVAL;
	*host = strndup(text, (size_t)(colon - text));
	*port = atoi(colon + 1);
	return *host ? 0 : -ENOMEM;
}

static int add_sentinel(struct cbx_redis *me, const struct cbx_redis_options *options,
			const char *node)
{
	cbx_auto(cbx_freep) char *host = NULL;
	struct cbx_redis *sentinel = NULL;
	int port;
	int error = split(node, &host, &port);

	if (error)
		return error;
	error = new_link(&(struct cbx_redis_options){ .host = host,
						      .port = port,
						      .username = options->sentinel_username,
						      .password = options->sentinel_password,
						      .tls = options->tls,
						      .tls_ca = options->tls_ca,
						      .app_name = options->app_name },
			 me->clock, me->log, &sentinel);
	if (!error)
		cbx_sentinels_add(me, &sentinel->base);
	return error;
}

static int add_sentinels(struct cbx_redis *me, const struct cbx_redis_options *options)
{
	size_t i;
	int error;

	if (!options->name)
		return -EINVAL;
	snprintf(me->address, sizeof(me->address), "%.40s of %.60s", options->name,
		 options->sentinels[0]);
	error = cbx_sentinels_new(me, options->name, options->sentinel_count);
	for (i = 0; i < options->sentinel_count && !error; i++)
		error = add_sentinel(me, options, options->sentinels[i]);
	return error;
}

static int open_node(const struct cbx_redis *me, const char *host, int port, struct cbx_redis **out)
{
	return new_link(&(struct cbx_redis_options){ .host = host,
						     .port = port,
						     .username = me->username,
						     .password = me->password,
						     .tls = me->tls,
						     .tls_ca = me->tls_ca,
						     .app_name = me->app },
			me->clock, me->log, out);
}

/* An address of IPv6 is announced without its brackets, so that is how it is compared */
static int add_node(struct cbx_redis *me, const char *node)
{
	cbx_auto(cbx_freep) char *host = NULL;
	int port;
	int error = split(node, &host, &port);
	size_t len;

	if (error)
		return error;
	len = strlen(host);
	if (*host == '[' && host[len - 1] == ']') {
		memmove(host, host + 1, len - 2);
		host[len - 2] = '\0';
	}
	return cbx_cluster_add(me, host, port);
}

static int add_cluster(struct cbx_redis *me, const struct cbx_redis_options *options)
{
	bool named = strcmp(options->cluster[0], "true") != 0;
	char text[sizeof(me->address)];
	size_t i;
	int error = cbx_cluster_new(me, open_node);

	if (!error && !named)
		error = cbx_cluster_add(me, options->host, options->port);
	for (i = 0; i < options->cluster_count && named && !error; i++)
		error = add_node(me, options->cluster[i]);
	snprintf(text, sizeof(text), "%s", named ? options->cluster[0] : me->address);
	snprintf(me->address, sizeof(me->address), "cluster at %.90s", text);
	return error;
}

int cbx_redis_state_new(const struct cbx_redis_options *options, struct cbx_clock *clock,
			const struct cbx_log *log, struct cbx_state **out)
{
	cbx_auto(redis_freep) struct cbx_redis *me = NULL;
	int error;

#ifndef CBX_REDIS_TLS
	if (options->tls) {
		cbx_error(log, CBX_FIELDS({ "server", "redis" }),
			  "redis.tls: not in this build (hiredis has no TLS here); connect to a "
			  "Unix socket, or to a local stunnel that does TLS");
		return CHATTERBOX_E_CONFIG;
	}
#endif
	error = new_link(options, clock, log, &me);
	if (!error && options->sentinel_count)
		error = add_sentinels(me, options);
	if (!error && options->cluster_count)
		error = add_cluster(me, options);
	if (error)
		return error;
	if (me->cluster)
		snprintf(me->base.where, sizeof(me->base.where), "%s", me->address);
	else
		snprintf(me->base.where, sizeof(me->base.where), "%s/%d", me->address, me->db);
	*out = &cbx_steal(me)->base;
	return 0;
}
