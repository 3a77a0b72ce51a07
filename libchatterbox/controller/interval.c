// SPDX-License-Identifier: MIT
/*
 * interval.c - the Job Status Task's base interval: where it comes from and where it is kept
 *
 * Decides the order at a start: what was set before (server_conf), else what OCD left in the shared
 * state, else the configuration (contract 2.3).
 */
#include "base/number.h"
#include "base/read.h"
#include "controller/job_status.h"
#include "port/directory.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROW "check_job_status_time"
#define LEAST 1.0
#define MOST 86400.0

bool cbx_interval_parse(const char *text, double *seconds)
{
	char plain[32];
	const char *bytes = plain;
	size_t len = 0;
	size_t i;

	for (i = 0; text[i] && len < sizeof(plain) - 1; i++)
		if (text[i] != '"')
			plain[len++] = text[i];
	plain[len] = '\0';
	cbx_trim(&bytes, &len);
	return !text[i] && cbx_number_parse(bytes, len, seconds) && *seconds >= LEAST &&
	       *seconds <= MOST;
}

/* Readers see it at once, not after the next round; out of memory, they see it then */
static void show(struct cbx_job_status *status)
{
	struct cbx_road *road = status->road;

	status->check_status_task.interval = status->pacer.current;
	road->interval_base = status->pacer.base;
	road->interval_current = status->pacer.current;
	road->load_reason = status->pacer.reason;
	cbx_road_update_snapshot(road);
}

static void set(struct cbx_job_status *status, double seconds, bool configured)
{
	cbx_pacer_set_base(&status->pacer, seconds);
	status->interval_is_configured = configured;
	show(status);
}

static void keep(struct cbx_job_status *status, double seconds)
{
	struct cbx_road *road = status->road;
	struct cbx_guard guard = cbx_leadership_guard(road->leadership, road->epoch);
	char text[CBX_NUMBER_TEXT];
	int result;

	cbx_number_format(seconds, text);
	result = road->sql->directory->write_conf(road->sql, &guard, ROW, text);
	if (result >= 0)
		return;
	cbx_link_lost(&road->sql_link, result);
	cbx_warn(road->log, CBX_FIELDS({ "error", road->sql->error }),
		 "the interval of %s s is in force, but could not be kept in server_conf", text);
}

int cbx_job_status_set_time_till_next_check(struct cbx_job_status *status, double seconds)
{
	if (!(seconds >= LEAST && seconds <= MOST))
		return -EINVAL;
	set(status, seconds, false);
	keep(status, seconds);
	cbx_info(status->road->log, CBX_NO_FIELDS, "the Job Status Task runs every %g s now",
		 seconds);
	return 0;
}

double cbx_job_status_get_time_till_next_check(const struct cbx_job_status *status)
{
	return status->pacer.base;
}

int cbx_job_status_take_interval(struct cbx_job_status *status, const char *text)
{
	struct cbx_road *road = status->road;
	char shared[64];
	double seconds;
	int result;

	if (!text[0]) {
		result = road->state_link.up ? road->state->ops->read_interval(road->state, shared,
									       sizeof(shared))
					     : CHATTERBOX_E_DOWN;
		if (result < 0)
			cbx_link_lost(&road->state_link, result);
		if (result == CHATTERBOX_E_DOWN)
			return 1;
		/* what does not fit is no number of seconds: refused below */
		text = result < 0 ? "?" : shared;
	}
	if (!cbx_interval_parse(text, &seconds)) {
		cbx_warn(road->log, CBX_FIELDS({ "info", text }),
			 "update_time_till_next_check takes 1..86400 seconds: refused");
		return -EINVAL;
	}
	return cbx_job_status_set_time_till_next_check(status, seconds);
}

static bool from_conf(struct cbx_road *road, double *seconds)
{
	cbx_auto(cbx_freep) char *info = NULL;
	int result = road->sql->directory->read_conf(road->sql, ROW, &info);

	if (result < 0)
		cbx_link_lost(&road->sql_link, result);
	return result >= 0 && info && cbx_interval_parse(info, seconds);
}

static bool from_state(struct cbx_road *road, double *seconds)
{
	char text[64] = "";
	int result;

	if (!road->state_link.up)
		return false;
	result = road->state->ops->read_interval(road->state, text, sizeof(text));
	if (result < 0)
		cbx_link_lost(&road->state_link, result);
	return result >= 0 && text[0] && cbx_interval_parse(text, seconds);
}

static bool is_kept(struct cbx_road *road, double *seconds)
{
	return (road->sql_link.up && from_conf(road, seconds)) || from_state(road, seconds);
}

static double configured(const struct cbx_road *road)
{
	return (double)road->settings->check_job_status_time_ns / 1e9;
}

double cbx_job_status_kept_interval(struct cbx_road *road)
{
	double seconds;

	return is_kept(road, &seconds) ? seconds : configured(road);
}

void cbx_job_status_begin(struct cbx_job_status *status)
{
	struct cbx_road *road = status->road;
	double seconds;
	bool kept = is_kept(road, &seconds);

	set(status, kept ? seconds : configured(road), !kept);
	status->updated_once = false;
	status->update_database_task.wanted = true;
}

void cbx_job_status_reread(struct cbx_job_status *status)
{
	double seconds;

	if (from_conf(status->road, &seconds) && seconds != status->pacer.base)
		set(status, seconds, false);
}

void cbx_job_status_apply_settings(struct cbx_job_status *status)
{
	const struct cbx_settings *settings = status->road->settings;

	status->pacer.bound = (double)settings->load_max_interval_ns / 1e9;
	status->pacer.queue_depth_limit = settings->load_queue_depth;
	status->pacer.reply_limit = (double)settings->load_reply_ns / 1e9;
	status->update_database_task.interval = (double)settings->time_till_next_check_ns / 1e9;
	if (status->interval_is_configured && configured(status->road) != status->pacer.base)
		cbx_pacer_set_base(&status->pacer, configured(status->road));
	show(status);
}
