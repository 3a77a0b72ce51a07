/* SPDX-License-Identifier: MIT */
/*
 * teller_world.h - a teller in the poller's world, and somebody who hears what it tells
 *
 * Its faults are the poller's plans: world.sql_faults and its siblings.
 */
#ifndef CBX_TESTS_TELLER_WORLD_H
#define CBX_TESTS_TELLER_WORLD_H

#include "road_world.h"
#include "tell/tell.h"

extern struct cbx_teller teller;

/* The world, led, and a teller whose links are up; nobody hears it yet */
void teller_set_up(void);
void teller_tear_down(void);
void teller_connect(void);
/* A queue that is bound to all events of ours */
void teller_subscribe(void);
/* What was heard since: "update_job_status ABC1/17/1\n..." and frees; compares */
void teller_expect_received(const char *wanted);
/* One message that was heard, with its body; an assertion when there is none. Clear it. */
void teller_receive(struct cbx_bus_event *event);
/* The ids in the stream, in order */
void teller_expect_stream(const char *ids);
/* A push that is recorded, so that the outbox has something */
void teller_record(const char *system, const char *words);

#endif
