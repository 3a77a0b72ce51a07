/* SPDX-License-Identifier: MIT */
/*
 * inbound.h - what the listener and hosts hand to the poller, and what comes back
 *
 * A message is decoded in the listener's thread, applied in the poller's, and after the commit
 * acknowledged in the listener's again.
 */
#ifndef CBX_RUNTIME_INBOUND_H
#define CBX_RUNTIME_INBOUND_H

#include "base/mailbox.h"
#include "base/number.h"
#include "common/text.h"
#include "decode/decode.h"
#include "port/bus.h"
#include "runtime/order_book.h"

enum cbx_inbound_type {
	CBX_IN_REPORT,   /* reply: pushed statuses */
	CBX_IN_ONLINE,   /* reply: systems */
	CBX_IN_OFFLINE,  /* reply: systems */
	CBX_IN_INTERVAL, /* text: the seconds OCD sent; "" = read them from Redis */
	CBX_IN_DISCOVER, /* run the Update Database Task now */
	CBX_IN_CALL,     /* call: for a controller */
	CBX_IN_ANSWER, /* response: for the listener, which sends it and acknowledges the request */
};

/* The answer to a request that came over AMQP */
struct cbx_response {
	char *reply_to;
	char *correlation_id; /* or NULL */
	char *trace_id;       /* of the request; NULL: a new one */
	char *body;
	size_t len;
};

struct cbx_call; /* runtime/call.h */

struct cbx_inbound {
	enum cbx_inbound_type type;
	struct cbx_reply *reply;
	char text[CBX_NUMBER_TEXT];
	struct cbx_call *call; /* not owned: whoever handles it ends it */
	struct cbx_response response;
	struct cbx_text raw; /* its body, if it is to be kept */
	uint64_t at; /* arrival, ns; its first one, as far as is known, if it is delivered again */
	uint64_t until; /* the latest time at which it may have arrived: later than @at only if it
			   waited for a new connection */
	/* where it came from; NULL = nobody waits for it to come back */
	struct cbx_mailbox *answer; /* the listener's mailbox; this inbound is put back into it */
	const char *event;          /* its name in metrics; static */
	uint64_t tag;
	uint64_t connection;     /* number of its connection; tags of an earlier one are void */
	char who[CBX_ORDER_WHO]; /* of an event that tells us to do something: who sent it */
	/* What it is known by when the broker delivers it again (merge/redelivery.h) */
	uint64_t properties; /* hash of all about it that stays the same, but its body */
	uint64_t message;    /* hash of its message_id; 0: it has none */
	uint64_t identity;   /* hash of both and its body */
	bool redelivered;    /* it may have been delivered, and recorded, before */
	bool run_ends;       /* the last of the redelivered ones that came in a row */
	bool acknowledged;   /* of an answer: its request is acknowledged already */
	bool refused;        /* SQL refused a status in it for good: reject the message */
	bool ok;             /* set by the poller: acknowledge it, else reject it */
	bool again; /* set by the poller: it could not be applied, let the broker deliver it again
		     */
	struct cbx_inbound *next;
};

int cbx_inbound_new(enum cbx_inbound_type type, struct cbx_inbound **out);
void cbx_inbound_free(struct cbx_inbound *inbound);
CBX_DEFINE_CLEANUP(struct cbx_inbound *, cbx_inbound_free)
/* Sends it back to where it came from, to be acknowledged (@ok) or rejected; else frees it */
void cbx_inbound_finish(struct cbx_inbound *inbound, bool ok);
void cbx_inbound_requeue(struct cbx_inbound *inbound); /* sends it back to be delivered again */

/* Makes an inbound of a message. CHATTERBOX_E_DECODE: it is not understood, or its key means
 * nothing to us. What was rejected in it is counted in its reply. */
int cbx_inbound_decode(const char *routing_key, const char *body, size_t len,
		       const struct cbx_decode_limits *limits, struct cbx_inbound **out);

/* Notes what @message is known by, and returns the hash of it all, its body included */
uint64_t cbx_inbound_identify(struct cbx_inbound *inbound, const struct cbx_bus_message *message);

#endif
