/* SPDX-License-Identifier: MIT */
/*
 * fleet.h - a simulated fleet on a bus: answers like nl-hdms and publishes when systems come and go
 *
 * For --demo, tests, benchmarks and hdms-sim. Its world follows the clock, and every fault that it
 * plays (late, lost and malformed answers) is drawn from its seed. A fleet and its bus belong to
 * one thread.
 */
#ifndef CBX_FLEET_FLEET_H
#define CBX_FLEET_FLEET_H

#include "base/log.h"
#include "fleet/answer.h"
#include "fleet/world.h"
#include "port/bus.h"
#include "port/clock.h"

struct cbx_fleet;

/* Texts are borrowed and must outlive the fleet */
struct cbx_fleet_options {
	struct cbx_fleet_rules rules; /* rules.watch is called as well */
	const char *app_name; /* "nl-hdms": app_id, and the beginning of its events' routing keys */
	const char *request_queue;    /* "nl-hdms.request" */
	const char *request_exchange; /* "": the default exchange; else the queue is bound to it */
	const char *event_exchange;   /* "amq.topic" */
	enum cbx_fleet_envelope envelope; /* of events; a reply has that of its request */
	double time_factor;               /* simulated seconds per second */
	unsigned delay_min_ms;            /* how long a reply is delayed, in real time */
	unsigned delay_max_ms;
	double drop_share;      /* of the replies: never sent */
	double malformed_share; /* of the replies: made malformed */
	double push_share;      /* of the status changes: published as job_status events */
	bool announce; /* until the first question comes: system_online of all that are online */
};

struct cbx_fleet_counts {
	uint64_t requests;  /* deliveries taken */
	uint64_t answers;   /* replies sent, errors among them */
	uint64_t errors;    /* error answers */
	uint64_t dropped;   /* replies not sent on purpose */
	uint64_t malformed; /* replies made malformed on purpose */
	uint64_t unsent;    /* could not be sent: no address, or the bus was lost */
	uint64_t pushes;    /* job_status events */
	uint64_t events;    /* system_online, system_offline */
	uint64_t changes;   /* of a job's status, published or not */
	uint64_t connects;
};

void cbx_fleet_options_init(struct cbx_fleet_options *options);

/* @bus, @clock and @log are borrowed; the bus is not connected yet. The first jobs are created
 * here. Return: 0, -EINVAL (an option is out of range), -ENOMEM. */
int cbx_fleet_new(const struct cbx_fleet_options *options, struct cbx_bus *bus,
		  struct cbx_clock *clock, const struct cbx_log *log, struct cbx_fleet **out);
void cbx_fleet_free(struct cbx_fleet *fleet); /* the bus stays, disconnected */
CBX_DEFINE_CLEANUP(struct cbx_fleet *, cbx_fleet_free)

/* Works until @deadline, until @wake_fd (-1: none) is readable, or until a batch of requests is
 * answered; to be called again and again. A lost bus is no failure: it is reconnected here, with
 * backoff (a try may take 5 s longer than the deadline). Return: 0, -ENOMEM. */
int cbx_fleet_run_once(struct cbx_fleet *fleet, int wake_fd, uint64_t deadline);
/* From now on nothing happens by itself; requests are still answered and commands carried out */
void cbx_fleet_hold(struct cbx_fleet *fleet);
/* Is the request queue consumed at present? */
bool cbx_fleet_is_up(const struct cbx_fleet *fleet);
const struct cbx_fleet_counts *cbx_fleet_counts(const struct cbx_fleet *fleet);
/* For the owner: to look at systems, or to change them by hand between two runs */
struct cbx_fleet_world *cbx_fleet_world(struct cbx_fleet *fleet);

#endif
