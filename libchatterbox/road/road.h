/* SPDX-License-Identifier: MIT */
/*
 * road.h - the data that the poller's thread works on, from asking to publishing
 *
 *	poll -> decode -> merge -> record -> share -> tell -> observe
 *
 * What was received (answers, pushes, offline systems) gathers in a list in the order it came.
 * cbx_road_commit() merges it, records the changes in one transaction, and only then shows them: in
 * the table of active jobs, in the shared state, in the snapshot; then the pushes in it are
 * acknowledged. If the transaction fails nothing of it has happened: answers are forgotten (the
 * next round asks again), pushes wait.
 */
#ifndef CBX_ROAD_ROAD_H
#define CBX_ROAD_ROAD_H

#include "domain/change.h"
#include "domain/system.h"
#include "merge/merge.h"
#include "port/bus.h"
#include "port/flight.h"
#include "port/ledger.h"
#include "port/link.h"
#include "port/state.h"
#include "road/outlook.h"
#include "road/pushes.h"
#include "road/turns.h"
#include "runtime/counters.h"
#include "runtime/inbound.h"
#include "runtime/leadership.h"
#include "runtime/settings.h"
#include "runtime/shown.h"

/* What was received of one system, waiting to be merged: a copy of a report, its statuses counted,
 * its arrays and its name in this allocation */
struct cbx_received {
	struct cbx_received *next;
	struct cbx_report report;
	/* the message of a push, unacknowledged: if the record fails the push waits; NULL of an
	 * answer
	 */
	struct cbx_inbound *from;
	uint64_t order; /* in which it came */
	int64_t room[];
};

/* A system changed by the batch: its list before and after */
struct cbx_touched;
struct cbx_command;
/* What SQL knows about the jobs of the batch */
struct cbx_pasts;
struct cbx_aside;

/* The batch: what has been received, and its way through merge, record and share */
struct cbx_road_batch {
	struct cbx_received *received, **received_end;
	size_t received_count;
	uint64_t last_order;
	size_t bytes;                                 /* of the statuses received */
	uint64_t oldest;                              /* when the first of it was received */
	struct cbx_inbound *inbounds, **inbounds_end; /* acknowledged when it is committed */
	struct cbx_aside *aside;                      /* jobs whose rows can't be written now */
	struct cbx_received *waiting, **waiting_end;  /* their pushes */
	struct cbx_received *refused;                 /* pushes that SQL refuses for good */
	struct cbx_inbound *waiting_inbounds;         /* the messages of those */
	uint64_t aside_until;                         /* when they are tried again */
	struct cbx_batch record;
	struct cbx_touched *touched;
	struct cbx_pasts *pasts;
	struct cbx_merge_counts counts;
};

struct cbx_road {
	struct cbx_clock *clock;
	const struct cbx_log *log;
	/* of the present configuration; do not keep it across on_turn() */
	struct cbx_settings *settings;
	struct cbx_counters *counters;
	struct cbx_leadership *leadership;
	struct cbx_snapshot_slot *slot;
	struct cbx_shown *shown;   /* NULL: nobody waits for that */
	struct cbx_mailbox *inbox; /* of struct cbx_inbound */
	void (*wake_teller)(void *user);
	void *wake_user;

	struct cbx_bus *bus;
	struct cbx_link bus_link;
	struct cbx_backoff refused; /* since the exchange of the questions takes none: */
	uint64_t refused_until;     /* ask nothing before; 0 = it takes them */
	bool unroutable;            /* and leads them nowhere */
	struct cbx_state *state;
	struct cbx_link state_link;
	struct cbx_sql *sql;
	struct cbx_link sql_link;

	int64_t epoch;         /* under which the tables below were loaded; 0 = not loaded */
	int64_t loading_epoch; /* under which they were loaded last, or that was tried */
	size_t load_rows;      /* how many rows this try has read */
	size_t load_most;      /* how many the best one did */
	/* The lease keeper looks at these: the epoch that is loaded, when a load advanced */
	_Atomic int64_t loaded_epoch;
	_Atomic uint64_t load_advanced_at;
	struct cbx_active_jobs *jobs;
	struct cbx_systems *systems;
	int64_t db_offset_ms; /* database's clock minus the monotonic one, in ms */
	uint64_t db_clock_at; /* when that was measured, ns */

