/* SPDX-License-Identifier: MIT */
/*
 * leadership.h - does this instance lead? The lease keeper sets it, and every thread that writes
 * asks
 *
 * We lead from taking the lease until `lease.ttl` after the last successful renewal was sent, on
 * the monotonic clock (contract 2.5). A thread whose write Redis rejected because of a newer epoch
 * notes it here, and the lease keeper then asks SQL who holds the lease. Any thread.
 *
 * A twin is another chatterbox with the same Redis and app_name and another database. Each would
 * hold the lease of its own database, so the mark in Redis decides: whose is there first leads
 * (contract 2.5). The poller sees the mark, the lease keeper stands by.
 */
#ifndef CBX_RUNTIME_LEADERSHIP_H
#define CBX_RUNTIME_LEADERSHIP_H

#include "port/lease.h"
#include "port/state.h"

#include <pthread.h>

struct cbx_leadership {
	pthread_mutex_t lock;
	struct cbx_clock *clock;
	char name[80];                /* of the lease row: APP */
	char self[CBX_HOLDER_TEXT];   /* who we are: host:pid:random */
	char leader[CBX_HOLDER_TEXT]; /* who leads, as far as we know; "" = nobody */
	int64_t epoch;
	int64_t newer;        /* epoch in Redis that made our writes stale; 0 = none */
	uint64_t valid_until; /* ns; 0 = we don't lead */
	uint64_t rests_until; /* we gave the lease up and don't try to take it before then */
	char why[192];        /* why we did */
	char database[CBX_DATABASE_ID]; /* the id of ours; "" = not known yet, or it has none */
	bool identified;                /* it is known */
	bool looked;                    /* at the mark, since it is known */
	char twin[CBX_DATABASE_ID];     /* the id of another one, whose mark was seen */
	uint64_t twin_until;            /* when its mark expires at the latest; 0 = there is none */
};

/* How long an instance that could not work leaves the lease to others (contract 2.5) */
#define CBX_LEASE_REST (60 * CBX_SECOND)

void cbx_leadership_init(struct cbx_leadership *leadership, struct cbx_clock *clock,
			 const char *name);
/* The epoch under which we lead now, 0 when we don't */
int64_t cbx_leadership_epoch(struct cbx_leadership *leadership);
/* Until when we lead under @epoch, as far as is known; 0 = we don't */
uint64_t cbx_leadership_until(struct cbx_leadership *leadership, int64_t epoch);
/* The guard of a write under @epoch; its texts live as long as the leadership */
struct cbx_guard cbx_leadership_guard(struct cbx_leadership *leadership, int64_t epoch);
void cbx_leadership_hold(struct cbx_leadership *leadership, int64_t epoch, uint64_t until);
/* @leader: who holds the lease now; "" or NULL = unknown */
void cbx_leadership_lose(struct cbx_leadership *leadership, const char *leader);
/* We give the lease up since we can't work, and leave it to others for CBX_LEASE_REST */
void cbx_leadership_rest(struct cbx_leadership *leadership, const char *why);
/* For how many seconds more, and why; 0 = we don't */
unsigned cbx_leadership_rests(struct cbx_leadership *leadership, char why[192]);
/* Redis carries the epoch @newer and rejected what we wrote under @epoch */
void cbx_leadership_note_newer(struct cbx_leadership *leadership, int64_t epoch, int64_t newer);
/* The newest epoch that was noted under @epoch; 0 = none */
int64_t cbx_leadership_newer(struct cbx_leadership *leadership, int64_t epoch);
/* Our database has this id ("" = none) */
void cbx_leadership_identify(struct cbx_leadership *leadership, const char *database);
void cbx_leadership_database(struct cbx_leadership *leadership, char out[CBX_DATABASE_ID]);
/* The mark in Redis is that of this database: "" = there is none, or it does not say. True: of a
 * twin. Then we don't lead, until @lasts has passed or the mark is ours. */
bool cbx_leadership_note_mark(struct cbx_leadership *leadership, const char *database,
			      uint64_t lasts);
/* Was the mark looked at since it is known which is ours? Also true when Redis is down. */
bool cbx_leadership_has_looked(struct cbx_leadership *leadership);
/* For how many seconds at most its mark holds us off, and its id; 0 = there is no twin */
unsigned cbx_leadership_twin(struct cbx_leadership *leadership, char id[CBX_DATABASE_ID]);
/* "" = unknown; never this instance itself when it does not lead */
void cbx_leadership_leader(struct cbx_leadership *leadership, char out[CBX_HOLDER_TEXT]);
/* Our lease has expired, and nobody is known to have taken it */
bool cbx_leadership_is_late(struct cbx_leadership *leadership);

#endif
