// SPDX-License-Identifier: MIT
/* listen.c - opens the listening sockets, since libmicrohttpd can't say why it failed to */
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
/* A port that is free at one address may be taken at the next */
#define TRIES 16

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_storage storage;
};

static void set_port(union address *address, unsigned port)
{
	if (address->any.sa_family == AF_INET)
		address->v4.sin_port = htons((uint16_t)port);
	else
		address->v6.sin6_port = htons((uint16_t)port);
}

/* A listening socket on one address, or -errno */
static int open_socket(const struct cbx_address *found, unsigned port)
{
	union address address = { .storage = found->at };
	int fd = socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1;
	int off = 0;
	int error;

	if (fd < 0)
		return -errno;
	set_port(&address, port);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (address.any.sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (!bind(fd, &address.any, found->size) && !listen(fd, SOMAXCONN))
		return fd;
	error = -errno;
	close(fd);
	return error;
}

static void describe(int fd, struct cbd_listener *out)
{
	union address address = { 0 };
	socklen_t len = sizeof(address);
	bool loopback = false;

	out->fds[out->count++] = fd;
	if (!getsockname(fd, &address.any, &len) && address.any.sa_family == AF_INET) {
		out->port = ntohs(address.v4.sin_port);
		loopback = (ntohl(address.v4.sin_addr.s_addr) >> 24) == 127;
	} else if (address.any.sa_family == AF_INET6) {
		out->port = ntohs(address.v6.sin6_port);
		loopback = IN6_IS_ADDR_LOOPBACK(&address.v6.sin6_addr);
	}
	out->loopback = out->loopback && loopback;
}

void cbd_listener_close(struct cbd_listener *listener)
{
	while (listener->count)
		close(listener->fds[--listener->count]);
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

static bool is_known(const struct cbx_address *found, size_t i)
{
	size_t k;

	for (k = 0; k < i; k++)
		if (!strcmp(found[k].text, found[i].text))
			return true;
	return false;
}

static bool is_absent(int error)
{
	return error == -EADDRNOTAVAIL || error == -EAFNOSUPPORT;
}

/* One socket for each address, or -errno and none */
static int open_all(const struct cbx_address *found, size_t count, unsigned port,
		    struct cbd_listener *out)
{
	int absent = -EADDRNOTAVAIL;
	size_t i;

	*out = (struct cbd_listener){ .port = port, .loopback = true };
	for (i = 0; i < count && out->count < CBD_SOCKETS; i++) {
		int fd = is_known(found, i) ? -EADDRNOTAVAIL : open_socket(&found[i], out->port);

		if (fd >= 0)
			describe(fd, out);
		else if (is_absent(fd))
			absent = fd;
		else {
			cbd_listener_close(out);
			return fd;
		}
	}
	return out->count ? 0 : absent;
}

int cbd_listen(const char *host, unsigned port, struct cbd_listener *out,
	       char error[CHATTERBOX_ERROR_TEXT])
{
	cbx_auto(cbx_freep) struct cbx_address *found = NULL;
	size_t count = 0;
	int tries = port ? 1 : TRIES;
	int result = look_up(host, port, &found, &count, error);

	if (result < 0)
		return result;
	do {
		result = open_all(found, count, port, out);
	} while (result == -EADDRINUSE && --tries);
	if (result < 0)
		snprintf(error, CHATTERBOX_ERROR_TEXT,
			 "http_server.%s: can't listen on %s port %u: %s",
			 is_absent(result) ? "host" : "port", host, port, strerror(-result));
	return is_absent(result) ? -EADDRNOTAVAIL : result;
}
