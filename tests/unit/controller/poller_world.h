/* SPDX-License-Identifier: MIT */
/* poller_world.h - the world of the road, in which the poller's loop runs; ABC1 has a job, NEW is
 * online later */
#ifndef CBX_TESTS_POLLER_WORLD_H
#define CBX_TESTS_POLLER_WORLD_H

#include "road_world.h"

void poller_set_up(void);
/* When the loop stops, as the world's tick() says on each turn */
extern uint64_t poller_stop_at;
void poller_tick(void);
/* The world goes on for so long */
void poller_run_for(double seconds);
/* Leads under the next epoch */
void poller_take_lease(void);
/* Puts one into the poller's mailbox */
struct cbx_inbound *poller_command(enum cbx_inbound_type type);
/* A call of this method, which has to succeed */
void poller_order(const char *method, const char *params);

#endif