	struct cbx_pushes pushes;
	struct cbx_road_batch batch;
	struct cbx_batch waiting; /* checkpoints of earlier batches of this round, see record.c */
	bool gathers;             /* a round goes on: they may wait for those of the next batch */
	uint64_t times_named_at;  /* when a time that is none was logged, 0 = never */
	bool hanging; /* nobody knows whether the last transaction was committed: find out first */
	uint64_t mark_at;        /* when APP:state is renewed next */
	uint64_t share_retry_at; /* after a failure: not before then */
	bool share_whole;        /* everything in Redis has to be written again */
	uint64_t share_next;     /* counts up the numbers of the write guard */
	bool systems_dirty;
	struct cbx_past_turns past_turns; /* as they were when this was loaded */
	struct cbx_turn *turns;           /* not recorded yet, oldest first */
	size_t turn_count, turn_capacity;
	size_t foreign_systems; /* fields of APP:online_systems that are not ours */
	bool announced;         /* under this epoch */
	struct cbx_totals announced_totals;

	struct cbx_command *commands; /* see command.h */
	size_t commands_in_flight;
	uint64_t command_id;

	/* requests to the loop, from controllers and inbox */
	struct cbx_system_entry **ask_now; /* systems whose list is to be asked for at once */
	size_t ask_now_count, ask_now_capacity;
	/* What the road does not do itself; false: it is refused. The message stays the caller's.
	 */
	bool (*command)(void *user, struct cbx_inbound *inbound);
	void *command_user;
	/* called after each commit */
	void (*recorded)(void *user, const struct cbx_batch *batch);
	void *recorded_user;
	/* Takes a message that is no answer to a question of the road's; false: it is nobody's.
	 * May be NULL. */
	bool (*receive)(void *user, const struct cbx_bus_event *event);
	void *receive_user;
	/* Called on every turn of a long loop: takes over new settings. True = stop. */
	bool (*on_turn)(void *user);
	void *on_turn_user;

	struct cbx_flight *flight; /* the recorder; NULL: nothing is recorded */
	bool flight_runs;          /* what comes follows from what it was given */
	unsigned flight_links;     /* which servers it was told are there */

	/* for the snapshot; while following, the follower updates it */
	bool following;
	size_t internal;            /* members of APP:internal_systems */
	const char *systems_source; /* as in struct cbx_snapshot */
	uint64_t interval_base_ns, interval_current_ns;
	const char *load_reason;
	int64_t paused_until_ms; /* by the database's clock; 0 = not paused */
	struct cbx_cycle last_cycle;
	struct cbx_outlook_watch outlook;
};

int cbx_road_init(struct cbx_road *road); /* after the borrowed members are set */
/* Drops everything that was loaded: this instance no longer leads */
void cbx_road_unload(struct cbx_road *road);
void cbx_road_close(struct cbx_road *road);

/* To be asked again and again: the process may have been frozen between any two lines */
static inline bool cbx_road_leads(const struct cbx_road *road)
{
	return cbx_leadership_epoch(road->leadership) == road->epoch;
}

static inline bool cbx_road_keeps_history(const struct cbx_road *road)
{
	return road->settings->history_retention_ns > 0;
}

/* The database's clock now, from its last measurement */
static inline int64_t cbx_road_db_now(const struct cbx_road *road)
{
	return (int64_t)(cbx_now(road->clock) / CBX_MS) + road->db_offset_ms;
}

/* --- ask.c --- */

/* Can questions be sent now? */
bool cbx_road_may_ask(const struct cbx_road *road);
/* take() returned CHATTERBOX_E_REFUSED: the exchange of the questions is missing, or we may not
 * write to it. The caller fails what is under way, which blames nobody; then one question at a time
 * is sent, ever more rarely, until one is taken. */
void cbx_road_note_refused(struct cbx_road *road);
/* A question was taken */
void cbx_road_note_taken(struct cbx_road *road);

/* --- batch.c: the reports that wait to be merged --- */

/* Adds a copy of @report to the batch; takes references of the statuses */
int cbx_road_receive(struct cbx_road *road, const struct cbx_report *report,
		     struct cbx_inbound *from);
/* Is the batch so large or old that it should be committed during a round? */
bool cbx_road_commit_is_due(const struct cbx_road *road);

/* --- apply.c --- */

/* Takes one message over: carries it out, unless that is @done, and keeps it until the commit.
 * -ENOMEM: it is requeued. */
int cbx_road_apply(struct cbx_road *road, struct cbx_inbound *inbound, bool done);
/* A system was reported, in this @state: forgets its timeouts and, if its list is due, asks for it
 * at once, unless this report was the list (@listed). One that is older than the system's last
 * report changes nothing. @source as that of a change. -ENOMEM. */
int cbx_road_note_report(struct cbx_road *road, struct cbx_system_entry *entry, uint64_t at,
			 enum cbx_system_state state, const char *source, bool listed);
/* Ask this system for its list as soon as possible */
int cbx_road_ask_now(struct cbx_road *road, const char *system);

/* --- round.c --- */

