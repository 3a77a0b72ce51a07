// SPDX-License-Identifier: MIT
/*
 * cross.c - checks that involve two keys, and compares two configurations
 *
 * Lowers poll_timeout to rpc_timeout, and refuses combinations that can't work. A key is only
 * checked where it is used: redis.tls does not matter without Redis.
 */
#include "config/slots.h"

#include <string.h>
#include <strings.h>

#ifdef CBX_REDIS_TLS
#define HIREDIS_HAS_TLS 1
#else
#define HIREDIS_HAS_TLS 0
#endif

static struct cbx_slot *slot_at(struct chatterbox_config *config, const char *path)
{
	bool overlay;

	return &config->slots[cbx_key_find(path, false, &overlay) - cbx_keys];
}

static bool is_text(const struct chatterbox_config *config, const char *path, const char *text)
{
	return !strcmp(chatterbox_config_get_text(config, path), text);
}

static const char *from(const struct cbx_slot *slot)
{
	return slot->from ? slot->from : "default";
}

static int lower_poll_timeout(struct chatterbox_config *config)
{
	struct cbx_slot *poll = slot_at(config, "rmq_rpc.poll_timeout");
	const struct cbx_slot *rpc = slot_at(config, "rmq_rpc.rpc_timeout");

	if (poll->number <= rpc->number)
		return 0;
	poll->lowered = true;
	poll->number = rpc->number;
	/* the default of 10 s is lowered without a warning */
	if (!poll->from)
		return 0;
	return cbx_problem_add(&config->crossed, CHATTERBOX_PROBLEM_WARNING,
			       "rmq_rpc.poll_timeout: got %lld ms, takes at most "
			       "rmq_rpc.rpc_timeout: lowered to %lld ms (from %s)",
			       (long long)poll->value.number, (long long)poll->number, from(poll));
}

static int check_redis_tls(struct chatterbox_config *config)
{
	if (HIREDIS_HAS_TLS || !chatterbox_config_get_flag(config, "redis.tls") ||
	    !is_text(config, "chatterbox.store", "redis"))
		return 0;
	return cbx_problem_add(&config->crossed, CHATTERBOX_PROBLEM_ERROR,
			       "redis.tls: got true, takes false: this hiredis was built without "
			       "TLS; give redis.host the path of Redis's Unix socket, or let "
			       "stunnel carry the connection (from %s)",
			       from(slot_at(config, "redis.tls")));
}

static int check_sentinels(struct chatterbox_config *config)
{
	const struct cbx_slot *sentinels = slot_at(config, "redis.sentinels");

	if (!sentinels->value.count || chatterbox_config_get_text(config, "redis.name") ||
	    !is_text(config, "chatterbox.store", "redis"))
		return 0;
	return cbx_problem_add(&config->crossed, CHATTERBOX_PROBLEM_ERROR,
			       "redis.name: got nothing, takes what the Sentinels call the master, "
			       "since redis.sentinels is set (from %s)",
			       from(sentinels));
}

static int check_cluster(struct chatterbox_config *config)
{
	const struct cbx_slot *cluster = slot_at(config, "redis.cluster");
	bool asks = slot_at(config, "redis.sentinels")->value.count > 0;

	if (!cluster->value.count || !is_text(config, "chatterbox.store", "redis"))
		return 0;
	if (asks)
		return cbx_problem_add(
			&config->crossed, CHATTERBOX_PROBLEM_ERROR,
			"redis.cluster: got nodes, takes none, since redis.sentinels "
			"is set: a cluster has no Sentinels (from %s)",
			from(cluster));
	if (!slot_at(config, "redis.db")->number)
		return 0;
	return cbx_problem_add(&config->crossed, CHATTERBOX_PROBLEM_ERROR,
			       "redis.db: got %lld, takes 0, since redis.cluster is set: a cluster "
			       "has this database alone (from %s)",
			       (long long)slot_at(config, "redis.db")->number,
			       from(slot_at(config, "redis.db")));
}

