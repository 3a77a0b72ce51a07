// SPDX-License-Identifier: MIT
/* listen.c - opens the listening socket, since libmicrohttpd can't say why it failed to */
#include "listen.h"

#include "common/cleanup.h"
#include "common/lookup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/* Main waits for it, and for nothing else meanwhile */
#define LOOKUP_MS 5000

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_storage storage;
};

/* A listening socket on one address, or -errno */
static int open_socket(const struct cbx_address *address)
{
	int fd = socket(address->at.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1;
	int off = 0;
	int error;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (address->at.ss_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (!bind(fd, (const struct sockaddr *)&address->at, address->size) &&
	    !listen(fd, SOMAXCONN))
		return fd;
	error = -errno;
	close(fd);
	return error;
}

static void describe(int fd, struct cbd_listener *out)
{
	union address address = { 0 };
	socklen_t len = sizeof(address);

	out->fd = fd;
	out->port = 0;
	out->loopback = false;
	if (getsockname(fd, &address.any, &len))
		return;
	if (address.any.sa_family == AF_INET) {
		out->port = ntohs(address.v4.sin_port);
		out->loopback = (ntohl(address.v4.sin_addr.s_addr) >> 24) == 127;
	} else if (address.any.sa_family == AF_INET6) {
		out->port = ntohs(address.v6.sin6_port);
		out->loopback = IN6_IS_ADDR_LOOPBACK(&address.v6.sin6_addr);
	}
}

/* The addresses of @host, allocated */
static int look_up(const char *host, unsigned port, struct cbx_address **out, size_t *count,
		   char error[CHATTERBOX_ERROR_TEXT])
{
	cbx_auto(cbx_lookup_freep) struct cbx_lookup *lookup = NULL;
	int result = cbx_lookup_new(host, (int)port, true, &lookup);

	if (!result)
		result = cbx_lookup_ask(lookup, LOOKUP_MS, out, count);
	if (result)
		snprintf(error, CHATTERBOX_ERROR_TEXT, "http_server.host: got \"%s\": %s", host,
			 result == CBX_LOOKUP_RUNS ? "looking it up takes too long"
			 : lookup                  ? cbx_lookup_why(lookup)
						   : "out of memory");
	return result ? -EADDRNOTAVAIL : 0;
}

int cbd_listen(const char *host, unsigned port, struct cbd_listener *out,
	       char error[CHATTERBOX_ERROR_TEXT])
{
	cbx_auto(cbx_freep) struct cbx_address *found = NULL;
	size_t count = 0;
	size_t i;
	int fd = -EADDRNOTAVAIL;
	int result = look_up(host, port, &found, &count, error);

	if (result < 0)
		return result;
	for (i = 0; i < count && fd < 0; i++)
		fd = open_socket(&found[i]);
	if (fd < 0) {
		snprintf(error, CHATTERBOX_ERROR_TEXT,
			 "http_server.%s: can't listen on %s port %u: %s",
			 fd == -EADDRNOTAVAIL ? "host" : "port", host, port, strerror(-fd));
		return fd;
	}
	describe(fd, out);
	return 0;
}
