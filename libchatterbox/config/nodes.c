// SPDX-License-Identifier: MIT
/*
 * nodes.c - lists of servers, as ioredis takes them: each an object with host and port
 *
 * They are kept as "host:port", with brackets around an address of IPv6, and may be written so,
 * too. An object with anything else in it is refused: it might want to be connected to in another
 * way.
 */
#include "config/slots.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool is_host(const char *host, size_t len)
{
	return len && strlen(host) == len && !strpbrk(host, ",/@ []");
}

static bool is_port(const json_t *json)
{
	return json_is_integer(json) && json_integer_value(json) > 0 &&
	       json_integer_value(json) <= 65535;
}

static bool has_only(const json_t *node)
{
	/* the version of IP follows from the address */
	static const char *const members[] = { "host", "port", "family" };
	size_t known = 0;
	size_t i;

	for (i = 0; i < CBX_COUNT(members); i++)
		known += json_object_get(node, members[i]) != NULL;
	return known == json_object_size(node);
}

static int format(const struct cbx_key *key, const char *host, const char *port, char **out)
{
	char *text = NULL;
	int len = asprintf(&text, strchr(host, ':') ? "[%s]:%s" : "%s:%s", host, port);

	if (len < 0)
		return -ENOMEM;
	if (len > key->high) {
		free(text);
		return CHATTERBOX_E_CONFIG;
	}
	*out = text;
	return 0;
}

/* "host", "host:port", "[::1]:port" */
static int read_text(const struct cbx_key *key, const char *text, size_t len, char **out)
{
	cbx_auto(cbx_freep) char *host = strndup(text, len);
	const char *port = key->hint;
	cbx_auto(cbx_json_wipe) json_t *number = NULL;
	char *end;

	if (!host)
		return -ENOMEM;
	end = *host == '[' ? strchr(host, ']') : strchr(host, ':');
	if (end && *host == '[' && (!end[1] || end[1] == ':')) {
		*end = '\0';
		memmove(host, host + 1, strlen(host));
		end = end[1] ? end + 1 : NULL;
	}
	if (end && !strchr(end + 1, ':')) {
		*end = '\0';
		port = end + 1;
	}
	number = json_loads(port, JSON_DECODE_ANY, NULL);
	if (!is_host(host, strlen(host)) || !is_port(number))
		return CHATTERBOX_E_CONFIG;
	return format(key, host, port, out);
}

int cbx_node_read(const struct cbx_key *key, const json_t *json, char **out)
{
	const json_t *host = json_object_get(json, "host");
	const json_t *port = json_object_get(json, "port");
	char digits[8];

	if (json_is_string(json))
		return read_text(key, json_string_value(json), json_string_length(json), out);
	if (!json_is_string(host) || !has_only(json) || (port && !is_port(port)) ||
	    !is_host(json_string_value(host), json_string_length(host)))
		return CHATTERBOX_E_CONFIG;
	snprintf(digits, sizeof(digits), "%d", (int)json_integer_value(port));
	return format(key, json_string_value(host), port ? digits : key->hint, out);
}
