/* SPDX-License-Identifier: MIT */
/*
 * job_status.h - the proposal's JobStatusController: its two rounds, its interval, its statistics
 *
 * Names are the proposal's: update_database, get_all_jobs_status, check_if_server_is_under_load,
 * set_/get_time_till_next_check, the check-status and send-status tasks. The poller's thread only.
 */
#ifndef CBX_CONTROLLER_JOB_STATUS_H
#define CBX_CONTROLLER_JOB_STATUS_H

#include "road/round.h"
#include "task/pacer.h"
#include "task/task.h"

struct cbx_job_status {
	struct cbx_road *road;
	struct cbx_pacer pacer;
	struct cbx_task_scheduler *scheduler;
	struct cbx_task update_database_task;
	struct cbx_task check_status_task;
	struct cbx_task send_status_task;
	/* Has the listener handed over the messages that waited when it began? */
	bool (*caught_up)(void *user);
	/* Has the present snapshot published */
	void (*announce)(void *user); /* also cleans up syncing systems */
	void *user;
	bool updated_once;           /* the start-up run of Update Database has been done */
	bool none_answered;          /* nobody answered in the last round */
	bool interval_is_configured; /* nobody has set another one, so a reload may change it */
	bool interval_waits;         /* OCD said to read the interval, and Redis was down */
};

void cbx_job_status_init(struct cbx_job_status *status);
/* At a take-over: restores the interval, and makes the Update Database Task run at once */
void cbx_job_status_begin(struct cbx_job_status *status);
/* What a leader that took over now would begin with; for those who follow */
uint64_t cbx_job_status_kept_interval(struct cbx_road *road);
int cbx_job_status_update_database(struct cbx_job_status *status);
int cbx_job_status_get_all_jobs_status(struct cbx_job_status *status);
/* Asks the systems that came online meanwhile */
int cbx_job_status_ask_now(struct cbx_job_status *status);
/* update_server_configuration: reads server_conf again */
void cbx_job_status_reread(struct cbx_job_status *status);
/* The base of the Job Status Task, 1..86400 s; kept in server_conf. -EINVAL; a failure to
 * keep it is told in the log, the value counts all the same. */
int cbx_job_status_set_time_till_next_check(struct cbx_job_status *status, uint64_t base_ns);
uint64_t cbx_job_status_get_time_till_next_check(const struct cbx_job_status *status);
/* Parses seconds, 1..86400, with quotes anywhere, as OCD writes them */
bool cbx_interval_parse(const char *text, uint64_t *interval_ns);
/* Takes OCD's text: quotes are removed, then it is a number of seconds. "" = read it from Redis: 1
 * when that is down, to be tried again. -EINVAL when it can't be understood. */
int cbx_job_status_take_interval(struct cbx_job_status *status, const char *text);
/* Takes over changed settings, where OCD has set nothing else */
void cbx_job_status_apply_settings(struct cbx_job_status *status);

#endif
