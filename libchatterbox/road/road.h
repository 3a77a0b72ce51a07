/* SPDX-License-Identifier: MIT */
/*
 * road.h - the poller's world: what the road from poll to observe works on; one owner thread
 *
 *	poll -> decode -> merge -> record -> share -> tell -> observe
 *
 * What was received (answers, pushes, offline systems) gathers in a list in the order it came.
 * cbx_road_commit() merges it, records the changes in one transaction, and only then shows them: in
 * the table of active jobs, in the shared state, in the snapshot; then the pushes in it are
 * acknowledged. If the transaction fails nothing of it has happened: answers are forgotten (the
 *next round asks again), pushes wait.
 */
#ifndef CBX_ROAD_ROAD_H
#define CBX_ROAD_ROAD_H

#include "domain/change.h"
#include "domain/system.h"
#include "merge/merge.h"
#include "port/bus.h"
#include "port/ledger.h"
#include "port/link.h"
#include "port/state.h"
#include "runtime/counters.h"
#include "runtime/inbound.h"
#include "runtime/leadership.h"
#include "runtime/settings.h"

/* What was received of one system, waiting to be merged: a copy of a report, its statuses counted,
 * its arrays and its name in this allocation */
struct cbx_received {
	struct cbx_received *next;
	struct cbx_report report;
	/* the message of a push, unacknowledged: if the record fails the push waits; NULL of an
	 * answer
	 */
	struct cbx_inbound *from;
	int64_t room[];
};

/* One system in a batch: its list before and after */
struct cbx_touched;
struct cbx_command;
/* What SQL knows of the jobs in a batch */
struct cbx_pasts;

/* A batch on its way through merge, record and share */
struct cbx_road_batch {
	struct cbx_received *received, **received_end;
	size_t received_count;
	size_t portion;  /* so many in one transaction, 0 = all: see batch.c */
	size_t bytes;    /* of the statuses in it */
	uint64_t oldest; /* when the first of it was received */
	struct cbx_inbound *inbounds, **inbounds_end; /* acknowledged when it is committed */
	struct cbx_batch record;
	struct cbx_touched *touched;
	struct cbx_pasts *pasts;
	struct cbx_merge_counts counts;
};

struct cbx_road {
	struct cbx_clock *clock;
	const struct cbx_log *log;
	struct cbx_settings *settings; /* taken from the place; never kept across on_turn() */
	struct cbx_counters *counters;
	struct cbx_leadership *leadership;
	struct cbx_snapshot_slot *slot;
	struct cbx_mailbox *inbox; /* of struct cbx_inbound */
	void (*wake_teller)(void *user);
	void *wake_user;

	struct cbx_bus *bus;
	struct cbx_link bus_link;
	struct cbx_state *state;
	struct cbx_link state_link;
	struct cbx_sql *sql;
	struct cbx_link sql_link;

	int64_t epoch; /* under which the tables below were loaded; 0 = not loaded */
	struct cbx_active_jobs *jobs;
	struct cbx_systems *systems;
	int64_t db_offset_ms; /* database's clock minus the monotonic one's milliseconds */
	uint64_t db_clock_at; /* when that was measured, ns */

	struct cbx_road_batch batch;
	bool hanging;            /* the last record's outcome is unknown: resolve it first */
	uint64_t share_retry_at; /* not before, after a failure */
	bool share_whole;        /* every hash is to be written anew */
	uint64_t share_next;     /* n of the write guard */
	bool systems_dirty;
	bool announced; /* under this epoch */
	struct cbx_totals announced_totals;

	struct cbx_command *commands; /* see command.h */
	size_t commands_in_flight;
	uint64_t command_id;

	/* what the controllers and the inbox want of the loop */
	struct cbx_system_entry **ask_now; /* systems to be asked for their list at once */
	size_t ask_now_count, ask_now_capacity;
	void (*command)(void *user, struct cbx_inbound *inbound); /* takes it over */
	void *command_user;
	/* After each commit: what it recorded */
	void (*recorded)(void *user, const struct cbx_batch *batch);
	void *recorded_user;
	/* On every turn of a loop that may last: takes new settings; true = stop */
	bool (*on_turn)(void *user);
	void *on_turn_user;

	/* for the view; cbx_road_update_snapshot() does nothing while a follower shows its own */
	bool following;
	size_t internal; /* members of APP:internal_systems */
	double interval_base, interval_current;
	const char *load_reason;
	bool paused;
	struct cbx_cycle last_cycle;
};

