// SPDX-License-Identifier: MIT
/*
 * interval.c - the base interval of the Job Status Task, and where it is kept
 *
 * At a start it is what was set before (server_conf), else what OCD left in Redis, else the
 * configured one (contract 2.3).
 */
#include "base/number.h"
#include "base/read.h"
#include "controller/conf.h"
#include "controller/job_status.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROW "check_job_status_time"
#define LEAST CBX_SECOND
#define MOST (86400 * CBX_SECOND)

static bool is_interval(uint64_t interval_ns)
{
	return interval_ns >= LEAST && interval_ns <= MOST;
}

bool cbx_interval_parse(const char *text, uint64_t *interval_ns)
{
	double seconds;
	char plain[32];
	const char *bytes = plain;
	size_t len = 0;
	size_t i;

	for (i = 0; text[i] && len < sizeof(plain) - 1; i++)
		if (text[i] != '"')
			plain[len++] = text[i];
	plain[len] = '\0';
	cbx_trim(&bytes, &len);
	if (text[i] || !cbx_number_parse(bytes, len, &seconds))
		return false;
	*interval_ns = cbx_ns(seconds);
	return is_interval(*interval_ns);
}

/* Shows it to readers now, not after the next round; if there is no memory they see it then */
static void show(struct cbx_job_status *status)
{
	struct cbx_road *road = status->road;

	status->check_status_task.interval_ns = status->pacer.current_ns;
	road->interval_base_ns = status->pacer.base_ns;
	road->interval_current_ns = status->pacer.current_ns;
	road->load_reason = status->pacer.reason;
	cbx_road_update_snapshot(road);
}

static void set(struct cbx_job_status *status, uint64_t base_ns, bool configured)
{
	cbx_pacer_set_base(&status->pacer, base_ns);
	status->interval_is_configured = configured;
	show(status);
}

static void keep(struct cbx_job_status *status, uint64_t base_ns)
{
	char text[CBX_NUMBER_TEXT];

	cbx_number_format(cbx_seconds(base_ns), text);
	cbx_conf_keep(status->road, ROW, text);
}

int cbx_job_status_set_time_till_next_check(struct cbx_job_status *status, uint64_t base_ns)
{
	if (!is_interval(base_ns))
		return -EINVAL;
	set(status, base_ns, false);
	keep(status, base_ns);
	cbx_info(status->road->log, CBX_NO_FIELDS, "the Job Status Task runs every %g s now",
		 cbx_seconds(base_ns));
	return 0;
}

uint64_t cbx_job_status_get_time_till_next_check(const struct cbx_job_status *status)
{
	return status->pacer.base_ns;
}

int cbx_job_status_take_interval(struct cbx_job_status *status, const char *text)
{
	struct cbx_road *road = status->road;
	char shared[64];
	uint64_t base_ns;
	int result;

	if (!text[0]) {
		result = road->state_link.up ? road->state->ops->read_interval(road->state, shared,
									       sizeof(shared))
					     : CHATTERBOX_E_DOWN;
		if (result < 0)
			cbx_link_lost(&road->state_link, result);
		if (result == CHATTERBOX_E_DOWN)
			return 1;
		/* what does not fit is not a number of seconds and is refused below */
		text = result < 0 ? "?" : shared;
	}
	if (!cbx_interval_parse(text, &base_ns)) {
		cbx_warn(road->log, CBX_FIELDS({ "info", text }),
			 "update_time_till_next_check takes 1..86400 seconds: refused");
		return -EINVAL;
	}
	return cbx_job_status_set_time_till_next_check(status, base_ns);
}

/* @quiet: who follows asks again and again, and says nothing of a text that does not fit */
static bool fits(struct cbx_road *road, const char *text, const char *where, bool quiet,
		 uint64_t *base_ns)
{
	if (cbx_interval_parse(text, base_ns))
		return true;
	if (!quiet)
		cbx_warn(road->log, CBX_FIELDS({ "info", text }),
			 "the interval in %s is not 1..86400 seconds: passed over", where);
	return false;
}

static bool from_conf(struct cbx_road *road, bool quiet, uint64_t *base_ns)
{
	cbx_auto(cbx_freep) char *info = NULL;

	return cbx_conf_read(road, ROW, &info) >= 0 && info &&
	       fits(road, info, "server_conf, row " ROW ",", quiet, base_ns);
}

static bool from_state(struct cbx_road *road, bool quiet, uint64_t *base_ns)
{
	char text[64] = "";
	int result;

	if (!road->state_link.up)
		return false;
	result = road->state->ops->read_interval(road->state, text, sizeof(text));
	if (result < 0)
		cbx_link_lost(&road->state_link, result);
	return result >= 0 && text[0] && fits(road, text, "Redis", quiet, base_ns);
}

static bool is_kept(struct cbx_road *road, bool quiet, uint64_t *base_ns)
{
	return from_conf(road, quiet, base_ns) || from_state(road, quiet, base_ns);
}

uint64_t cbx_job_status_kept_interval(struct cbx_road *road)
{
	uint64_t base_ns;

	return is_kept(road, true, &base_ns) ? base_ns : road->settings->check_job_status_time_ns;
}

void cbx_job_status_begin(struct cbx_job_status *status)
{
	struct cbx_road *road = status->road;
	uint64_t base_ns;
	bool kept = is_kept(road, false, &base_ns);

	set(status, kept ? base_ns : road->settings->check_job_status_time_ns, !kept);
	status->updated_once = false;
	status->update_database_task.wanted = true;
}

void cbx_job_status_reread(struct cbx_job_status *status)
{
	uint64_t base_ns;

	if (from_conf(status->road, false, &base_ns) && base_ns != status->pacer.base_ns)
		set(status, base_ns, false);
}

void cbx_job_status_apply_settings(struct cbx_job_status *status)
{
	const struct cbx_settings *settings = status->road->settings;

	status->pacer.bound_ns = settings->load_max_interval_ns;
	status->pacer.queue_depth_limit = settings->load_queue_depth;
	status->pacer.reply_limit_ns = settings->load_reply_ns;
	status->update_database_task.interval_ns = settings->time_till_next_check_ns;
	if (status->interval_is_configured &&
	    settings->check_job_status_time_ns != status->pacer.base_ns)
		cbx_pacer_set_base(&status->pacer, settings->check_job_status_time_ns);
	show(status);
}
