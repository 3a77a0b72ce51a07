/* SPDX-License-Identifier: MIT */
/*
 * command_relay.h - carries the commands of an instance that does not lead, an observer or a
 * standby, to the leader: as the RPCs and events of contract 3
 *
 * Such an instance changes nothing itself. A call goes as an RPC on queue APP.request and ends when
 * its answer is back; a leader that has just lost its lease never passes on what came to it over
 * AMQP, so nothing goes round in circles. Calls that have no RPC are refused. The poller's thread
 * only; what is under way goes on when this instance begins to lead.
 */
#ifndef CBX_CONTROLLER_COMMAND_RELAY_H
#define CBX_CONTROLLER_COMMAND_RELAY_H

#include "road/road.h"
#include "runtime/call.h"

struct cbx_relayed_command;

struct cbx_command_relay {
	struct cbx_road *road;
	struct cbx_relayed_command *under_way;
	uint64_t last_id;
};

/* Takes @call over. It ends as the leader says; with CBX_CALL_STANDBY if nobody serves the queue;
 * or after rmq_rpc.rpc_timeout, or less if nl-hdms is not asked. */
void cbx_command_relay_rpc(struct cbx_command_relay *relay, struct cbx_call *call);
/* @params: JSON. Negative: it was not sent. */
int cbx_command_relay_event(struct cbx_command_relay *relay, const char *routing_key,
			    const char *params);
/* Takes a delivery or return that belongs to a command. False: it does not. */
bool cbx_command_relay_receive(struct cbx_command_relay *relay, const struct cbx_bus_event *event);
/* Gives up overdue commands; called on every turn of the poller */
void cbx_command_relay_turn(struct cbx_command_relay *relay);
/* The connection was replaced, or we stop: commands under way fail with @why */
void cbx_command_relay_lost(struct cbx_command_relay *relay, const char *why);

/* Methods that who does not lead carries out himself; see the table in methods.c */
struct cbx_poller;
void cbx_follower_is_syncing(struct cbx_poller *poller, struct cbx_call *call);
void cbx_follower_reread(struct cbx_poller *poller, struct cbx_call *call);
/* A call, or a host's word that nobody waits for: a system came or went. Takes @inbound over;
 * false = not possible now, it is left alone. */
bool cbx_follower_inbound(struct cbx_poller *poller, struct cbx_inbound *inbound);

#endif
