/* SPDX-License-Identifier: MIT */
/*
 * log_writer.h - the thread that writes log lines, and its bounded queue
 *
 * Logging only appends to the queue. If that is full the line is lost and counted, so a pipe that
 * nobody reads, a full disk or a path that hangs blocks only this thread. Any thread may put lines;
 * opening, flushing and freeing are for the main thread.
 */
#ifndef CBD_LOG_WRITER_H
#define CBD_LOG_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cbd_log_writer;

/* Makes an allocated line about @lines lost ones; returns its length, or -ENOMEM. Any thread. */
typedef int (*cbd_log_loss_fn)(void *user, uint64_t lines, char **text);

/* Starts the thread, which writes to stdout until a path is opened. @user must outlive it. */
int cbd_log_writer_new(cbd_log_loss_fn loss, void *user, struct cbd_log_writer **out);
/* Takes over @line (allocated, with its newline); NULL, when there was no memory for it, counts as
 * lost */
void cbd_log_writer_put(struct cbd_log_writer *writer, char *line, size_t len);
/* Opens @path ("" = stdout). If it can't be opened, that is reported on stderr and the old
 * destination is kept. Earlier lines go to the old destination, if it takes them soon: waits for
 * both, but not for long. -ENOMEM when nothing was begun. */
int cbd_log_writer_open(struct cbd_log_writer *writer, const char *path);
/* Waits at most @ms until everything is written; false when something is left */
bool cbd_log_writer_flush(struct cbd_log_writer *writer, int ms);
/* Is the destination a terminal? */
bool cbd_log_writer_on_terminal(struct cbd_log_writer *writer);
/* How many lines were lost so far */
uint64_t cbd_log_writer_dropped(struct cbd_log_writer *writer);
/* Ends the thread. False when it hangs in a write: it then keeps what it uses, including @user, and
 * the process has to end without it. */
bool cbd_log_writer_end(struct cbd_log_writer *writer);

#endif
