// SPDX-License-Identifier: MIT
/*
 * say.c - writes short messages to stdout and stderr without blocking for long
 *
 * These descriptors are shared with whoever started us, so they can't be made non-blocking. A pipe
 * that polls as ready takes PIPE_BUF bytes at once; somebody else may fill it in between, but not
 * every time.
 */
#include "say.h"

#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#define PATIENCE_MS 100

void cbd_say(int fd, const char *format, ...)
{
	struct pollfd ready = { .fd = fd, .events = POLLOUT };
	char line[PIPE_BUF];
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (len < 0)
		return;
	if (len >= (int)sizeof(line))
		len = (int)sizeof(line) - 1;
	line[len] = '\n';
	if (poll(&ready, 1, PATIENCE_MS) == 1)
		(void)!write(fd, line, (size_t)len + 1);
}
