/* SPDX-License-Identifier: MIT */
/*
 * arrivals.h - when each message that is not acknowledged arrived first
 *
 * A push counts from its arrival (contract 1.3). One that is delivered again after a lost
 * connection arrived before the loss: by its new date it would win over an answer that is younger.
 * One that others had (a leader before us, who was killed or is frozen) may be as old as our
 * leading.
 */
#ifndef CBX_LISTEN_ARRIVALS_H
#define CBX_LISTEN_ARRIVALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* More than a broker leaves unacknowledged on one connection */
#define CBX_ARRIVALS 512

struct cbx_arrival {
	uint64_t tag;      /* of the connection by which it came */
	uint64_t identity; /* hash of the message */
	uint64_t at;       /* ns */
};

struct cbx_arrivals {
	struct cbx_arrival open[CBX_ARRIVALS]; /* on this connection, not acknowledged; by age */
	size_t open_count;
	struct cbx_arrival lost[CBX_ARRIVALS]; /* on lost ones, not delivered again; by age */
	size_t lost_count;
	uint64_t since;      /* when we began to consume as the leader; 0: we don't */
	uint64_t newest;     /* when a message last came: by then the connection was alive, too */
	uint64_t lost_at;    /* the last sign of life of the last lost connection; 0: none that
				matters */
	uint64_t lost_until; /* until when its messages may come; 0: no new connection yet */
};

void cbx_arrivals_add(struct cbx_arrivals *arrivals, const struct cbx_arrival *arrival);
void cbx_arrivals_acknowledge(struct cbx_arrivals *arrivals, uint64_t tag);
/* The connection is lost, and gave its last sign of life @alive_at: what is open on it comes again
 */
void cbx_arrivals_lose(struct cbx_arrivals *arrivals, uint64_t alive_at, uint64_t now);
/* There is a new one */
void cbx_arrivals_begin(struct cbx_arrivals *arrivals, uint64_t now);
/* We do not lead any more: what comes now goes to others */
void cbx_arrivals_stand_by(struct cbx_arrivals *arrivals);
/* When a message that is delivered again arrived first, at the earliest: the first one like it that
 * was lost is taken for it (true: it is known exactly); else it was on its way when the connection
 * was lost; else others had it, and nobody knows for how long: since we lead */
bool cbx_arrivals_first(struct cbx_arrivals *arrivals, uint64_t identity, uint64_t now,
			uint64_t *at);

#endif