static int check_sqlite(struct chatterbox_config *config)
{
	if (!is_text(config, "chatterbox.sql", "sqlite") ||
	    chatterbox_config_get_text(config, "chatterbox.sqlite_path"))
		return 0;
	return cbx_problem_add(&config->crossed, CHATTERBOX_PROBLEM_ERROR,
			       "chatterbox.sqlite_path: got nothing, takes the path of the "
			       "database file, since chatterbox.sql is sqlite (from %s)",
			       from(slot_at(config, "chatterbox.sql")));
}

static int check_https(struct chatterbox_config *config)
{
	static const char *const paths[] = { "http_server.tls.cert", "http_server.tls.key" };
	size_t i;
	int r = 0;

	if (!chatterbox_config_get_flag(config, "http_server.tls"))
		return 0;
	for (i = 0; !r && i < CBX_COUNT(paths); i++)
		if (!chatterbox_config_get_text(config, paths[i]))
			r = cbx_problem_add(&config->crossed, CHATTERBOX_PROBLEM_ERROR,
					    "%s: got nothing, takes the path of a PEM file, since "
					    "http_server.tls is on (from %s)",
					    paths[i], from(slot_at(config, "http_server.tls")));
	return r;
}

/* With one text for two kinds of status, a paused job could not be told from a completed one */
static int check_kinds(struct chatterbox_config *config)
{
	static const char *const paths[] = { "runningKey", "pausedKey", "completedKey",
					     "erroredKey", "killedKey" };
	size_t i;
	size_t k;
	int r = 0;

	for (i = 1; i < CBX_COUNT(paths); i++)
		for (k = 0; !r && k < i; k++)
			if (!strcasecmp(chatterbox_config_get_text(config, paths[i]),
					chatterbox_config_get_text(config, paths[k])))
				r = cbx_problem_add(&config->crossed, CHATTERBOX_PROBLEM_ERROR,
						    "%s: got the text of %s, takes one of its own "
						    "(from %s)",
						    paths[i], paths[k],
						    from(slot_at(config, paths[i])));
	return r;
}

int cbx_config_cross(struct chatterbox_config *config)
{
	static int (*const checks[])(struct chatterbox_config *) = { lower_poll_timeout,
								     check_redis_tls,
								     check_sentinels,
								     check_cluster,
								     check_sqlite,
								     check_https,
								     cbx_config_check_web,
								     check_kinds,
								     cbx_config_refuse_foreign,
								     cbx_config_check_files,
								     cbx_config_warn_shared,
								     cbx_config_warn_insecure };
	size_t i;
	int r = 0;

	cbx_problems_clear(&config->crossed);
	for (i = 0; i < cbx_key_count; i++) {
		config->slots[i].number = config->slots[i].value.number;
		config->slots[i].lowered = false;
	}
	for (i = 0; !r && i < CBX_COUNT(checks); i++)
		r = checks[i](config);
	return r;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool same_value(const struct cbx_slot *a, const struct cbx_slot *b)
{
	size_t i;

	if (a->number != b->number || a->value.count != b->value.count ||
	    !same_text(a->value.text, b->value.text))
		return false;
	for (i = 0; i < a->value.count; i++)
		if (strcmp(a->value.items[i], b->value.items[i]) != 0)
			return false;
	return true;
}

int chatterbox_config_compare(const struct chatterbox_config *old,
			      const struct chatterbox_config *now,
			      void (*each)(void *user, const char *path, bool restart), void *user)
{
	int count = 0;
	size_t i;

	for (i = 0; i < cbx_key_count; i++) {
		if (same_value(&old->slots[i], &now->slots[i]))
			continue;
		count++;
		if (each)
			each(user, cbx_keys[i].path, !(cbx_keys[i].flags & CBX_KEY_RELOAD));
	}
	return count;
}
