/* SPDX-License-Identifier: MIT */
/*
 * pushes.h - messages from the listener that the broker may deliver more than once (contract 3.4)
 *
 * What a message says is recorded together with what it is known by. When its acknowledgement gets
 * lost it is delivered again, by another connection, and then changes nothing.
 */
#ifndef CBX_ROAD_PUSHES_H
#define CBX_ROAD_PUSHES_H

#include "common/text.h"
#include "merge/redelivery.h"
#include "runtime/inbound.h"

struct cbx_road;
struct cbx_received;

struct cbx_pushes {
	uint64_t connection;                 /* by which the last message came */
	struct cbx_push_identities recorded; /* those of earlier connections */
	bool known;                          /* they have been read */
	struct cbx_inbound *run;             /* redelivered messages, by next, in their order */
	struct cbx_inbound **run_end;
	bool run_is_whole;       /* it has to be seen which of them were recorded */
	struct cbx_text refused; /* identities of what SQL does not take, for the next record */
};

/* A message came by @connection. If that is a new one, what came by the last and is not committed
 * is forgotten: it is delivered again. */
void cbx_pushes_note_connection(struct cbx_road *road, uint64_t connection);
/* Takes a redelivered message over: it waits for the end of its run */
void cbx_pushes_add_to_run(struct cbx_road *road, struct cbx_inbound *inbound);
/* A run that is whole: what was recorded is taken out of its messages, then they are applied. 0,
 * also when there is none; a failure: it waits, unless it was -ENOMEM, then it is requeued. */
int cbx_pushes_resolve_run(struct cbx_road *road);
/* Adds what the batch's messages are known by to what it records */
int cbx_pushes_add_to_record(struct cbx_road *road);
/* SQL refuses this one status of a message */
void cbx_pushes_note_refused(struct cbx_road *road, const struct cbx_received *received);
/* Requeues the run, and forgets what was read */
void cbx_pushes_forget(struct cbx_road *road);

#endif
