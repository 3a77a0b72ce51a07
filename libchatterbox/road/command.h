/* SPDX-License-Identifier: MIT */
/*
 * command.h - commands to single jobs (job_pause, job_resume, job_kill), sent to nl-hdms
 *
 * They use the connection of the questions, with the longer deadline rmq_rpc.rpc_timeout, and count
 * towards the limit of outstanding questions. The poller's thread only.
 */
#ifndef CBX_ROAD_COMMAND_H
#define CBX_ROAD_COMMAND_H

#include "road/road.h"

/* How a command ended. @outcome: 0 = done; CHATTERBOX_E_REFUSED = nl-hdms answered an error, whose
 * @code and @message are given; CHATTERBOX_E_TIMEOUT; CHATTERBOX_E_DOWN (nobody knows whether it
 * was carried out); CHATTERBOX_E_DECODE. Called once. */
typedef void (*cbx_command_fn)(void *user, int outcome, const char *code, const char *message);

/* @event: static. @done may be NULL. 0, -ENOMEM, or CHATTERBOX_E_FULL (10 000 are waiting): @done
 * is then not called. */
int cbx_command_send(struct cbx_road *road, const char *event, const char *system, int64_t job_id,
		     cbx_command_fn done, void *user);
/* Sends waiting commands and gives up overdue ones; called on every turn of the poller */
void cbx_command_turn(struct cbx_road *road);
/* Takes a delivery or return that answers a command. False: it does not. */
bool cbx_command_receive(struct cbx_road *road, const struct cbx_bus_event *event);
/* Nobody knows what became of the commands under way: they fail, since @why */
void cbx_command_lost(struct cbx_road *road, const char *why);
#define CBX_COMMAND_REFUSED "RabbitMQ refused the question"
/* This instance stops, or no longer leads: all commands end with @outcome */
void cbx_command_end(struct cbx_road *road, int outcome);

#endif
