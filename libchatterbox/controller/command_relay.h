/* SPDX-License-Identifier: MIT */
/*
 * courier.h - an observer's commands, carried to the leader as the events and RPCs of contract 3
 *
 * An observer changes nothing itself. What another program could tell the leader over AMQP goes out
 * as that: an event, done when the broker has taken it for somebody; or an RPC on queue
 * APP.request, done when its answer is back. Everything else is refused. The poller's thread, over
 * its own connection, which has confirms and a reply queue of its own.
 */
#ifndef CBX_CONTROLLER_COMMAND_RELAY_H
#define CBX_CONTROLLER_COMMAND_RELAY_H

#include "road/road.h"
#include "runtime/call.h"

struct cbx_relayed_command;

struct cbx_command_relay {
	struct cbx_road *road;
	struct cbx_relayed_command *under_way; /* under way */
	uint64_t last_id;
};

/* Both take @call over. The leader's outcome becomes its own; rmq_rpc.rpc_timeout bounds it. */
void cbx_command_relay_rpc(struct cbx_command_relay *relay, struct cbx_call *call);
/* @params: JSON; @call may be NULL (nobody waits). {"ok":true}, or a server is down. Negative: it
 * did not go out, which the call, if there is one, has been told. */
int cbx_command_relay_event(struct cbx_command_relay *relay, const char *routing_key,
			    const char *params, struct cbx_call *call);
/* Was this the end of an errand? */
bool cbx_command_relay_receive(struct cbx_command_relay *relay, const struct cbx_bus_event *event);
/* Gives up what is overdue; on every turn of the poller */
void cbx_command_relay_turn(struct cbx_command_relay *relay);
/* The connection is a new one, or we stop: what is under way fails with @why */
void cbx_command_relay_lost(struct cbx_command_relay *relay, const char *why);

/* Methods as an observer carries them out, by the table in methods.c */
struct cbx_poller;
void cbx_observer_rpc(struct cbx_poller *poller, struct cbx_call *call);
void cbx_observer_set_interval(struct cbx_poller *poller, struct cbx_call *call);
void cbx_observer_is_syncing(struct cbx_poller *poller, struct cbx_call *call);
void cbx_observer_reread(struct cbx_poller *poller, struct cbx_call *call);
/* What a host says without waiting: poll now, a system came or went. Takes @inbound over; false =
 * not now, it is left. */
bool cbx_observer_inbound(struct cbx_poller *poller, struct cbx_inbound *inbound);

#endif
