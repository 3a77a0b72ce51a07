// SPDX-License-Identifier: MIT
/* stream.c - takes Server-Sent Events apart, line by line */
#include "stream.h"

#include <stdio.h>
#include <string.h>

#define MOST ((size_t)64 << 20) /* bytes of one event: a list of every job may be long */

static void end_event(struct ctl_stream *stream)
{
	struct ctl_event event = { .id = stream->id, .name = stream->name };

	if (*stream->id)
		memcpy(stream->last_id, stream->id, sizeof(stream->last_id));
	if (stream->data.len) {
		stream->data.bytes[stream->data.len - 1] = '\0'; /* its last line's end */
		event.data = stream->data.bytes;
		stream->each(stream->user, &event);
	}
	cbx_text_clear(&stream->data);
	stream->name[0] = stream->id[0] = '\0';
}

static void take_line(struct ctl_stream *stream, const char *line)
{
	size_t name = strcspn(line, ":");
	const char *value = line[name] ? line + name + 1 : "";

	value += *value == ' ';
	if (!*line)
		end_event(stream);
	else if (name == 2 && !strncmp(line, "id", name))
		snprintf(stream->id, sizeof(stream->id), "%s", value);
	else if (name == 5 && !strncmp(line, "event", name))
		snprintf(stream->name, sizeof(stream->name), "%s", value);
	else if (name == 4 && !strncmp(line, "data", name))
		cbx_text_printf(&stream->data, "%s\n", value);
}

bool ctl_stream_take(struct ctl_stream *stream, const char *bytes, size_t len)
{
	while (len) {
		const char *end = memchr(bytes, '\n', len);
		size_t part = end ? (size_t)(end - bytes) : len;

		if (stream->line.len + part > MOST || stream->data.len > MOST)
			return false;
		cbx_text_add(&stream->line, bytes, part);
		if (end) {
			cbx_text_puts(&stream->line, "");
			if (stream->line.failed)
				return false;
			take_line(stream, stream->line.bytes ? stream->line.bytes : "");
			cbx_text_clear(&stream->line);
			part++;
		}
		bytes += part;
		len -= part;
	}
	return !stream->line.failed && !stream->data.failed;
}

void ctl_stream_restart(struct ctl_stream *stream)
{
	cbx_text_clear(&stream->line);
	cbx_text_clear(&stream->data);
	stream->id[0] = stream->name[0] = '\0';
}

void ctl_stream_free(struct ctl_stream *stream)
{
	cbx_text_free(&stream->line);
	cbx_text_free(&stream->data);
}
