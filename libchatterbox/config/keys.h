/* SPDX-License-Identifier: MIT */
/*
 * keys.h - the table of configuration keys (keys.def), and how a path finds its key
 *
 * Defaults, checks, --print-config, reload and the man page's test all use this table: a key that
 * is not in it does not exist.
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
	CBX_KEY_RELOAD = 1, /* can be changed by SIGHUP */
	CBX_KEY_SECRET = 2, /* never shown */
	CBX_KEY_OR_FLAG =
		4, /* a list: true is one, too, and kept as "true"; false is an empty one */
};

struct cbx_key {
	enum cbx_key_type type;
	const char *path;
	unsigned flags;
	/* The default, written as in the environment; NULL = unset */
	const char *initial;
	/* The range: of integers; of durations in ms; of texts and list items in bytes. A text
	 * whose low is not 0 can't be empty: an empty one resets it to its default. */
	int64_t low, high;
	/* The choices "redis|memory", or the unit "s", or of a list of servers the port of one that
	 * names none; NULL = none */
	const char *hint;
	const char *about;
};

extern const struct cbx_key cbx_keys[];
extern const size_t cbx_key_count;

#define CBX_KEY_PATH 160 /* longer paths are unknown */

/* The key with this path, NULL = none. @fold: the case of letters does not matter. *overlay: it is
 * a shared key, repeated inside "chatterbox". */
const struct cbx_key *cbx_key_find(const char *path, bool fold, bool *overlay);
/* Is @path an object that holds keys: "redis", "chatterbox", "chatterbox.redis", "rmq.tls"? */
bool cbx_key_is_section(const char *path, bool fold);
/* Is @path a key of OCD's that chatterbox ignores silently? (foreign.c) Not if its first part is
 * nearly one of ours. */
bool cbx_key_is_foreign(const char *path, bool fold);
bool cbx_path_is(const char *a, const char *b, bool fold);
/* Is @path @section itself, or inside it? */
bool cbx_path_is_within(const char *path, const char *section, bool fold);
/* The flag that a key like "rmq.tls.ca" turns on, NULL = none */
const struct cbx_key *cbx_key_switch(const struct cbx_key *key);
/* The key or section most similar to the unknown @path; false = none is similar */
bool cbx_key_suggest(const char *path, char out[CBX_KEY_PATH]);
/* The same for a name of the top level, most of which are OCD's: only what is almost one of ours */
bool cbx_key_suggest_top(const char *name, char out[CBX_KEY_PATH]);

#endif
