// SPDX-License-Identifier: MIT
/*
 * job_status.c - runs the rounds, and draws conclusions from them: load, interval, figures
 *
 * No round starts before the messages that waited in the queue have been merged, nor without SQL.
 */
#include "controller/job_status.h"

#include <chatterbox/error.h>

#define SEND_INTERVAL (60 * CBX_SECOND)

/* Passes what was seen in a round to the load rule, the summary and the metrics */
static void conclude(struct cbx_job_status *status, const char *task,
		     const struct cbx_round_result *result)
{
	struct cbx_road *road = status->road;
	struct cbx_pacer_round round = { .duration_ns = result->duration_ns,
					 .questions = result->figures.questions,
					 .timeouts = result->figures.unanswered,
					 .queue_depth = result->queue_depth,
					 .reply_p95_ns = cbx_ns(result->figures.reply_p95) };
	double seconds = cbx_seconds(result->duration_ns);

	cbx_metric_observe(road->counters->cycle_duration, task, NULL, seconds);
	road->last_cycle.systems = result->figures.systems;
	road->last_cycle.jobs = result->figures.jobs;
	road->last_cycle.timeouts = result->figures.timeouts;
	road->last_cycle.seconds = seconds;
	if (result->figures.questions) {
		road->last_cycle.questions = result->figures.questions;
		road->last_cycle.unanswered = result->figures.unanswered;
	}
	road->last_cycle.finished_ms = cbx_wall(road->clock);
	cbx_pacer_step(&status->pacer, result->figures.cut ? NULL : &round);
	status->check_status_task.interval_ns = status->pacer.current_ns;
	road->interval_base_ns = status->pacer.base_ns;
	road->interval_current_ns = status->pacer.current_ns;
	road->load_reason = status->pacer.reason;
	cbx_road_update_snapshot(road);
	cbx_debug(road->log, CBX_FIELDS({ "task", task }),
		  "asked %llu systems in %.3f s: %llu jobs, %llu changed, %llu timeouts%s",
		  (unsigned long long)result->figures.systems, seconds,
		  (unsigned long long)result->figures.jobs,
		  (unsigned long long)road->last_cycle.changed,
		  (unsigned long long)result->figures.timeouts,
		  result->figures.cut ? ", cut short" : "");
}

/* After a round without answers the first answer ends all waiting after timeouts */
static void forgive_timeouts(struct cbx_job_status *status, const struct cbx_poll_figures *figures)
{
	struct cbx_system_entry *const *entries;
	size_t count = cbx_systems_count(status->road->systems);
	size_t i;

	if (status->none_answered && figures->answers &&
	    (entries = cbx_systems_all(status->road->systems)))
		for (i = 0; i < count; i++)
			entries[i]->timeouts = 0, entries[i]->ask_again_at = 0;
	if (figures->answers || figures->none_answered)
		status->none_answered = figures->none_answered;
}

static int run(struct cbx_job_status *status, enum cbx_round_kind kind, const char *task)
{
	struct cbx_road *road = status->road;
	struct cbx_round_result result = { 0 };
	int error;

	if (!status->caught_up(status->user))
		return CHATTERBOX_E_DOWN;
	/* what arrived before the first question counts as older than its answer */
	error = cbx_road_drain_inbox(road);
	if (!error)
		error = cbx_road_commit(road);
	if (error < 0)
		return error;
	road->last_cycle.changed = 0;
	error = cbx_round_run(road, kind, &result);
	if (error < 0)
		return error;
	forgive_timeouts(status, &result.figures);
	if (task)
		conclude(status, task, &result);
	return result.figures.cut ? CHATTERBOX_E_DOWN : 0;
}

int cbx_job_status_update_database(struct cbx_job_status *status)
{
	return run(status, CBX_DISCOVERY_ROUND, "update_database");
}

int cbx_job_status_get_all_jobs_status(struct cbx_job_status *status)
{
	return run(status, CBX_STATUS_ROUND, "job_status");
}

int cbx_job_status_ask_now(struct cbx_job_status *status)
{
	const struct cbx_road *road = status->road;

	if (!cbx_road_may_ask(road) || !road->sql_link.up || road->hanging)
		return CHATTERBOX_E_DOWN;
	return run(status, CBX_ASK_NOW_ROUND, NULL);
}

static void perform_update(void *user)
{
	struct cbx_job_status *status = user;

	if (!cbx_job_status_update_database(status))
		status->updated_once = true;
	else
		status->update_database_task.wanted = true; /* when the server is back */
}

static void perform_check(void *user)
{
	cbx_job_status_get_all_jobs_status(user);
}

static void perform_send(void *user)
{
	struct cbx_job_status *status = user;
	struct cbx_road *road = status->road;
	cbx_auto(cbx_snapshot_unrefp) struct cbx_snapshot *snapshot =
		cbx_snapshot_slot_get(road->slot);

	/* for Redis, if that loses it before the next time */
	if (snapshot) {
		road->announced = true;
		road->announced_totals = snapshot->jobs->totals;
	}
	status->announce(status->user);
}

void cbx_job_status_init(struct cbx_job_status *status)
{
	status->update_database_task =
		(struct cbx_task){ .name = "Update Database Task", .perform = perform_update };
	status->check_status_task =
		(struct cbx_task){ .name = "Job Status Task", .perform = perform_check };
	status->send_status_task = (struct cbx_task){ .name = "Job Send Status Task",
						      .interval_ns = SEND_INTERVAL,
						      .perform = perform_send };
	status->update_database_task.user = status;
	status->check_status_task.user = status;
	status->send_status_task.user = status;
	cbx_pacer_init(&status->pacer, status->road->settings->check_job_status_time_ns);
	status->interval_is_configured = true;
	cbx_job_status_apply_settings(status);
}
