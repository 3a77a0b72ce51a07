// SPDX-License-Identifier: MIT
/*
 * suggest.c - "did you mean …?" for unknown keys
 *
 * The best suggestion is the known name with the fewest changed letters, or one that the unknown
 * name begins ("redis.pass"), or that begins it ("rmq.password").
 */
#include "config/keys.h"

#include <stdio.h>
#include <string.h>

#define OWN "chatterbox."
#define OWN_LEN (sizeof(OWN) - 1)
#define FAR SIZE_MAX

struct search {
	const char *path;
	size_t best;
	char *out;
};

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Levenshtein's distance, without case */
static size_t distance(const char *a, const char *b)
{
	size_t row[CBX_KEY_PATH];
	size_t len = strlen(b);
	size_t i;
	size_t k;

	for (k = 0; k <= len; k++)
		row[k] = k;
	for (i = 0; a[i]; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (k = 0; k < len; k++) {
			size_t changed = diagonal + (lower(a[i]) != lower(b[k]));

			diagonal = row[k + 1];
			row[k + 1] = least(changed, least(row[k], diagonal) + 1);
		}
	}
	return row[len];
}

static const char *last_part(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot ? dot + 1 : path;
}

/* Does one of the two begin with the other, in the same section? */
static bool is_cut_short(const char *path, const char *name)
{
	const char *part = last_part(path);
	size_t head = (size_t)(part - path);
	size_t len = strlen(part);
	size_t other = strlen(name) - least(head, strlen(name));

	return least(len, other) >= 3 && strncmp(path, name, head + least(len, other)) == 0 &&
	       !strchr(name + head, '.');
}

static void consider(struct search *search, const char *name)
{
	size_t len = strlen(last_part(search->path));
	size_t allowed = len < 2 ? 0 : len < 4 ? 1 : len < 8 ? 2 : 3;
	size_t far = distance(search->path, name);

	if (far > 2 && is_cut_short(search->path, name))
		far = 2;
	if (far > allowed || far >= search->best)
		return;
	search->best = far;
	memcpy(search->out, name, strlen(name) + 1);
}

/* A key and the sections that it lies in */
static void consider_all(struct search *search, const char *prefix, const char *path)
{
	char name[CBX_KEY_PATH];
	size_t len = strlen(path);
	size_t i;

	if (strlen(prefix) + len >= sizeof(name))
		return;
	for (i = 0; i <= len; i++) {
		if (path[i] && path[i] != '.')
			continue;
		snprintf(name, sizeof(name), "%s%.*s", prefix, (int)i, path);
		consider(search, name);
	}
}

bool cbx_key_suggest(const char *path, char out[CBX_KEY_PATH])
{
	struct search search = { .path = path, .best = FAR, .out = out };
	size_t i;

	if (strlen(path) >= CBX_KEY_PATH)
		return false;
	for (i = 0; i < cbx_key_count; i++) {
		consider_all(&search, "", cbx_keys[i].path);
		if (!strncmp(path, OWN, OWN_LEN) && strncmp(cbx_keys[i].path, OWN, OWN_LEN) != 0)
			consider_all(&search, OWN, cbx_keys[i].path);
	}
	return search.best != FAR;
}
