// SPDX-License-Identifier: MIT
/*
 * job_order.c - sorts jobs, as many as a page holds
 *
 * Of all jobs only the rows of the page are kept, in a heap: most others are left out by one
 * comparison, so a page costs little more than looking at each job once.
 */
#include "controller/job_order.h"

#include "base/read.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const sorts[] = { "system", "status", "percent", "speed",
				     "left",   "heard",  "progress" };

/* What belongs to the question: by which rows are chosen, and in which order */
static const char *const asked[] = { "system", "status",  "job_type", "origin", "q",
				     "kind",   "stalled", "stale",    "sort",   "state" };

static void mix(uint64_t *hash, const void *bytes, size_t len)
{
	const unsigned char *p = bytes;

	while (len--)
		*hash = (*hash ^ *p++) * 1099511628211ULL;
}

static uint64_t question(const json_t *params)
{
	uint64_t hash = 14695981039346656037ULL;
	size_t i;

	for (i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		const json_t *value = json_object_get(params, asked[i]);
		char number[24];

		mix(&hash, "", 1);
		if (json_is_string(value) && json_string_length(value))
			mix(&hash, json_string_value(value), json_string_length(value));
		snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(value));
		if (json_is_integer(value))
			mix(&hash, number, strlen(number));
		else if (json_is_true(value))
			mix(&hash, "1", 1);
	}
	return hash;
}

int cbx_job_order_read(const json_t *params, struct cbx_job_order *out, char error[256])
{
	const json_t *value = json_object_get(params, "sort");
	const char *text = json_string_value(value);
	size_t i;

	*out = (struct cbx_job_order){ .question = question(params) };
	if (!value || json_is_null(value) || (text && !*text))
		return 0;
	out->descending = text && *text == '-';
	for (i = 0; text && i < sizeof(sorts) / sizeof(sorts[0]); i++)
		if (!strcmp(sorts[i], text + out->descending)) {
			out->sort = (enum cbx_job_sort)i;
			return 0;
		}
	snprintf(error, 256,
		 "sort: takes system, status, percent, speed, left, heard or progress, with - "
		 "before it for descending");
	return -EINVAL;
}

struct cbx_job_row cbx_job_row_of(const struct cbx_job_order *order, const struct cbx_job *job,
				  bool offline, const struct cbx_moment *moment)
{
	struct cbx_job_row row = { .job = job,
				   .offline = offline,
				   .system = job->status->system,
				   .job_id = job->status->job_id };
	struct cbx_job_figures figures;

	if (order->sort == CBX_BY_SYSTEM) {
		row.text = row.system;
		return row;
	}
	if (order->sort == CBX_BY_STATUS) {
		row.text = job->status->text;
		return row;
	}
	cbx_job_figures_at(job, offline, moment, &figures);
	switch (order->sort) {
	case CBX_BY_PERCENT:
		row.number = cbx_status_progress(job->status);
		row.absent = row.number < 0;
		break;
	case CBX_BY_SPEED:
		row.number = figures.speed;
		row.absent = !figures.has_speed;
		break;
	case CBX_BY_LEFT:
		row.number = (double)figures.seconds_left;
		row.absent = figures.seconds_left < 0;
		break;
	case CBX_BY_REPORT:
		row.number = (double)figures.reported_at_ms;
		row.absent = !figures.reported_at_ms;
		break;
	case CBX_BY_PROGRESS:
	case CBX_BY_END:
	case CBX_BY_SYSTEM:
	case CBX_BY_STATUS:
		row.number = (double)figures.progress_at_ms;
		row.absent = !figures.progress_at_ms;
	}
	return row;
}

int cbx_job_order_compare(const struct cbx_job_order *order, const struct cbx_job_row *a,
			  const struct cbx_job_row *b)
{
	int by;

	if (a->absent || b->absent)
		by = a->absent - b->absent;
	else if (a->text && b->text)
		by = strcmp(a->text, b->text) * (order->descending ? -1 : 1);
	else
		by = ((a->number > b->number) - (a->number < b->number)) *
		     (order->descending ? -1 : 1);
	if (!by && order->sort != CBX_BY_SYSTEM)
		by = strcmp(a->system, b->system);
	return by ? by : (a->job_id > b->job_id) - (a->job_id < b->job_id);
}

static void write_hex(struct cbx_text *out, const char *text)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *p;

	for (p = (const unsigned char *)text; *p; p++) {
		cbx_text_putc(out, digits[*p >> 4]);
		cbx_text_putc(out, digits[*p & 15]);
	}
}

/* "<question>.<key>.<system>.<job_id>"; the key is empty where there is none, or the system is it
 */
void cbx_job_cursor_write(const struct cbx_job_order *order, const struct cbx_job_row *last,
			  struct cbx_text *out)
{
	uint64_t bits;

