/* SPDX-License-Identifier: MIT */
/* command_relay_world.h - the command relay of an instance that does not lead, moved by hand, and a
 * leader that receives what it sends */
#ifndef CBX_TESTS_COMMAND_RELAY_WORLD_H
#define CBX_TESTS_COMMAND_RELAY_WORLD_H

#include "road_world.h"

extern struct cbx_road relay_road;      /* of the one that asks */
extern struct cbx_command_relay *relay; /* world.poller's */
extern struct cbx_bus *relay_peer;      /* the leader's connection */
/* How the last call ended: "code result" or "code message data"; "" = not yet */
extern char relay_outcome[512];

void relay_set_up(void);
void relay_tear_down(void);
/* Reconnects it */
void relay_connect(void);
struct cbx_call *relay_call(const char *method, const char *params);
/* The leader consumes APP.request, or a queue bound to @key on the event exchange */
void relay_serve(void);
void relay_listen(const char *key);
/* Lets it take what has come; returns how many commands ended by it */
unsigned relay_turn(void);
bool relay_has_message(void);
/* Takes the message that has come to the leader; there must be one */
void relay_take(struct cbx_bus_event *event);
void relay_reply(const char *to, const char *id, const char *body);

#endif
