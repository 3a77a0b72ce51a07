/* SPDX-License-Identifier: MIT */
/*
 * log_writer.h - the thread that writes log lines, and the bounded queue before it
 *
 * Whoever logs only appends: what is full loses the line and counts it, so that a pipe that nobody
 * reads, a full disk or a path that hangs holds up this thread alone. Any thread may put; opening,
 * flushing and freeing belong to main.
 */
#ifndef CBD_LOG_WRITER_H
#define CBD_LOG_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cbd_log_writer;

/* Makes the line that tells of @lines lost ones, allocated; its length, or -ENOMEM. Any thread. */
typedef int (*cbd_log_loss_fn)(void *user, uint64_t lines, char **text);

/* Starts the thread, which writes to stdout until a path is opened. @user must outlive it. */
int cbd_log_writer_new(cbd_log_loss_fn loss, void *user, struct cbd_log_writer **out);
/* Takes over @line (allocated, with its newline); NULL, when there was no memory for it, is a loss
 */
void cbd_log_writer_put(struct cbd_log_writer *writer, char *line, size_t len);
/* Opens @path anew ("" = stdout); one that can't be opened leaves the old place, and that is said
 * on stderr. What was put before goes to the old place, if that takes it soon: it waits for both,
 * but not for long. -ENOMEM when nothing was begun. */
int cbd_log_writer_open(struct cbd_log_writer *writer, const char *path);
/* Waits until all is written, @ms at most; false when something is left */
bool cbd_log_writer_flush(struct cbd_log_writer *writer, int ms);
/* Is the place a terminal? */
bool cbd_log_writer_on_terminal(struct cbd_log_writer *writer);
/* How many lines were lost so far */
uint64_t cbd_log_writer_dropped(struct cbd_log_writer *writer);
/* Ends the thread. False when it hangs in a write that does not return: then it keeps what it uses,
 * @user too, and the process ends without it. */
bool cbd_log_writer_end(struct cbd_log_writer *writer);

#endif