	cbx_text_printf(out, "\"%016llx.", (unsigned long long)order->question);
	if (order->sort == CBX_BY_STATUS) {
		write_hex(out, last->text);
	} else if (order->sort != CBX_BY_SYSTEM && !last->absent) {
		memcpy(&bits, &last->number, sizeof(bits));
		cbx_text_printf(out, "%016llx", (unsigned long long)bits);
	}
	cbx_text_putc(out, '.');
	write_hex(out, last->system);
	cbx_text_printf(out, ".%lld\"", (long long)last->job_id);
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Hex of a text of 64 bytes at most, up to the next dot, which *@p is behind afterwards */
static bool read_hex(const char **p, char out[65])
{
	size_t n = 0;

	for (; **p && **p != '.'; *p += 2) {
		int high = digit((*p)[0]);
		int low = high < 0 ? -1 : digit((*p)[1]);

		if (low < 0 || n == 64 || !(high * 16 + low))
			return false;
		out[n++] = (char)(high * 16 + low);
	}
	out[n] = '\0';
	return *(*p)++ == '.';
}

static bool read_bits(const char **p, uint64_t *out)
{
	int i;

	for (*out = 0, i = 0; i < 16; i++) {
		int value = digit((*p)[i]);

		if (value < 0)
			return false;
		*out = *out << 4 | (uint64_t)value;
	}
	*p += 16;
	return *(*p)++ == '.';
}

static bool read_key(const char **p, const struct cbx_job_order *order, struct cbx_job_cursor *out)
{
	uint64_t bits;

	if (order->sort == CBX_BY_STATUS) {
		out->row.text = out->text;
		return read_hex(p, out->text) && out->text[0];
	}
	if (**p == '.') {
		out->row.absent = order->sort != CBX_BY_SYSTEM;
		(*p)++;
		return true;
	}
	if (order->sort == CBX_BY_SYSTEM || !read_bits(p, &bits))
		return false;
	memcpy(&out->row.number, &bits, sizeof(bits));
	return true;
}

static bool read_row(const char *p, const struct cbx_job_order *order, struct cbx_job_cursor *out)
{
	const char *name = out->system;
	size_t len;

	if (!read_key(&p, order, out) || !read_hex(&p, out->system) ||
	    !cbx_parse_count(p, strlen(p), &out->row.job_id))
		return false;
	len = strlen(out->system);
	out->row.system = out->system;
	if (order->sort == CBX_BY_SYSTEM)
		out->row.text = out->system;
	return cbx_system_name(&name, &len) && name == out->system && !out->system[len];
}

int cbx_job_cursor_read(const json_t *params, const struct cbx_job_order *order,
			struct cbx_job_cursor *out, char error[256])
{
	const json_t *value = json_object_get(params, "cursor");
	const char *text = json_string_value(value);
	uint64_t of = 0;

	*out = (struct cbx_job_cursor){ .given = value && !json_is_null(value) };
	if (!out->given)
		return 0;
	if (!text || strlen(text) < 17 || !read_bits(&text, &of)) {
		snprintf(error, 256, "cursor: takes the `next` of an earlier page");
		return -EINVAL;
	}
	if (of == order->question && read_row(text, order, out))
		return 0;
	snprintf(error, 256, "cursor: takes the `next` of an earlier page of the same question");
	return -EINVAL;
}

int cbx_job_rows_init(struct cbx_job_rows *rows, const struct cbx_job_order *order, size_t most)
{
	*rows = (struct cbx_job_rows){ .order = order, .most = most };
	rows->rows = calloc(most, sizeof(*rows->rows));
	return rows->rows ? 0 : -ENOMEM;
}

void cbx_job_rows_free(struct cbx_job_rows *rows)
{
	free(rows->rows);
	*rows = (struct cbx_job_rows){ 0 };
}

static bool is_before(const struct cbx_job_rows *rows, size_t a, size_t b)
{
	return cbx_job_order_compare(rows->order, &rows->rows[a], &rows->rows[b]) < 0;
}

static void swap(struct cbx_job_rows *rows, size_t a, size_t b)
{
	struct cbx_job_row row = rows->rows[a];

	rows->rows[a] = rows->rows[b];
	rows->rows[b] = row;
}

/* Row @at may come before those below it */
static void sink(struct cbx_job_rows *rows, size_t at, size_t count)
{
	size_t child;

	while ((child = 2 * at + 1) < count) {
		if (child + 1 < count && is_before(rows, child, child + 1))
			child++;
		if (!is_before(rows, at, child))
			return;
		swap(rows, at, child);
		at = child;
	}
}

void cbx_job_rows_offer(struct cbx_job_rows *rows, const struct cbx_job_row *row)
{
	size_t at;

	if (rows->count == rows->most) {
		if (cbx_job_order_compare(rows->order, row, &rows->rows[0]) > 0)
			return;
		rows->rows[0] = *row;
		sink(rows, 0, rows->count);
		return;
	}
	at = rows->count++;
	rows->rows[at] = *row;
	for (; at && is_before(rows, (at - 1) / 2, at); at = (at - 1) / 2)
		swap(rows, at, (at - 1) / 2);
}

void cbx_job_rows_sort(struct cbx_job_rows *rows)
{
	size_t left;

	for (left = rows->count; left > 1; left--) {
		swap(rows, 0, left - 1);
		sink(rows, 0, left - 1);
	}
}
