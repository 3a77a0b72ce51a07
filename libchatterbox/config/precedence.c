// SPDX-License-Identifier: MIT
/*
 * precedence.c - applies a file, and values, sections and texts from anywhere, by precedence
 *
 * Of two values the one with the higher precedence wins, of equals the later. A wrong value is a
 * problem even if one of higher precedence hides it, and changes nothing. A file that is not JSON
 * is not used at all. Where the parser's message quotes the bytes at which it stopped, these are
 * cut off: they may be a password.
 */
#include "config/slots.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define PATIENCE_MS 5000
#define FILE_BYTES ((size_t)1 << 20)
#define DEFAULT_PATH "/etc/chatterbox/chatterbox.json"

/* --- values --- */

/* Takes over @value */
static int put(struct cbx_slot *slot, struct cbx_value *value, unsigned rank, const char *from)
{
	cbx_auto(cbx_freep) char *name = NULL;

	if (from) {
		name = strdup(from);
		if (!name)
			return -ENOMEM;
		cbx_text_clean(name);
	}
	cbx_value_clear(&slot->value);
	slot->value = *value;
	*value = (struct cbx_value){ 0 };
	free(slot->from);
	slot->from = cbx_steal(name);
	slot->rank = rank;
	return 0;
}

static int default_value(const struct cbx_key *key, struct cbx_value *out)
{
	json_t *json = NULL;
	bool reset;
	int r;

	if (!key->initial) {
		*out = (struct cbx_value){ 0 };
		return 0;
	}
	r = cbx_value_parse(key, key->initial, &json);
	if (r < 0)
		return r;
	r = cbx_value_read(key, json, out, &reset);
	json_decref(json);
	/* a test reads every default, so if one can't be read there was no memory */
	return r == CHATTERBOX_E_CONFIG ? -ENOMEM : r;
}

int cbx_config_apply_default(struct chatterbox_config *config, const struct cbx_key *key,
			     unsigned rank)
{
	cbx_auto(cbx_value_clear) struct cbx_value value = { 0 };
	int r;

	r = default_value(key, &value);
	if (r < 0)
		return r;
	return put(&config->slots[key - cbx_keys], &value, rank, NULL);
}

/* A member of "tls" turns "tls" on, unless something of the same or higher precedence set it */
static int turn_on(struct chatterbox_config *config, const struct cbx_key *key, unsigned rank,
		   const char *from)
{
	const struct cbx_key *flag = cbx_key_switch(key);
	struct cbx_value on = { .number = 1 };
	struct cbx_slot *slot;

	if (!flag)
		return 0;
	slot = &config->slots[flag - cbx_keys];
	return slot->rank < rank ? put(slot, &on, rank, from) : 0;
}

static int apply_value(struct chatterbox_config *config, const struct cbx_key *key, bool overlay,
		       const json_t *json, const struct cbx_value_source *from)
{
	cbx_auto(cbx_value_clear) struct cbx_value value = { 0 };
	struct cbx_slot *slot = &config->slots[key - cbx_keys];
	unsigned rank = cbx_value_rank(from, overlay);
	bool reset = false;
	int r;

	r = cbx_value_read(key, json, &value, &reset);
	if (r == CHATTERBOX_E_CONFIG)
		return cbx_problem_wrong(config, key, overlay, json, from);
	if (r < 0)
		return r;
	if (rank < slot->rank)
		return 0;
	if (reset)
		return cbx_config_apply_default(config, key, rank);
	r = put(slot, &value, rank, from->name);
	return r < 0 ? r : turn_on(config, key, rank, from->name);
}

/* Our key gets the value that follows from what OCD's libraries are told at @path */
static int apply_meaning(struct chatterbox_config *config, const char *path, const json_t *json,
			 const struct cbx_foreign *foreign, const struct cbx_value_source *from)
{
	cbx_auto(cbx_json_wipe) json_t *text = foreign->text ? json_string(foreign->text) : NULL;
	cbx_auto(cbx_freep) char *name = NULL;
	struct cbx_value_source implied = { from->source, NULL, from->fold, foreign->implied };
	bool overlay;

	if (foreign->text && !text)
		return -ENOMEM;
	if (asprintf(&name, "%s, %s", from->name, path) < 0) {
		name = NULL;
		return -ENOMEM;
	}
	implied.name = name;
	return apply_value(config, cbx_key_find(foreign->path, from->fold, &overlay),
			   foreign->overlay, text ? text : json, &implied);
}

