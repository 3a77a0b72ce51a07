/* SPDX-License-Identifier: MIT */
/* signals.h - signals as a descriptor, and as signals again once the daemon stops */
#ifndef CBD_SIGNALS_H
#define CBD_SIGNALS_H

/* Blocks SIGTERM, SIGINT and SIGHUP in this thread and those it will start, and ignores SIGPIPE.
 * Return: 0, -errno. */
int cbd_signals_open(int *fd);
/* The next signal's number, 0 when there is none */
int cbd_signals_take(int fd);
/* The stop has begun: another SIGTERM or SIGINT calls @cleanup and ends the process by that signal.
 * @cleanup must be safe in a signal handler. */
void cbd_signals_release(void (*cleanup)(void));

#endif
