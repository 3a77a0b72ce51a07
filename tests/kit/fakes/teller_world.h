/* SPDX-License-Identifier: MIT */
/*
 * teller_world.h - a teller in the world of the poller, and a subscriber
 *
 * Its faults are the poller's plans: world.sql_faults and the like.
 */
#ifndef CBX_TESTS_TELLER_WORLD_H
#define CBX_TESTS_TELLER_WORLD_H

#include "road_world.h"
#include "tell/tell.h"

extern struct cbx_teller teller;

/* The world, leading, and a teller whose connections are up; there is no subscriber yet */
void teller_set_up(void);
void teller_tear_down(void);
void teller_connect(void);
/* Binds a queue to all events of ours */
void teller_subscribe(void);
/* Compares with what was received since the last call: "update_job_status ABC1/17/1\n..." */
void teller_expect_received(const char *wanted);
/* Takes one received message, with its body; fails when there is none. To be cleared. */
void teller_receive(struct cbx_bus_event *event);
/* The same; false when there is none */
bool teller_receive_any(struct cbx_bus_event *event);
/* The ids in the stream, in order */
void teller_expect_stream(const char *ids);
/* Records a push, so that the outbox holds something */
void teller_record(const char *system, const char *words);

#endif
