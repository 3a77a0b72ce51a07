/* SPDX-License-Identifier: MIT */
/*
 * keys.h - the table of configuration keys (keys.def), and how a path finds its key
 *
 * Defaults, checks, --print-config, reload and the tests of the man page all come from this table:
 * a key that is not here does not exist.
 */
#ifndef CBX_CONFIG_KEYS_H
#define CBX_CONFIG_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cbx_key_type {
	CBX_KEY_FLAG,
	CBX_KEY_INTEGER,
	CBX_KEY_DURATION, /* "5m"; kept in ms */
	CBX_KEY_TEXT,
	CBX_KEY_NAME,   /* text of letters, digits, '.', '_', '-' */
	CBX_KEY_CHOICE, /* one of a few texts */
	CBX_KEY_LIST,   /* list of texts */
};

enum cbx_key_flag {
	CBX_KEY_RELOAD = 1, /* takes effect by SIGHUP */
	CBX_KEY_SECRET = 2, /* its value is shown nowhere */
};

struct cbx_key {
	enum cbx_key_type type;
	const char *path;
	unsigned flags;
	/* The default, written as in the environment; NULL = unset */
	const char *initial;
	/* Of integers; of durations in ms; of texts and of each item of a list in bytes. A text
	 * whose low is not 0 can't be empty: the empty text sets it back to its default. */
	int64_t low, high;
	const char *hint; /* the choices "redis|memory", or the unit "s"; NULL = none */
	const char *about;
};

extern const struct cbx_key cbx_keys[];
extern const size_t cbx_key_count;

#define CBX_KEY_PATH 160 /* longer paths are unknown */

/* The key that @path names, NULL = none. @fold: letters of either case are the same.
 * *overlay: it is a shared key, repeated inside "chatterbox". */
const struct cbx_key *cbx_key_find(const char *path, bool fold, bool *overlay);
/* Whether @path is an object that holds keys: "redis", "chatterbox", "chatterbox.redis", "rmq.tls"
 */
bool cbx_key_is_section(const char *path, bool fold);
/* Whether OCD has its own use for @path: accepted in silence */
bool cbx_key_is_foreign(const char *path, bool fold);
/* The flag that "rmq.tls.ca" turns on, NULL = none */
const struct cbx_key *cbx_key_switch(const struct cbx_key *key);
/* The name nearest to the unknown @path, a key or a section; false = nothing is near */
bool cbx_key_suggest(const char *path, char out[CBX_KEY_PATH]);

#endif
