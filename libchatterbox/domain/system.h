/* SPDX-License-Identifier: MIT */
/*
 * system.h - what is known of each system: online, offline or unknown, and how it answers (contract
 * 2.2)
 *
 * The part that readers see is immutable and reference counted, so that they can hold frozen lists.
 * The rest belongs to the poller's thread.
 */
#ifndef CBX_DOMAIN_SYSTEM_H
#define CBX_DOMAIN_SYSTEM_H

#include "common/cleanup.h"
#include "common/text.h"
#include "domain/pieces.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cbx_system_state { CBX_UNKNOWN, CBX_ONLINE, CBX_OFFLINE };

/* "unknown", "online", "offline" */
const char *cbx_system_state_name(enum cbx_system_state state);

struct cbx_system {
	_Atomic unsigned refs;
	enum cbx_system_state state;
	int64_t last_check_ms;      /* 0 = never */
	int64_t next_activation_ms; /* of list_activation_schedule; 0 = none */
	int64_t since_ms;           /* when it went online or offline, as it is; 0 = not known */
	/* Why its jobs may not move, while this instance leads (contract 9.2) */
	unsigned timeouts; /* its last question timed out */
	bool denied;       /* the content server denies it access */
	char name[];
};

void cbx_system_unref(struct cbx_system *system);

/* A system as the poller knows it */
struct cbx_system_entry {
	struct cbx_system *system; /* counted, replaced on change */
	uint64_t reported_at;      /* last report of it, or about it; ns of now(), 0 = never */
	unsigned timeouts;         /* questions timed out in a row */
	uint64_t ask_again_at;     /* after timeouts: not before then */
	bool ask_alone; /* an error answered a batch that it was in: ask it alone next time */
	bool ask_now;   /* it is in road->ask_now */
	bool list_due;  /* its list has to be asked for again: it was asked in vain, or left out
			   while away */
	bool dirty;     /* not yet written to Redis */
	/* for incidents: it fell silent, or its downloads stand still, and that was noted */
	bool silent, stands;
	/* When the running time without growth of its jobs began, at the earliest; 0 = look at them
	 */
	uint64_t idle_since;
	/* Its last turn, by the history; CBX_UNKNOWN: none is known */
	enum cbx_system_state turned;
	int64_t turned_ms;
	/* used only by a follower, see follow/follow.h */
	int64_t shared_ms; /* its score in active_systems; 0 = it is not there */
	bool listed;       /* seen there by the comparison in progress */
	bool stale;        /* its hash has to be read */
	void *handle;      /* the table's own */
};

/* {"systemID":…,"lastCheck":…,"status":…}, the value in APP:online_systems (contract 4.1) */
void cbx_system_json(const struct cbx_system *system, struct cbx_text *out);

/* All systems, by name bytewise ascending: frozen, counted */
struct cbx_system_list {
	_Atomic unsigned refs;
	size_t count;
	size_t online, offline, unknown;
	struct cbx_piece *pieces[];
};

static inline const struct cbx_system *cbx_system_list_at(const struct cbx_system_list *list,
							  size_t at)
{
	return (const struct cbx_system *)cbx_pieces_at(list->pieces, at);
}

void cbx_system_list_unref(struct cbx_system_list *list);
CBX_DEFINE_CLEANUP(struct cbx_system_list *, cbx_system_list_unref)
const struct cbx_system *cbx_system_list_find(const struct cbx_system_list *list, const char *name);

struct cbx_systems; /* the table; one owner thread */

int cbx_systems_new(struct cbx_systems **out);
void cbx_systems_free(struct cbx_systems *systems);
/* Empties it: at a take-over everything is read again */
void cbx_systems_clear(struct cbx_systems *systems);
struct cbx_system_entry *cbx_systems_find(const struct cbx_systems *systems, const char *name);
/* The entry, created as unknown when it is new; NULL when out of memory. Entries never move. */
struct cbx_system_entry *cbx_systems_get(struct cbx_systems *systems, const char *name);
/* Sets the state; a change, or @checked (a job_list was answered), makes it dirty. -ENOMEM. */
int cbx_systems_set(struct cbx_systems *systems, struct cbx_system_entry *entry,
		    enum cbx_system_state state, int64_t wall_ms, bool checked);
/* As Redis says. Not dirty. */
int cbx_systems_restore(struct cbx_systems *systems, struct cbx_system_entry *entry,
			enum cbx_system_state state, int64_t last_check_ms);
/* It went online or offline then, by the database's clock. Not dirty, and no change of its state: a
 * state that agrees has been so since. */
int cbx_systems_set_turn(struct cbx_systems *systems, struct cbx_system_entry *entry,
			 enum cbx_system_state turned, int64_t turned_ms);
/* As list_activation_schedule says; 0 = none. Not dirty. */
int cbx_systems_set_activation(struct cbx_systems *systems, struct cbx_system_entry *entry,
			       int64_t next_activation_ms);
/* Whether the content server denies it access, and its timeouts, as its snapshot shows them */
int cbx_systems_set_evidence(struct cbx_systems *systems, struct cbx_system_entry *entry,
			     bool denied);
size_t cbx_systems_count(const struct cbx_systems *systems);
/* Sorted by name; the array belongs to the table and is valid until get() adds a name; NULL = out
 * of memory */
struct cbx_system_entry *const *cbx_systems_all(struct cbx_systems *systems);
int cbx_systems_freeze(struct cbx_systems *systems, struct cbx_system_list **out);

#endif