static int apply_unknown(struct chatterbox_config *config, const char *path, json_t *json,
			 const struct cbx_value_source *from)
{
	struct cbx_foreign foreign = { .kind = CBX_FOREIGN_UNKNOWN };
	int r = 0;

	if (from->source != CBX_SOURCE_OPTION)
		r = cbx_foreign_read(config, path, json, from, &foreign);
	if (!r && foreign.kind == CBX_FOREIGN_UNKNOWN)
		return cbx_problem_unknown(config, path, from);
	if (!r && foreign.kind == CBX_FOREIGN_WRONG)
		return cbx_problem_type(config, path, json, foreign.text, from);
	if (!r && foreign.kind == CBX_FOREIGN_VALUE)
		r = apply_meaning(config, path, json, &foreign, from);
	return !r && foreign.enter ? cbx_config_apply_members(config, foreign.section, json, from)
				   : r;
}

int cbx_config_apply_members(struct chatterbox_config *config, const char *section, json_t *json,
			     const struct cbx_value_source *from)
{
	/* variables ignore case, members of a JSON object don't */
	struct cbx_value_source exact = { .source = from->source, .name = from->name };
	const char *name;
	json_t *child;
	int r = 0;

	json_object_foreach(json, name, child)
	{
		cbx_auto(cbx_freep) char *path = NULL;

		if (asprintf(&path, "%s%s%s", section, *section ? "." : "", name) < 0) {
			path = NULL;
			return -ENOMEM;
		}
		/* a member called "redis.host" is not the member host of redis */
		if (!strchr(name, '.'))
			r = cbx_config_apply_path(config, path, child, &exact);
		else if (!cbx_key_is_foreign(path, false))
			r = cbx_problem_unknown(config, path, &exact);
		if (r < 0)
			break;
	}
	return r;
}

int cbx_config_apply_path(struct chatterbox_config *config, const char *path, json_t *json,
			  const struct cbx_value_source *from)
{
	bool overlay;
	const struct cbx_key *key = cbx_key_find(path, from->fold, &overlay);
	bool section = cbx_key_is_section(path, from->fold);
	int r;

	if (!strcmp(path, "app_meta"))
		config->is_ocds = true;
	if (!key && !section)
		return apply_unknown(config, path, json, from);
	if (key && !(section && json_is_object(json)))
		return apply_value(config, key, overlay, json, from);
	if (json_is_null(json))
		return 0;
	if (!json_is_object(json))
		return cbx_problem_type(config, path, json, "an object", from);
	if (key) { /* "tls": {…} means on */
		r = apply_value(config, key, overlay, json_true(), from);
		if (r < 0)
			return r;
	}
	return cbx_config_apply_members(config, path, json, from);
}

int cbx_config_apply_text(struct chatterbox_config *config, const char *path, const char *text,
			  const struct cbx_value_source *from)
{
	cbx_auto(cbx_json_wipe) json_t *json = NULL;
	bool overlay;
	const struct cbx_key *key = cbx_key_find(path, from->fold, &overlay);
	int r;

	r = cbx_value_parse(key, text, &json);
	if (r == CHATTERBOX_E_CONFIG && key)
		return cbx_problem_wrong(config, key, overlay, NULL, from);
	if (r == CHATTERBOX_E_CONFIG)
		return apply_unknown(config, path, NULL, from);
	if (r < 0)
		return r;
	return cbx_config_apply_path(config, path, json, from);
}

/* --- the file --- */

void cbx_bytes_wipe(struct cbx_bytes *bytes)
{
	if (bytes->at)
		explicit_bzero(bytes->at, bytes->len);
	free(bytes->at);
	*bytes = (struct cbx_bytes){ 0 };
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* A pipe is waited for, but not for ever, and not again for each byte: SIGHUP rereads the file in
 * the thread that hears SIGTERM */
static ssize_t read_patiently(int fd, char *at, size_t len, int64_t end)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	int64_t left;
	ssize_t n;

	do {
		left = end - now_ms();
		if (left <= 0 || poll(&ready, 1, (int)left) == 0)
			return -ENODATA;
		n = read(fd, at, len);
	} while (n < 0 && (errno == EINTR || errno == EAGAIN));
	return n < 0 ? -errno : n;
}

