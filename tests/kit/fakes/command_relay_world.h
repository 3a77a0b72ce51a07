/* SPDX-License-Identifier: MIT */
/* command_relay_world.h - an observer's courier, moved by hand, and a leader who hears what it
 * sends */
#ifndef CBX_TESTS_COURIER_WORLD_H
#define CBX_TESTS_COURIER_WORLD_H

#include "road_world.h"

extern struct cbx_road relay_flow;      /* the observer's */
extern struct cbx_command_relay *relay; /* world.poller's */
extern struct cbx_bus *relay_peer;      /* the leader's connection */
/* How the last call ended: "code result" or "code message data"; "" = it has not */
extern char relay_outcome[512];

void relay_set_up(void);
void relay_tear_down(void);
/* A lost connection of the observer is made anew */
void relay_connect(void);
struct cbx_call *relay_call(const char *method, const char *params);
/* The leader consumes APP.request; or a queue bound to @key on the event exchange */
void relay_serve(void);
void relay_listen(const char *key);
/* The observer hears what has come; how many of these were ends of errands */
unsigned relay_turn(void);
/* The message that has come to the leader, which must be one */
void relay_take(struct cbx_bus_event *event);
void relay_reply(const char *to, const char *id, const char *body);

#endif
