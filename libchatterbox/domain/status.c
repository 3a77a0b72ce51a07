// SPDX-License-Identifier: MIT
/*
 * status.c - makes a status and its canonical JSON
 *
 * write_json() alone knows the order and form of the members (contract 1.1). It runs twice, first
 * to measure and then to write, so that a status is one allocation: the record, its texts and its
 * JSON. A percent that is not a number is left out. A speed is written for people, so its text is
 * kept as it is, and what can't be understood counts as 0.
 */
#include "domain/status.h"

#include "base/number.h"
#include "base/read.h"
#include "common/text.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <string.h>

/* Writes, or only measures while `to` is NULL */
struct pen {
	char *to;
	size_t len;
};

static void put(struct pen *pen, const char *bytes, size_t len)
{
	if (pen->to && len)
		memcpy(pen->to + pen->len, bytes, len);
	pen->len += len;
}

#define PUT_LITERAL(pen, literal) put((pen), (literal), sizeof(literal) - 1)

static bool is_plain(unsigned char c)
{
	return c >= 0x20 && c != '"' && c != '\\' && c != 0x7f;
}

static void put_escape(struct pen *pen, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	static const char names[] = "\b\f\n\r\t\"\\";
	static const char shorts[] = "bfnrt\"\\";
	const char *name = c ? strchr(names, c) : NULL;
	char unicode[] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15] };
	char brief[] = { '\\', name ? shorts[name - names] : '\0' };

	if (name)
		put(pen, brief, sizeof(brief));
	else
		put(pen, unicode, sizeof(unicode));
}

static void put_string(struct pen *pen, const char *bytes, size_t len)
{
	size_t start = 0;
	size_t i;

	PUT_LITERAL(pen, "\"");
	for (i = 0; i < len; i++) {
		if (is_plain((unsigned char)bytes[i]))
			continue;
		put(pen, bytes + start, i - start);
		put_escape(pen, (unsigned char)bytes[i]);
		start = i + 1;
	}
	put(pen, bytes + start, len - start);
	PUT_LITERAL(pen, "\"");
}

static void put_integer(struct pen *pen, int64_t value)
{
	char digits[CBX_INTEGER_TEXT];

	put(pen, digits, cbx_integer_text(value, digits));
}

static void write_json(struct pen *pen, const struct cbx_status_parts *parts)
{
	PUT_LITERAL(pen, "{\"system\":");
	put_string(pen, parts->system, parts->system_len);
	PUT_LITERAL(pen, ",\"job_id\":");
	put_integer(pen, parts->job_id);
	PUT_LITERAL(pen, ",\"status\":");
	put_string(pen, parts->text, parts->text_len);
	if (parts->percent_text) {
		PUT_LITERAL(pen, ",\"percent_completed\":");
		put_string(pen, parts->percent_text, parts->percent_len);
	}
	if (parts->downloaded != CBX_NO_COUNT) {
		PUT_LITERAL(pen, ",\"downloaded\":");
		put_integer(pen, parts->downloaded);
	}
	if (parts->total_files != CBX_NO_COUNT) {
		PUT_LITERAL(pen, ",\"total_files\":");
		put_integer(pen, parts->total_files);
	}
	if (parts->speed_text) {
		PUT_LITERAL(pen, ",\"download_speed\":");
		put_string(pen, parts->speed_text, parts->speed_len);
	}
	if (parts->job_type) {
		PUT_LITERAL(pen, ",\"job_type\":");
		put_string(pen, parts->job_type, parts->job_type_len);
	}
	put(pen, parts->tail, parts->tail_len);
	PUT_LITERAL(pen, "}");
}

/* Copies a text behind the record; NULL stays NULL */
static const char *keep(char **room, const char *bytes, size_t len)
{
	char *at = *room;

	if (!bytes)
		return NULL;
	memcpy(at, bytes, len);
	at[len] = '\0';
	*room += len + 1;
	return at;
}

static size_t texts_size(const struct cbx_status_parts *p)
{
	/* a NUL for each, whether it is there or not */
	return p->system_len + p->text_len + p->percent_len + p->speed_len + p->job_type_len +
	       p->error_code_len + p->error_message_len + 7;
}

static void fill(struct cbx_status *status, const struct cbx_status_parts *parts, size_t json_len)
{
	char *room = status->json + json_len + 1;
	struct pen pen = { .to = status->json };

	write_json(&pen, parts);
	status->json[json_len] = '\0';
	status->json_len = (uint32_t)json_len;
	status->tail_offset = (uint32_t)(json_len - 1 - parts->tail_len);
	status->list_offset = status->tail_offset + (uint32_t)parts->list_at;
	status->list_len = (uint32_t)parts->list_len;
	status->job_id = parts->job_id;
	status->downloaded = parts->downloaded;
	status->total_files = parts->total_files;
	status->system = keep(&room, parts->system, parts->system_len);
	status->text = keep(&room, parts->text, parts->text_len);
	status->percent_text = keep(&room, parts->percent_text, parts->percent_len);
	status->speed_text = keep(&room, parts->speed_text, parts->speed_len);
	status->job_type = keep(&room, parts->job_type, parts->job_type_len);
	status->error_code = keep(&room, parts->error_code, parts->error_code_len);
	status->error_message = keep(&room, parts->error_message, parts->error_message_len);
}

