/* SPDX-License-Identifier: MIT */
/**
 * chatterbox/engine.h - the engine: start it, get its events, stop it
 *
 * One engine is one instance of chatterbox: its threads, its connections, its state. Two engines
 * in one process work; there is no global state.
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

/** enum chatterbox_origin - who wanted a job (contract 1.4) */
enum chatterbox_origin {
	CHATTERBOX_ORIGIN_UNKNOWN, /* not said */
	CHATTERBOX_ORIGIN_USER,    /* a user of its system */
	CHATTERBOX_ORIGIN_OCD,     /* OCD */
};

/**
 * chatterbox_origin_to_string() - its name, as in SQL, in documents and in headers of events
 * @origin: origin
 *
 * Any thread. Return: "unknown", "user" or "ocd", static.
 */
CHATTERBOX_API const char *chatterbox_origin_to_string(enum chatterbox_origin origin);

/** enum chatterbox_event_type - which event (contract 3.3); later versions may add some */
enum chatterbox_event_type {
	CHATTERBOX_EVENT_UPDATE_JOB_STATUS = 1, /* a job is first reported, changes, or ends */
	CHATTERBOX_EVENT_STATUS,          /* all jobs of a system and type are paused, or not */
	CHATTERBOX_EVENT_USER_JOB_ERRORS, /* jobs of users have become errored */
	CHATTERBOX_EVENT_JOB_STATUS,      /* each minute: every live job */
	CHATTERBOX_EVENT_JOBS_DATA,       /* each minute: the figures */
	CHATTERBOX_EVENT_INCIDENT,        /* an incident opened, doubled in size, or closed */
	CHATTERBOX_EVENT_OUTLOOK,         /* whether a list will be there in time has changed */
};

/**
 * chatterbox_event_type_to_string() - the event's name, as in its routing key
 * @type: type
 *
 * Any thread. Return: "update_job_status", "status", "user_job_errors", "job_status",
 * "jobs_data", "incident" or "outlook", static; "unknown" for a number that is none of the enum's.
 */
CHATTERBOX_API const char *chatterbox_event_type_to_string(enum chatterbox_event_type type);

/** struct chatterbox_event - an event, as published over AMQP (contract 3.3)
 *
 * It and its texts are valid during the callback. Later versions may add members at its end. */
struct chatterbox_event {
	enum chatterbox_event_type type; /* which */
	/* The message_id: "<system>/<job_id>/<revision>" of update_job_status; of status,
	 * user_job_errors, incident and outlook where it is known, which it is not while this
	 * instance leads; else NULL */
	const char *id;
	const char *params; /* JSON */
	/* Of update_job_status, and of outlook its previous state, NULL at first; else NULL */
	const char *previous_status;
	/* Of update_job_status; UNKNOWN where an instance that follows does not know it: the stream
	 * does not say it, and SQL may be down or the job gone. Of others UNKNOWN */
	enum chatterbox_origin origin;
	/* Where it stands in the stream APP:events, "1526919030474-55", to read on from there with
	 * CHATTERBOX_TOPIC_EVENTS; NULL where it was not read from the stream: while this instance
	 * leads, and of job_status and jobs_data */
	const char *stream_id;
};

/** The version of struct chatterbox_observer in these headers */
#define CHATTERBOX_OBSERVER_VERSION 1

/** struct chatterbox_observer - the callbacks of a host; members may be NULL
 *
 * The callbacks run inside chatterbox_dispatch(), in the host's own thread, and those of calls
 * (call.h) too. Their order: on_ready comes before any event. Within one
 * chatterbox_dispatch() on_ready or on_failed comes first, then the answers of calls, then the
 * events in the order in which they were recorded, then on_lost: after all events that were queued
 * before the loss. */
