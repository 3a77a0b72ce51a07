// SPDX-License-Identifier: MIT
/*
 * fuzz_http.c - a request, as libmicrohttpd has taken it apart: method, path, query, headers, body
 *
 * The lines are the method, the path, the query, then headers "Name: value" up to an empty one,
 * then the body. libmicrohttpd itself is played here, the engine is the tests' fake. Each request
 * has one answer, with a status of the contract, JSON where it says so, and the token in none of
 * it.
 */
#include "fuzz.h"

#include "common/utf8.h"
#include "fake_engine.h"
#include "fake_mhd.h"
#include "http/uri.h"

#include <string.h>

#define PIECE 37
#define TOKEN "s3cr3t-t0k3n"
#define READ_TOKEN "r34d-t0k3n"

static struct cbd_http http;
static struct chatterbox *box;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	struct cbd_hub_settings hub = { .most = 4, .heartbeat_ms = 15000, .patience_ms = 30000 };

	(void)argc;
	(void)argv;
	box = fake_engine_new();
	hub.box = box;
	http = (struct cbd_http){ .box = box,
				  .base = (char *)(uintptr_t) "",
				  .base_slash = (char *)(uintptr_t) "/",
				  .origins = (char *)(uintptr_t) "https://noc.example\n",
				  .token = (char *)(uintptr_t)TOKEN,
				  .read_token = (char *)(uintptr_t)READ_TOKEN };
	pthread_mutex_init(&http.lock, NULL);
	FUZZ_CHECK(!cbd_worker_new(8, &http.worker) && !cbd_calls_new(&http.calls));
	FUZZ_CHECK(!cbd_deadlines_new(&http.deadlines));
	FUZZ_CHECK(!cbd_series_new(&http.series));
	FUZZ_CHECK(!cbd_counts_new(cbd_route_count + 1, &http.counts));
	FUZZ_CHECK(!cbd_hub_new(&hub, &http.hub));
	return 0;
}

static void add_pair(struct fake_pair *pairs, size_t *count, char *text, char separator)
{
	char *value = strchr(text, separator);

	if (*count == FAKE_MHD_PAIRS || !*text)
		return;
	if (value)
		for (*value++ = '\0'; separator == ':' && *value == ' ';)
			value++;
	pairs[*count].name = strdup(text);
	pairs[*count].value = value ? strdup(value) : NULL;
	++*count;
}

static void read_query(struct MHD_Connection *connection, char *query)
{
	char *save = NULL;
	char *part;

	for (part = strtok_r(query, "&", &save); part; part = strtok_r(NULL, "&", &save))
		add_pair(connection->query, &connection->query_count, part, '=');
}

/* libmicrohttpd gives no header without a value */
static void read_headers(struct MHD_Connection *connection, struct fuzz_input *in)
{
	cbx_auto(cbx_freep) char *line = fuzz_line(in);

	while (*line) {
		if (strchr(line, ':'))
			add_pair(connection->headers, &connection->header_count, line, ':');
		free(line);
		line = fuzz_line(in);
	}
}

static void free_pairs(struct fake_pair *pairs, size_t count)
{
	while (count--) {
		free(pairs[count].name);
		free(pairs[count].value);
	}
}

/* @told: the client has put the token where it is shown its own words */
static void check_answer(const struct MHD_Connection *connection, bool told)
{
	static const unsigned codes[] = { 200, 202, 304, 400, 401, 403, 404, 405, 409,
					  413, 414, 415, 431, 500, 502, 503, 504 };
	const struct MHD_Response *response = connection->response;
	size_t i;

	for (i = 0; i < CBX_COUNT(codes) && codes[i] != connection->code; i++)
		;
	FUZZ_CHECK(i < CBX_COUNT(codes));
	FUZZ_CHECK(!response->is_split);
	FUZZ_CHECK(told || !memmem(response->body, response->len, TOKEN, strlen(TOKEN)));
	if (response->is_json && response->len)
		json_decref(fuzz_json(response->body, response->len));
}

static void try_uri(const char *text)
{
	char decoded[256];
	int len = cbd_uri_decode(text, strlen(text), decoded, sizeof(decoded));

	FUZZ_CHECK(len < 0 || (strlen(decoded) == (size_t)len && len < 256));
	FUZZ_CHECK(len < 0 || cbx_utf8_valid(decoded, (size_t)len));
	FUZZ_CHECK(len < 0 || strchr(text, '%') || !strcmp(text, decoded));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = fuzz_input(data, size);
	cbx_auto(cbx_freep) char *method = fuzz_line(&in);
	cbx_auto(cbx_freep) char *path = fuzz_line(&in);
	cbx_auto(cbx_freep) char *query = fuzz_line(&in);
	struct MHD_Connection connection = { 0 };
	bool served;
	bool told;

	try_uri(path);
	try_uri(query);
	read_query(&connection, query);
	read_headers(&connection, &in);
	told = strstr(path, TOKEN) || memmem(in.at, in.left, TOKEN, strlen(TOKEN));
	served = fake_mhd_serve(&http, &connection, method, path, in.at, in.left, PIECE);
	FUZZ_CHECK(connection.answers <= 1 && (!served || connection.answers));
	if (connection.answers)
		check_answer(&connection, told);
	FUZZ_CHECK(!connection.suspended);
	fake_mhd_forget(&connection);
	free_pairs(connection.headers, connection.header_count);
	free_pairs(connection.query, connection.query_count);
	return 0;
}
