/* SPDX-License-Identifier: MIT */
/**
 * chatterbox/engine.h - the engine: start it, read from it, stop it
 *
 * One engine is one instance of chatterbox: its threads, its connections, its state. Two engines
 * in one process work; there is no global state. Handles are opaque and counted: *_ref() takes a
 * reference and returns the handle, *_unref() gives one back and returns NULL. Text is UTF-8.
 */
#ifndef CHATTERBOX_ENGINE_H
#define CHATTERBOX_ENGINE_H

#include <chatterbox/config.h>
#include <chatterbox/error.h>
#include <chatterbox/log.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct chatterbox;

/** struct chatterbox_event - something that chatterbox tells, as on AMQP (contract 3.3)
 *
 * Texts are valid during the callback. */
struct chatterbox_event {
	const char *name; /* update_job_status, status, user_job_errors, job_status, jobs_data */
	/* The message_id: "<system>/<job_id>/<revision>" of update_job_status; of status and
	 * user_job_errors where it is known, which it is not while this instance leads; else NULL
	 */
	const char *id;
	const char *params;          /* JSON */
	const char *previous_status; /* of update_job_status, NULL at first; else NULL */
	/* "ocd" or "user", of update_job_status; NULL where an instance that follows does not know
	 * it: the stream does not say it, and SQL may be down or the job gone. Else NULL */
	const char *origin;
};

/** struct chatterbox_observer - what a host wants to hear; members may be NULL
 *
 * The callbacks run inside chatterbox_dispatch(), in the host's own thread. */
struct chatterbox_observer {
	uint32_t version; /* 2; a host that was built for 1 has no members past on_failed */
	void *user;       /* handed to the callbacks */
	/* Every configured server answered, migrations are applied, the engine works. Once. Of what
	 * is told from now on on_event misses nothing. */
	void (*on_ready)(void *user);
	/* The engine can't go on: @error is CHATTERBOX_E_DOWN (a server was unreachable for
	 * chatterbox.startup_timeout), CHATTERBOX_E_SCHEMA, CHATTERBOX_E_CONFIG or -errno; @text
	 * names the server and what to do. Then stop it. */
	void (*on_failed)(void *user, int error, const char *text);
	/* Since version 2. The events out, in every role.
	 *
	 * update_job_status, status, user_job_errors: while this instance leads those that it
	 * records, after their commit, each once. Else (role observer, or it stands by) those of
	 * the stream APP:events, once an entry and in the order of the stream, some 0.3 s after
	 * they were appended, when the reads of this engine show them; while Redis is away they
	 * wait. The stream is at least once. When the role changes, or another instance leads, none
	 * is missed, and those of the last seconds may come again. So: of each job (of each system,
	 * for the two others) in order, for who passes over an id that came before.
	 *
	 * job_status (whole, not in chunks) and jobs_data: the leader's each minute. Of an instance
	 * that follows job_status is made of what it shows, each minute that a leader's state is
	 * there; jobs_data is the leader's, when it is not the same as before. */
	void (*on_event)(void *user, const struct chatterbox_event *event);
	/* Since version 2. Events were lost: read chatterbox_live_jobs() anew, which holds what
	 * they told. @count > 0: so many were dropped since the queue to the host was full. It
	 * holds 16 384 events: dispatch often. @count = 0: nobody knows how many, maybe none. The
	 * stream was trimmed or flushed before this instance had read it, or could not be read when
	 * it began to lead. This is told when everything has been read anew. */
	void (*on_lost)(void *user, uint64_t count);
};

/**
 * chatterbox_version() - the library's version
 *
 * Return: "0.1.0", static.
 */
CHATTERBOX_API const char *chatterbox_version(void);

/**
 * chatterbox_new() - an engine that is not running yet
 * @config: settings; the engine takes its own copy of what it needs
 * @log: receives its log lines, may be NULL
 * @log_user: handed to @log
 * @out: the engine; give it back with chatterbox_unref()
 *
 * Return: 0, CHATTERBOX_E_CONFIG when @config has errors, -ENOMEM, -errno.
 */
CHATTERBOX_API int chatterbox_new(struct chatterbox_config *config, chatterbox_log_fn log,
				  void *log_user, struct chatterbox **out);
/**
 * chatterbox_ref() - take a reference
 * @box: engine
 *
 * Any thread. Return: @box.
 */
CHATTERBOX_API struct chatterbox *chatterbox_ref(struct chatterbox *box);
/**
 * chatterbox_unref() - give a reference back
 * @box: engine, or NULL
 *
 * With the last one a running engine is stopped first, see chatterbox_stop(). Return: NULL.
 */
CHATTERBOX_API struct chatterbox *chatterbox_unref(struct chatterbox *box);

/**
 * chatterbox_start() - start the threads and return at once
 * @box: engine
 * @observer: copied; may be NULL
 *
 * Whether the servers are there is told by the observer. Call it once.
 * Return: 0, -ENOMEM, -errno.
 */
CHATTERBOX_API int chatterbox_start(struct chatterbox *box,
				    const struct chatterbox_observer *observer);
/**
 * chatterbox_stop() - finish or abandon the running round, give the lease back, end the threads
 * @box: engine; may be stopped already
 *
 * Blocks, at most about chatterbox.shutdown_timeout. Reads go on answering the last snapshot.
 */
CHATTERBOX_API void chatterbox_stop(struct chatterbox *box);
/**
 * chatterbox_reload() - take over the keys that may change at run time (contract 8.2)
 * @box: engine
 * @config: the newly read settings
 *
 * A changed key that needs a restart is logged as a warning and left as it is. Any thread.
 * Return: 0, or CHATTERBOX_E_CONFIG when @config has errors: then nothing changes.
 */
CHATTERBOX_API int chatterbox_reload(struct chatterbox *box, struct chatterbox_config *config);

/**
 * chatterbox_migrate() - create what is absent in the database and check the rest, without starting
 * @box: an engine that was not started
 * @applied: how many migrations ran; 0 = there was nothing to do
 * @error: one line that names what is wrong, written on failure; may be NULL
 *
 * Blocks: it waits for the database at most chatterbox.startup_timeout. Call it in place of
 * chatterbox_start().
 * Return: 0, CHATTERBOX_E_DOWN, CHATTERBOX_E_SCHEMA (a column differs, or the role may not run a
 * pending migration), CHATTERBOX_E_CONFIG, -ENOMEM, -errno.
 */
CHATTERBOX_API int chatterbox_migrate(struct chatterbox *box, int *applied,
				      char error[CHATTERBOX_ERROR_TEXT]);

/**
 * chatterbox_get_fd() - a descriptor that is readable when chatterbox_dispatch() has work
 * @box: engine
 *
 * For poll(2) and the like, in any loop. Return: a descriptor that stays the engine's.
 */
CHATTERBOX_API int chatterbox_get_fd(struct chatterbox *box);
/**
 * chatterbox_dispatch() - run the observer's callbacks that are due, in this thread
 * @box: engine
 *
 * Of one thread at a time. Return: how many ran.
 */
CHATTERBOX_API int chatterbox_dispatch(struct chatterbox *box);

/**
 * chatterbox_poll_now() - ask the systems now instead of when it is due
 * @box: engine
 * @discovery: true = the Update Database Task, false = the Job Status Task
 *
 * An observer tells the leader, by the event update_database. Any thread.
 * Return: 0, CHATTERBOX_E_STANDBY, CHATTERBOX_E_FULL.
 */
CHATTERBOX_API int chatterbox_poll_now(struct chatterbox *box, bool discovery);

#ifdef __cplusplus
}
#endif
#endif
