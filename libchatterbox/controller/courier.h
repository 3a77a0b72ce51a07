/* SPDX-License-Identifier: MIT */
/*
 * courier.h - an observer's commands, carried to the leader as the events and RPCs of contract 3
 *
 * An observer changes nothing itself. What another program could tell the leader over AMQP goes out
 * as that: an event, done when the broker has taken it for somebody; or an RPC on queue
 * APP.request, done when its answer is back. Everything else is refused. The poller's thread, over
 * its own connection, which has confirms and a reply queue of its own.
 */
#ifndef CBX_CONTROLLER_COURIER_H
#define CBX_CONTROLLER_COURIER_H

#include "road/road.h"
#include "runtime/call.h"

struct cbx_errand;

struct cbx_courier {
	struct cbx_flow *flow;
	struct cbx_errand *errands; /* under way */
	uint64_t last_id;
};

/* Both take @call over. The leader's outcome becomes its own; rmq_rpc.rpc_timeout bounds it. */
void cbx_courier_rpc(struct cbx_courier *courier, struct cbx_call *call);
/* @params: JSON; @call may be NULL (nobody waits). {"ok":true}, or a server is down. Negative: it
 * did not go out, which the call, if there is one, has been told. */
int cbx_courier_event(struct cbx_courier *courier, const char *routing_key, const char *params,
		      struct cbx_call *call);
/* Was this the end of an errand? */
bool cbx_courier_hear(struct cbx_courier *courier, const struct cbx_bus_event *event);
/* Gives up what is overdue; on every turn of the poller */
void cbx_courier_turn(struct cbx_courier *courier);
/* The connection is a new one, or we stop: what is under way fails with @why */
void cbx_courier_lost(struct cbx_courier *courier, const char *why);

/* Methods as an observer carries them out, by the table in methods.c */
struct cbx_poller;
void cbx_observe_rpc(struct cbx_poller *poller, struct cbx_call *call);
void cbx_observe_set_interval(struct cbx_poller *poller, struct cbx_call *call);
void cbx_observe_is_syncing(struct cbx_poller *poller, struct cbx_call *call);
void cbx_observe_reread(struct cbx_poller *poller, struct cbx_call *call);
/* What a host says without waiting: poll now, a system came or went. Takes @inbound over; false =
 * not now, it is left. */
bool cbx_observe_inbound(struct cbx_poller *poller, struct cbx_inbound *inbound);

#endif
