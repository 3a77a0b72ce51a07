// SPDX-License-Identifier: MIT
/* fake_engine_events.c - the stream of events, as the library gives it */
#include "fake_engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fake_engine_append(struct chatterbox *box, const char *name, const char *message_id,
			const char *params)
{
	if (!box->events)
		box->events = calloc(FAKE_EVENTS_MAX + 1, sizeof(*box->events));
	if (!box->events || box->next_event > FAKE_EVENTS_MAX)
		abort();
	if (!box->next_event)
		box->first_event = box->next_event = 1;
	box->events[box->next_event++] = (struct fake_event){ name, message_id, params };
}

void fake_engine_trim(struct chatterbox *box, uint64_t count)
{
	box->first_event += count;
}

static void write_events(struct chatterbox *box, const char *params, FILE *out)
{
	const char *since = strstr(params, "\"since\":\"");
	const char *limit = strstr(params, "\"limit\":");
	uint64_t at = since ? strtoull(since + 9, NULL, 10) : box->next_event;
	uint64_t end = box->next_event ? box->next_event - 1 : 0;
	uint64_t most = limit ? strtoull(limit + 8, NULL, 10) : 100;
	bool lost = since && at && (at < box->first_event || at > end);
	const char *comma = "";

	fputs("{\"events\":[", out);
	for (; since && !lost && most && at < end; most--, comma = ",") {
		const struct fake_event *event = &box->events[++at];

		fprintf(out,
			"%s{\"stream_id\":\"%llu-0\",\"name\":\"%s\",\"message_id\":\"%s\","
			"\"previous_status\":\"a \\\"]},\",\"params\":%s}",
			comma, (unsigned long long)at, event->name, event->message_id,
			event->params);
	}
	fprintf(out, "],\"next\":\"%llu-0\",\"lost\":%s}",
		(unsigned long long)(since && !lost ? at : end), lost ? "true" : "false");
}

int fake_engine_give_events(struct chatterbox *box, const char *params, chatterbox_done_fn done,
			    void *user)
{
	struct chatterbox_error error;
	struct chatterbox_answer answer = { .result = CHATTERBOX_E_DOWN, .error = &error };
	char *text = NULL;
	size_t len = 0;
	FILE *out;

	box->event_questions++;
	if (box->away) {
		error = (struct chatterbox_error){ .code = CHATTERBOX_E_DOWN,
						   .text = "Redis is down" };
		done(user, &answer);
		return 0;
	}
	out = open_memstream(&text, &len);
	if (!out)
		abort();
	write_events(box, params, out);
	fclose(out);
	answer = (struct chatterbox_answer){ .json = text };
	done(user, &answer);
	free(text);
	return 0;
}
