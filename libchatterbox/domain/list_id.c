// SPDX-License-Identifier: MIT
/* list_id.c - finds the list that a job belongs to: a member of its status that is passed through
 * verbatim (contract 9.1) */
#include "domain/outlook.h"

#include "base/read.h"
#include "common/json.h"
#include "common/utf8.h"

#include <stdio.h>
#include <string.h>

bool cbx_list_id_is_valid(const char *bytes, size_t len)
{
	size_t i = 0;

	if (!len || len > CBX_LIST_ID)
		return false;
	while (i < len) {
		uint32_t code;
		size_t n = cbx_utf8_next(bytes + i, len - i, &code);

		if (!n || cbx_utf8_control(code))
			return false;
		i += n;
	}
	return true;
}

/* Of printable ASCII without spaces, as it usually is: so it need neither be trimmed nor checked */
static bool is_printable(const char *text, size_t len)
{
	size_t i = 0;

	while (i < len && text[i] > ' ' && text[i] < 0x7f)
		i++;
	return len && len <= CBX_LIST_ID && i == len;
}

static size_t copy_text(const char *text, size_t len, char out[CBX_LIST_ID + 1])
{
	if (!is_printable(text, len)) {
		cbx_trim(&text, &len);
		if (!cbx_list_id_is_valid(text, len))
			return 0;
	}
	memcpy(out, text, len);
	out[len] = '\0';
	return len;
}

static size_t copy_value(const json_t *value, char out[CBX_LIST_ID + 1])
{
	if (json_is_string(value))
		return copy_text(json_string_value(value), json_string_length(value), out);
	if (json_is_integer(value) && json_integer_value(value) >= 0)
		return (size_t)snprintf(out, CBX_LIST_ID + 1, "%lld",
					(long long)json_integer_value(value));
	return 0;
}

/* --- where it is: the tail is JSON that was checked when it was decoded --- */

static const char *skip_string(const char *p, const char *end)
{
	for (p++; p < end && *p != '"'; p++)
		if (*p == '\\')
			p++;
	return p < end ? p + 1 : end;
}

static const char *skip_space(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
		p++;
	return p;
}

/* To the comma after it, or to the end */
static const char *skip_value(const char *p, const char *end)
{
	int depth = 0;

	while (p < end && (depth || *p != ',')) {
		if (*p == '"') {
			p = skip_string(p, end);
			continue;
		}
		depth += *p == '{' || *p == '[';
		depth -= *p == '}' || *p == ']';
		p++;
	}
	return p;
}

struct slice {
	const char *bytes;
	size_t len;
};

/* The value of the last member of this name */
static struct slice find_member(const char *p, const char *end, const char *name)
{
	struct slice found = { 0 };
	size_t len = strlen(name);

	while (p < end && *p == ',') {
		const char *key = skip_space(p + 1, end);
		const char *value = skip_space(skip_string(key, end), end) + 1;

		if (value >= end)
			break;
		value = skip_space(value, end);
		p = skip_value(value, end);
		if ((size_t)(end - key) > len && !memcmp(key, name, len))
			found = (struct slice){ value, (size_t)(p - value) };
	}
	return found;
}

/* A text without escapes, as it always is, need not be read as JSON */
static bool is_plain(const struct slice *value)
{
	return value->len >= 2 && value->bytes[0] == '"' && value->bytes[value->len - 1] == '"' &&
	       !memchr(value->bytes, '\\', value->len);
}

size_t cbx_status_list_id(const struct cbx_status *status, char out[CBX_LIST_ID + 1])
{
	const char *tail = status->json + status->tail_offset;
	struct slice value = find_member(tail, status->json + status->json_len - 1, "\"list_id\"");
	json_t *read = NULL;
	size_t len = 0;

	out[0] = '\0';
	if (is_plain(&value))
		return copy_text(value.bytes + 1, value.len - 2, out);
	if (!value.len || cbx_json_read(value.bytes, value.len, &read, NULL) < 0)
		return 0;
	len = copy_value(read, out);
	json_decref(read);
	return len;
}
