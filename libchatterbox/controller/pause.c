// SPDX-License-Identifier: MIT
/*
 * pause.c - a pause of the tasks: how long it lasts, and that the next leader keeps to it
 *
 * The row `paused_until` of server_conf holds its end by the database's clock, or null.
 */
#include "controller/pause.h"

#include "base/read.h"
#include "common/json.h"
#include "controller/conf.h"
#include "controller/orders.h"

#include <chatterbox/error.h>
#include <stdio.h>
#include <string.h>

#define ROW "paused_until"
#define LONGEST 86400 /* s */

static void finish(struct cbx_call *call)
{
	cbx_auto(cbx_text_free) struct cbx_text text = { 0 };

	cbx_text_puts(&text, "{\"ok\":true}");
	cbx_call_done(call, &text);
}

static void show(struct cbx_poller *poller, int64_t until_ms)
{
	poller->road.paused_until_ms = until_ms;
	cbx_road_update_snapshot(&poller->road);
}

void cbx_pause_turn(struct cbx_poller *poller)
{
	if (poller->road.paused_until_ms && !cbx_task_is_paused(&poller->scheduler))
		show(poller, 0);
}

static void keep(struct cbx_road *road, int64_t until_ms)
{
	char time[CBX_TIME_TEXT];
	char info[CBX_TIME_TEXT + 2];

	cbx_time_text(until_ms, time);
	snprintf(info, sizeof(info), "\"%s\"", time);
	cbx_conf_keep(road, ROW, info);
}

void cbx_order_pause_scheduler(struct cbx_poller *poller, struct cbx_call *call)
{
	struct cbx_road *road = &poller->road;
	uint64_t ns = road->settings->paused_timeout_ns;
	char error[256] = "";
	int64_t until_ms;
	int64_t seconds;

	if (cbx_param_count(call, "seconds", false, &seconds, error) < 0 || !seconds ||
	    seconds > LONGEST) {
		cbx_call_fail(call, CBX_CALL_PARAMS, "seconds: takes an integer 1..86400");
		return;
	}
	if (seconds > 0)
		ns = (uint64_t)seconds * CBX_SECOND;
	until_ms = cbx_road_db_now(road) + (int64_t)(ns / CBX_MS);
	cbx_task_pause(&poller->scheduler, ns);
	keep(road, until_ms);
	show(poller, until_ms);
	finish(call);
}

void cbx_order_resume_scheduler(struct cbx_poller *poller, struct cbx_call *call)
{
	cbx_task_resume(&poller->scheduler);
	cbx_conf_keep(&poller->road, ROW, "null");
	show(poller, 0);
	finish(call);
}

/* Until when the row says; 0 = there is none, or nothing that can be understood */
static int64_t read_row(const char *info)
{
	json_t *value = NULL;
	const char *text;
	int64_t until_ms = 0;

	cbx_json_read(info, strlen(info), &value, NULL);
	text = json_string_value(value);
	if (!text || !cbx_time_parse(text, &until_ms))
		until_ms = 0;
	json_decref(value);
	return until_ms;
}

int cbx_pause_kept(struct cbx_road *road, int64_t *until_ms)
{
	cbx_auto(cbx_freep) char *info = NULL;
	int result = cbx_conf_read(road, ROW, &info);

	if (result >= 0)
		*until_ms = info ? read_row(info) : 0;
	return result < 0 ? result : 0;
}

void cbx_pause_begin(struct cbx_poller *poller, int64_t until_ms)
{
	struct cbx_road *road = &poller->road;
	int64_t left_ms = until_ms - cbx_road_db_now(road);
	int64_t longest_ms = LONGEST * INT64_C(1000);

	road->paused_until_ms = 0;
	if (left_ms <= 0)
		return;
	/* the database's clock may have been set back meanwhile */
	if (left_ms > longest_ms)
		left_ms = longest_ms;
	cbx_task_pause(&poller->scheduler, (uint64_t)left_ms * CBX_MS);
	show(poller, cbx_road_db_now(road) + left_ms);
	cbx_info(road->log, CBX_NO_FIELDS, "the tasks stay paused for %lld s more",
		 (long long)(left_ms / 1000));
}
