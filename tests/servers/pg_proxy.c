// SPDX-License-Identifier: MIT
/*
 * pg_proxy.c - passes bytes between clients and the test server, in a thread, and cuts at a commit
 *
 * The adapter says commit as a simple query of its own, "Q....commit\0", in one segment.
 */
#include "common/cleanup.h"
#include "pg_kit.h"
#include "servers.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>

struct pg_proxy {
	pthread_t thread;
	int listener;
	int port;
	int client;
	int server;
	atomic_int cut;
	atomic_bool open;
	atomic_bool stalled;
	atomic_bool stop;
};

static struct sockaddr_in loopback(int port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return address;
}

static void drop(struct pg_proxy *proxy)
{
	cbx_closep(&proxy->client);
	cbx_closep(&proxy->server);
	proxy->client = proxy->server = -1;
}

static void take_client(struct pg_proxy *proxy)
{
	struct sockaddr_in address = loopback(cbx_test_port("pg"));
	int client = accept4(proxy->listener, NULL, NULL, SOCK_CLOEXEC);

	drop(proxy);
	if (!proxy->open) {
		close(client);
		return;
	}
	proxy->client = client;
	proxy->server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(proxy->server, (struct sockaddr *)&address, sizeof(address)))
		drop(proxy);
}

static void from_client(struct pg_proxy *proxy)
{
	char bytes[65536];
	ssize_t len = read(proxy->client, bytes, sizeof(bytes));
	bool commits;

	if (len <= 0) {
		drop(proxy);
		return;
	}
	commits = memmem(bytes, (size_t)len, "commit", 7) != NULL;
	if (commits && atomic_load(&proxy->cut) == PG_CUT_BEFORE) {
		proxy->cut = PG_CUT_NEVER;
		drop(proxy);
		return;
	}
	if (send(proxy->server, bytes, (size_t)len, MSG_NOSIGNAL) != len) {
		drop(proxy);
		return;
	}
	if (commits && atomic_load(&proxy->cut) == PG_CUT_AFTER) {
		proxy->cut = PG_CUT_NEVER;
		/* the answer comes this far and no further */
		(void)!read(proxy->server, bytes, sizeof(bytes));
		drop(proxy);
	}
}

static void from_server(struct pg_proxy *proxy)
{
	char bytes[65536];
	ssize_t len = read(proxy->server, bytes, sizeof(bytes));

	if (len <= 0 || send(proxy->client, bytes, (size_t)len, MSG_NOSIGNAL) != len)
		drop(proxy);
}

static void *run(void *arg)
{
	struct pg_proxy *proxy = arg;

	while (!proxy->stop) {
		struct pollfd fds[] = {
			{ .fd = proxy->listener, .events = POLLIN },
			{ .fd = proxy->stalled ? -1 : proxy->client, .events = POLLIN },
			{ .fd = proxy->stalled ? -1 : proxy->server, .events = POLLIN },
		};

		if (poll(fds, 3, 20) <= 0)
			continue;
		if (fds[1].revents)
			from_client(proxy);
		else if (fds[2].revents)
			from_server(proxy);
		else if (fds[0].revents)
			take_client(proxy);
	}
	drop(proxy);
	return NULL;
}

struct pg_proxy *pg_proxy_start(void)
{
	struct pg_proxy *proxy = calloc(1, sizeof(*proxy));
	struct sockaddr_in address = loopback(0);
	socklen_t len = sizeof(address);

	ck_assert_ptr_nonnull(proxy);
	proxy->client = proxy->server = -1;
	proxy->open = true;
	proxy->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(proxy->listener, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(proxy->listener, 8), 0);
	ck_assert_int_eq(getsockname(proxy->listener, (struct sockaddr *)&address, &len), 0);
	proxy->port = ntohs(address.sin_port);
	ck_assert_int_eq(pthread_create(&proxy->thread, NULL, run, proxy), 0);
	return proxy;
}

void pg_proxy_stop(struct pg_proxy *proxy)
{
	proxy->stop = true;
	pthread_join(proxy->thread, NULL);
	close(proxy->listener);
	free(proxy);
}

int pg_proxy_port(const struct pg_proxy *proxy)
{
	return proxy->port;
}

void pg_proxy_cut(struct pg_proxy *proxy, enum pg_cut cut)
{
	proxy->cut = (int)cut;
}

void pg_proxy_open(struct pg_proxy *proxy, bool open)
{
	proxy->open = open;
}

void pg_proxy_stall(struct pg_proxy *proxy, bool stalled)
{
	proxy->stalled = stalled;
}
