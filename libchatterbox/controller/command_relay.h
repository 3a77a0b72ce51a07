/* SPDX-License-Identifier: MIT */
/*
 * command_relay.h - passes an observer's commands on to the leader, as the events and RPCs of
 * contract 3
 *
 * An observer changes nothing itself. What any program could tell the leader over AMQP is sent as
 * an event, done when the broker has taken it for a queue, or as an RPC on queue APP.request, done
 * when its answer is back. Everything else is refused. The poller's thread only; the connection has
 * confirms and a reply queue of its own.
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

/* These take @call over. It ends as the leader says, or after rmq_rpc.rpc_timeout. */
void cbx_command_relay_rpc(struct cbx_command_relay *relay, struct cbx_call *call);
/* @params: JSON; @call may be NULL (nobody waits). The result is {"ok":true}. Negative: it was not
 * sent, and the call has ended with an error. */
int cbx_command_relay_event(struct cbx_command_relay *relay, const char *routing_key,
			    const char *params, struct cbx_call *call);
/* Takes a delivery, return or confirm that belongs to a command. False: it does not. */
bool cbx_command_relay_receive(struct cbx_command_relay *relay, const struct cbx_bus_event *event);
/* Gives up overdue commands; called on every turn of the poller */
void cbx_command_relay_turn(struct cbx_command_relay *relay);
/* The connection was replaced, or we stop: commands under way fail with @why */
void cbx_command_relay_lost(struct cbx_command_relay *relay, const char *why);

/* How an observer carries methods out; see the table in methods.c */
struct cbx_poller;
void cbx_observer_rpc(struct cbx_poller *poller, struct cbx_call *call);
void cbx_observer_set_interval(struct cbx_poller *poller, struct cbx_call *call);
void cbx_observer_is_syncing(struct cbx_poller *poller, struct cbx_call *call);
void cbx_observer_reread(struct cbx_poller *poller, struct cbx_call *call);
/* Requests of a host that nobody waits for: poll now, a system came or went. Takes @inbound over;
 * false = not possible now, it is left alone. */
bool cbx_observer_inbound(struct cbx_poller *poller, struct cbx_inbound *inbound);

#endif
