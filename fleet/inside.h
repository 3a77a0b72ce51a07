/* SPDX-License-Identifier: MIT */
/* inside.h - the inside of a fleet, shared by its own files */
#ifndef CBX_FLEET_INSIDE_H
#define CBX_FLEET_INSIDE_H

#include "base/backoff.h"
#include "fleet/fleet.h"

struct cbx_fleet {
	struct cbx_fleet_options options;
	struct cbx_fleet_watch truth; /* the owner's */
	struct cbx_fleet_world *world;
	struct cbx_bus *bus;
	struct cbx_clock *clock;
	const struct cbx_log *log;
	struct cbx_fleet_counts counts;
	struct cbx_random random;
	struct cbx_agenda late; /* delayed replies, by ns of the clock */
	uint64_t late_order;
	struct cbx_backoff backoff;
	uint64_t next_try;
	uint64_t next_announcement;
	uint64_t started;
	struct cbx_text text;    /* the reply or event being built */
	uint64_t to_acknowledge; /* the last delivery answered but not acknowledged; 0 = none */
	bool is_up;
	bool is_blocked; /* the broker takes no publishes now */
	bool is_held;    /* nothing happens by itself */
};

/* tell.c: publishes, or counts it as unsent when the bus is down or blocked. Return: 1 when it was
 * published, 0, -ENOMEM, CHATTERBOX_E_DOWN. */
int cbx_fleet_publish(struct cbx_fleet *fleet, struct cbx_bus_message *message);
/* tell.c: callbacks of the world */
void cbx_fleet_tell_status(void *user, const struct cbx_fleet_system *system,
			   const struct cbx_fleet_job *job, const char *from, const char *to,
			   int64_t when);
void cbx_fleet_tell_system(void *user, const struct cbx_fleet_system *system, int64_t when);
/* tell.c: says every few seconds who is online, until somebody asks. Return: 0, -ENOMEM */
int cbx_fleet_announce(struct cbx_fleet *fleet);

/* serve.c */
int cbx_fleet_serve(struct cbx_fleet *fleet, const struct cbx_bus_message *request);
int cbx_fleet_send_late(struct cbx_fleet *fleet); /* sends the delayed replies that are due */
void cbx_fleet_drop_late(struct cbx_fleet *fleet);

/* malform.c: makes a reply malformed, in one of several ways */
void cbx_fleet_malform(struct cbx_random *random, struct cbx_text *reply);

#endif
