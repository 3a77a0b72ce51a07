// SPDX-License-Identifier: MIT
/*
 * json.c - reads twice, and believes what was read the same both times; writes all or nothing
 *
 * Decides that a NUL byte is no part of a document: jansson passes over one between two tokens.
 */
#include "base/json.h"

#include "common/cleanup.h"
#include "common/text.h"

#include <stdint.h>
#include <string.h>

static json_t *read_once(const char *bytes, size_t len, json_error_t *error)
{
	*error = (json_error_t){ 0 };
	return json_loadb(bytes, len, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, error);
}

/* An error without a text, or one that says so */
static int is_oom(const json_error_t *error)
{
	return !*error->text || json_error_code(error) == json_error_out_of_memory;
}

void cbx_json_wipe(json_t **json)
{
	const char *name;
	json_t *child;
	size_t i;

	if (!*json)
		return;
	/* jansson returns its strings as const; this tree belongs to us and is about to be freed */
	if (json_is_string(*json))
		explicit_bzero((void *)(uintptr_t)json_string_value(*json),
			       json_string_length(*json));
	json_array_foreach(*json, i, child)
	{
		json_t *borrowed = json_incref(child);

		cbx_json_wipe(&borrowed);
	}
	json_object_foreach(*json, name, child)
	{
		json_t *borrowed = json_incref(child);

		cbx_json_wipe(&borrowed);
	}
	json_decref(*json);
	*json = NULL;
}

/* Where jansson would have stopped */
static int refuse_nul(const char *bytes, const char *nul, json_error_t *error)
{
	if (!error)
		return CHATTERBOX_E_DECODE;
	*error = (json_error_t){ .line = 1, .text = "a NUL byte" };
	for (; bytes < nul; bytes++) {
		error->column++;
		if (*bytes != '\n')
			continue;
		error->line++;
		error->column = 0;
	}
	return CHATTERBOX_E_DECODE;
}

int cbx_json_read(const char *bytes, size_t len, json_t **out, json_error_t *error)
{
	const char *nul = len ? memchr(bytes, '\0', len) : NULL;
	json_error_t first_error;
	json_error_t second_error;
	json_t *first;
	json_t *second;
	int result = -ENOMEM;

	if (nul)
		return refuse_nul(bytes, nul, error);
	first = read_once(bytes, len, &first_error);
	second = read_once(bytes, len, &second_error);
	if (first && second && json_equal(first, second)) {
		*out = first;
		first = NULL;
		result = 0;
	} else if (!first && !second && !is_oom(&first_error) && !is_oom(&second_error)) {
		if (error)
			*error = second_error;
		result = CHATTERBOX_E_DECODE;
	}
	/* it may hold secrets */
	cbx_json_wipe(&first);
	cbx_json_wipe(&second);
	return result;
}

static int add(const char *bytes, size_t len, void *text)
{
	cbx_text_add(text, bytes, len);
	return 0;
}

char *cbx_json_text(const json_t *json)
{
	cbx_auto(cbx_text_free) struct cbx_text text = { 0 };
	char *out = NULL;

	/* the text remembers the first failed allocation, whatever jansson makes of it */
	if (json_dump_callback(json, add, &text, JSON_COMPACT))
		return NULL;
	return cbx_text_take(&text, &out, NULL) < 0 ? NULL : out;
}
