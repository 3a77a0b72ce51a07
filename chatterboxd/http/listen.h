/* SPDX-License-Identifier: MIT */
/* listen.h - the listening sockets, one for each address of a name */
#ifndef CBD_LISTEN_H
#define CBD_LISTEN_H

#include <chatterbox/error.h>
#include <stdbool.h>
#include <stddef.h>

#define CBD_SOCKETS 8

struct cbd_listener {
	int fds[CBD_SOCKETS];
	size_t count;
	unsigned port; /* the real one, if 0 was asked for */
	bool loopback; /* only this machine can connect */
};

/* @host: a name or an address. Addresses that this machine does not have are passed over, unless
 * all of them are. Return: 0, or -errno with one line in @error that names the key: -EADDRINUSE and
 * -EADDRNOTAVAIL may pass. */
int cbd_listen(const char *host, unsigned port, struct cbd_listener *out,
	       char error[CHATTERBOX_ERROR_TEXT]);
void cbd_listener_close(struct cbd_listener *listener);

#endif
