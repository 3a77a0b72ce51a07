/* SPDX-License-Identifier: MIT */
/*
 * link.h - a connection to Redis; shared by the files of this room
 *
 * A command is built (begin, args), sent (into the pipeline) and its reply received, in order. A
 * reply has to be received for every command sent, else the next reader gets it. If receiving fails
 * the connection is gone, and with it all outstanding replies.
 */
#ifndef CBX_ADAPTER_REDIS_STATE_LINK_H
#define CBX_ADAPTER_REDIS_STATE_LINK_H

#include "adapter/redis_state/redis_state.h"
#include "common/cleanup.h"
#include "common/text.h"
#include "port/dial.h"

#include <hiredis.h>

/* A pipeline is cut into pieces by count and by bytes, so that little is in flight */
#define CBX_REDIS_CHUNK 128
#define CBX_REDIS_CHUNK_BYTES (256 * 1024)
/* The same of a transaction, which waits for one answer */
#define CBX_REDIS_TRANSACTION 512
#define CBX_REDIS_TRANSACTION_BYTES (1024 * 1024)

enum cbx_redis_script {
	CBX_SCRIPT_WRITE_JOBS,
	CBX_SCRIPT_DROP_FIELDS,
	CBX_SCRIPT_GUARDED,
	CBX_SCRIPT_MARK,
	CBX_SCRIPT_PROBE,
	CBX_SCRIPTS
};

/* An error reply that holds this word means that the server does not let us work */
struct cbx_redis_refusal {
	const char *word;
	int error; /* CHATTERBOX_E_REFUSED or CHATTERBOX_E_CONFIG, as of port/state.h's examine() */
	const char *advice;
};

struct cbx_sentinels;
struct cbx_cluster;
struct cbx_redis;

/* How a cluster does what else is done on the one connection */
struct cbx_redis_many {
	int (*send)(struct cbx_redis *me);
	int (*receive)(struct cbx_redis *me, redisReply **out);
	void (*disconnect)(struct cbx_redis *me);
	bool (*is_up)(const struct cbx_redis *me);
	int (*ping)(struct cbx_redis *me);
};

struct cbx_redis {
	struct cbx_state base;
	struct cbx_clock *clock;
	const struct cbx_log *log;
	struct cbx_dial *dial;           /* of redis.host; of the master that a Sentinel named */
	struct cbx_sentinels *sentinels; /* NULL: nobody is asked where the master is */
	/* NULL: one server. Else the connections are its nodes', and ->context stays NULL */
	struct cbx_cluster *cluster;
	const struct cbx_redis_many *many;
	bool behind; /* no replica has confirmed what was written last */
	/* Connects, one attempt; CHATTERBOX_E_REFUSED with ->refusal: does not let us work */
	int (*seek)(struct cbx_redis *me, uint64_t deadline);
	/* NULL, or before each command: not 0 when the connection was given up for a better one */
	int (*watch)(struct cbx_redis *me);
	const struct cbx_target *target; /* while it connects: who is tried */
	int port;
	char *username; /* NULL: the default user */
	char *password; /* NULL: none */
	int db;
	bool tls;
	bool is_sentinel; /* it is not a Redis, but asked for one */
	bool is_node;     /* of a cluster */
	char *tls_ca;     /* NULL: the system's */
	char *app;
	char *rev; /* APP:rev */
	char address[112];
	redisContext *context;                   /* NULL: down */
	const struct cbx_redis_refusal *refusal; /* what the last call met, NULL: none known */
	char sha[CBX_SCRIPTS]
		[48]; /* "" until the server has told it; it never changes for a text */
	struct cbx_text key;
	struct cbx_text guard;
	char epoch[24];
	/* transaction.c, of this connection: APP:rev is watched, and said this epoch then */
	bool watching, no_transactions;
	int64_t watched;
	/* the command being built */
	const char **argv;
	size_t *argv_len;
	size_t argc;
	size_t capacity;
	bool failed;
};

static inline struct cbx_redis *cbx_redis_of(struct cbx_state *state)
{
	return (struct cbx_redis *)state;
}

static inline void cbx_redis_reply_freep(redisReply **reply)
{
	if (*reply)
		freeReplyObject(*reply);
}

/* link.c: life of the connection */
int cbx_redis_connect(struct cbx_state *state, uint64_t deadline);

/* dial.c: an open, blocking socket to the target; CHATTERBOX_E_DOWN with state->error */
int cbx_redis_dial(struct cbx_redis *me, int *fd);

/* link.c: one attempt, at whatever me->dial knows */
int cbx_redis_try(struct cbx_redis *me, uint64_t deadline);

