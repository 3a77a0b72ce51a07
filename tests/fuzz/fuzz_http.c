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

#include "fake_engine.h"
#include "http/exchange.h"
#include "http/server.h"
#include "http/uri.h"

#include <pthread.h>
#include <string.h>

#define HEADERS 16
#define PIECE 37
#define TOKEN "s3cr3t-t0k3n"
#define READ_TOKEN "r34d-t0k3n"

struct pair {
	char *name, *value;
};

/* What libmicrohttpd knows of a connection */
struct MHD_Connection {
	struct pair headers[HEADERS], query[HEADERS];
	size_t header_count, query_count;
	union MHD_ConnectionInfo info;
	int suspended;
	unsigned code;
	unsigned answers;
};

struct MHD_Response {
	char *body;
	size_t len;
	bool owned;
	bool is_json;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t resumed = PTHREAD_COND_INITIALIZER;
static struct cbd_http http;
static struct chatterbox *box;
static bool told; /* the client has put the token where it is shown its own words */

/* ---- libmicrohttpd, as far as it is called */

const char *MHD_lookup_connection_value(struct MHD_Connection *connection, enum MHD_ValueKind kind,
					const char *key)
{
	size_t i;

	FUZZ_CHECK(kind == MHD_HEADER_KIND);
	for (i = 0; i < connection->header_count; i++)
		if (!strcasecmp(connection->headers[i].name, key))
			return connection->headers[i].value;
	return NULL;
}

int MHD_get_connection_values(struct MHD_Connection *connection, enum MHD_ValueKind kind,
			      MHD_KeyValueIterator iterator, void *user)
{
	size_t i;

	FUZZ_CHECK(kind == MHD_GET_ARGUMENT_KIND);
	for (i = 0; i < connection->query_count; i++)
		if (iterator(user, kind, connection->query[i].name, connection->query[i].value) ==
		    MHD_NO)
			break;
	return (int)i;
}

int MHD_get_connection_values_n(struct MHD_Connection *connection, enum MHD_ValueKind kind,
				MHD_KeyValueIteratorN iterator, void *user)
{
	bool headers = kind == MHD_HEADER_KIND;
	const struct pair *pairs = headers ? connection->headers : connection->query;
	size_t count = headers ? connection->header_count : connection->query_count;
	size_t i;

	FUZZ_CHECK(headers || kind == MHD_GET_ARGUMENT_KIND);
	for (i = 0; i < count; i++)
		iterator(user, kind, pairs[i].name, strlen(pairs[i].name), pairs[i].value,
			 pairs[i].value ? strlen(pairs[i].value) : 0);
	return (int)i;
}

const union MHD_ConnectionInfo *MHD_get_connection_info(struct MHD_Connection *connection,
							enum MHD_ConnectionInfoType type, ...)
{
	return type == MHD_CONNECTION_INFO_SOCKET_CONTEXT ? &connection->info : NULL;
}

void MHD_suspend_connection(struct MHD_Connection *connection)
{
	pthread_mutex_lock(&lock);
	connection->suspended++;
	pthread_mutex_unlock(&lock);
}

void MHD_resume_connection(struct MHD_Connection *connection)
{
	pthread_mutex_lock(&lock);
	connection->suspended--;
	pthread_cond_signal(&resumed);
	pthread_mutex_unlock(&lock);
}

struct MHD_Response *MHD_create_response_from_buffer(size_t size, void *buffer,
						     enum MHD_ResponseMemoryMode mode)
{
	struct MHD_Response *response = calloc(1, sizeof(*response));

