// SPDX-License-Identifier: MIT
/*
 * status.c - judges the members of one reported status (contract 1.1)
 *
 * Members are only noted while they come in, and judged when the object is complete, since of a
 * repeated member only the last one counts. A rejected status is counted once, under the first bad
 * one of system, job_id and status; in a status that is kept each dropped member is counted.
 */
#include "decode/status.h"

#include "base/number.h"
#include "base/read.h"
#include "common/array.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX 64

/* Numbers and texts that are computed, not borrowed from the document */
struct made {
	char percent[CBX_PERCENT_TEXT];
	char speed[CBX_NUMBER_TEXT];
};

static unsigned known_member(const struct cbx_json *key)
{
	static const char *const names[CBX_KNOWN_MEMBERS] = {
		"system",      "job_id",         "status",   "percent_completed", "downloaded",
		"total_files", "download_speed", "job_type", "files_downloading",
	};
	static const unsigned char lens[CBX_KNOWN_MEMBERS] = { 6, 6, 6, 17, 10, 11, 14, 8, 17 };
	unsigned m;

	for (m = 0; m < CBX_KNOWN_MEMBERS; m++)
		if (key->text_len == lens[m] && !memcmp(key->text, names[m], lens[m]))
			break;
	return m;
}

static bool has(const struct cbx_status_reader *reader, enum cbx_member member)
{
	return reader->seen & (1U << member);
}

void cbx_status_reader_start(struct cbx_status_reader *reader)
{
	reader->seen = 0;
	reader->other_count = 0;
	cbx_text_clear(&reader->tail);
}

void cbx_status_reader_free(struct cbx_status_reader *reader)
{
	free(reader->others);
	free(reader->sorted);
	cbx_text_free(&reader->tail);
}

static int add_other(struct cbx_status_reader *reader, const struct cbx_json *key,
		     const struct cbx_json *value)
{
	size_t capacity = reader->other_capacity; /* of both */

	if (cbx_grow(reader->others, capacity, reader->other_count + 1) < 0 ||
	    cbx_grow(reader->sorted, reader->other_capacity, reader->other_count + 1) < 0)
		return -ENOMEM;
	reader->others[reader->other_count] = (struct cbx_other_member){ *key, *value, false };
	/* two names that both lost half of a surrogate pair are told apart by their raw bytes */
	if (!key->clean) {
		reader->others[reader->other_count].key.text = key->raw;
		reader->others[reader->other_count].key.text_len = key->raw_len;
	}
	reader->other_count++;
	return 0;
}

int cbx_status_reader_take(struct cbx_status_reader *reader, const struct cbx_json *key,
			   const struct cbx_json *value)
{
	unsigned member = known_member(key);

	if (member == CBX_KNOWN_MEMBERS)
		return add_other(reader, key, value);
	if (has(reader, member))
		reader->rejects[CBX_MEMBER_DUPLICATE]++;
	reader->seen |= 1U << member;
	reader->known[member] = *value;
	return 0;
}

static bool take_text(const struct cbx_json *value, const char **text, size_t *len)
{
	if (value->type != CBX_JSON_STRING || !value->clean || !value->text_len ||
	    value->text_len > TEXT_MAX)
		return false;
	*text = value->text;
	*len = value->text_len;
	return true;
}

static bool take_count(const struct cbx_json *value, int64_t *out)
{
	/* nearly all are plain digits; "5.0" as a number means 5, as a string it is not an integer
	 */
	if (value->type != CBX_JSON_NUMBER && value->type != CBX_JSON_STRING)
		return false;
	if (cbx_parse_count(value->text, value->text_len, out))
		return true;
	return value->type == CBX_JSON_NUMBER &&
	       cbx_number_integer(value->text, value->text_len, out);
}

static bool take_system(const struct cbx_json *value, struct cbx_status_parts *parts)
{
	const char *name = value->text;
	size_t len = value->text_len;

	if (value->type != CBX_JSON_STRING || !value->clean || !cbx_system_name(&name, &len))
		return false;
	parts->system = name;
	parts->system_len = len;
	return true;
}

static bool take_percent(const struct cbx_json *value, struct cbx_status_parts *parts,
			 struct made *made)
{
	double percent;

	if ((value->type != CBX_JSON_NUMBER && value->type != CBX_JSON_STRING) ||
	    !cbx_percent_parse(value->text, value->text_len, made->percent, &percent))
		return false;
	parts->percent_text = made->percent;
	parts->percent_len = strlen(made->percent);
	return true;
}