/* sentinel.c: seek and watch are its own from now on; then @count are added, each a state of its
 * own, which it owns */
int cbx_sentinels_new(struct cbx_redis *me, const char *name, size_t count);
void cbx_sentinels_add(struct cbx_redis *me, struct cbx_state *sentinel);
void cbx_sentinels_free(struct cbx_sentinels *all);

/* cluster_queue.c: seek is its own from now on, and @open creates a link to a node. Then the nodes
 * are added that are asked for the others */
int cbx_cluster_new(struct cbx_redis *me, int (*open)(const struct cbx_redis *me, const char *host,
						      int port, struct cbx_redis **out));
/* cluster.c */
int cbx_cluster_add(struct cbx_redis *me, const char *host, int port);
void cbx_cluster_free(struct cbx_cluster *all);
/* What has no key goes to this one from now on; false: there are not so many masters */
bool cbx_cluster_aim(struct cbx_redis *me, size_t master);
/* The name of a system whose keys that one serves */
void cbx_cluster_tag(struct cbx_redis *me, size_t master, char tag[12]);
/* The connection to the master that serves @key; NULL: down */
struct cbx_redis *cbx_cluster_link(struct cbx_redis *me, const char *key);
/* That one's error becomes ours; returns what the call is to return */
int cbx_cluster_link_failed(struct cbx_redis *me, const char *key, int error);

/* replicas.c: is it a master? *@replicas: how many are connected to it */
int cbx_redis_role(struct cbx_redis *link, size_t *replicas);
/* Behind Sentinels and in a cluster: would what was written to @key survive the master? 0;
 * CHATTERBOX_E_REFUSED: no replica has confirmed it, though there are some; CHATTERBOX_E_DOWN */
int cbx_redis_replicated(struct cbx_redis *me, const char *key);
/* Did that fail before on this connection? Then it is asked again, so that what waits for a slow
 * replica is not written again each time. */
int cbx_redis_caught_up(struct cbx_redis *me, const char *key);

/* tls.c: a handshake over the open socket; CHATTERBOX_E_DOWN with state->error */
int cbx_redis_secure(struct cbx_redis *me);