	FUZZ_CHECK(response && mode != MHD_RESPMEM_MUST_COPY);
	response->body = buffer;
	response->len = size;
	response->owned = mode == MHD_RESPMEM_MUST_FREE;
	return response;
}

enum MHD_Result MHD_add_response_header(struct MHD_Response *response, const char *header,
					const char *content)
{
	FUZZ_CHECK(!strpbrk(header, "\r\n") && !strpbrk(content, "\r\n"));
	if (!strcmp(header, "Content-Type"))
		response->is_json = strstr(content, "json") != NULL;
	return MHD_YES;
}

enum MHD_Result MHD_queue_response(struct MHD_Connection *connection, unsigned int status_code,
				   struct MHD_Response *response)
{
	FUZZ_CHECK(!connection->answers++);
	connection->code = status_code;
	FUZZ_CHECK(told || !memmem(response->body, response->len, TOKEN, strlen(TOKEN)));
	if (response->is_json && response->len)
		json_decref(fuzz_json(response->body, response->len));
	return MHD_YES;
}

void MHD_destroy_response(struct MHD_Response *response)
{
	if (response->owned)
		free(response->body);
	free(response);
}

/* ---- the request */

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	box = fake_engine_new();
	http = (struct cbd_http){ .box = box,
				  .token = (char *)(uintptr_t)TOKEN,
				  .read_token = (char *)(uintptr_t)READ_TOKEN };
	pthread_mutex_init(&http.lock, NULL);
	FUZZ_CHECK(!cbd_worker_new(8, &http.worker) && !cbd_calls_new(&http.calls));
	FUZZ_CHECK(!cbd_deadlines_new(&http.deadlines));
	return 0;
}

static void add_pair(struct pair *pairs, size_t *count, char *text, char separator)
{
	char *value = strchr(text, separator);

	if (*count == HEADERS || !*text)
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

static void free_pairs(struct pair *pairs, size_t count)
{
	while (count--) {
		free(pairs[count].name);
		free(pairs[count].value);
	}
}

/* libmicrohttpd's thread: calls the handler until there is an answer; false: it has closed */
static bool serve(struct MHD_Connection *connection, const char *method, const char *path,
		  struct fuzz_input *body, void **slot)
{
	enum MHD_Result result = MHD_YES;
	size_t none = 0;

	while (result == MHD_YES && !connection->answers) {
		size_t piece = *slot && body->left ? (body->left < PIECE ? body->left : PIECE) : 0;
		size_t left = piece;

		if (piece)
			result = cbd_request_handle(&http, connection, path, method, "HTTP/1.1",
						    body->at, &left, slot);
		else
			result = cbd_request_handle(&http, connection, path, method, "HTTP/1.1",
						    NULL, &none, slot);
		FUZZ_CHECK(!left && !none);
		body->at += piece;
		body->left -= piece;
		pthread_mutex_lock(&lock);
		while (connection->suspended)
			pthread_cond_wait(&resumed, &lock);
		pthread_mutex_unlock(&lock);
	}
	return result == MHD_YES;
}

static void check_code(const struct MHD_Connection *connection)
{
	static const unsigned codes[] = { 200, 202, 304, 400, 401, 403, 404, 405, 409,
					  413, 414, 415, 431, 500, 502, 503, 504 };
	size_t i;

	for (i = 0; i < CBX_COUNT(codes) && codes[i] != connection->code; i++)
		;
	FUZZ_CHECK(i < CBX_COUNT(codes));
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
	struct MHD_Connection connection = { .code = 0 };
	void *slot = NULL;
	bool served;

	try_uri(path);
	try_uri(query);
	read_query(&connection, query);
	read_headers(&connection, &in);
	told = strstr(path, TOKEN) || memmem(in.at, in.left, TOKEN, strlen(TOKEN));
	served = serve(&connection, method, path, &in, &slot);
	FUZZ_CHECK(!served || connection.answers == 1);
	if (connection.answers)
		check_code(&connection);
	cbd_request_completed(&http, &connection, &slot, MHD_REQUEST_TERMINATED_COMPLETED_OK);
	FUZZ_CHECK(!slot && !connection.suspended);
	free_pairs(connection.headers, connection.header_count);
	free_pairs(connection.query, connection.query_count);
	return 0;
}
