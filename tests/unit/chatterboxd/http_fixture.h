/* SPDX-License-Identifier: MIT */
/* http_fixture.h - an HTTP server over a fake engine, and a way to ask it */
#ifndef CBX_TESTS_HTTP_FIXTURE_H
#define CBX_TESTS_HTTP_FIXTURE_H

#include "fake_engine.h"
#include "http/http.h"
#include "http_client.h"
#include "unit.h"

#include <jansson.h>

static struct chatterbox *box;
static struct cbd_http *server;
static unsigned port;

static inline void start_with(const char *token, const char *read_token, bool demo)
{
	const struct cbd_http_settings settings = { .host = "127.0.0.1",
						    .port = 0,
						    .demo = demo,
						    .token = token,
						    .read_token = read_token };
	char error[CHATTERBOX_ERROR_TEXT] = "";

	box = fake_engine_new();
	ck_assert_ptr_nonnull(box);
	ck_assert_int_eq(cbd_http_start(box, &settings, &server, error), 0);
	port = cbd_http_port(server);
	ck_assert_uint_ne(port, 0);
}

static inline void start(void)
{
	start_with(NULL, NULL, false);
}

static inline void stop(void)
{
	fake_engine_hold(box, false);
	cbd_http_stopp(&server);
	chatterbox_unref(box);
}

static struct http_reply reply;

static inline void ask(const char *method, const char *path, const char *headers)
{
	ck_assert(http_ask(port, method, path, headers, &reply));
}

/* As JSON */
static inline void ask_with(const char *method, const char *path, const char *body)
{
	char text[1024];

	snprintf(text, sizeof(text),
		 "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s", strlen(body),
		 body);
	ask(method, path, text);
}

/* "route code" was answered at least once */
static inline void check_counted(const char *wanted)
{
	const char *space = strrchr(wanted, ' ');
	struct http_reply metrics;
	char line[256];

	snprintf(line, sizeof(line),
		 "\nchatterbox_http_requests_total{route=\"%.*s\",code=\"%s\"} ",
		 (int)(space - wanted), wanted, space + 1);
	ck_assert(http_ask(port, "GET", "/metrics", "", &metrics));
	ck_assert_msg(strstr(metrics.body, line), "%s is not in\n%s", line, metrics.body);
}

/* Besides the five members of each problem it has @more */
static inline void check_problem_with(int code, const char *detail, const char *instance,
				      size_t more)
{
	json_t *problem = json_loads(reply.body, JSON_REJECT_DUPLICATES, NULL);

	ck_assert_int_eq(reply.code, code);
	ck_assert_ptr_nonnull(strstr(reply.head, "Content-Type: application/problem+json\r\n"));
	ck_assert_ptr_nonnull(problem);
	ck_assert_uint_eq(json_object_size(problem), 5 + more);
	ck_assert_str_eq(json_string_value(json_object_get(problem, "type")), "about:blank");
	ck_assert_int_eq(json_integer_value(json_object_get(problem, "status")), code);
	ck_assert_ptr_nonnull(json_string_value(json_object_get(problem, "title")));
	ck_assert_ptr_nonnull(
		strstr(json_string_value(json_object_get(problem, "detail")), detail));
	ck_assert_str_eq(json_string_value(json_object_get(problem, "instance")), instance);
	json_decref(problem);
}
static inline void check_problem(int code, const char *detail, const char *instance)
{
	check_problem_with(code, detail, instance, 0);
}

#endif