/* command.c */
bool cbx_redis_is_up(const struct cbx_redis *me);
void cbx_redis_disconnect(struct cbx_state *state);
/* Sets state->error: "redis <address>: ..." */
void cbx_redis_say(struct cbx_redis *me, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
int cbx_redis_ping(struct cbx_state *state);
/* The bytes of an argument are borrowed until it is sent */
void cbx_redis_begin(struct cbx_redis *me, const char *word);
void cbx_redis_arg(struct cbx_redis *me, const char *bytes, size_t len);
void cbx_redis_puts(struct cbx_redis *me, const char *text);
int cbx_redis_send(struct cbx_redis *me);
/* The next reply. It may be an error reply, but not one that means that the server can't serve. */
int cbx_redis_receive(struct cbx_redis *me, redisReply **out);
/* 0, or CHATTERBOX_E_DOWN when the reply means that the server can't serve: the connection is
 * dropped */
int cbx_redis_serves(struct cbx_redis *me, const redisReply *reply);
/* 0, or CHATTERBOX_E_REFUSED, with a text that names @what, when the reply is an error */
int cbx_redis_check(struct cbx_redis *me, const redisReply *reply, const char *what);
/* If @text is a refusal: keeps it, sets state->error with what to do, and returns true */
bool cbx_redis_note_refusal(struct cbx_redis *me, const char *what, const char *text);
/* Sends what was built, and receives; an error reply is CHATTERBOX_E_REFUSED */
int cbx_redis_ask(struct cbx_redis *me, const char *what, redisReply **out);
/* Redis never sends such a reply: drops the connection, CHATTERBOX_E_DOWN */
int cbx_redis_nonsense(struct cbx_redis *me, const char *what);
/* The same for a script call, which begins with EVALSHA and the checksum; a server that does not
 * know the script is sent its text. *number = its reply. */
int cbx_redis_ask_script(struct cbx_redis *me, enum cbx_redis_script script, const char *what,
			 int64_t *number);
/* The same with any reply but an error */
int cbx_redis_run_script(struct cbx_redis *me, enum cbx_redis_script script, const char *what,
			 redisReply **out);
/* Does the error begin with this word? */
bool cbx_redis_is_error(const redisReply *reply, const char *word);

/* refusal.c: NULL when @text is no such error; @clustered: of a node of redis.cluster */
const struct cbx_redis_refusal *cbx_redis_refusal_of(const char *text, bool clustered);
/* examine.c */
int cbx_redis_examine(struct cbx_state *state, bool refused);

/* script.c */
const char *cbx_redis_script_text(enum cbx_redis_script script);
/* Makes sure that me->sha[script] is known */
int cbx_redis_script_ready(struct cbx_redis *me, enum cbx_redis_script script);

/* Writes to one key, rejected when APP:rev is newer. Begin; add for each command the
 * number of its words without the key, and these words; run: 0, or 1 = rejected. */
int cbx_redis_begin_guarded(struct cbx_redis *me, enum cbx_redis_script script, const char *key,
			    int64_t epoch);
int cbx_redis_run_guarded(struct cbx_redis *me, const char *key);
int cbx_redis_claim(struct cbx_state *state, int64_t epoch);
/* Has a newer epoch than this written APP:<name>? 1, and base.newer */
int cbx_redis_is_stale(struct cbx_redis *me, const char *name, int64_t epoch);

/* keys.c: APP:<name>, and APP:<name>:{<system>}, written to @into; NULL when out of memory */
const char *cbx_redis_key(struct cbx_redis *me, struct cbx_text *into, const char *name);
const char *cbx_redis_system_key(struct cbx_redis *me, struct cbx_text *into, const char *name,
				 const char *system);

/* The key that guards the writes to @key: APP:rev, and in a cluster APP:rev:{<key>}. Lives until
 * the next call. */
const char *cbx_redis_guard(struct cbx_redis *me, const char *key);
/* The names of the keys that have such a guard; NULL ends them */
extern const char *const cbx_redis_guarded_names[];

/* scan.c: SCAN (@key NULL, @pattern), HSCAN or ZSCAN (@key). Each name once, even if the server
 * repeats it. Names with a NUL are left out. The value is NULL for SCAN, the score as text for
 * ZSCAN. */
enum cbx_redis_scan { CBX_SCAN, CBX_HSCAN, CBX_ZSCAN };
int cbx_redis_scan(struct cbx_redis *me, enum cbx_redis_scan how, const char *key,
		   const char *pattern, int (*each)(void *user, const struct cbx_field *field),
		   void *user);

/* transaction.c: changes hashes that stay, as far as that can be done without a script: sets
 * `applied`, and leaves the rest. Reorders @writes. 0, -ENOMEM, or a failure of the connection. */
int cbx_redis_write_at_once(struct cbx_redis *me, struct cbx_state_write **writes, size_t count);

/* write_jobs.c, read_jobs.c */
int cbx_redis_write_jobs(struct cbx_state *state, struct cbx_state_write *writes, size_t count);
int cbx_redis_list_systems(struct cbx_state *state, cbx_field_fn each, void *user);
int cbx_redis_read_jobs(struct cbx_state *state, const char *const *systems, size_t count,
			cbx_field_fn each, cbx_field_fn figure, void *user);

/* count.c */
int cbx_redis_count(struct cbx_state *state, const char *const *systems, size_t count,
		    struct cbx_hash_sizes *fields, struct cbx_state_sizes *sizes);

/* systems.c */
int cbx_redis_write_systems(struct cbx_state *state, int64_t epoch, enum cbx_state_hash hash,
			    const struct cbx_field *fields, size_t count);
int cbx_redis_read_systems(struct cbx_state *state, enum cbx_state_hash hash, cbx_field_fn each,
			   void *user);
int cbx_redis_drop_systems(struct cbx_state *state, int64_t epoch, enum cbx_state_hash hash,
			   const struct cbx_field *fields, size_t count, size_t *removed);

/* read_events.c */
int cbx_redis_read_active(struct cbx_state *state, cbx_score_fn each, void *user);
int cbx_redis_read_events(struct cbx_state *state, char position[CBX_STREAM_POSITION], size_t most,
			  cbx_stream_fn each, void *user);

/* values.c */
int cbx_redis_read_epoch(struct cbx_state *state, int64_t *epoch);
int cbx_redis_write_mark(struct cbx_state *state, int64_t epoch, const struct cbx_mark *mark);
int cbx_redis_write_jobs_data(struct cbx_state *state, int64_t epoch, const char *json, size_t len);
int cbx_redis_read_jobs_data(struct cbx_state *state, char *out, size_t size);
int cbx_redis_read_interval(struct cbx_state *state, char *out, size_t size);

/* stream.c */
int cbx_redis_append_events(struct cbx_state *state, int64_t epoch,
			    const struct cbx_stream_entry *entries, size_t count,
			    int64_t max_length);

#endif