static bool take_speed(const struct cbx_json *value, struct cbx_status_parts *parts,
		       struct made *made)
{
	if (value->type != CBX_JSON_NUMBER)
		return take_text(value, &parts->speed_text, &parts->speed_len);
	if (!cbx_number_plain(value->text, value->text_len, (double)CBX_COUNT_MAX, made->speed,
			      NULL))
		return false;
	parts->speed_text = made->speed;
	parts->speed_len = strlen(made->speed);
	return true;
}

/* False: the contract does not allow this value; @parts is unchanged */
static bool take_member(enum cbx_member member, const struct cbx_json *value,
			struct cbx_status_parts *parts, struct made *made)
{
	switch (member) {
	case CBX_MEMBER_SYSTEM:
		return take_system(value, parts);
	case CBX_MEMBER_JOB_ID:
		return take_count(value, &parts->job_id);
	case CBX_MEMBER_STATUS:
		return take_text(value, &parts->text, &parts->text_len);
	case CBX_MEMBER_PERCENT_COMPLETED:
		return take_percent(value, parts, made);
	case CBX_MEMBER_DOWNLOADED:
		return take_count(value, &parts->downloaded);
	case CBX_MEMBER_TOTAL_FILES:
		return take_count(value, &parts->total_files);
	case CBX_MEMBER_DOWNLOAD_SPEED:
		return take_speed(value, parts, made);
	case CBX_MEMBER_JOB_TYPE:
		return take_text(value, &parts->job_type, &parts->job_type_len);
	case CBX_MEMBER_FILES_DOWNLOADING:
		return value->type == CBX_JSON_ARRAY;
	case CBX_MEMBER_OTHER:
	case CBX_MEMBER_DUPLICATE:
	case CBX_MEMBER_REPORT:
	case CBX_MEMBERS:
		break;
	}
	return false;
}

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

/* Of a repeated name the last value is kept, at the place of the first. Sorting finds them, since a
 * hostile object may have a hundred thousand names. */
static void drop_repeated(struct cbx_status_reader *reader)
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

/* error_code wins over code, error_message over error; they are passed through as well */
static void take_error(const struct cbx_json *key, const struct cbx_json *value,
		       struct cbx_status_parts *parts, bool best[2])
{
	bool code = cbx_json_is(key, "error_code");
	bool message = cbx_json_is(key, "error_message");
	const char *text;
	size_t len;

	if ((code || (!best[0] && cbx_json_is(key, "code"))) && take_text(value, &text, &len)) {
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

/* The members that are passed through, byte for byte */
static void make_tail(struct cbx_status_reader *reader, struct cbx_status_parts *parts)
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
		if (cbx_json_is(&other->key, "list_id")) {
			parts->list_at = reader->tail.len - other->value.raw_len;
			parts->list_len = other->value.raw_len;
		}
		take_error(&other->key, &other->value, parts, best);
	}
	parts->tail = reader->tail.bytes;
	parts->tail_len = reader->tail.len;
}

int cbx_status_reader_finish(struct cbx_status_reader *reader, struct cbx_status **out)
{
	struct cbx_status_parts parts;
	struct made made;
	enum cbx_member m;

	*out = NULL;
	drop_repeated(reader);
	cbx_status_parts_init(&parts);
	for (m = CBX_MEMBER_SYSTEM; m < CBX_KNOWN_MEMBERS; m++) {
		if (has(reader, m) && take_member(m, &reader->known[m], &parts, &made))
			continue;
		if (m <= CBX_MEMBER_STATUS) {
			reader->rejects[m]++;
			return 0;
		}
		reader->rejects[m] += has(reader, m);
		reader->seen &= ~(1U << m);
	}
	make_tail(reader, &parts);
	if (reader->tail.failed)
		return -ENOMEM;
	return cbx_status_new(&parts, out);
}

void cbx_status_reader_identify(const struct cbx_status_reader *reader,
				struct cbx_status_parts *parts)
{
	cbx_status_parts_init(parts);
	parts->job_id = -1;
	if (has(reader, CBX_MEMBER_SYSTEM))
		take_system(&reader->known[CBX_MEMBER_SYSTEM], parts);
	if (has(reader, CBX_MEMBER_JOB_ID))
		take_count(&reader->known[CBX_MEMBER_JOB_ID], &parts->job_id);
}
