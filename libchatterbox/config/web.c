// SPDX-License-Identifier: MIT
/*
 * web.c - the prefix of the HTTP server's paths, and the origins whose pages may read
 *
 * A prefix or an origin that a browser would spell otherwise never matches, and nobody says so: it
 * is refused here instead.
 */
#include "config/slots.h"

#include <string.h>

#define BASE "http_server.base_path"
#define ORIGINS "http_server.cors_origins"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

/* "" or "/a/b": no escapes, no empty part, none that a client takes away itself */
static bool is_base(const char *base)
{
	while (*base) {
		size_t len = *base == '/' ? strspn(base + 1, LETTERS "-._~") : 0;

		if (!len || (len == 1 && base[1] == '.') || !strncmp(base, "/..", len + 1))
			return false;
		base += len + 1;
	}
	return true;
}

/* "*" or "scheme://host", with a port or without, as browsers send it: no path, not even a / */
static bool is_origin(const char *origin)
{
	size_t scheme = strspn(origin, LETTERS "+-.");
	const char *host = origin + scheme + 3;

	if (!strcmp(origin, "*"))
		return true;
	return scheme && !strncmp(origin + scheme, "://", 3) && *host &&
	       !host[strspn(host, LETTERS "-._:[]")];
}

static const char *from(const struct chatterbox_config *config, const char *path)
{
	bool overlay;
	const struct cbx_slot *slot =
		&config->slots[cbx_key_find(path, false, &overlay) - cbx_keys];

	return slot->from ? slot->from : "default";
}

int cbx_config_check_web(struct chatterbox_config *config)
{
	size_t count = chatterbox_config_list_count(config, ORIGINS);
	size_t i;
	int r = 0;

	if (!is_base(chatterbox_config_get_text(config, BASE)))
		r = cbx_problem_add(&config->crossed, CHATTERBOX_PROBLEM_ERROR,
				    BASE ": takes a path as \"/chatterbox\": with a / before each "
					 "part, none at the end, of letters, digits and -._~ "
					 "(from %s)",
				    from(config, BASE));
	for (i = 0; !r && i < count; i++)
		if (!is_origin(chatterbox_config_list_at(config, ORIGINS, i)))
			r = cbx_problem_add(&config->crossed, CHATTERBOX_PROBLEM_ERROR,
					    ORIGINS
					    ": takes origins as \"https://noc.example\": "
					    "scheme and host, a port, no path, not even a / "
					    "(from %s)",
					    from(config, ORIGINS));
	return r;
}
