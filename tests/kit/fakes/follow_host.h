/* SPDX-License-Identifier: MIT */
/*
 * follow_host.h - a host behind follow_world's follower: what it is told, as text
 *
 * An event is "<message_id>[<<previous_status>][=<origin>]", the periodic ones "data:<json>" and
 * "statuses:<live jobs>", a gap "lost".
 */
#ifndef CBX_TESTS_FOLLOW_HOST_H
#define CBX_TESTS_FOLLOW_HOST_H

#include "follow_world.h"

extern unsigned host_live; /* how many jobs the snapshot held when a gap was reported */
extern char host_position[CBX_STREAM_POSITION]; /* of the last event; "" = it did not say */

void host_set_up(void); /* follow_world's, with a host */
void host_tear_down(void);
/* Compares with what the host was told since the last call */
void host_expect(const char *wanted);
void host_clear(void);
/* Appends an entry to the stream; an update_job_status */
void host_append(const char *name, const char *id, const char *previous, const char *params);
void host_change(const char *id, const char *previous);
/* Appends more entries than the stream keeps */
void host_trim(void);

#endif
