/* SPDX-License-Identifier: MIT */
/* listen.h - the listening socket */
#ifndef CBD_LISTEN_H
#define CBD_LISTEN_H

#include <chatterbox/error.h>
#include <stdbool.h>

struct cbd_listener {
	int fd;
	unsigned port; /* the real one, if 0 was asked for */
	bool loopback; /* only this machine can connect */
};

/* @host: a name or an address. Return: 0, or -errno with one line in @error that names the key. */
int cbd_listen(const char *host, unsigned port, struct cbd_listener *out,
	       char error[CHATTERBOX_ERROR_TEXT]);

#endif
