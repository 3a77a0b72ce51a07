// SPDX-License-Identifier: MIT
/*
 * flight_line.c - the parts of a line of a recording
 *
 * A body that was understood stands in its line as it came, byte for byte but for the ends of lines
 * in it; one that was not, as hexadecimal digits.
 */
#include "road/flight_line.h"

#include <inttypes.h>
#include <string.h>

/* Seconds of the monotonic clock, exactly */
void cbx_line_time(struct cbx_text *line, const char *name, uint64_t ns)
{
	const unsigned long long second = CBX_SECOND;

	cbx_text_printf(line, ",\"%s\":%llu.%09llu", name, ns / second, ns % second);
}

void cbx_line_text(struct cbx_text *line, const char *name, const char *text)
{
	if (!text)
		return;
	cbx_text_printf(line, ",\"%s\":", name);
	cbx_text_json_string(line, text);
}

void cbx_line_number(struct cbx_text *line, const char *name, int64_t number)
{
	cbx_text_printf(line, ",\"%s\":%" PRId64, name, number);
}

void cbx_line_flag(struct cbx_text *line, const char *name, bool flag)
{
	if (flag)
		cbx_text_printf(line, ",\"%s\":true", name);
}

void cbx_line_begin(struct cbx_road *road, struct cbx_text *line, const char *what)
{
	uint64_t now = cbx_now(road->clock);

	cbx_text_printf(line, "{\"what\":\"%s\"", what);
	cbx_line_time(line, "at", now);
}

void cbx_line_end(struct cbx_road *road, struct cbx_text *line)
{
	cbx_text_puts(line, "}\n");
	road->flight->ops->put(road->flight, line, false);
	cbx_text_free(line);
}

/* White space between the parts of JSON: a line of a recording has one end */
static void put_json(struct cbx_text *line, const char *body, size_t len)
{
	size_t i;

	if (!memchr(body, '\n', len) && !memchr(body, '\r', len)) {
		cbx_text_add(line, body, len);
		return;
	}
	for (i = 0; i < len; i++)
		cbx_text_putc(line, body[i] == '\n' || body[i] == '\r' ? ' ' : body[i]);
}

void cbx_line_body(struct cbx_text *line, const char *body, size_t len, bool understood)
{
	size_t i;

	if (understood) {
		cbx_text_puts(line, ",\"body\":");
		put_json(line, body, len);
		return;
	}
	cbx_text_puts(line, ",\"malformed\":true,\"hex\":\"");
	for (i = 0; i < len; i++)
		cbx_text_printf(line, "%02x", (unsigned char)body[i]);
	cbx_text_putc(line, '"');
}