/* Carries out what is in the inbox: marks systems, adds pushes to the batch, hands commands on. A
 * failure: the rest waits. */
int cbx_road_drain_inbox(struct cbx_road *road);
/* Commits the batch: merge, record, share, tell, observe. 0, also when it is empty;
 * CHATTERBOX_E_DOWN: the transaction failed or its outcome is unknown, and the loop has to look
 * after the connection; CHATTERBOX_E_FENCED: this instance no longer leads. */
int cbx_road_commit(struct cbx_road *road);

/* --- record.c --- */

/* Discards the batch: pushes go back unacknowledged, the broker will deliver them again */
void cbx_road_discard(struct cbx_road *road);
/* Redis may have lost what it held: everything has to be written again */
void cbx_road_share_again(struct cbx_road *road);
/* What was committed is visible now, or it says what is not: to whom waits for that */
void cbx_road_note_shown(struct cbx_road *road);
int cbx_road_measure_db_clock(struct cbx_road *road);

/* --- load.c --- */

/* Reads everything from SQL and Redis, at a take-over */
int cbx_road_load(struct cbx_road *road, int64_t epoch);
/* Reads the rows of status_monitor into @jobs and @systems; @live: only live jobs */
int cbx_road_read_rows(struct cbx_road *road, struct cbx_active_jobs *jobs,
		       struct cbx_systems *systems, bool live);
/* Reads one field of APP:online_systems; one that is not understood makes an unknown system, or
 * none */
int cbx_road_restore_system(struct cbx_systems *systems, const struct cbx_field *field);
/* Makes a record of a row */
int cbx_road_job_of_row(struct cbx_road *road, const struct cbx_row *row, struct cbx_job **out);

/* --- notice.c: what others changed --- */

/* Reads the database's clock, rows that OCD inserted, origins, and what others write and we only
 * show; ends the jobs of systems that are offline for too long. CHATTERBOX_E_DOWN: a round can't
 * begin. */
int cbx_road_look_around(struct cbx_road *road, bool discovery);
/* The part of it about jobs: adds those that OCD has inserted since, and updates changed origins */
int cbx_road_notice_rows(struct cbx_road *road);
/* Updates those jobs of @table whose origin SQL now says is ocd; with a guard SQL keeps it so */
int cbx_road_notice_origins(struct cbx_road *road, struct cbx_active_jobs *table,
			    const struct cbx_guard *guard);

/* --- mark.c: whose the state in Redis is --- */

#define CBX_SHARE_RETRY (2 * CBX_SECOND)

/* Is the mark that was read last, or stood in the way of ours, another database's? Then we do not
 * lead. */
bool cbx_road_sees_twin(struct cbx_road *road);
/* Does the mark that was read last name our database? */
bool cbx_road_mark_is_ours(struct cbx_road *road);
/* Ours, for three times the lease; @whole: all of the state is written, else it is reserved, or
 * renewed. CHATTERBOX_E_FENCED: a newer epoch has written, or a twin leads. */
int cbx_road_write_mark(struct cbx_road *road, int64_t epoch, bool whole);
/* While we lead: when it is time. Not from within a read of the state. */
void cbx_road_renew_mark(struct cbx_road *road);

/* From now on Redis takes no write of an epoch older than @epoch, and shows that the state is our
 * database's. CHATTERBOX_E_FENCED: a newer epoch has written there, see cbx_road_fenced(), or a
 * twin leads; or another failure. */
int cbx_road_claim(struct cbx_road *road, int64_t epoch);
/* The same at a take-over, before anything is read. 0 also when Redis is down or can't be written.
 * CHATTERBOX_E_FENCED: the lease keeper is about to find out who leads. */
int cbx_road_take_over(struct cbx_road *road, int64_t epoch);
/* A write under @epoch was rejected by Redis as stale: tells the lease keeper, and makes everything
 * be written again later. Returns CHATTERBOX_E_FENCED. */
int cbx_road_fenced(struct cbx_road *road, int64_t epoch);
/* --- share.c, share_whole.c --- */

/* Writes the systems that the batch changed to Redis; a failure sets share_whole */
void cbx_road_share(struct cbx_road *road);
/* Does Redis hold our state? Writes everything again if not, or if share_whole is set; else only
 * what is missing there. */
int cbx_road_share_check(struct cbx_road *road);

/* --- observe.c --- */

/* Counts what a batch changed */
void cbx_road_observe(struct cbx_road *road);
/* Counts times that reads had as absent, and says which one it was: once an hour, not in each round
 */
void cbx_road_observe_times(struct cbx_road *road);
/* Swaps in a new snapshot for readers */
int cbx_road_update_snapshot(struct cbx_road *road);

#endif
