/* SPDX-License-Identifier: MIT */
/* signals.h - signals as a file descriptor, and by their default action once the daemon stops */
#ifndef CBD_SIGNALS_H
#define CBD_SIGNALS_H

/* Blocks SIGTERM, SIGINT and SIGHUP in this thread and those that it will start, and ignores
 * SIGPIPE. Return: 0, -errno. */
int cbd_signals_open(int *fd);
/* The next signal's number, 0 when there is none */
int cbd_signals_take(int fd);
/* The stop has begun: another SIGTERM or SIGINT calls @cleanup, which must be safe in a signal
 * handler, and ends the process by that signal. */
void cbd_signals_release(void (*cleanup)(void));

#endif
