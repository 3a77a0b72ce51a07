/* SPDX-License-Identifier: MIT */
/*
 * deadline.h - how long one request and one answer may take in all
 *
 * libmicrohttpd's own timeout is about inactivity: a client that sends a byte a second stays for
 * ever (RELIABILITY A.6). So each connection has a point in time by which its headers must be
 * there, and then one by which its answer must be taken.
 */
#ifndef CBD_DEADLINE_H
#define CBD_DEADLINE_H

#include <stdint.h>

#define CBD_DEADLINE_REQUEST_MS 30000
#define CBD_DEADLINE_ANSWER_MS 60000

struct cbd_deadlines;
struct cbd_deadline; /* of one connection */

int cbd_deadlines_new(struct cbd_deadlines **out);
void cbd_deadlines_freep(struct cbd_deadlines **all);

/* @fd stays the connection's own; NULL when out of memory (then it has no deadline) */
struct cbd_deadline *cbd_deadline_add(struct cbd_deadlines *all, int fd, int64_t at_ms);
void cbd_deadline_move(struct cbd_deadlines *all, struct cbd_deadline *one, int64_t at_ms);
/* Before @fd is closed, so that nothing else can be shut down in its place */
void cbd_deadline_remove(struct cbd_deadlines *all, struct cbd_deadline *one);
/* Any thread, about once a second: shuts down what is overdue. Return: how many. */
int cbd_deadlines_enforce(struct cbd_deadlines *all, int64_t now_ms);

int64_t cbd_monotonic_ms(void);

#endif
