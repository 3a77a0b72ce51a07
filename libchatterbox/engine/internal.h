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

struct cbx_api_ended;

/* What became of a start, as its host is told */
enum cbx_engine_start { ENGINE_STARTING, ENGINE_READY, ENGINE_FAILED };

struct chatterbox {
	_Atomic unsigned refs;
	struct chatterbox_config *config;
	struct cbx_settings_place settings;
	struct cbx_log log;
	struct cbx_clock *clock;
	struct cbx_counters counters;
	struct cbx_health *health;
	struct cbx_snapshot_slot slot;
	struct cbx_shown shown;
	struct cbx_leadership leadership;
	struct cbx_memory_broker *broker; /* chatterbox.bus = memory */
	struct cbx_memory_store *store;   /* chatterbox.store = memory */
	struct cbx_flight *flight;        /* chatterbox.record.path; else NULL */

	struct cbx_lease_keeper lease_keeper;
	struct cbx_poller poller;
	struct cbx_teller teller;
	struct cbx_listener listener;
	struct cbx_request_worker worker;
	struct cbx_calls calls;
	struct cbx_order_book orders;

	struct chatterbox_observer observer;
	/* What chatterbox_dispatch() tells: events, of which the mailbox's descriptor tells too */
	struct cbx_mailbox *host;
	pthread_mutex_t host_lock; /* of the next five */
	struct cbx_asker asker;    /* on whose behalf the host gives orders */
	struct cbx_api_ended
		*ended; /* calls whose answers are to be delivered, the first one first */
	struct cbx_api_ended **last_ended;
	enum cbx_engine_start start;
	enum cbx_engine_start told_start; /* what the host was told; written by its thread alone */
	struct chatterbox_error failure;  /* of a start that failed; never changes any more */
	struct cbx_follow_host listening;
	uint64_t started_at;
	uint64_t startup_timeout, shutdown_timeout; /* ns */
	_Atomic bool started;
	_Atomic bool start_reported;  /* the host was told ready or failed */
	_Atomic uint64_t lost_events; /* dropped since the host's queue was full */
	_Atomic bool gap;             /* the stream lost some events, nobody knows how many */
	/* What is being delivered, in portions: so many events, then what was lost after them. Of
	 * the host's thread alone */
	struct {
		size_t events;
		uint64_t lost;
		bool gap;
	} delivery;
	_Atomic bool stopped;
};

/* engine/engine.c: chatterbox_new() with a clock of the caller's, which must outlive the engine */
int cbx_engine_new(struct chatterbox_config *config, struct cbx_clock *clock, chatterbox_log_fn log,
		   void *log_user, struct chatterbox **out, struct chatterbox_error *error);
/* engine/adapters.c: makes one connection for @purpose, with its link. The caller owns it. */
int cbx_engine_bus(struct chatterbox *box, const char *purpose, bool confirms, struct cbx_bus **bus,
		   struct cbx_link *link);
int cbx_engine_state(struct chatterbox *box, const char *purpose, struct cbx_state **state,
		     struct cbx_link *link);
int cbx_engine_sql(struct chatterbox *box, const char *purpose, struct cbx_sql **sql,
		   struct cbx_link *link);
/* The flight recorder, if one is configured, else *flight stays NULL */
int cbx_engine_flight(struct chatterbox *box, struct cbx_flight **flight);
/* The connection to live_temp if that is configured, else *sql stays NULL */
int cbx_engine_connections(struct chatterbox *box, struct cbx_sql **sql, struct cbx_link *link);
/* engine/threads.c */
int cbx_engine_build_threads(struct chatterbox *box);
int cbx_engine_start_threads(struct chatterbox *box);
void cbx_engine_wake_threads(struct chatterbox *box); /* so that they notice what has changed */
void cbx_engine_stop_threads(struct chatterbox *box);
void cbx_engine_close_threads(struct chatterbox *box);
/* api/host.c: @text is copied */
void cbx_engine_tell_ready(struct chatterbox *box);
void cbx_engine_tell_failed(struct chatterbox *box, int error, enum chatterbox_server server,
			    const char *text);
/* Any thread: a call with a callback has ended */
void cbx_engine_tell_ended(struct chatterbox *box, struct cbx_api_ended *ended);
/* Events for the host: those of a recorded batch, and the periodic ones */
void cbx_engine_tell_batch(void *box, const struct cbx_batch *batch);
void cbx_engine_tell_figures(struct chatterbox *box, const struct cbx_snapshot *snapshot);
/* Makes the follower deliver events if the host wants them; call it before the threads start */
void cbx_engine_listen(struct chatterbox *box);
void cbx_engine_drop_event(void *event);
/* At the very end: delivers what nobody dispatched */
void cbx_engine_close_host(struct chatterbox *box);
bool cbx_engine_is_ready(struct chatterbox *box);
/* All is well but that a chatterbox with another database leads on our Redis */
bool cbx_engine_waits_for_twin(struct chatterbox *box);
/* engine/health.c: the lease keeper's hindrance() */
bool cbx_engine_is_hindered(void *box, uint64_t since, char why[192]);

#endif