struct chatterbox_observer {
	uint32_t version; /* CHATTERBOX_OBSERVER_VERSION */
	void *user;       /* handed to the callbacks */
	/* Every configured server answered, migrations are applied, the engine works. Once.
	 * on_event misses nothing that is published from now on. */
	void (*on_ready)(void *user);
	/* The engine can't go on, in place of on_ready: @error is CHATTERBOX_E_DOWN (a server was
	 * unreachable for chatterbox.startup_timeout), CHATTERBOX_E_SCHEMA, CHATTERBOX_E_CONFIG or
	 * -errno; its text names the server and what to do. No event comes any more: stop it. */
	void (*on_failed)(void *user, const struct chatterbox_error *error);
	/* The events out, in every role.
	 *
	 * update_job_status, status, user_job_errors, incident, outlook: while this instance leads
	 * those that it records, after their commit, each once. Else (role observer, or it stands
	 * by) those of the stream APP:events, once an entry and in the order of the stream, some
	 * 0.3 s after they were appended, when the reads of this engine show them; while Redis is
	 * away they wait. The stream is at least once. When the role changes, or another instance
	 * leads, none is missed, and those of the last seconds may come again. So: of each job (of
	 * each system, list or incident, for the others) in order, if the host ignores ids that it
	 * has seen.
	 *
	 * job_status (whole, not in chunks) and jobs_data: the leader's each minute. Of an instance
	 * that follows job_status is made of what it shows, each minute that a leader's state is
	 * there; jobs_data is the leader's, when it is not the same as before. */
	void (*on_event)(void *user, const struct chatterbox_event *event);
	/* Events were lost: read chatterbox_get_jobs() again, which contains what they said. @count
	 * > 0: so many were dropped since the queue to the host was full. It holds 16 384 events:
	 * dispatch often. @count = 0: nobody knows how many, maybe none. The stream was trimmed or
	 * flushed before this instance had read it, or could not be read when it began to lead.
	 * It is called when everything has been read again. */
	void (*on_lost)(void *user, uint64_t count);
};

/**
 * chatterbox_new() - an engine that is not running yet
 * @config: settings; the engine takes a reference
 * @log: receives its log lines; may be NULL
 * @log_user: handed to @log
 * @out: the engine; give it back with chatterbox_unref()
 * @error: why it failed; may be NULL
 *
 * Return: 0, CHATTERBOX_E_CONFIG when @config has errors, -ENOMEM, -errno.
 */
CHATTERBOX_API int chatterbox_new(struct chatterbox_config *config, chatterbox_log_fn log,
				  void *log_user, struct chatterbox **out,
				  struct chatterbox_error *error);
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
 * With the last one a running engine is stopped first, see chatterbox_stop(), and answers of calls
 * that were not dispatched are delivered in this thread; their callbacks must not use the engine
 * any more. Not inside a callback. Return: NULL.
 */
CHATTERBOX_API struct chatterbox *chatterbox_unref(struct chatterbox *box);

/**
 * chatterbox_start() - start the threads and return at once
 * @box: engine
 * @observer: copied; may be NULL
 * @error: why it failed; may be NULL
 *
 * The observer learns whether the servers are there. Call it once; a second call is asserted.
 * Return: 0, -EINVAL for an observer of a version that this library does not know, -ENOMEM, -errno.
 */
CHATTERBOX_API int chatterbox_start(struct chatterbox *box,
				    const struct chatterbox_observer *observer,
				    struct chatterbox_error *error);
/**
 * chatterbox_stop() - finish or abandon the running round, give the lease back, end the threads
 * @box: engine; may be stopped already
 *
 * Blocks, at most about chatterbox.shutdown_timeout. Calls that are under way fail. Events that
 * wait can still be dispatched afterwards, and reads go on answering the last snapshot. Not
 * inside a callback.
 */
CHATTERBOX_API void chatterbox_stop(struct chatterbox *box);
/**
 * chatterbox_reload() - take over the keys that may change at run time (contract 8.2)
 * @box: engine
 * @config: the newly read settings; the engine takes a reference
 * @error: why it failed; may be NULL
 *
 * A changed key that needs a restart is logged as a warning and left as it is. One thread at a
 * time. Return: 0; CHATTERBOX_E_CONFIG when @config has errors, -ENOMEM or CHATTERBOX_E_FULL: then
 * nothing changes.
 */
CHATTERBOX_API int chatterbox_reload(struct chatterbox *box, struct chatterbox_config *config,
				     struct chatterbox_error *error);
