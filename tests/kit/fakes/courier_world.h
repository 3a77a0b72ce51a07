/* SPDX-License-Identifier: MIT */
/* courier_world.h - an observer's courier, moved by hand, and a leader who hears what it sends */
#ifndef CBX_TESTS_COURIER_WORLD_H
#define CBX_TESTS_COURIER_WORLD_H

#include "flow_world.h"

extern struct cbx_flow courier_flow; /* the observer's */
extern struct cbx_courier *courier;  /* world.poller's */
extern struct cbx_bus *courier_peer; /* the leader's connection */
/* How the last call ended: "code result" or "code message data"; "" = it has not */
extern char courier_outcome[512];

void courier_set_up(void);
void courier_tear_down(void);
/* A lost connection of the observer is made anew */
void courier_connect(void);
struct cbx_call *courier_call(const char *method, const char *params);
/* The leader consumes APP.request; or a queue bound to @key on the event exchange */
void courier_serve(void);
void courier_listen(const char *key);
/* The observer hears what has come; how many of these were ends of errands */
unsigned courier_turn(void);
/* The message that has come to the leader, which must be one */
void courier_take(struct cbx_bus_event *event);
void courier_reply(const char *to, const char *id, const char *body);

#endif
