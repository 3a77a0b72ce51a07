// SPDX-License-Identifier: MIT
/*
 * events.c - the command that follows the live events, and goes on after a lost connection
 *
 * The first connection has to succeed: a wrong address should be told at once. Later ones are tried
 * until chatterboxd is back, from the event after the last one.
 */
#include "ask.h"
#include "commands.h"
#include "http.h"
#include "say.h"
#include "show.h"
#include "stream.h"

#include "common/json.h"
#include "common/utf8.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PAUSE_SECONDS 2

/* A control character becomes its escape, what is no UTF-8 a `?`. In @json, which is not quoted
 * again, a line end is white space. */
static void print_escaped(const char *text, bool json)
{
	size_t left = strlen(text);

	while (left) {
		uint32_t code = 0;
		size_t len = cbx_utf8_next(text, left, &code);

		if (!len)
			putchar('?');
		else if (json && code < ' ')
			putchar(' ');
		else if (cbx_utf8_control(code))
			printf("\\u%04x", (unsigned)code);
		else if (!json && (code == '"' || code == '\\'))
			printf("\\%c", (int)code);
		else
			fwrite(text, 1, len, stdout);
		text += len ? len : 1;
		left -= len ? len : 1;
	}
}

static void print_as_json(const struct ctl_event *event)
{
	const char *quote = *event->id ? "\"" : "";

	printf("{\"id\":%s", quote);
	print_escaped(*event->id ? event->id : "null", false);
	printf("%s,\"event\":\"", quote);
	print_escaped(event->name, false);
	fputs("\",\"data\":", stdout);
	print_escaped(event->data, true);
	puts("}");
}

static const char *first_of(const json_t *params, const char *one, const char *other, char *cell)
{
	const char *text = ctl_member(params, one, cell);

	return *text ? text : ctl_member(params, other, cell);
}

static void print_time(void)
{
	time_t now = time(NULL);
	struct tm local;
	char text[16];

	strftime(text, sizeof(text), "%H:%M:%S", localtime_r(&now, &local));
	printf("%s\t", text);
}

/* time, event, system, job, what */
static void print_params(const char *name, const json_t *params)
{
	char cell[CTL_CELL];
	const char *what;

	print_time();
	ctl_print_clean(stdout, name);
	putchar('\t');
	ctl_print_clean(stdout, first_of(params, "system", "system_id", cell));
	putchar('\t');
	ctl_print_clean(stdout, ctl_member(params, "job_id", cell));
	putchar('\t');
	if (json_is_boolean(json_object_get(params, "paused"))) {
		what = json_is_true(json_object_get(params, "paused")) ? "all paused"
								       : "not all paused";
		ctl_print_coloured(CTL_PLAIN, what);
	} else {
		what = first_of(params, "status", "message", cell);
		if (!*what)
			what = ctl_member(params, "title", cell);
		ctl_print_coloured(ctl_colour_of(what), what);
	}
	putchar('\n');
}

/* An array tells of each of its members */
static void print_event(void *user, const struct ctl_event *event)
{
	const struct ctl_options *options = user;
	json_t *params = NULL;
	const json_t *member;
	size_t i;

	if (options->json) {
		print_as_json(event);
	} else if (cbx_json_read(event->data, strlen(event->data), &params, NULL) < 0) {
		ctl_say("an event %s can't be read", event->name);
	} else if (!json_is_array(params)) {
		print_params(event->name, params);
	} else {
		json_array_foreach(params, i, member) print_params(event->name, member);
	}
	json_decref(params);
	fflush(stdout);
}

static char *path_of(const struct ctl_options *options)
{
	struct cbx_text text = { 0 };
	char *path = NULL;

	cbx_text_puts(&text, "/api/v1/events?");
	ctl_add_one(&text, "system", options->system);
	if (options->name) {
		cbx_text_puts(&text, "name=");
		ctl_encode(&text, options->name);
	}
	if (cbx_text_take(&text, &path, NULL) < 0)
		ctl_say_memory();
	return path;
}

int ctl_events(const struct ctl_options *options)
{
	cbx_auto(cbx_freep) char *path = path_of(options);
	cbx_auto(ctl_stream_free) struct ctl_stream stream = { .each = print_event,
							       .user = (void *)(uintptr_t)options };
	bool lost = false;
	int result;

	if (!path)
		return CTL_UNAVAILABLE;
	for (;;) {
		cbx_auto(ctl_reply_free) struct ctl_reply reply = { 0 };
		bool had = false;

		result = ctl_http_follow(options, path, &stream, lost, &had, &reply);
		if (result == CTL_NO)
			return ctl_ask_refuse(options, &reply);
		if ((result && !lost && !had) || ferror(stdout))
			return result;
		if (had || !lost)
			ctl_say("the connection was lost; trying again");
		lost = true;
		sleep(PAUSE_SECONDS);
	}
}