int cbx_road_init(struct cbx_road *road); /* after the borrowed members are set */
/* Drops everything loaded: we do not lead any more */
void cbx_road_unload(struct cbx_road *road);
void cbx_road_close(struct cbx_road *road);

/* Still? A process may have been frozen between any two lines */
static inline bool cbx_road_leads(const struct cbx_road *road)
{
	return cbx_leadership_epoch(road->leadership) == road->epoch;
}

/* The database's clock now, from its last measurement */
static inline int64_t cbx_road_db_now(const struct cbx_road *road)
{
	return (int64_t)(cbx_now(road->clock) / CBX_MS) + road->db_offset_ms;
}

/* --- batch.c: what was received, until it is recorded --- */

/* Copies @report; takes a reference of each status */
int cbx_road_receive(struct cbx_road *road, const struct cbx_report *report,
		     struct cbx_inbound *from);
/* Is the batch large or old enough to be committed in the middle of a round? */
bool cbx_road_commit_is_due(const struct cbx_road *road);

/* --- apply.c --- */

/* Applies what is in the inbox: marks systems, receives pushes, hands commands on */
int cbx_road_drain_inbox(struct cbx_road *road);
/* Any report of a system: it is in this @state, what its time-outs held back is forgotten, and a
 * list that is due is asked for at once, unless this was one (@listed). -ENOMEM. */
int cbx_road_note_report(struct cbx_road *road, struct cbx_system_entry *entry, uint64_t at,
			 enum cbx_system_state state, bool listed);
/* Ask this system for its list as soon as possible */
int cbx_road_ask_now(struct cbx_road *road, const char *system);

/* --- round.c --- */

/* Merge, record, share, tell, observe. 0, also when there was nothing to do;
 * CHATTERBOX_E_DOWN: a hanging or failed record, the loop must see to the link;
 * CHATTERBOX_E_FENCED: we don't lead any more. */
int cbx_road_commit(struct cbx_road *road);

/* --- record.c --- */

/* Throws away everything that waits: pushes go back unacknowledged (their connection brings them
 * again)
 */
void cbx_road_discard(struct cbx_road *road);
int cbx_road_measure_db_clock(struct cbx_road *road);

/* --- load.c: everything from SQL and the shared state, at a take-over --- */

int cbx_road_load(struct cbx_road *road, int64_t epoch);
/* The rows of status_monitor into @jobs and @systems; @live = only the live ones become jobs */
int cbx_road_read_rows(struct cbx_road *road, struct cbx_active_jobs *jobs,
		       struct cbx_systems *systems, bool live);
/* One field of APP:online_systems; one that can't be understood is an unknown system, or none */
int cbx_road_restore_system(struct cbx_systems *systems, const struct cbx_field *field);
/* A record of what a row says */
int cbx_road_job_of_row(struct cbx_road *road, const struct cbx_row *row, struct cbx_job **out);

/* --- notice.c: what others changed --- */

/* The database's clock, rows that OCD inserted, origins, what others show in the shared state, and
 * systems that have been offline too long. CHATTERBOX_E_DOWN: a round can't begin. */
int cbx_road_look_around(struct cbx_road *road, bool discovery);
/* Of these: rows that OCD inserted, and origins */
int cbx_road_notice_rows(struct cbx_road *road);
/* The jobs of @table whose origin turned to ocd in SQL */
int cbx_road_notice_origins(struct cbx_road *road, struct cbx_active_jobs *table);

/* --- share.c, share_whole.c --- */

#define CBX_SHARE_RETRY (2 * CBX_SECOND)

/* From now on the shared state takes no write of an epoch older than @epoch: 0; E_FENCED when a
 * newer one stands there, see cbx_road_fenced(); or a failure */
int cbx_road_claim(struct cbx_road *road, int64_t epoch);
/* The same at a take-over, before anything is read: 0 also when the shared state is down, or can
 * only not be written. E_FENCED: the keeper is about to find out who leads. */
int cbx_road_take_over(struct cbx_road *road, int64_t epoch);
/* A write under @epoch was held off: the keeper is told, and everything is to be written anew,
 * later. E_FENCED. */
int cbx_road_fenced(struct cbx_road *road, int64_t epoch);
/* The hashes of the touched systems, and dirty systems; failures set share_whole */
void cbx_road_share(struct cbx_road *road);
/* Is the marker ours? Writes everything anew when it is not, or when share_whole is set. */
int cbx_road_share_check(struct cbx_road *road);

/* --- observe.c --- */

/* Counts what a batch changed */
void cbx_road_observe(struct cbx_road *road);
/* Publishes the present snapshot */
int cbx_road_update_snapshot(struct cbx_road *road);

#endif
