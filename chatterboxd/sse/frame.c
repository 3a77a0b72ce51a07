// SPDX-License-Identifier: MIT
/* frame.c - writes an event in the format of Server-Sent Events */
#include "sse/frame.h"

#include "common/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool read_number(const char **at, const char *end, uint64_t *out)
{
	uint64_t value = 0;
	const char *first = *at;

	for (; *at < end && **at >= '0' && **at <= '9'; ++*at) {
		uint64_t digit = (uint64_t)(**at - '0');

		if (value > (UINT64_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*out = value;
	return *at > first;
}

bool cbd_position_read(const char *text, size_t len, struct cbd_position *out)
{
	struct cbd_position position;
	const char *end = text + len;

	if (!read_number(&text, end, &position.ms) || text == end || *text++ != '-' ||
	    !read_number(&text, end, &position.n) || text != end)
		return false;
	*out = position;
	return true;
}

void cbd_position_write(struct cbd_position position, char out[CBD_POSITION_TEXT])
{
	snprintf(out, CBD_POSITION_TEXT, "%" PRIu64 "-%" PRIu64, position.ms, position.n);
}

int cbd_position_compare(struct cbd_position a, struct cbd_position b)
{
	if (a.ms != b.ms)
		return a.ms < b.ms ? -1 : 1;
	return (a.n > b.n) - (a.n < b.n);
}

/* JSON may hold line ends between its values, and CR ends a line here, too */
static void write_data(struct cbx_text *out, struct cbd_slice data)
{
	const char *end = data.at + data.len;
	const char *at = data.at;

	cbx_text_puts(out, "data: ");
	while (at < end) {
		const char *line = at;

		while (at < end && *at != '\n' && *at != '\r')
			at++;
		cbx_text_add(out, line, (size_t)(at - line));
		if (at == end)
			break;
		at += at + 1 < end && at[0] == '\r' && at[1] == '\n' ? 2 : 1;
		cbx_text_puts(out, "\ndata: ");
	}
	cbx_text_putc(out, '\n');
}

static void write_frame(struct cbx_text *out, const struct cbd_frame_parts *parts)
{
	char position[CBD_POSITION_TEXT];

	if (parts->comment)
		cbx_text_puts(out, parts->comment);
	if (parts->id) {
		cbd_position_write(*parts->id, position);
		cbx_text_printf(out, "id: %s\n", position);
	}
	if (parts->name.len) {
		cbx_text_puts(out, "event: ");
		cbx_text_add(out, parts->name.at, parts->name.len);
		cbx_text_putc(out, '\n');
		write_data(out, parts->data);
	}
	cbx_text_putc(out, '\n');
}

struct cbd_frame *cbd_frame_new(const struct cbd_frame_parts *parts, int64_t now_ms)
{
	cbx_auto(cbx_text_free) struct cbx_text text = { 0 };
	struct cbd_frame *frame;
	size_t len;

	write_frame(&text, parts);
	len = text.len;
	cbx_text_add(&text, parts->name.at, parts->name.len);
	cbx_text_add(&text, parts->system.at, parts->system.len);
	frame = text.failed ? NULL : malloc(sizeof(*frame) + text.len);
	if (!frame)
		return NULL;
	*frame = (struct cbd_frame){
		.refs = 1,
		.counts = parts->counts,
		.has_id = parts->id,
		.at_ms = now_ms,
		.id = parts->id ? *parts->id : (struct cbd_position){ 0 },
		.name = cbd_slice_of(frame->bytes + len, parts->name.len),
		.system = cbd_slice_of(frame->bytes + len + parts->name.len, parts->system.len),
		.len = len,
	};
	memcpy(frame->bytes, text.bytes, text.len);
	return frame;
}

struct cbd_frame *cbd_frame_ref(struct cbd_frame *frame)
{
	frame->refs++;
	return frame;
}

void cbd_frame_unref(struct cbd_frame *frame)
{
	if (frame && !--frame->refs)
		free(frame);
}
