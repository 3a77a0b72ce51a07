/* SPDX-License-Identifier: MIT */
/*
 * follow.h - the follower: what an instance that does not lead shows its readers (contract 2.5)
 *
 * The poller turns it while it does not lead. It has tables of its own, so that a leader whose
 * lease was only late finds its world as it was. It writes nothing.
 *
 * How late a reader may see what the leader has shared, with the servers up and no more than some
 * ten thousand systems: a transition 0.3 s, progress 1.3 s, the state of a system 2.3 s, an origin
 * that turned, the interval and the next activations 10 s. Reading may take a twentieth of the time
 * at most: where a comparison takes longer than 50 ms, these grow.
 *
 * A host that wants to hear events is told those of the stream: each once an entry, in the order of
 * the stream, whatever role we are in meanwhile. While we lead it hears what we record instead.
 */
#ifndef CBX_FOLLOW_FOLLOW_H
#define CBX_FOLLOW_FOLLOW_H

#include "road/road.h"

/* What a host hears of a follower; in the poller's thread */
struct cbx_follow_host {
	void (*events)(void *user, const struct cbx_batch *batch); /* its events, no changes */
	void (*jobs_data)(void *user, const char *json);
	void (*job_status)(void *user, const struct cbx_snapshot *snapshot);
	/* Nobody knows what the stream said meanwhile; the picture that is shown holds it */
	void (*lost)(void *user);
	void *user;
};

#define CBX_JOBS_DATA_TEXT 512

struct cbx_follow {
	struct cbx_road *road; /* its connections, settings and window; its tables stay untouched */
	/* The Job Status Task's base interval as the leader would read it */
	double (*interval)(struct cbx_road *road);
	struct cbx_active_jobs *jobs; /* live ones only */
	struct cbx_systems *systems;
	size_t stale;             /* systems whose hash is to be read */
	struct cbx_job **unknown; /* jobs whose facts are to be asked of SQL; counted */
	size_t unknown_count, unknown_capacity;
	char position[CBX_STREAM_POSITION]; /* in APP:events; "" = not known */
	int64_t epoch;                      /* whose state was read whole; 0 = it is to be read */
	uint64_t next_turn, next_compare, next_systems, next_refresh;
	uint64_t alone_at; /* without a shared state SQL is read then */
	size_t internal;
	double base;
	double kept_base; /* as SQL had it last: without SQL nobody sets another; 0 = never asked */
	bool shown;
	bool changed; /* since the picture was shown */

	const struct cbx_follow_host *host; /* NULL: nobody listens */
	_Atomic bool positioned;            /* from here on the host is told everything */
	bool gap;                           /* the host is to be told that it missed something */
	bool whole;                         /* in this turn the picture was read anew */
	struct cbx_batch pending;           /* in this turn, for the host */
	size_t pending_bytes;
	char pending_after[CBX_STREAM_POSITION]; /* where this turn began to hear */
	char jobs_data[CBX_JOBS_DATA_TEXT];      /* the last one that was told */
	uint64_t next_job_status;
	int64_t taken_over;               /* the epoch for which cbx_follow_take_over() was done */
	char newest[CBX_STREAM_POSITION]; /* while we lead: to be the place, when proven */
	uint64_t newest_until, next_note;
};

/* After the flow's borrowed members are set */
int cbx_follow_init(struct cbx_follow *follow, struct cbx_road *road);
void cbx_follow_close(struct cbx_follow *follow);
/* Read everything anew: we have just begun to follow, or the connection is a new one */
void cbx_follow_begin(struct cbx_follow *follow);
/* On each turn of the loop, in the poller's thread; does nothing when it is not due */
void cbx_follow_turn(struct cbx_follow *follow);

/* events.c: what the stream says; 1 = there was a gap. After a negative result
 * cbx_follow_unread_events(), so that it is heard again; else cbx_follow_deliver(), when the
 * picture is shown: the host is told. */
int cbx_follow_read_events(struct cbx_follow *follow);
void cbx_follow_unread_events(struct cbx_follow *follow);
void cbx_follow_deliver(struct cbx_follow *follow);
/* One more event for the host: 1, or 0 when it is none of ours */
int cbx_follow_keep(struct cbx_follow *follow, const struct cbx_stream_entry *entry);
/* jobs_data, for the host */
int cbx_follow_read_data(struct cbx_follow *follow);
/* lead.c: we are about to lead under @epoch, before anything is recorded: the host is told
 * what others have recorded. Negative: SQL failed, we can't lead yet. */
int cbx_follow_take_over(struct cbx_follow *follow, int64_t epoch);
/* While we lead and know of all that is recorded: notes where to hear on when we do not any more */
void cbx_follow_note_position(struct cbx_follow *follow);

/* This system's hash is to be read */
static inline void cbx_follow_mark(struct cbx_follow *follow, struct cbx_system_entry *entry)
{
	follow->stale += !entry->stale;
	entry->stale = true;
}

/* jobs.c: reads the hashes of the marked systems. 1 = given up: we are to stop, or lead. */
int cbx_follow_read_jobs(struct cbx_follow *follow);
/* facts.c: what Redis does not hold (origin, revision, times), asked of SQL if it is up */
int cbx_follow_want_facts(struct cbx_follow *follow, struct cbx_job *job);
void cbx_follow_ask_facts(struct cbx_follow *follow);
/* Of all jobs whose facts are unknown still; origins that turned; activations; the interval */
void cbx_follow_refresh(struct cbx_follow *follow);

#endif