int cbx_bytes_read(const char *path, size_t most, struct cbx_bytes *out)
{
	cbx_auto(cbx_bytes_wipe) struct cbx_bytes bytes = { 0 };
	cbx_auto(cbx_closep) int fd = -1;
	int64_t end = now_ms() + PATIENCE_MS;
	ssize_t n;

	/* the opening of a FIFO would wait for its writer */
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	/* one byte more than allowed shows that the file is too large; the buffer never grows, so
	 * that no copy of a secret stays behind */
	bytes.at = malloc(most + 2);
	if (!bytes.at)
		return -ENOMEM;
	while (bytes.len <= most) {
		n = read_patiently(fd, bytes.at + bytes.len, most + 1 - bytes.len, end);
		if (n < 0)
			return (int)n;
		if (n == 0)
			break;
		bytes.len += (size_t)n;
	}
	if (bytes.len > most)
		return -EFBIG;
	bytes.at[bytes.len] = '\0';
	*out = bytes;
	bytes.at = NULL;
	return 0;
}

static int refuse(struct chatterbox_config *config, const char *path, const char *why)
{
	int r = cbx_problem_add(&config->laid, CHATTERBOX_PROBLEM_ERROR, "%s: %s", path, why);

	return r < 0 ? r : CHATTERBOX_E_CONFIG;
}

static int refuse_json(struct chatterbox_config *config, const char *path, json_error_t *error)
{
	char *near = strstr(error->text, " near ");
	enum json_error_code code = json_error_code(error);
	const char *why = error->text;
	int r;

	if (code == json_error_premature_end_of_input)
		why = "it ends too early";
	/* the name of a member is not a secret and helps to find it */
	else if (near && code != json_error_duplicate_key)
		*near = '\0';
	r = cbx_problem_add(&config->laid, CHATTERBOX_PROBLEM_ERROR, "%s: line %d, column %d: %s%s",
			    path, error->line, error->column,
			    code == json_error_duplicate_key ? "" : "not JSON: ", why);
	return r < 0 ? r : CHATTERBOX_E_CONFIG;
}

int cbx_config_apply_bytes(struct chatterbox_config *config, const char *bytes, size_t len,
			   const char *path)
{
	cbx_auto(cbx_json_wipe) json_t *json = NULL;
	cbx_auto(cbx_freep) char *name = NULL;
	struct cbx_value_source from = { .source = CBX_SOURCE_FILE };
	json_error_t error;
	int result;

	if (!bytes[strspn(bytes, " \t\r\n")] && strlen(bytes) == len)
		return refuse(config, path, "empty, takes a JSON object");
	if (!strncmp(bytes, "\xef\xbb\xbf", 3))
		return refuse(config, path,
			      "line 1, column 1: not JSON: begins with a byte order "
			      "mark; save it as UTF-8 without one");
	result = cbx_json_read(bytes, len, &json, &error);
	if (result < 0)
		return result == -ENOMEM ? result : refuse_json(config, path, &error);
	if (!json_is_object(json))
		return refuse(config, path, "not a JSON object");
	if (asprintf(&name, "file %s", path) < 0) {
		name = NULL;
		return -ENOMEM;
	}
	from.name = name;
	return cbx_config_apply_members(config, "", json, &from);
}

int chatterbox_config_load_file(struct chatterbox_config *config, const char *path)
{
	cbx_auto(cbx_bytes_wipe) struct cbx_bytes bytes = { 0 };
	int r;

	r = cbx_bytes_read(path, FILE_BYTES, &bytes);
	if (r == -ENOMEM)
		return r;
	if (r == -EFBIG)
		return refuse(config, path, "larger than 1 MiB");
	if (!bytes.at)
		return refuse(config, path, chatterbox_strerror(r));
	r = cbx_config_apply_bytes(config, bytes.at, bytes.len, path);
	return r < 0 ? r : cbx_config_cross(config);
}

int chatterbox_config_load_text(struct chatterbox_config *config, const char *json,
				const char *name)
{
	size_t len = strlen(json);
	int r = len > FILE_BYTES ? refuse(config, name, "larger than 1 MiB")
				 : cbx_config_apply_bytes(config, json, len, name);

	return r < 0 ? r : cbx_config_cross(config);
}

const char *chatterbox_config_find_file(const char *option, const char *variable)
{
	if (option)
		return option;
	if (variable && *variable)
		return variable;
	return access(DEFAULT_PATH, F_OK) == 0 ? DEFAULT_PATH : NULL;
}
