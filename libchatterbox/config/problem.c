// SPDX-License-Identifier: MIT
/*
 * problem.c - writes the problems of a configuration, one line each
 *
 * A line shows the wrong value unless its key is secret or it is an object or list, which may hold
 * anything: then only its type is named. Control characters are replaced, so that a name in a
 * hostile file can't forge a line.
 */
#include "base/error.h"
#include "common/array.h"
#include "common/text.h"
#include "common/utf8.h"
#include "config/slots.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define GOT_BYTES 80 /* so much of a value is shown */
#define MOST 1000    /* problems; a file full of mistakes must not fill the log */

void cbx_text_clean(char *text)
{
	bool utf8 = cbx_utf8_valid(text, strlen(text));

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < 0x20 || c == 0x7f || (!utf8 && c >= 0x80))
			*text = '?';
	}
}

static int append(struct cbx_problems *problems, char *text, enum chatterbox_problem_kind kind)
{
	if (cbx_grow(problems->items, problems->capacity, problems->count + 1) < 0)
		return -ENOMEM;
	problems->items[problems->count++] = (struct cbx_problem){ .text = text, .kind = kind };
	return 0;
}

int cbx_problem_add(struct cbx_problems *problems, enum chatterbox_problem_kind kind,
		    const char *format, ...)
{
	cbx_auto(cbx_freep) char *text = NULL;
	va_list args;
	int r;

	/* errors are kept even when warnings have filled the list */
	if (problems->count >= MOST && kind == CHATTERBOX_PROBLEM_WARNING)
		return 0;
	va_start(args, format);
	r = vasprintf(&text, format, args);
	va_end(args);
	if (r < 0) {
		text = NULL;
		return -ENOMEM;
	}
	cbx_text_clean(text);
	r = append(problems, text, kind);
	if (r < 0)
		return r;
	text = NULL;
	return 0;
}

void cbx_problems_clear(struct cbx_problems *problems)
{
	size_t i;

	for (i = 0; i < problems->count; i++)
		free(problems->items[i].text);
	free(problems->items);
	*problems = (struct cbx_problems){ 0 };
}

static const char *kind_of(const json_t *json)
{
	if (!json)
		return "bytes that are no UTF-8";
	switch (json_typeof(json)) {
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "a list";
	case JSON_STRING:
		return "a text";
	case JSON_INTEGER:
	case JSON_REAL:
		return "a number";
	case JSON_TRUE:
	case JSON_FALSE:
		return "true or false";
	case JSON_NULL:
		return "null";
	}
	return "something else";
}

/* Short enough to read, not cut inside a character */
static int show_got(const json_t *json, bool secret, char **out)
{
	char *text;
	size_t n;

	if (!json || secret || json_is_object(json) || json_is_array(json)) {
		*out = strdup(kind_of(json));
		return *out ? 0 : -ENOMEM;
	}
	text = json_dumps(json, JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
	if (!text)
		return -ENOMEM;
	if (strlen(text) > GOT_BYTES) {
		for (n = GOT_BYTES - 3; n && ((unsigned char)text[n] & 0xc0) == 0x80; n--)
			;
		memcpy(text + n, "...", 4);
	}
	*out = text;
	return 0;
}

int cbx_problem_wrong(struct chatterbox_config *config, const struct cbx_key *key, bool overlay,
		      const json_t *got, const struct cbx_value_source *from)
{
	cbx_auto(cbx_freep) char *takes = NULL;
	cbx_auto(cbx_freep) char *shown = NULL;
	const char *name = strrchr(key->path, '.');
	bool is_host = name && !strcmp(name, ".host");
	int r;

	if (cbx_value_is_url(key, got))
		return cbx_problem_add(
			&config->laid, CHATTERBOX_PROBLEM_ERROR,
			"%s%s: got a URL%s has keys of its own (from %s)",
			overlay ? "chatterbox." : "", key->path,
			is_host ? " or a port with it, takes the host alone; what else a URL holds"
				: " with a user in it; what it holds",
			from->name);
	r = cbx_value_takes(key, &takes);
	if (r < 0)
		return r;
	r = show_got(got, key->flags & CBX_KEY_SECRET, &shown);
	if (r < 0)
		return r;
	return cbx_problem_add(&config->laid, CHATTERBOX_PROBLEM_ERROR,
			       "%s%s: got %s, takes %s (from %s)", overlay ? "chatterbox." : "",
			       key->path, shown, takes, from->name);
}

int cbx_problem_type(struct chatterbox_config *config, const char *path, const json_t *got,
		     const char *takes, const struct cbx_value_source *from)
{
	return cbx_problem_add(&config->laid, CHATTERBOX_PROBLEM_ERROR,
			       "%s: got %s, takes %s (from %s)", path, kind_of(got), takes,
			       from->name);
}

int cbx_problem_unknown(struct chatterbox_config *config, const char *path,
			const struct cbx_value_source *from)
{
	enum chatterbox_problem_kind kind = from->source == CBX_SOURCE_OPTION
						    ? CHATTERBOX_PROBLEM_ERROR
						    : CHATTERBOX_PROBLEM_WARNING;
	char near[CBX_KEY_PATH];
	bool overlay;

	/* finding a similar name takes time, too much for a flood of mistakes */
	if (config->laid.count >= MOST && kind == CHATTERBOX_PROBLEM_WARNING)
		return 0;
	if (cbx_key_find(path, false, &overlay))
		return cbx_problem_add(&config->laid, kind,
				       "%s: unknown key: a dot in a name does not nest, write an "
				       "object in an object (from %s)",
				       path, from->name);
	if (cbx_key_suggest(path, near))
		return cbx_problem_add(&config->laid, kind,
				       "%.200s: unknown key, did you mean %s? (from %s)", path,
				       near, from->name);
	return cbx_problem_add(&config->laid, kind, "%.200s: unknown key (from %s)", path,
			       from->name);
}

size_t chatterbox_config_problem_count(const struct chatterbox_config *config)
{
	return config->laid.count + config->crossed.count;
}

const char *chatterbox_config_problem_at(const struct chatterbox_config *config, size_t index,
					 enum chatterbox_problem_kind *kind)
{
	const struct cbx_problem *problem;

	if (index < config->laid.count)
		problem = &config->laid.items[index];
	else if (index - config->laid.count < config->crossed.count)
		problem = &config->crossed.items[index - config->laid.count];
	else
		return NULL;
	if (kind)
		*kind = problem->kind;
	return problem->text;
}

int chatterbox_config_check(const struct chatterbox_config *config, struct chatterbox_error *error)
{
	enum chatterbox_problem_kind kind = CHATTERBOX_PROBLEM_WARNING;
	const char *text;
	size_t i;

	for (i = 0; (text = chatterbox_config_problem_at(config, i, &kind)); i++)
		if (kind == CHATTERBOX_PROBLEM_ERROR)
			return cbx_fail(error, CHATTERBOX_E_CONFIG, CHATTERBOX_SERVER_NONE, "%s",
					text);
	return 0;
}
