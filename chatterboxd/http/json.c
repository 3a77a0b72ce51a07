// SPDX-License-Identifier: MIT
/* json.c - reads twice, and writes into a buffer that remembers its first failure */
#include "json.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct buffer {
	char *bytes;
	size_t len, size;
	bool failed;
};

static json_t *read_once(const char *bytes, size_t len, json_error_t *why)
{
	*why = (json_error_t){ .text = "" };
	return json_loadb(bytes, len, JSON_REJECT_DUPLICATES, why);
}

/* A failure without words, or one that says so */
static bool is_oom(const json_error_t *why)
{
	return !*why->text || json_error_code(why) == json_error_out_of_memory;
}

int cbd_json_read(const char *bytes, size_t len, json_t **out, json_error_t *why)
{
	json_error_t again;
	json_t *first = read_once(bytes, len, why);
	json_t *second = read_once(bytes, len, &again);
	int result = -ENOMEM;

	if (first && second && json_equal(first, second)) {
		*out = json_incref(first);
		result = 0;
	} else if (!first && !second && !is_oom(why) && !is_oom(&again)) {
		*why = again;
		result = -EINVAL;
	}
	json_decref(first);
	json_decref(second);
	return result;
}

static int add(const char *bytes, size_t len, void *user)
{
	struct buffer *buffer = user;
	char *grown;

	if (!buffer->failed && buffer->size - buffer->len <= len) {
		grown = realloc(buffer->bytes, 2 * buffer->size + len + 1);
		buffer->failed = !grown;
		if (grown) {
			buffer->bytes = grown;
			buffer->size = 2 * buffer->size + len + 1;
		}
	}
	if (buffer->failed)
		return -1;
	memcpy(buffer->bytes + buffer->len, bytes, len);
	buffer->len += len;
	buffer->bytes[buffer->len] = '\0';
	return 0;
}

char *cbd_json_text(const json_t *json)
{
	struct buffer buffer = { 0 };

	if (!json_dump_callback(json, add, &buffer, JSON_COMPACT) && !buffer.failed)
		return buffer.bytes;
	free(buffer.bytes);
	return NULL;
}
