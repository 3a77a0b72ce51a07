// SPDX-License-Identifier: MIT
/* redis_kit.c - reads Redis for tests, without any of the tested code */
#include "redis_kit.h"

#include "common/text.h"
#include "servers.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static redisContext *eye;
static struct cbx_text seen;

uint64_t redis_deadline(unsigned ms)
{
	return cbx_now(cbx_system_clock()) + ms * CBX_MS;
}

struct cbx_state *redis_open_at(const char *host, int port, const char *username,
				const char *password)
{
	const struct cbx_redis_options options = { .host = host,
						   .port = port,
						   .username = username,
						   .password = password,
						   .app_name = APP };
	struct cbx_state *state = NULL;

	ck_assert_int_eq(cbx_redis_state_new(&options, cbx_system_clock(), NULL, &state), 0);
	return state;
}

struct cbx_state *redis_open(void)
{
	return redis_open_at("127.0.0.1", cbx_test_port("redis"), NULL, NULL);
}

struct cbx_state *redis_up(void)
{
	struct cbx_state *state = redis_open();

	ck_assert_msg(state->ops->connect(state, redis_deadline(10000)) == 0, "%s", state->error);
	return state;
}

static void free_eye(void)
{
	if (eye)
		redisFree(cbx_steal(eye));
}

redisContext *redis_eye(void)
{
	const struct timeval limit = { .tv_sec = 2 };

	if (eye && eye->err)
		redis_eye_close();
	if (!eye) {
		/* hiredis' own connect takes an interrupted wait for a failure */
		do {
			free_eye();
			eye = redisConnectWithTimeout("127.0.0.1", cbx_test_port("redis"), limit);
		} while (eye && eye->err && strstr(eye->errstr, strerror(EINTR)));
		ck_assert_msg(eye && !eye->err, "no redis: %s", eye ? eye->errstr : "");
		redisSetTimeout(eye, limit);
	}
	return eye;
}

void redis_eye_close(void)
{
	free_eye();
	cbx_text_free(&seen);
}

static void show(const redisReply *reply)
{
	size_t i;

	if (reply->type == REDIS_REPLY_NIL) {
		cbx_text_puts(&seen, "(nil)");
	} else if (reply->type == REDIS_REPLY_INTEGER) {
		cbx_text_printf(&seen, "%lld", reply->integer);
	} else if (reply->type == REDIS_REPLY_ARRAY) {
		cbx_text_putc(&seen, '[');
		for (i = 0; i < reply->elements; i++) {
			if (i)
				cbx_text_putc(&seen, ' ');
			show(reply->element[i]);
		}
		cbx_text_putc(&seen, ']');
	} else {
		if (reply->type == REDIS_REPLY_ERROR)
			cbx_text_puts(&seen, "(error) ");
		cbx_text_add(&seen, reply->str, reply->len);
	}
}

static const char *look(redisContext *context, const char *format, va_list args)
{
	redisReply *reply = redisvCommand(context, format, args);

	cbx_text_clear(&seen);
	if (!reply)
		return "(lost)";
	cbx_text_add(&seen, "", 0);
	show(reply);
	freeReplyObject(reply);
	return seen.bytes;
}

const char *redis_look_in(redisContext *context, const char *format, ...)
{
	const char *text;
	va_list args;

	va_start(args, format);
	text = look(context, format, args);
	va_end(args);
	return text;
}

const char *redis_look(const char *format, ...)
{
	const char *text;
	va_list args;

	va_start(args, format);
	text = look(redis_eye(), format, args);
	va_end(args);
	return text;
}

long redis_calls_of(const char *command)
{
	char name[48];
	const char *found;

	snprintf(name, sizeof(name), "cmdstat_%s:calls=", command);
	found = strstr(redis_look("INFO commandstats"), name);
	return found ? strtol(found + strlen(name), NULL, 10) : 0;
}
