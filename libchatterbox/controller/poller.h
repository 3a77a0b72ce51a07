/* SPDX-License-Identifier: MIT */
/*
 * poller.h - the poller: the thread that asks, merges and records, and runs the scheduler
 *
 * Its calls block, always with a deadline; between them it checks the stop flag and its inbox.
 */
#ifndef CBX_CONTROLLER_POLLER_H
#define CBX_CONTROLLER_POLLER_H

#include "base/thread.h"
#include "controller/cleanup.h"
#include "controller/command_relay.h"
#include "controller/history.h"
#include "controller/incidents.h"
#include "controller/internal_systems.h"
#include "controller/job_status.h"
#include "controller/online_systems.h"
#include "controller/order_log.h"
#include "follow/follow.h"

struct cbx_poller {
	struct cbx_settings_place *settings;
	struct cbx_road road;
	struct cbx_follow follow; /* runs while we do not lead */
	/* What the host wants while we do not lead goes to the leader */
	struct cbx_command_relay relay;
	struct cbx_job_status status;
	struct cbx_online_systems online;
	struct cbx_errors errors;
	struct cbx_cleanup cleanup;
	struct cbx_internal_systems internal;
	struct cbx_history history;
	struct cbx_incident_keeper incidents;
	struct cbx_order_log orders;
	struct cbx_task_scheduler scheduler;
	struct cbx_link connections_link; /* of live_temp, when it is configured */
	/* Passes the present snapshot to the teller */
	void (*announce)(void *user);
	bool (*caught_up)(void *user);
	/* After each commit; may be NULL */
	void (*recorded)(void *user, const struct cbx_batch *batch);
	void *user;
	bool begun; /* the tasks of this epoch have begun */
	_Atomic bool stop;
	_Atomic uint64_t last_turn;
	struct cbx_thread thread;
};

/* After the borrowed members of the road are set */
int cbx_poller_init(struct cbx_poller *poller);
void *cbx_poller_run(void *poller);
void cbx_poller_close(struct cbx_poller *poller);

#endif
