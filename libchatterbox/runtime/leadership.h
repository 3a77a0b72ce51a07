/* SPDX-License-Identifier: MIT */
/*
 * leadership.h - do we lead? One value that the keeper writes and every writing thread asks
 *
 * We lead from taking the lease until `lease.ttl` after the sending of the last renewal that
 * succeeded, on the monotonic clock (contract 2.5). Who is held off by a newer epoch in
 * the shared state says so here: the keeper then asks SQL whose lease it is. Any thread.
 */
#ifndef CBX_RUNTIME_LEADERSHIP_H
#define CBX_RUNTIME_LEADERSHIP_H

#include "port/lease.h"

#include <pthread.h>

struct cbx_leadership {
	pthread_mutex_t lock;
	struct cbx_clock *clock;
	char name[80];                /* of the lease row: APP */
	char self[CBX_HOLDER_TEXT];   /* who we are: host:pid:random */
	char leader[CBX_HOLDER_TEXT]; /* who leads, as far as we know; "" = nobody */
	int64_t epoch;
	int64_t newer;        /* what held us off under this epoch; 0 = nothing did */
	uint64_t valid_until; /* ns; 0 = we do not lead */
};

void cbx_leadership_init(struct cbx_leadership *leadership, struct cbx_clock *clock,
			 const char *name);
/* The epoch under which we lead now, 0 when we don't */
int64_t cbx_leadership_epoch(struct cbx_leadership *leadership);
/* Until when we lead under @epoch, as far as is known; 0 = we don't */
uint64_t cbx_leadership_until(struct cbx_leadership *leadership, int64_t epoch);
/* The guard of a write under @epoch; the texts live as long as the leadership */
struct cbx_guard cbx_leadership_guard(struct cbx_leadership *leadership, int64_t epoch);
void cbx_leadership_hold(struct cbx_leadership *leadership, int64_t epoch, uint64_t until);
/* @leader: who has it instead, "" or NULL = nobody known */
void cbx_leadership_lose(struct cbx_leadership *leadership, const char *leader);
/* The shared state carries the epoch @newer, which held off what we wrote under @epoch */
void cbx_leadership_note_newer(struct cbx_leadership *leadership, int64_t epoch, int64_t newer);
/* The newest epoch that was noted under @epoch; 0 = none */
int64_t cbx_leadership_newer(struct cbx_leadership *leadership, int64_t epoch);
/* "" = nobody known: never ourselves when we don't lead */
void cbx_leadership_leader(struct cbx_leadership *leadership, char out[CBX_HOLDER_TEXT]);
/* The lease ran out by itself, and nobody is known to have taken it */
bool cbx_leadership_is_late(struct cbx_leadership *leadership);

#endif
