/* SPDX-License-Identifier: MIT */
/*
 * state.h - the port to the shared state (Redis, contract 4): a cache that others read
 *
 * A `struct cbx_state` is one connection and belongs to one thread. Adapters: redis_state and
 * memory_state (a table in this process that several connections share). Both pass
 * tests/kit/suites/state_suite.c.
 *
 * Errors: CHATTERBOX_E_DOWN = there is no connection, or it was given up, and nobody knows what was
 * written (every command can be repeated safely): it broke, or the server can't serve now (LOADING,
 * BUSY, READONLY, ...) or refuses connections (a wrong password, ...). CHATTERBOX_E_REFUSED = the
 * server answered an error (OOM, WRONGTYPE, ...): the connection can be used, other parts of the
 * call were done. The text is in state->error. -ENOMEM. No call waits longer than 1 s for the
 * server.
 *
 * Whatever a leader writes carries its epoch. When a newer epoch has written before, the server
 * rejects the write, in the same step as it would apply it: an instance that was frozen after it
 * checked its lease can do no harm. The calls below that take an @epoch then return 1 and write no
 * more (of many fields or events some may have been written), and state->newer is the newer epoch.
 * The newest epoch is kept in APP:rev, for 12 hours to a day after the last write; if it is missing
 * or not an epoch, nothing is rejected.
 */
#ifndef CBX_PORT_STATE_H
#define CBX_PORT_STATE_H

#include "port/clock.h"

#include <stdbool.h>
#include <stddef.h>

/* A field of a hash and its text */
struct cbx_field {
	const char *name;
	const char *value; /* NULL in a write = delete the field */
	size_t value_len;
};

/* Epochs are below this: with n as the lower 32 bits, Lua's numbers hold them exactly */
#define CBX_EPOCH_END ((int64_t)1 << 21)

/* The epoch of who never leads: write_systems() is then neither rejected nor noted, as OCD's own */
#define CBX_NO_EPOCH ((int64_t)-1)

/* The id of a database, as text */
#define CBX_DATABASE_ID 40

/* What APP:state is to say: whose it is, for how long (contract 4.1) */
struct cbx_mark {
	const char *database; /* its id; "" = it does not say, as older versions write it */
	unsigned seconds;
	/* All of it is written, under the epoch; else it goes on saying what it says, and 0 when it
	 * is missing: readers do not trust it yet */
	bool whole;
};

/* The new content of one system's hashes APP:jobs:{system} and APP:figures:{system}: a field that
 * is deleted goes from both */
struct cbx_state_write {
	const char *system;
	uint64_t number; /* epoch << 32 | n; not applied if it is lower than the stored one, or its
			    epoch older than in APP:rev */
	bool whole;      /* the hashes are replaced; else fields are set in them or deleted */
	bool live; /* false: the hashes are empty afterwards, and it leaves active_systems */
	int64_t changed_ms; /* its score in APP:active_systems, written when @scored */
	bool scored;
	const struct cbx_field *fields;
	size_t field_count;
	const struct cbx_field *figures; /* all have a value */
	size_t figure_count;
	bool applied; /* out: false = rejected as stale (it, or its score in active_systems) */
};

enum cbx_state_hash { CBX_ONLINE_SYSTEMS, CBX_INTERNAL_SYSTEMS };

/* How much is there: what others deleted shows */
struct cbx_state_sizes {
	size_t online; /* fields of APP:online_systems */
	size_t active; /* members of APP:active_systems */
	bool jobs_data, rev;
};

/* How many fields the hashes of a system have */
struct cbx_hash_sizes {
	size_t jobs, figures;
};

/* An entry of the stream APP:events */
struct cbx_stream_entry {
	const char *name;
	const char *id; /* the message_id */
	const char *params;
	size_t params_len;
	const char *previous_status; /* NULL: the field is left out */
	const char *at;              /* its position in the stream, when read; else NULL */
};

/* A position in the stream, as text: "1526919030474-55" */
#define CBX_STREAM_POSITION 48

/* Gets entries of the stream, oldest first; a non-zero return stops the read, which returns it. It
 * must not call the state (or store) that it is called by. */
typedef int (*cbx_stream_fn)(void *user, const struct cbx_stream_entry *entry);

/* Gets each system of APP:active_systems once, with its score; otherwise as above */
typedef int (*cbx_score_fn)(void *user, const char *system, int64_t ms);

/* Gets each key or field of a read once; a non-zero return stops it, and the read returns it. It
 * must not call the state that it is called by. */
typedef int (*cbx_field_fn)(void *user, const char *key, const struct cbx_field *field);

struct cbx_state;

struct cbx_state_ops {
	int (*connect)(struct cbx_state *state, uint64_t deadline);
	void (*disconnect)(struct cbx_state *state);
	bool (*is_up)(struct cbx_state *state);
	int (*ping)(struct cbx_state *state);
	/* Does it let us read and write? Writes nothing. 0; CHATTERBOX_E_REFUSED: not now (it is a
	 * replica, has no memory, can't save); CHATTERBOX_E_CONFIG: it is the wrong server, or the
	 * user lacks a right; with state->error. With @refused the last call was refused, which may
	 * be enough to know. NULL: it always does. */
	int (*examine)(struct cbx_state *state, bool refused);

