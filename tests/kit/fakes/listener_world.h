/* SPDX-License-Identifier: MIT */
/*
 * listener_world.h - a listener in the world of the poller, and a publisher
 *
 * Its bus has the poller's plan of faults. It runs for as many waits as a test says.
 */
#ifndef CBX_TESTS_LISTENER_WORLD_H
#define CBX_TESTS_LISTENER_WORLD_H

#include "listen/listen.h"
#include "road_world.h"

extern struct cbx_listener listener;
extern char *listener_bindings[2]; /* two patterns; a test may put others here */

void listener_set_up(void);
void listener_tear_down(void);
/* Runs the listener until it has waited @n times; a wait is a second of the world */
void listen_for(unsigned n);
/* The same, but gives up when it never gets to wait, for want of memory */
void listen_at_most(unsigned n);
/* Drops the connection, so long ago that it may be tried again */
void listener_lose(void);
void listener_publish(const struct cbx_bus_message *message);
void say(const char *key, const char *body);
void say_status(const char *job_id, const char *status); /* of ABC1 */
/* What the poller does with its inbox */
void poll_once(void);
/* Messages waiting in the queue; -1: it does not exist */
int64_t waiting(void);
double consumed(const char *event, const char *outcome);

#endif
