// SPDX-License-Identifier: MIT
/* fake_mhd.c - one request at a time; what the daemon must never do to libmicrohttpd aborts */
#include "fake_mhd.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t resumed = PTHREAD_COND_INITIALIZER;

static void must(bool holds)
{
	if (!holds)
		abort();
}

const char *MHD_lookup_connection_value(struct MHD_Connection *connection, enum MHD_ValueKind kind,
					const char *key)
{
	size_t i;

	must(kind == MHD_HEADER_KIND);
	for (i = 0; i < connection->header_count; i++)
		if (!strcasecmp(connection->headers[i].name, key))
			return connection->headers[i].value;
	return NULL;
}

int MHD_get_connection_values(struct MHD_Connection *connection, enum MHD_ValueKind kind,
			      MHD_KeyValueIterator iterator, void *user)
{
	size_t i;

	must(kind == MHD_GET_ARGUMENT_KIND);
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
	const struct fake_pair *pairs = headers ? connection->headers : connection->query;
	size_t count = headers ? connection->header_count : connection->query_count;
	size_t i;

	must(headers || kind == MHD_GET_ARGUMENT_KIND);
	for (i = 0; i < count; i++)
		iterator(user, kind, pairs[i].name, strlen(pairs[i].name), pairs[i].value,
			 pairs[i].value ? strlen(pairs[i].value) : 0);
	return (int)i;
}

const union MHD_ConnectionInfo *MHD_get_connection_info(struct MHD_Connection *connection,
							enum MHD_ConnectionInfoType type, ...)
{
	static const union MHD_ConnectionInfo no_socket = { .connect_fd = -1 };

	if (type == MHD_CONNECTION_INFO_CLIENT_ADDRESS)
		return NULL;
	return type == MHD_CONNECTION_INFO_SOCKET_CONTEXT ? &connection->info : &no_socket;
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

	must(mode != MHD_RESPMEM_MUST_COPY);
	if (!response)
		return NULL;
	response->refs = 1;
	response->body = buffer;
	response->len = size;
	response->owned = mode == MHD_RESPMEM_MUST_FREE;
	return response;
}

struct MHD_Response *MHD_create_response_from_callback(uint64_t size, size_t block_size,
						       MHD_ContentReaderCallback reader, void *user,
						       MHD_ContentReaderFreeCallback free_stream)
{
	struct MHD_Response *response = calloc(1, sizeof(*response));

	must(size == MHD_SIZE_UNKNOWN && block_size && reader);
	if (!response)
		return NULL;
	response->refs = 1;
	response->free_stream = free_stream;
	response->stream = user;
	return response;
}

enum MHD_Result MHD_set_connection_option(struct MHD_Connection *connection,
					  enum MHD_CONNECTION_OPTION option, ...)
{
	must(connection && option == MHD_CONNECTION_OPTION_TIMEOUT);
	return MHD_YES;
}

enum MHD_Result MHD_add_response_header(struct MHD_Response *response, const char *header,
					const char *content)
{
	if (strpbrk(header, "\r\n") || strpbrk(content, "\r\n"))
		response->is_split = true;
	if (!strcmp(header, "Content-Type"))
		response->is_json = strstr(content, "json") != NULL;
	return MHD_YES;
}

enum MHD_Result MHD_queue_response(struct MHD_Connection *connection, unsigned int status_code,
				   struct MHD_Response *response)
{
	if (connection->answers++)
		return MHD_YES;
	connection->code = status_code;
	connection->response = response;
	response->refs++;
	return MHD_YES;
}

void MHD_destroy_response(struct MHD_Response *response)
{
	if (--response->refs)
		return;
	if (response->owned)
		free(response->body);
	if (response->free_stream)
		response->free_stream(response->stream);
	free(response);
}

static bool handle(struct cbd_http *http, struct MHD_Connection *connection, const char *method,
		   const char *path, const char *bytes, size_t len, void **slot)
{
	enum MHD_Result result;
	size_t left = len;

	result = cbd_request_handle(http, connection, path, method, "HTTP/1.1", len ? bytes : NULL,
				    &left, slot);
	must(!left || result != MHD_YES);
	pthread_mutex_lock(&lock);
	while (connection->suspended)
		pthread_cond_wait(&resumed, &lock);
	pthread_mutex_unlock(&lock);
	return result == MHD_YES;
}

bool fake_mhd_serve(struct cbd_http *http, struct MHD_Connection *connection, const char *method,
		    const char *path, const char *body, size_t len, size_t piece)
{
	void *slot = NULL;
	bool open;

	cbd_connection_changed(http, connection, &connection->info.socket_context,
			       MHD_CONNECTION_NOTIFY_STARTED);
	/* the headers alone, the body, and its end */
	open = handle(http, connection, method, path, NULL, 0, &slot);
	while (open && !connection->answers) {
		size_t part = len < piece ? len : piece;

		open = handle(http, connection, method, path, body, part, &slot);
		body += part;
		len -= part;
	}
	cbd_request_completed(http, connection, &slot, MHD_REQUEST_TERMINATED_COMPLETED_OK);
	must(!slot);
	cbd_connection_changed(http, connection, &connection->info.socket_context,
			       MHD_CONNECTION_NOTIFY_CLOSED);
	return open;
}

void fake_mhd_forget(struct MHD_Connection *connection)
{
	if (connection->response)
		MHD_destroy_response(connection->response);
	connection->response = NULL;
}
