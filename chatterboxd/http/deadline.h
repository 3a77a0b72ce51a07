/* SPDX-License-Identifier: MIT */
/*
 * deadline.h - how long a request and its answer may take altogether
 *
 * libmicrohttpd's own timeout is about inactivity, so a client that sends a byte a second could
 * stay for ever (fault 36). So each connection gets a time by which its headers must have come, and
 * then one by which its answer must have been taken.
 *
 * Streams of events (sse/) are not counted here.
 *
 * When many connections are open, the one that has been waiting longest for the rest of its request
 * is closed, so that clients which only hold connections open can't lock others out.
 */
#ifndef CBD_DEADLINE_H
#define CBD_DEADLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define CBD_DEADLINE_REQUEST_MS 30000
#define CBD_DEADLINE_ANSWER_MS 60000
/* From so many connections on, each new one closes the longest waiting one */
#define CBD_DEADLINE_CROWD 384U

struct cbd_deadlines;
struct cbd_deadline; /* of one connection */

int cbd_deadlines_new(struct cbd_deadlines **out);
void cbd_deadlines_freep(struct cbd_deadlines **all);

/* @fd belongs to the connection, whose request is waited for from now on; NULL when out of memory
 * (it then has no deadline). @address: of its client; NULL = unknown. */
struct cbd_deadline *cbd_deadline_add(struct cbd_deadlines *all, int fd,
				      const struct sockaddr *address, int64_t at_ms);
/* From now on it is a stream of events, which has limits of its own, or not any more */
void cbd_deadline_stream(struct cbd_deadlines *all, struct cbd_deadline *one, bool streams);
/* If there are more than @most connections, or more than @per_address of its address, without
 * streams: shuts it down. Return: how many, 0 or 1. */
int cbd_deadlines_limit(struct cbd_deadlines *all, struct cbd_deadline *one, size_t most,
			size_t per_address);
void cbd_deadline_move(struct cbd_deadlines *all, struct cbd_deadline *one, int64_t at_ms);
/* Says whether it is the client that is waited for */
void cbd_deadline_wait(struct cbd_deadlines *all, struct cbd_deadline *one, bool waits);
/* If there are more than @crowd connections, shuts down the one that waited for its client longest.
 * Return: how many, 0 or 1. */
int cbd_deadlines_shed(struct cbd_deadlines *all, size_t crowd);
/* To be called before @fd is closed, so that no other descriptor is shut down in its place */
void cbd_deadline_remove(struct cbd_deadlines *all, struct cbd_deadline *one);
/* Any thread, about once a second: shuts down what is overdue. Return: how many. */
int cbd_deadlines_enforce(struct cbd_deadlines *all, int64_t now_ms);

int64_t cbd_monotonic_ms(void);

#endif
