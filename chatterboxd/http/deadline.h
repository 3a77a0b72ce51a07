/* SPDX-License-Identifier: MIT */
/*
 * deadline.h - how long one request and one answer may take in all
 *
 * libmicrohttpd's own timeout is about inactivity: a client that sends a byte a second stays for
 * ever (fault 36). So each connection has a point in time by which its headers must be
 * there, and then one by which its answer must be taken.
 *
 * And when it gets crowded, whoever has kept us waiting longest for the rest of a request goes, so
 * that those who hold connections open can't lock out those who have something to say.
 */
#ifndef CBD_DEADLINE_H
#define CBD_DEADLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CBD_DEADLINE_REQUEST_MS 30000
#define CBD_DEADLINE_ANSWER_MS 60000
/* From so many connections on, each new one costs the longest waiting its place */
#define CBD_DEADLINE_CROWD 384U

struct cbd_deadlines;
struct cbd_deadline; /* of one connection */

int cbd_deadlines_new(struct cbd_deadlines **out);
void cbd_deadlines_freep(struct cbd_deadlines **all);

/* @fd stays the connection's own, from which the rest of a request is waited for; NULL when out of
 * memory (then it has no deadline) */
struct cbd_deadline *cbd_deadline_add(struct cbd_deadlines *all, int fd, int64_t at_ms);
void cbd_deadline_move(struct cbd_deadlines *all, struct cbd_deadline *one, int64_t at_ms);
/* Whether it is the client we wait for */
void cbd_deadline_wait(struct cbd_deadlines *all, struct cbd_deadline *one, bool waits);
/* Shuts down the one that waited for its client longest, when there are more than @crowd. Return:
 * how many: 0 or 1. */
int cbd_deadlines_shed(struct cbd_deadlines *all, size_t crowd);
/* Before @fd is closed, so that nothing else can be shut down in its place */
void cbd_deadline_remove(struct cbd_deadlines *all, struct cbd_deadline *one);
/* Any thread, about once a second: shuts down what is overdue. Return: how many. */
int cbd_deadlines_enforce(struct cbd_deadlines *all, int64_t now_ms);

int64_t cbd_monotonic_ms(void);

#endif
