/* SPDX-License-Identifier: MIT */
/*
 * rpc.h - RPC served over AMQP (contract 3.5): a message of queue APP.request becomes a call, and
 * the call's outcome the answer to reply_to
 *
 * JSON-RPC 2.0, or bare (the method in the property `type`, the body is params); an answer takes
 * its request's form. Decoded in the listener's thread.
 */
#ifndef CBX_CONTROLLER_RPC_H
#define CBX_CONTROLLER_RPC_H

#include "controller/desk.h"
#include "listen/listen.h"

struct cbx_rpc {
	struct cbx_desk *desk;
	struct cbx_mailbox *listener; /* where answers go */
	_Atomic uint64_t *unanswered; /* the listener's: where it learns of one that was lost */
};

/* The listener's on_request: ends in one answer in the listener's inbox, now or later, or is said
 * to be lost: by -ENOMEM now, by `unanswered` later */
int cbx_rpc_request(void *rpc, const struct cbx_bus_event *event, uint64_t connection);

#endif
