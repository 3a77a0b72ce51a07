// SPDX-License-Identifier: MIT
/*
 * line.c - lines of JSON objects, with where they are in their file
 *
 * Bodies are used as they stand in the file, so that what is played is what came.
 */
#include "line.h"

#include "common/text.h"
#include "port/clock.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>

void replay_source_init(struct replay_source *source, FILE *file, const char *name)
{
	*source = (struct replay_source){ .file = file, .name = name };
}

static void clear(struct replay_line *line)
{
	size_t i;

	for (i = 0; i < line->count; i++)
		free(line->members[i].text);
	line->count = 0;
	cbx_json_close(&line->doc);
	line->doc = (struct cbx_json_doc){ 0 };
}

void replay_source_close(struct replay_source *source)
{
	clear(&source->line);
	free(source->buffer);
	source->buffer = NULL;
}

int replay_refuse(struct replay_source *source, const char *format, ...)
{
	char what[REPLAY_ERROR / 2];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	snprintf(source->error, sizeof(source->error),
		 "%s: line %" PRIu64 " (byte %" PRIu64 "): %s", source->name, source->line.number,
		 source->line.offset, what);
	return CHATTERBOX_E_DECODE;
}

/* --- taking it apart --- */

static int take_member(void *user, const struct cbx_json *key, const struct cbx_json *value)
{
	struct replay_line *line = user;

	if (line->count == REPLAY_MEMBERS)
		return CHATTERBOX_E_LIMIT;
	line->members[line->count++] = (struct replay_member){ .name = *key, .value = *value };
	return 0;
}

static const struct cbx_level members = { .take = take_member };

static int enter(void *user, const struct cbx_json *key, enum cbx_json_type type,
		 const struct cbx_level **into)
{
	(void)user;
	(void)key;
	if (type != CBX_JSON_OBJECT)
		return CHATTERBOX_E_DECODE;
	*into = &members;
	return 0;
}

static int refuse_scalar(void *user, const struct cbx_json *key, const struct cbx_json *value)
{
	(void)user;
	(void)key;
	(void)value;
	return CHATTERBOX_E_DECODE;
}

static const struct cbx_level root = { .open = enter, .take = refuse_scalar };

static int take_apart(struct replay_source *source, size_t len)
{
	struct replay_line *line = &source->line;
	int result = cbx_json_open(source->buffer, len, &line->doc);

	if (!result)
		result = cbx_json_walk(&line->doc, &root, line);
	if (result == -ENOMEM)
		return result;
	if (result == CHATTERBOX_E_LIMIT)
		return replay_refuse(source, "has too many members");
	return result ? replay_refuse(source, "is no JSON object") : 0;
}

int replay_next(struct replay_source *source)
{
	struct replay_line *line = &source->line;
	ssize_t len;

	clear(line);
	errno = 0;
	line->offset = source->read;
	len = getline(&source->buffer, &source->capacity, source->file);
	if (len < 0 && ferror(source->file)) {
		snprintf(source->error, sizeof(source->error), "%s: %s", source->name,
			 chatterbox_strerror(-errno));
		return errno ? -errno : -EIO;
	}
	if (len < 0)
		return errno == ENOMEM ? -ENOMEM : 0;
	line->number++;
	source->read += (uint64_t)len;
	if (source->buffer[len - 1] != '\n')
		return replay_refuse(source, "is cut off: it has %zd bytes and no end", len);
	return take_apart(source, (size_t)len - 1) ?: 1;
}

/* --- members --- */

const struct cbx_json *replay_member(const struct replay_line *line, const char *name)
{
	size_t i;

	for (i = 0; i < line->count; i++)
		if (cbx_json_is(&line->members[i].name, name))
			return &line->members[i].value;
	return NULL;
}

const char *replay_text(struct replay_line *line, const char *name)
{
	size_t i;

	for (i = 0; i < line->count; i++) {
		struct replay_member *member = &line->members[i];

		if (!cbx_json_is(&member->name, name))
			continue;
		if (member->value.type != CBX_JSON_STRING || !member->value.clean)
			return NULL;
		if (!member->text)
			member->text = cbx_strndup(member->value.text, member->value.text_len);
		return member->text;
	}
	return NULL;
}

static bool digits(const char **at, const char *end, uint64_t *out)
{
	const char *begin = *at;
	uint64_t value = 0;

	for (; *at < end && **at >= '0' && **at <= '9'; ++*at) {
		if (value > (INT64_MAX - 9) / 10)
			return false;
		value = value * 10 + (uint64_t)(**at - '0');
	}
	*out = value;
	return *at > begin;
}

bool replay_number(const struct replay_line *line, const char *name, int64_t *out)
{
	const struct cbx_json *value = replay_member(line, name);
	const char *at;
	uint64_t number;
	bool negative;

	if (!value || value->type != CBX_JSON_NUMBER)
		return false;
	at = value->raw;
	negative = *at == '-';
	at += negative;
	if (!digits(&at, value->raw + value->raw_len, &number) || at != value->raw + value->raw_len)
		return false;
	*out = negative ? -(int64_t)number : (int64_t)number;
	return true;
}

/* "12.000000034": nine digits, so that nothing is rounded */
bool replay_time(const struct replay_line *line, const char *name, uint64_t *ns)
{
	const struct cbx_json *value = replay_member(line, name);
	const char *end;
	const char *at;
	uint64_t seconds;
	uint64_t rest;

	if (!value || value->type != CBX_JSON_NUMBER)
		return false;
	at = value->raw;
	end = value->raw + value->raw_len;
	/* a hundred years of running are enough for a clock */
	if (!digits(&at, end, &seconds) || seconds > 3200000000 || end - at != 10 || *at++ != '.' ||
	    !digits(&at, end, &rest) || at != end)
		return false;
	*ns = seconds * CBX_SECOND + rest;
	return true;
}

bool replay_flag(const struct replay_line *line, const char *name)
{
	const struct cbx_json *value = replay_member(line, name);

	return value && value->type == CBX_JSON_BOOL && *value->raw == 't';
}

bool replay_is(struct replay_line *line, const char *name, const char *text)
{
	const char *value = replay_text(line, name);

	return value && !strcmp(value, text);
}
