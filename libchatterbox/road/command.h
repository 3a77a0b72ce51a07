/* SPDX-License-Identifier: MIT */
/*
 * command.h - orders to single jobs (job_pause, job_resume, job_kill), asked of nl-hdms
 *
 * They go over the questions' connection beside a round's questions, with the longer deadline of
 * rmq_rpc.rpc_timeout, and share its bound of questions outstanding. The poller's thread only.
 */
#ifndef CBX_ROAD_COMMAND_H
#define CBX_ROAD_COMMAND_H

#include "road/road.h"

/* How a command ended. @outcome: 0 = done; CHATTERBOX_E_REFUSED = nl-hdms answered an error, whose
 * @code and @message are given; CHATTERBOX_E_TIMEOUT; CHATTERBOX_E_DOWN (nobody knows whether it
 * was carried out); CHATTERBOX_E_DECODE. Called once. */
typedef void (*cbx_command_fn)(void *user, int outcome, const char *code, const char *message);

/* @event: static. @done may be NULL. 0, -ENOMEM, CHATTERBOX_E_FULL (10 000 wait already): then
 * @done is not called. */
int cbx_command_send(struct cbx_road *road, const char *event, const char *system, int64_t job_id,
		     cbx_command_fn done, void *user);
/* Sends what waits, gives up what is overdue; on every turn of the poller */
void cbx_command_turn(struct cbx_road *road);
/* Was this delivery or return the answer to a command? */
bool cbx_command_receive(struct cbx_road *road, const struct cbx_bus_event *event);
/* The connection is a new one: what was under way on the old one is lost */
void cbx_command_lost(struct cbx_road *road);
/* We stop, or lead no longer: all of them end with @outcome */
void cbx_command_end(struct cbx_road *road, int outcome);

#endif