void cbx_status_parts_init(struct cbx_status_parts *parts)
{
	*parts = (struct cbx_status_parts){ .downloaded = CBX_NO_COUNT,
					    .total_files = CBX_NO_COUNT };
}

int cbx_status_new(const struct cbx_status_parts *parts, struct cbx_status **out)
{
	struct cbx_status_parts checked = *parts;
	char percent_text[CBX_PERCENT_TEXT];
	struct cbx_status *status;
	struct pen measure = { 0 };
	double percent = -1;

	assert(parts->system && parts->text && parts->job_id >= 0);
	/* rows written by others come this way, too: what is not a percent is left out */
	if (checked.percent_text) {
		if (cbx_percent_parse(checked.percent_text, checked.percent_len, percent_text,
				      &percent)) {
			checked.percent_text = percent_text;
			checked.percent_len = strlen(percent_text);
		} else {
			checked.percent_text = NULL;
			checked.percent_len = 0;
		}
	}
	write_json(&measure, &checked);
	if (measure.len > UINT32_MAX)
		return -ENOMEM;
	status = malloc(sizeof(*status) + measure.len + 1 + texts_size(&checked));
	if (!status)
		return -ENOMEM;
	atomic_init(&status->refs, 1);
	status->percent = percent;
	status->speed =
		checked.speed_text ? cbx_speed_parse(checked.speed_text, checked.speed_len) : 0;
	fill(status, &checked, measure.len);
	*out = status;
	return 0;
}

static size_t text_len(const char *text)
{
	return text ? strlen(text) : 0;
}

int cbx_status_with_text(const struct cbx_status *status, const char *text, struct cbx_status **out)
{
	struct cbx_status_parts parts = {
		.system = status->system,
		.system_len = strlen(status->system),
		.job_id = status->job_id,
		.text = text,
		.text_len = strlen(text),
		.percent_text = status->percent_text,
		.percent_len = text_len(status->percent_text),
		.downloaded = status->downloaded,
		.total_files = status->total_files,
		.speed_text = status->speed_text,
		.speed_len = text_len(status->speed_text),
		.job_type = status->job_type,
		.job_type_len = text_len(status->job_type),
		.error_code = status->error_code,
		.error_code_len = text_len(status->error_code),
		.error_message = status->error_message,
		.error_message_len = text_len(status->error_message),
		.tail = status->json + status->tail_offset,
		.tail_len = status->json_len - 1 - status->tail_offset,
		.list_at = status->list_offset - status->tail_offset,
		.list_len = status->list_len,
	};

	return cbx_status_new(&parts, out);
}

struct cbx_status *cbx_status_ref(struct cbx_status *status)
{
	atomic_fetch_add_explicit(&status->refs, 1, memory_order_relaxed);
	return status;
}

void cbx_status_unref(struct cbx_status *status)
{
	if (status && atomic_fetch_sub_explicit(&status->refs, 1, memory_order_acq_rel) == 1)
		free(status);
}

bool cbx_status_equal(const struct cbx_status *a, const struct cbx_status *b)
{
	return a == b || (a->json_len == b->json_len && !memcmp(a->json, b->json, a->json_len));
}

bool cbx_status_is_full(const struct cbx_status *status)
{
	return status->percent >= 100 ||
	       (status->downloaded > 0 && status->downloaded == status->total_files);
}

_Static_assert(CBX_PERCENT_TEXT == CBX_NUMBER_TEXT, "a percent is a number's text");

bool cbx_percent_parse(const char *bytes, size_t len, char out[CBX_PERCENT_TEXT], double *value)
{
	cbx_trim(&bytes, &len);
	if (len && bytes[len - 1] == '%') {
		len--;
		cbx_trim(&bytes, &len);
	}
	return cbx_number_plain(bytes, len, 100, out, value);
}

static double unit_factor(char unit)
{
	switch (unit) {
	case 'k':
	case 'K':
		return 1024.0;
	case 'm':
	case 'M':
		return 1024.0 * 1024;
	case 'g':
	case 'G':
		return 1024.0 * 1024 * 1024;
	case 't':
	case 'T':
		return 1024.0 * 1024 * 1024 * 1024;
	default:
		return 1;
	}
}

double cbx_speed_parse(const char *bytes, size_t len)
{
	bool point = false;
	double number;
	size_t n;

	for (n = 0; n < len; n++) {
		if (bytes[n] == '.' && !point)
			point = true;
		else if (bytes[n] < '0' || bytes[n] > '9')
			break;
	}
	if (!cbx_number_parse(bytes, n, &number))
		return 0;
	while (n < len && bytes[n] == ' ')
		n++;
	return n < len ? number * unit_factor(bytes[n]) : number;
}
