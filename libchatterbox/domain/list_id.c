// SPDX-License-Identifier: MIT
/* list_id.c - the list that a job belongs to: a member of its status that is passed through
 * verbatim, and was found when it was decoded (contract 9.1) */
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

/* JSON that was checked when it was decoded */
struct slice {
	const char *bytes;
	size_t len;
};

/* A text without escapes, as it always is, need not be read as JSON */
static bool is_plain(const struct slice *value)
{
	return value->len >= 2 && value->bytes[0] == '"' && value->bytes[value->len - 1] == '"' &&
	       !memchr(value->bytes, '\\', value->len);
}

size_t cbx_status_list_id(const struct cbx_status *status, char out[CBX_LIST_ID + 1])
{
	const struct slice value = { status->json + status->list_offset, status->list_len };
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
