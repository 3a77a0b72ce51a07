/* SPDX-License-Identifier: MIT */
/*
 * inbound.h - what the listener and hosts hand to the poller, and what goes back
 *
 * A message from the bus is decoded in the listener's thread, applied in the poller's, and settled
 * in the listener's again, after the commit.
 */
#ifndef CBX_RUNTIME_INBOUND_H
#define CBX_RUNTIME_INBOUND_H

#include "base/mailbox.h"
#include "base/number.h"
#include "decode/decode.h"

enum cbx_inbound_type {
	CBX_IN_REPORT,   /* reply: pushed statuses */
	CBX_IN_ONLINE,   /* reply: systems */
	CBX_IN_OFFLINE,  /* reply: systems */
	CBX_IN_INTERVAL, /* text: seconds as OCD told them, "" = read them from the shared state */
	CBX_IN_DISCOVER, /* run the Update Database Task now */
	CBX_IN_POLL,     /* run the Job Status Task now */
	CBX_IN_CALL,     /* call: the controllers' business */
	CBX_IN_ANSWER,   /* letter: to the listener only, to be sent and its request settled */
};

/* An answer to a request that came by the bus */
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
	struct cbx_call *call; /* not owned: whoever takes it finishes it */
	struct cbx_response response;
	uint64_t at; /* arrival, ns */
	/* where it came from; answer NULL = nobody waits for its settlement */
	struct cbx_mailbox *answer; /* the listener's; the inbound itself goes back in it */
	const char *event;          /* its name in metrics; static */
	uint64_t tag;
	uint64_t connection; /* tags of an earlier connection are void */
	bool refused;        /* SQL took something in it not: reject it */
	bool ok;             /* set by the poller: acknowledge, else reject */
	bool again;          /* set by the poller: it could not be applied, deliver it again */
	struct cbx_inbound *next;
};

int cbx_inbound_new(enum cbx_inbound_type type, struct cbx_inbound **out);
void cbx_inbound_free(struct cbx_inbound *inbound);
CBX_DEFINE_CLEANUP(struct cbx_inbound *, cbx_inbound_free)
/* Back to where it came from, else freed */
void cbx_inbound_finish(struct cbx_inbound *inbound, bool ok);
void cbx_inbound_requeue(struct cbx_inbound *inbound); /* not applied: deliver it again */

/* A bus message's body and routing key into an inbound. CHATTERBOX_E_DECODE: it can't be
 * understood, or nobody handles that key. @rejects as in struct cbx_reply are in its reply. */
int cbx_inbound_decode(const char *routing_key, const char *body, size_t len,
		       const struct cbx_decode_limits *limits, struct cbx_inbound **out);

#endif
