// SPDX-License-Identifier: MIT
/*
 * warn_insecure.c - warns of settings with which others could listen or interfere on the way to a
 * server
 *
 * Only loopback addresses, "localhost" and paths of sockets count as this machine, not what a name
 * happens to resolve to today. Nothing is refused here, since a network may be private in ways that
 * a configuration can't express.
 */
#include "config/slots.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *text_at(const struct chatterbox_config *config, const char *section,
			   const char *member)
{
	char path[CBX_KEY_PATH];

	snprintf(path, sizeof(path), "%s.%s", section, member);
	return chatterbox_config_get_text(config, path);
}

static bool is_near(const char *host)
{
	struct in6_addr v6;
	struct in_addr v4;

	if (*host == '/' || !strcasecmp(host, "localhost"))
		return true;
	if (inet_pton(AF_INET, host, &v4) == 1)
		return (ntohl(v4.s_addr) >> 24) == 127;
	return inet_pton(AF_INET6, host, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

bool cbx_config_host_is_near(const char *host)
{
	char one[256];
	size_t len;
	size_t end;

	for (; host && *host; host += len + (host[len] == ',')) {
		len = strcspn(host, ",");
		end = len;
		while (end && (host[end - 1] == ' ' || host[end - 1] == ']'))
			end--;
		snprintf(one, sizeof(one), "%.*s", (int)end, host);
		if (!is_near(one + strspn(one, " [")))
			return false;
	}
	return true;
}

static int warn_plain(struct chatterbox_config *config, const char *section)
{
	return cbx_problem_add(
		&config->crossed, CHATTERBOX_PROBLEM_WARNING,
		"%s.host: %s is another machine, and %s.tls is off: the password and "
		"all that is said cross the network in plain text",
		section, text_at(config, section, "host"), section);
}

/* The one that is another machine, NULL: none is */
static const char *far_node(const struct chatterbox_config *config, const char *path)
{
	size_t count = chatterbox_config_list_count(config, path);
	size_t i;

	for (i = 0; i < count; i++) {
		const char *node = chatterbox_config_list_at(config, path, i);
		const char *colon = strrchr(node, ':');
		char host[256];

		snprintf(host, sizeof(host), "%.*s", colon ? (int)(colon - node) : 0, node);
		if (colon && !cbx_config_host_is_near(host))
			return node;
	}
	return NULL;
}

/* Where Sentinels or nodes of a cluster are, there the others are taken to be */
static int check_redis(struct chatterbox_config *config)
{
	bool clustered = chatterbox_config_list_count(config, "redis.cluster") > 0;
	const char *path = clustered ? "redis.cluster" : "redis.sentinels";
	bool named = clustered ? strcmp(chatterbox_config_list_at(config, path, 0), "true") != 0
			       : chatterbox_config_list_count(config, path) > 0;
	const char *node = far_node(config, path);

	if (strcmp(chatterbox_config_get_text(config, "chatterbox.store"), "redis") != 0 ||
	    chatterbox_config_get_flag(config, "redis.tls"))
		return 0;
	if (node)
		return cbx_problem_add(&config->crossed, CHATTERBOX_PROBLEM_WARNING,
				       "%s: %s is another machine, and redis.tls is "
				       "off: passwords and "
				       "all that is said cross the network in plain text",
				       path, node);
	return named || cbx_config_host_is_near(text_at(config, "redis", "host"))
		       ? 0
		       : warn_plain(config, "redis");
}

static int check_rmq(struct chatterbox_config *config)
{
	int r = 0;

	if (strcmp(chatterbox_config_get_text(config, "chatterbox.bus"), "rmq") != 0 ||
	    cbx_config_host_is_near(text_at(config, "rmq", "host")))
		return 0;
	if (!chatterbox_config_get_flag(config, "rmq.tls"))
		r = warn_plain(config, "rmq");
	if (!r && !strcmp(text_at(config, "rmq", "user"), "guest"))
		r = cbx_problem_add(&config->crossed, CHATTERBOX_PROBLEM_WARNING,
				    "rmq.user: guest is known to everybody, and a broker on "
				    "another machine refuses it by default: give chatterbox a user "
				    "of its own");
	return r;
}

static int check_postgres(struct chatterbox_config *config, const char *section)
{
	const char *mode = text_at(config, section, "sslmode");
	const char *host = text_at(config, section, "host");

	if (strcmp(chatterbox_config_get_text(config, "chatterbox.sql"), "postgres") != 0 ||
	    cbx_config_host_is_near(host) || !strncmp(mode, "verify-", strlen("verify-")))
		return 0;
	return cbx_problem_add(&config->crossed, CHATTERBOX_PROBLEM_WARNING,
			       "%s.sslmode: %s does not prove that the other machine that answers "
			       "is %s: verify-full does, with %s.sslrootcert",
			       section, mode, host, section);
}

int cbx_config_warn_insecure(struct chatterbox_config *config)
{
	int r = check_redis(config);

	if (!r)
		r = check_rmq(config);
	if (!r)
		r = check_postgres(config, "sequelize");
	return r ? r : check_postgres(config, "live_temp");
}
