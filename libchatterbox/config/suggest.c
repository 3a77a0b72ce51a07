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

/* Are these two letters those two in the other order? */
static bool are_swapped(const char *a, const char *b)
{
	return lower(a[-1]) == lower(b[0]) && lower(a[0]) == lower(b[-1]);
}

/* Letters that are missing, too many or wrong, and neighbours that are swapped; without case */
static size_t distance(const char *a, const char *b)
{
	size_t rows[3][CBX_KEY_PATH]; /* of the letter before the last, of the last, of this one */
	size_t len = strlen(b);
	size_t i;
	size_t k;

	for (k = 0; k <= len; k++)
		rows[1][k] = k;
	for (i = 0; a[i]; i++) {
		rows[2][0] = i + 1;
		for (k = 0; k < len; k++) {
			size_t changed = rows[1][k] + (lower(a[i]) != lower(b[k]));

			rows[2][k + 1] = least(changed, least(rows[2][k], rows[1][k + 1]) + 1);
			if (i && k && are_swapped(a + i, b + k))
				rows[2][k + 1] = least(rows[2][k + 1], rows[0][k - 1] + 1);
		}
		memcpy(rows[0], rows[1], (len + 1) * sizeof(rows[0][0]));
		memcpy(rows[1], rows[2], (len + 1) * sizeof(rows[0][0]));
	}
	return rows[1][len];
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

bool cbx_key_suggest_top(const char *name, char out[CBX_KEY_PATH])
{
	size_t len = strlen(name);
	size_t best = len < 3 ? 0 : len < 8 ? 2 : 3;
	char other[CBX_KEY_PATH] = "";
	bool found = false;
	size_t i;

	for (i = 0; i < cbx_key_count; i++) {
		size_t n = strcspn(cbx_keys[i].path, ".");
		size_t far;

		/* keys of a section stand together; a distance takes time, and a file may hold many
		 */
		if (n > len + 2 || len > n + 2 || !strncmp(cbx_keys[i].path, other, n))
			continue;
		memcpy(other, cbx_keys[i].path, n);
		other[n] = '\0';
		far = distance(name, other);
		if (far >= best)
			continue;
		best = far;
		found = true;
		memcpy(out, other, n + 1);
	}
	return found;
}
