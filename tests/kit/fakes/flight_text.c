// SPDX-License-Identifier: MIT
/* flight_text.c - the recorder in memory */
#include "flight_text.h"

#include "common/cleanup.h"

#include <string.h>

static void put(struct cbx_flight *flight, struct cbx_text *lines, bool state)
{
	struct flight_text *recorder = (struct flight_text *)(void *)flight;

	cbx_text_add(&recorder->text, lines->bytes, lines->len);
	recorder->states += state;
	cbx_text_free(lines);
}

static void nothing(struct cbx_flight *flight)
{
	(void)flight;
}

static const struct cbx_flight_ops ops = { put, nothing };

void flight_text_open(struct flight_text *recorder)
{
	*recorder = (struct flight_text){ .flight.ops = &ops, .flight.wants_state = true };
	cbx_text_puts(&recorder->text,
		      "{\"chatterbox_recording\":1,\"version\":\"0.1.0\",\"anonymous\":false}\n");
}

void flight_text_close(struct flight_text *recorder)
{
	cbx_text_free(&recorder->text);
}

unsigned flight_text_count(const struct flight_text *recorder, const char *part)
{
	const char *at = recorder->text.bytes;
	unsigned count = 0;

	while ((at = strstr(at, part))) {
		at += strlen(part);
		count++;
	}
	return count;
}
