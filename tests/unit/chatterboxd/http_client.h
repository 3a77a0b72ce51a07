/* SPDX-License-Identifier: MIT */
/* http_client.h - a client for the tests of the HTTP server: raw bytes out, raw bytes in */
#ifndef CBX_TESTS_HTTP_CLIENT_H
#define CBX_TESTS_HTTP_CLIENT_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct http_reply {
	int code;
	char head[4096]; /* status line and headers */
	char body[65536];
};

/* A connected socket, -1 on failure */
static inline int http_connect(unsigned port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons((uint16_t)port),
				       .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address))) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Reads until the other side closes, at most 10 s; false when it does not close in that time */
static inline bool http_read(int fd, struct http_reply *reply)
{
	static char bytes[sizeof(reply->head) + sizeof(reply->body)];
	size_t len = 0;
	ssize_t got = 1;
	char *end;

	memset(reply, 0, sizeof(*reply));
	while (got > 0 && len < sizeof(bytes) - 1) {
		struct pollfd p = { .fd = fd, .events = POLLIN };

		if (poll(&p, 1, 10000) != 1)
			return false;
		got = read(fd, bytes + len, sizeof(bytes) - 1 - len);
		len += got > 0 ? (size_t)got : 0;
	}
	bytes[len] = '\0';
	end = strstr(bytes, "\r\n\r\n");
	if (!end)
		return true;
	snprintf(reply->head, sizeof(reply->head), "%.*s", (int)(end - bytes) + 2, bytes);
	snprintf(reply->body, sizeof(reply->body), "%s", end + 4);
	reply->code = atoi(bytes + strlen("HTTP/1.1 "));
	return true;
}

static inline bool http_send(int fd, const char *method, const char *path, const char *headers)
{
	char request[8192];
	int len = snprintf(request, sizeof(request),
			   "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s\r\n",
			   method, path, headers);

	return write(fd, request, (size_t)len) == len;
}

static inline bool http_ask(unsigned port, const char *method, const char *path,
			    const char *headers, struct http_reply *reply)
{
	int fd = http_connect(port);
	bool done = fd >= 0 && http_send(fd, method, path, headers) && http_read(fd, reply);

	if (fd >= 0)
		close(fd);
	return done;
}

#endif