	/* APP:state. *epoch = 0 when missing or foreign (no number); state->database says whose it
	 * is. */
	int (*read_epoch)(struct cbx_state *state, int64_t *epoch);
	/* 2: it is another database's, as state->database says; nothing is written */
	int (*write_mark)(struct cbx_state *state, int64_t epoch, const struct cbx_mark *mark);
	/* Writes APP:rev: from now on no older epoch can write. Works on a full server. */
	int (*claim)(struct cbx_state *state, int64_t epoch);
	/* Pipelined; each system once. Sets `applied` of each. Returns
	 * 0 also when some were rejected: state->newer is then the epoch in APP:rev if that
	 * rejected them, else 0, and state->stored the newest epoch among the stored numbers above
	 * ours, else 0. */
	int (*write_jobs)(struct cbx_state *state, struct cbx_state_write *writes, size_t count);
	/* Names of all systems that have a hash, by SCAN; @key is the system, @field NULL */
	int (*list_systems)(struct cbx_state *state, cbx_field_fn each, void *user);
	/* Counts, in one pipeline: *@sizes, and in @fields the fields of the two hashes of each
	 * of @systems. A key of another type than ours counts as empty. */
	int (*count)(struct cbx_state *state, const char *const *systems, size_t count,
		     struct cbx_hash_sizes *fields, struct cbx_state_sizes *sizes);
	/* All fields of the hashes of @systems (pipelined); @key is the system. A system's figures
	 * come before its jobs; @figure NULL: they are not read. */
	int (*read_jobs)(struct cbx_state *state, const char *const *systems, size_t count,
			 cbx_field_fn each, cbx_field_fn figure, void *user);
	/* APP:online_systems / APP:internal_systems: set (value) or delete (NULL) fields */
	int (*write_systems)(struct cbx_state *state, int64_t epoch, enum cbx_state_hash hash,
			     const struct cbx_field *fields, size_t count);
	/* @key is NULL, each field a system */
	int (*read_systems)(struct cbx_state *state, enum cbx_state_hash hash, cbx_field_fn each,
			    void *user);
	/* Deletes each field only while it still holds that value (a script); *removed counts */
	int (*drop_systems)(struct cbx_state *state, int64_t epoch, enum cbx_state_hash hash,
			    const struct cbx_field *fields, size_t count, size_t *removed);
	/* APP:jobs_data */
	int (*write_jobs_data)(struct cbx_state *state, int64_t epoch, const char *json,
			       size_t len);
	/* Copies its text into @out, "" when absent; CHATTERBOX_E_REFUSED when it does not fit */
	int (*read_jobs_data)(struct cbx_state *state, char *out, size_t size);
	/* XADD APP:events MAXLEN ~ max_length; in order */
	int (*append_events)(struct cbx_state *state, int64_t epoch,
			     const struct cbx_stream_entry *entries, size_t count,
			     int64_t max_length);
	/* APP:active_systems, by ZSCAN */
	int (*read_active)(struct cbx_state *state, cbx_score_fn each, void *user);
	/* At most @most entries of APP:events after @position (XREAD); @position is then that of
	 * the last one. "": gives no entry and sets @position to that of the newest one ("0-0":
	 * there is none). 1 = nobody knows what came after @position, since it is older than the
	 * oldest entry, newer than the newest, or the stream is gone; gives no entry and leaves
	 * @position. */
	int (*read_events)(struct cbx_state *state, char position[CBX_STREAM_POSITION], size_t most,
			   cbx_stream_fn each, void *user);
	/* Copies the text that OCD wrote (the field of that name in the hash
	 * nl-ocd.update_time_till_next_check.row_info) into @out, "" when absent;
	 * CHATTERBOX_E_REFUSED when it does not fit. */
	int (*read_interval)(struct cbx_state *state, char *out, size_t size);
	void (*free)(struct cbx_state *state);
};

struct cbx_state {
	const struct cbx_state_ops *ops;
	char error[512]; /* why the last call failed; names the server, never a secret */
	int64_t newer;   /* the epoch that made the last call's write stale, if known */
	int64_t stored;  /* of write_jobs */
	/* of read_epoch() and write_mark(): to which database APP:state belongs; "" = it is
	 * missing, foreign, or does not say */
	char database[CBX_DATABASE_ID];
	int64_t database_ms;      /* of read_epoch(): for how long it does; -1 = nobody knows */
	char where[128];          /* "host:port/db" */
	char consists[512];       /* of connect(): of several servers, which; else "" */
	int64_t certificate_ends; /* of which ends first; seconds, 0: there is none */
};

void cbx_state_free(struct cbx_state *state); /* takes NULL */
/* Compares two positions: < 0, 0, > 0. One that can't be parsed comes before all others. */
int cbx_stream_position_compare(const char *a, const char *b);

#endif
