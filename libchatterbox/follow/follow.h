/* SPDX-License-Identifier: MIT */
/*
 * follow.h - the follower: reads from Redis what an instance that does not lead shows (contract
 * 2.5)
 *
 * It runs in the poller's thread while this instance does not lead. It has tables of its own, so
 * that a leader whose lease was only late finds its own tables as they were. It writes nothing.
 *
 * How soon readers see what the leader has shared, with all servers up and no more than some ten
 * thousand systems: a transition after 0.3 s, progress after 1.3 s, the state of a system after 2.3
 * s, a changed origin, the interval and the next activations after 10 s. Reading may take a
 * twentieth of the time: if a comparison takes longer than 50 ms, these figures grow.
 *
 * A host that wants events gets those of the stream, each entry once and in order, whatever this
 * instance becomes meanwhile. While it leads, the host gets what it records instead.
 */
#ifndef CBX_FOLLOW_FOLLOW_H
#define CBX_FOLLOW_FOLLOW_H

#include "road/road.h"

/* How a host gets events from a follower; called in the poller's thread */
struct cbx_follow_host {
	void (*events)(void *user,
		       const struct cbx_batch *batch); /* the batch holds events, no changes */
	void (*jobs_data)(void *user, const char *json);
	void (*job_status)(void *user, const struct cbx_snapshot *snapshot);
	/* Events were lost, nobody knows which; the snapshot contains what they said */
	void (*lost)(void *user);
	void *user;
};

#define CBX_JOBS_DATA_TEXT 512

struct cbx_follow {
	struct cbx_road *road; /* its connections, settings and snapshot are used; its tables are
				  left alone */
	/* The base interval of the Job Status Task, as the leader would read it */
	uint64_t (*interval_ns)(struct cbx_road *road);
	/* The end of a pause that the leader has kept, 0 = none; a failure changes nothing */
	int (*paused_until_ms)(struct cbx_road *road, int64_t *ms);
	struct cbx_active_jobs *jobs; /* only live ones */
	struct cbx_systems *systems;
	struct cbx_past_turns past_turns;
	size_t stale;             /* systems whose hash has to be read */
	struct cbx_job **unknown; /* jobs that SQL has to be asked about; counted references */
	size_t unknown_count, unknown_capacity;
	char position[CBX_STREAM_POSITION]; /* in APP:events; "" = unknown */
	char covered[CBX_STREAM_POSITION];  /* the lists hold all up to there; "" = unknown */
	int64_t epoch; /* of the leader whose state has been read; 0 = it has to be read */
	uint64_t next_turn, next_compare, next_systems, next_refresh;
	uint64_t alone_at; /* without a state in Redis, SQL is read from then on */
	size_t internal;
	uint64_t base_ns;
	int64_t kept_pause_ms;
	uint64_t kept_base_ns; /* as last read from SQL, for when SQL is down; 0 = never read */
	bool may_lead;         /* we are no observer */
	bool shown;
	bool changed; /* since the last snapshot */

	const struct cbx_follow_host *host; /* NULL: no host wants events */
	_Atomic bool positioned;            /* from here on the host gets every event */
	bool gap;                           /* the host has to be told that it missed some */
	bool whole;                         /* everything was read again in this turn */
	struct cbx_batch pending;           /* events read in this turn, for the host */
	size_t pending_bytes;
	char pending_after[CBX_STREAM_POSITION]; /* position at the beginning of this turn */
	char jobs_data[CBX_JOBS_DATA_TEXT];      /* the last one delivered */
	uint64_t next_job_status;
	int64_t taken_over;               /* epoch of the last cbx_follow_take_over() */
	char newest[CBX_STREAM_POSITION]; /* while leading: the next position, once it is proven */
	uint64_t newest_until, next_note;
};

/* After the borrowed members of @road are set */
int cbx_follow_init(struct cbx_follow *follow, struct cbx_road *road);
void cbx_follow_close(struct cbx_follow *follow);
/* Starts again from nothing: we have just begun to follow, or the connection was replaced */
void cbx_follow_begin(struct cbx_follow *follow);
/* We lead: drops what was read, since it will be read again */
void cbx_follow_forget(struct cbx_follow *follow);
/* One turn, in the poller's thread; does nothing before it is due */
void cbx_follow_turn(struct cbx_follow *follow);

/* events.c: reads new entries of the stream. 1 = there was a gap. If the turn fails:
 * cbx_follow_unread_events(), so that they are read again; else cbx_follow_deliver(), once they are
 * visible in the snapshot. */
int cbx_follow_read_events(struct cbx_follow *follow);
void cbx_follow_unread_events(struct cbx_follow *follow);
void cbx_follow_deliver(struct cbx_follow *follow);
/* 1 and its static name; 0: it is not one of ours; -ENOMEM */
int cbx_follow_is_event(const struct cbx_stream_entry *entry, const char **name);
/* Keeps an event for the host: 1, or 0 if it is not one of ours */
int cbx_follow_keep(struct cbx_follow *follow, const struct cbx_stream_entry *entry);
/* Reads jobs_data for the host */
int cbx_follow_read_data(struct cbx_follow *follow);
/* lead.c: called before we lead under @epoch and record anything: delivers to the host what others
 * have recorded. Negative: SQL failed, we can't lead yet. */
int cbx_follow_take_over(struct cbx_follow *follow, int64_t epoch);
/* Called while we lead, when nothing that was recorded is uncertain: notes from where to read on
 * when we no longer lead */
void cbx_follow_note_position(struct cbx_follow *follow);

/* The hash of this system has to be read */
static inline void cbx_follow_mark(struct cbx_follow *follow, struct cbx_system_entry *entry)
{
	follow->stale += !entry->stale;
	entry->stale = true;
}

/* jobs.c: reads the hashes of the marked systems. 1 = interrupted: we are to stop, or to lead. */
int cbx_follow_read_jobs(struct cbx_follow *follow);
/* facts.c: remembers to ask SQL about this job (origin, revision, times) */
int cbx_follow_want_facts(struct cbx_follow *follow, struct cbx_job *job);
void cbx_follow_ask_facts(struct cbx_follow *follow);
/* Asks about jobs that SQL has not answered for yet, changed origins, activations and the interval
 */
void cbx_follow_refresh(struct cbx_follow *follow);

#endif
