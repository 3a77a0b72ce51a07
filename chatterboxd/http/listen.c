// SPDX-License-Identifier: MIT
/* listen.c - opens the listening socket, since libmicrohttpd can't say why it failed to */
#include "listen.h"

#include "common/cleanup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_storage storage;
};

/* A listening socket on one address, or -errno */
static int open_socket(const struct addrinfo *info)
{
	int fd = socket(info->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1;
	int off = 0;
	int error;

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (info->ai_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (!bind(fd, info->ai_addr, info->ai_addrlen) && !listen(fd, SOMAXCONN))
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

int cbd_listen(const char *host, unsigned port, struct cbd_listener *out,
	       char error[CHATTERBOX_ERROR_TEXT])
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
				  .ai_flags = AI_PASSIVE | AI_NUMERICSERV };
	struct addrinfo *found = NULL;
	struct addrinfo *info;
	char service[16];
	int fd = -EADDRNOTAVAIL;
	int result;

	snprintf(service, sizeof(service), "%u", port);
	result = getaddrinfo(host, service, &hints, &found);
	if (result) {
		snprintf(error, CHATTERBOX_ERROR_TEXT, "http_server.host: got \"%s\": %s", host,
			 gai_strerror(result));
		return -EADDRNOTAVAIL;
	}
	for (info = found; info && fd < 0; info = info->ai_next)
		fd = open_socket(info);
	freeaddrinfo(found);
	if (fd < 0) {
		snprintf(error, CHATTERBOX_ERROR_TEXT,
			 "http_server.%s: can't listen on %s port %u: %s",
			 fd == -EADDRNOTAVAIL ? "host" : "port", host, port, strerror(-fd));
		return fd;
	}
	describe(fd, out);
	return 0;
}
