// SPDX-License-Identifier: MIT
/*
 * tail.c - the members that are passed through, byte for byte
 *
 * Decides that of a repeated name the last value stands at the first one's place, found by sorting,
 * since a hostile object may have a hundred thousand names; and which of them tell of an error.
 */
#include "decode/status.h"

#include <stdlib.h>
#include <string.h>

static int compare_members(const void *a, const void *b)
{
	const struct cbx_other_member *x = *(struct cbx_other_member *const *)a;
	const struct cbx_other_member *y = *(struct cbx_other_member *const *)b;
	int order;

	if (x->key.text_len != y->key.text_len)
		return x->key.text_len < y->key.text_len ? -1 : 1;
	order = memcmp(x->key.text, y->key.text, x->key.text_len);
	if (order)
		return order;
	return x < y ? -1 : x > y;
}

void cbx_status_reader_settle(struct cbx_status_reader *reader)
{
	struct cbx_other_member **sorted = reader->sorted;
	struct cbx_other_member *first;
	size_t i;

	if (reader->other_count < 2)
		return;
	for (i = 0; i < reader->other_count; i++)
		sorted[i] = &reader->others[i];
	qsort(sorted, reader->other_count, sizeof(*sorted), compare_members);
	first = sorted[0];
	for (i = 1; i < reader->other_count; i++) {
		if (first->key.text_len != sorted[i]->key.text_len ||
		    memcmp(first->key.text, sorted[i]->key.text, first->key.text_len) != 0) {
			first = sorted[i];
			continue;
		}
		first->value = sorted[i]->value;
		sorted[i]->repeated = true;
		reader->rejects[CBX_MEMBER_DUPLICATE]++;
	}
}

static void add_to_tail(struct cbx_text *tail, const char *key, size_t key_len,
			const struct cbx_json *value)
{
	cbx_text_putc(tail, ',');
	cbx_text_add(tail, key, key_len);
	cbx_text_putc(tail, ':');
	cbx_text_add(tail, value->raw, value->raw_len);
}

/* error_code wins over code, error_message over error; they stay in the tail as well */
static void take_error(const struct cbx_json *key, const struct cbx_json *value,
		       struct cbx_status_parts *parts, bool best[2])
{
	bool code = cbx_json_is(key, "error_code");
	bool message = cbx_json_is(key, "error_message");
	const char *text;
	size_t len;

	if ((code || (!best[0] && cbx_json_is(key, "code"))) &&
	    cbx_status_take_text(value, &text, &len)) {
		parts->error_code = text;
		parts->error_code_len = len;
		best[0] = code;
	}
	if ((message || (!best[1] && cbx_json_is(key, "error"))) &&
	    value->type == CBX_JSON_STRING && value->clean && value->text_len) {
		parts->error_message = value->text;
		parts->error_message_len = value->text_len;
		best[1] = message;
	}
}

void cbx_status_reader_make_tail(struct cbx_status_reader *reader, struct cbx_status_parts *parts)
{
	static const char files[] = "\"files_downloading\"";
	bool best[2] = { false, false };
	size_t i;

	if (reader->seen & (1U << CBX_MEMBER_FILES_DOWNLOADING))
		add_to_tail(&reader->tail, files, sizeof(files) - 1,
			    &reader->known[CBX_MEMBER_FILES_DOWNLOADING]);
	for (i = 0; i < reader->other_count; i++) {
		const struct cbx_other_member *other = &reader->others[i];

		if (other->repeated)
			continue;
		add_to_tail(&reader->tail, other->key.raw, other->key.raw_len, &other->value);
		take_error(&other->key, &other->value, parts, best);
	}
	parts->tail = reader->tail.bytes;
	parts->tail_len = reader->tail.len;
}
