// SPDX-License-Identifier: MIT
/*
 * keys.c - the table of keys, made of keys.def; the key of a path, and the effective value at one
 *
 * A path is ours if it is in the table, or its rest after "chatterbox." is. Letters are compared as
 * ASCII, whatever the locale.
 */
#include "common/cleanup.h"
#include "config/slots.h"

#include <assert.h>
#include <string.h>

#define DAY_S INT64_C(86400)
#define WEEK_S (7 * DAY_S)
#define AGE_S (3660 * DAY_S) /* ten years */
#define AGE_MS (AGE_S * 1000)
#define DAY_MS (DAY_S * 1000)
#define PATH_BYTES 4096
#define SECRET_BYTES 4096
#define SHORT_BYTES 255 /* AMQP's short string; a host name */
#define STATUS_BYTES 64 /* a status text (contract 1.3) */

#define RELOAD CBX_KEY_RELOAD
#define SECRET CBX_KEY_SECRET
#define OR_FLAG CBX_KEY_OR_FLAG

/* How keys.def writes the kinds of values */
#define WRITTEN_FLAG CBX_KEY_FLAG
#define WRITTEN_INTEGER CBX_KEY_INTEGER
#define WRITTEN_COUNT CBX_KEY_INTEGER
#define WRITTEN_SECONDS CBX_KEY_INTEGER
#define WRITTEN_MILLISECONDS CBX_KEY_INTEGER
#define WRITTEN_DURATION CBX_KEY_DURATION
#define WRITTEN_TEXT CBX_KEY_TEXT
#define WRITTEN_NAME CBX_KEY_NAME
#define WRITTEN_CHOICE_TEXT CBX_KEY_CHOICE
#define WRITTEN_CHOICE CBX_KEY_CHOICE
#define WRITTEN_LIST CBX_KEY_LIST

#define KEY(place, written, member, ...) { WRITTEN_##written, __VA_ARGS__ },

const struct cbx_key cbx_keys[] = {
#include "config/keys.def"
};

const size_t cbx_key_count = CBX_COUNT(cbx_keys);

/* --- paths --- */

#define OWN "chatterbox."
#define OWN_LEN (sizeof(OWN) - 1)

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* The length of the common prefix */
static size_t common(const char *a, const char *b, bool fold)
{
	size_t i;

	for (i = 0; a[i] && b[i]; i++)
		if (fold ? lower(a[i]) != lower(b[i]) : a[i] != b[i])
			break;
	return i;
}

bool cbx_path_is(const char *a, const char *b, bool fold)
{
	size_t n = common(a, b, fold);

	return !a[n] && !b[n];
}

bool cbx_path_is_within(const char *path, const char *section, bool fold)
{
	size_t n = common(path, section, fold);

	return !section[n] && (!path[n] || path[n] == '.');
}

static bool is_own(const char *path, bool fold)
{
	return common(path, OWN, fold) == OWN_LEN;
}

static const struct cbx_key *find_plain(const char *path, bool fold)
{
	size_t i;

	for (i = 0; i < cbx_key_count; i++)
		if (cbx_path_is(cbx_keys[i].path, path, fold))
			return &cbx_keys[i];
	return NULL;
}

const struct cbx_key *cbx_key_find(const char *path, bool fold, bool *overlay)
{
	const struct cbx_key *key = find_plain(path, fold);

	*overlay = false;
	if (key || !is_own(path, fold) || is_own(path + OWN_LEN, fold))
		return key;
	*overlay = true;
	return find_plain(path + OWN_LEN, fold);
}

static bool is_plain_section(const char *path, bool fold)
{
	size_t i;

	for (i = 0; i < cbx_key_count; i++)
		if (cbx_path_is_within(cbx_keys[i].path, path, fold) &&
		    !cbx_path_is(cbx_keys[i].path, path, fold))
			return true;
	return false;
}

bool cbx_key_is_section(const char *path, bool fold)
{
	if (is_plain_section(path, fold))
		return true;
	return is_own(path, fold) && !cbx_path_is_within(path + OWN_LEN, "chatterbox", fold) &&
	       is_plain_section(path + OWN_LEN, fold);
}

const struct cbx_key *cbx_key_switch(const struct cbx_key *key)
{
	size_t i;

	for (i = 0; i < cbx_key_count; i++)
		if (cbx_keys[i].type == CBX_KEY_FLAG && &cbx_keys[i] != key &&
		    cbx_path_is_within(key->path, cbx_keys[i].path, false))
			return &cbx_keys[i];
	return NULL;
}

static const struct cbx_key *key_at(const char *path)
{
	size_t i;

	for (i = 0; i < cbx_key_count; i++)
		if (!strcmp(cbx_keys[i].path, path))
			return &cbx_keys[i];
	return NULL;
}

const char *chatterbox_config_get_text(const struct chatterbox_config *config, const char *path)
{
	const struct cbx_key *key = key_at(path);

	assert(key && (key->type == CBX_KEY_TEXT || key->type == CBX_KEY_NAME ||
		       key->type == CBX_KEY_CHOICE));
	return config->slots[key - cbx_keys].value.text;
}

int64_t chatterbox_config_get_integer(const struct chatterbox_config *config, const char *path)
{
	const struct cbx_key *key = key_at(path);

	assert(key && (key->type == CBX_KEY_INTEGER || key->type == CBX_KEY_DURATION));
	return config->slots[key - cbx_keys].number;
}

bool chatterbox_config_get_flag(const struct chatterbox_config *config, const char *path)
{
	const struct cbx_key *key = key_at(path);

	assert(key && key->type == CBX_KEY_FLAG);
	return config->slots[key - cbx_keys].number != 0;
}

size_t chatterbox_config_list_count(const struct chatterbox_config *config, const char *path)
{
	const struct cbx_key *key = key_at(path);

	assert(key && key->type == CBX_KEY_LIST);
	return config->slots[key - cbx_keys].value.count;
}

const char *chatterbox_config_list_at(const struct chatterbox_config *config, const char *path,
				      size_t index)
{
	const struct cbx_key *key = key_at(path);

	assert(key && key->type == CBX_KEY_LIST);
	assert(index < config->slots[key - cbx_keys].value.count);
	return config->slots[key - cbx_keys].value.items[index];
}
