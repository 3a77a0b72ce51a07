// SPDX-License-Identifier: MIT
/*
 * stream.c - the route of the live events: what a client asks for becomes a subscriber
 *
 * A browser that comes back says in the header Last-Event-ID where it was, while its address still
 * says where it began: so the header wins.
 */
#include "common/cleanup.h"
#include "common/json.h"
#include "exchange.h"
#include "server.h"

#include <errno.h>
#include <string.h>

/* Return: 0 = none; 1; -EINVAL. What the header says is ours, or another server's, of which
 * nothing is known; what a parameter says can be put right. */
static int take_since(struct cbd_request *request, const json_t *params, struct cbd_position *out)
{
	const char *header =
		MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND, "Last-Event-ID");
	const char *since = json_string_value(json_object_get(params, "since"));

	*out = (struct cbd_position){ 0 };
	if (header && *header) {
		cbd_position_read(header, strlen(header), out);
		return 1;
	}
	if (!since)
		return 0;
	return cbd_position_read(since, strlen(since), out) ? 1 : -EINVAL;
}

static int socket_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

	return info ? info->connect_fd : -1;
}

static void subscribe(struct cbd_request *request, struct cbd_filter *filter,
		      const struct cbd_position *since)
{
	int result = cbd_subscriber_new(request->http->hub, request->connection,
					socket_of(request->connection), filter, since,
					&request->answer.stream);

	if (result == CHATTERBOX_E_FULL) {
		cbd_answer_problem(request, 503, "too many clients follow the events");
	} else if (result < 0) {
		cbd_answer_problem(request, 500, "out of memory");
	} else {
		request->answer.code = 200;
		request->answer.type = "text/event-stream";
	}
}

static void answer(struct cbd_request *request, const json_t *params)
{
	cbx_auto(cbd_filter_free) struct cbd_filter filter = { 0 };
	char error[CHATTERBOX_ERROR_TEXT] = "out of memory";
	struct cbd_position since;
	int resumes = take_since(request, params, &since);
	int result = cbd_filter_read(json_string_value(json_object_get(params, "name")),
				     json_string_value(json_object_get(params, "system")), &filter,
				     error);

	if (result < 0)
		cbd_answer_problem(request, result == -EINVAL ? 400 : 500, error);
	else if (resumes < 0)
		cbd_answer_problem(request, 400,
				   "since: takes a stream id, as \"1526919030474-55\"");
	else
		subscribe(request, &filter, resumes ? &since : NULL);
}

void cbd_stream_events(struct cbd_request *request)
{
	json_t *params = NULL;

	if (cbx_json_read(request->query, strlen(request->query), &params, NULL) < 0)
		cbd_answer_problem(request, 500, "out of memory");
	else
		answer(request, params);
	json_decref(params);
}
