// SPDX-License-Identifier: MIT
/* connection.c - the deadline of a connection, from when it is accepted until it is closed */
#include "server.h"

#include <sys/resource.h>

/* Thousands of readers must not slow down what they read about */
#define BELOW_OTHERS 5
#define PER_ADDRESS 128U

static struct cbd_deadline *deadline_of(struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

void cbd_connection_allow(struct cbd_http *http, struct MHD_Connection *connection, int64_t ms)
{
	cbd_deadline_move(http->deadlines, deadline_of(connection),
			  ms < 0 ? INT64_MAX : cbd_monotonic_ms() + ms);
}

void cbd_connection_client_waits(struct cbd_http *http, struct MHD_Connection *connection,
				 bool waits)
{
	cbd_deadline_wait(http->deadlines, deadline_of(connection), waits);
}

void cbd_connection_streams(struct cbd_http *http, struct MHD_Connection *connection, bool streams)
{
	cbd_deadline_stream(http->deadlines, deadline_of(connection), streams);
}

/* libmicrohttpd's thread is its own, and is first seen when a connection comes. Linux keeps a
 * priority for each thread. */
static void step_back(void)
{
	static _Thread_local bool done;

	if (!done)
		setpriority(PRIO_PROCESS, 0, getpriority(PRIO_PROCESS, 0) + BELOW_OTHERS);
	done = true;
}

void cbd_connection_changed(void *arg, struct MHD_Connection *connection, void **context,
			    enum MHD_ConnectionNotificationCode what)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	const union MHD_ConnectionInfo *client =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	struct cbd_http *http = arg;

	if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
		cbd_deadline_remove(http->deadlines, *context);
		return;
	}
	step_back();
	cbd_deadlines_shed(http->deadlines, CBD_DEADLINE_CROWD);
	if (info)
		*context = cbd_deadline_add(http->deadlines, info->connect_fd,
					    client ? client->client_addr : NULL,
					    cbd_monotonic_ms() + CBD_DEADLINE_REQUEST_MS);
	cbd_deadlines_limit(http->deadlines, *context, CBD_CONNECTIONS, PER_ADDRESS);
}