/**
 * chatterbox_migrate() - create what is absent in the database and check the rest, without starting
 * @box: an engine that was not started
 * @applied: how many migrations ran, 0 = there was nothing to do; may be NULL
 * @error: why it failed, and what to do; may be NULL
 *
 * Blocks: it waits for the database at most chatterbox.startup_timeout. Call it in place of
 * chatterbox_start().
 * Return: 0, CHATTERBOX_E_DOWN, CHATTERBOX_E_SCHEMA (a column differs, or the role may not run a
 * pending migration), CHATTERBOX_E_CONFIG, -ENOMEM, -errno.
 */
CHATTERBOX_API int chatterbox_migrate(struct chatterbox *box, int *applied,
				      struct chatterbox_error *error);
/**
 * chatterbox_check_servers() - log in everywhere once and say what is missing; nothing is changed
 * @box: an engine that was not started
 * @report: allocated, a line for each server, exchange and queue: "rmq 127.0.0.1:5672//: ok",
 *	"sql …: NOT AS NEEDED: why"; free() it. Written on failures of the servers, too
 * @error: why it failed; may be NULL
 *
 * Blocks for up to 5 s a server. Return: 0 when the engine can work, CHATTERBOX_E_DOWN when a
 *server is not reached, CHATTERBOX_E_CONFIG when one lacks a right, a table, an exchange or a
 *queue, -ENOMEM.
 */
CHATTERBOX_API int chatterbox_check_servers(struct chatterbox *box, char **report,
					    struct chatterbox_error *error);

/**
 * chatterbox_get_fd() - a descriptor that is readable when chatterbox_dispatch() has work
 * @box: engine
 *
 * For poll(2) and the like, in any loop. Any thread.
 * Return: a descriptor that stays the engine's, and lives as long as it.
 */
CHATTERBOX_API int chatterbox_get_fd(struct chatterbox *box);
/**
 * chatterbox_dispatch() - run the callbacks that are due, in this thread
 * @box: engine
 *
 * One thread at a time. It does not block; what comes up while it runs is for the next time. It
 * delivers at most 256 events, so that the host's loop gets to its other work: while more wait the
 * descriptor stays readable. After chatterbox_stop() call it until it returns 0 to have them all.
 * Return: how many callbacks ran.
 */
CHATTERBOX_API int chatterbox_dispatch(struct chatterbox *box);

/** enum chatterbox_role - what an instance does (contract 2.5, 2.6) */
enum chatterbox_role {
	CHATTERBOX_ROLE_STANDBY,  /* it follows the leader, and takes over when that is gone */
	CHATTERBOX_ROLE_LEADER,   /* it holds the lease: it asks, records and publishes */
	CHATTERBOX_ROLE_OBSERVER, /* it follows the leader and never takes over */
};

/**
 * chatterbox_role_to_string() - its name, as in the summary
 * @role: role
 *
 * Any thread. Return: "standby", "leader" or "observer", static.
 */
CHATTERBOX_API const char *chatterbox_role_to_string(enum chatterbox_role role);
/**
 * chatterbox_get_role() - what this instance does now
 * @box: engine
 *
 * Any thread, never blocks. Return: its role; a moment later it may be another.
 */
CHATTERBOX_API enum chatterbox_role chatterbox_get_role(struct chatterbox *box);
/**
 * chatterbox_get_health() - what /livez and /readyz say (contract 6.2)
 * @box: engine
 * @ready: every configured server answers, migrations are applied and, on the leader, the queues
 *	are bound; may be NULL
 * @alive: the engine's threads make progress; may be NULL
 * @text: allocated, one line per dependency: "redis 127.0.0.1:6379 up",
 *	"sql … down since …: why"; free() it
 *
 * Any thread, never blocks on a server. Return: 0, -ENOMEM.
 */
CHATTERBOX_API int chatterbox_get_health(struct chatterbox *box, bool *ready, bool *alive,
					 char **text);
/**
 * chatterbox_get_metrics() - the figures of contract 7 that are the engine's
 * @box: engine
 * @openmetrics: OpenMetrics 1.0 instead of the Prometheus text format 0.0.4
 * @text: allocated; free() it. Families of the host's own may follow it. OpenMetrics wants the line
 *	"# EOF" behind all of them: that is left to the host.
 *
 * Any thread, never blocks on a server. Return: 0, -ENOMEM.
 */
CHATTERBOX_API int chatterbox_get_metrics(struct chatterbox *box, bool openmetrics, char **text);

#ifdef __cplusplus
}
#endif
#endif
