/* SPDX-License-Identifier: MIT */
/*
 * engine/internal.h - everything that one engine owns; shared by engine/ and api/
 *
 * Its threads: lease keeper, poller (rounds), teller (publishes the outbox), listener (events in
 * and RPC), request worker (answers calls that only read), and a fleet if one was asked for.
 * Threads of the host read snapshots, and ask SQL over the request worker's connection.
 */
#ifndef CBX_ENGINE_INTERNAL_H
#define CBX_ENGINE_INTERNAL_H

#include "adapter/memory_bus/memory_bus.h"
#include "adapter/memory_state/memory_state.h"
#include "controller/orders.h"
#include "lead/lease_keeper.h"
#include "listen/listen.h"
#include "tell/tell.h"

#include <chatterbox/chatterbox.h>

struct engine_fleet;

struct chatterbox {
	_Atomic unsigned refs;
	struct chatterbox_config *config;
	struct cbx_settings_place settings;
	struct cbx_log log;
	struct cbx_clock *clock;
	struct cbx_counters counters;
	struct cbx_health *health;
	struct cbx_snapshot_slot slot;
	struct cbx_leadership leadership;
	struct cbx_memory_broker *broker; /* chatterbox.bus = memory */
	struct cbx_memory_store *store;   /* chatterbox.store = memory */

	struct cbx_lease_keeper lease_keeper;
	struct cbx_poller poller;
	struct cbx_teller teller;
	struct cbx_listener listener;
	struct cbx_request_worker worker;
	struct cbx_calls calls;
	struct engine_fleet *fleet;

	struct chatterbox_observer observer;
	struct cbx_mailbox *host; /* of struct engine_notice, for chatterbox_dispatch() */
	struct cbx_follow_host listening;
	uint64_t started_at;
	uint64_t startup_timeout, shutdown_timeout; /* ns */
	_Atomic bool started;
	_Atomic bool start_reported;  /* the host was told ready or failed */
	_Atomic uint64_t lost_events; /* dropped since the host's queue was full */
	_Atomic bool gap;             /* the stream lost some events, nobody knows how many */
	bool stopped;
};

/* engine/engine.c: chatterbox_new() with a clock of the caller's, which must outlive the engine */
int engine_new(struct chatterbox_config *config, struct cbx_clock *clock, chatterbox_log_fn log,
	       void *log_user, struct chatterbox **out);
/* engine/adapters.c: makes one connection for @purpose, with its link. The caller owns it. */
int engine_bus(struct chatterbox *box, const char *purpose, bool confirms, struct cbx_bus **bus,
	       struct cbx_link *link);
int engine_state(struct chatterbox *box, const char *purpose, struct cbx_state **state,
		 struct cbx_link *link);
int engine_sql(struct chatterbox *box, const char *purpose, struct cbx_sql **sql,
	       struct cbx_link *link);
/* The connection to live_temp if that is configured, else *sql stays NULL */
int engine_connections(struct chatterbox *box, struct cbx_sql **sql, struct cbx_link *link);
/* engine/threads.c */
int engine_build_threads(struct chatterbox *box);
int engine_start_threads(struct chatterbox *box);
void engine_wake_threads(struct chatterbox *box); /* so that they notice what has changed */
void engine_stop_threads(struct chatterbox *box);
void engine_close_threads(struct chatterbox *box);
/* api/host.c: @text is copied */
void engine_tell_ready(struct chatterbox *box);
void engine_tell_failed(struct chatterbox *box, int error, const char *text);
/* Events for the host: those of a recorded batch, and the periodic ones */
void engine_tell_batch(void *box, const struct cbx_batch *batch);
void engine_tell_figures(struct chatterbox *box, const struct cbx_snapshot *snapshot);
/* Makes the follower deliver events if the host wants them; call it before the threads start */
void engine_listen(struct chatterbox *box);
void engine_notice_free(void *notice);
bool engine_is_ready(struct chatterbox *box);
/* api/call.c: submits a call and waits, at most 30 s. All of these take @params over. Results: see
 * chatterbox/job_status.h. @result may be NULL, else it becomes an allocated JSON text. */
int engine_call(struct chatterbox *box, const char *method, json_t *params, char **result);
/* Parses the parameters of a call, NULL = {}. 0; -EINVAL: @text is not a JSON object (@why, which
 * may be NULL, says where it is not JSON); -ENOMEM */
int engine_params(const char *text, json_t **out, json_error_t *why);
int engine_call_system(struct chatterbox *box, const char *method, const char *system);
/* For calls whose result holds one number; @number may be NULL */
int engine_call_number(struct chatterbox *box, const char *method, json_t *params, const char *name,
		       int64_t *number);
/* @errors: the text of a JSON array */
int engine_call_errors(struct chatterbox *box, const char *method, const char *errors);
/* engine/fleet.c */
void engine_fleet_stop(struct chatterbox *box);

#endif
