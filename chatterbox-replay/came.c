// SPDX-License-Identifier: MIT
/* came.c - lets the road receive what it received then: answers, pushes, and what SQL said */
#include "play.h"

#include "base/read.h"
#include "common/array.h"
#include "common/json.h"
#include "controller/cleanup.h"

#include <stdlib.h>

#define MOST_ASKED 10000

static int refuse(struct replay_play *play, const char *member)
{
	return replay_refuse(&play->source, "has no good %s", member);
}

static bool is_system(const char *text)
{
	const char *name = text;
	size_t len = text ? strlen(text) : 0;

	return text && cbx_system_name(&name, &len) && name == text && !name[len];
}

/* --- answers --- */

/* A body that is not understood is only counted, whatever is in it */
static void read_body(struct replay_line *line, struct cbx_bus_event *event)
{
	const struct cbx_json *body = replay_member(line, "body");

	event->type = replay_flag(line, "oversized") ? CBX_BUS_OVERSIZED : CBX_BUS_DELIVERY;
	event->message.body = body ? body->raw : "";
	event->message.body_len = body ? body->raw_len : 0;
}

struct asked {
	struct cbx_flight_asked *all;
	int64_t *jobs;
	size_t count;
};

static void clear(struct asked *asked)
{
	free(asked->all);
	free(asked->jobs);
}

static size_t count_jobs(const json_t *list)
{
	size_t count = 0;
	size_t i;

	for (i = 0; i < json_array_size(list); i++)
		count += json_array_size(json_object_get(json_array_get(list, i), "jobs"));
	return count;
}

static bool read_system(const json_t *from, struct cbx_flight_asked *asked, int64_t *jobs)
{
	const json_t *list = json_object_get(from, "jobs");
	size_t i;

	asked->system = json_string_value(json_object_get(from, "system"));
	asked->list = json_is_true(json_object_get(from, "list"));
	asked->jobs = jobs;
	asked->count = json_array_size(list);
	for (i = 0; i < asked->count; i++) {
		jobs[i] = json_integer_value(json_array_get(list, i));
		if (!json_is_integer(json_array_get(list, i)) || (i && jobs[i] <= jobs[i - 1]))
			return false;
	}
	return is_system(asked->system);
}

/* @list: parsed, and kept until the answer is played */
static int read_asked(const json_t *list, struct asked *asked)
{
	size_t used = 0;

	if (!json_array_size(list) || json_array_size(list) > MOST_ASKED)
		return CHATTERBOX_E_DECODE;
	asked->all = calloc(json_array_size(list), sizeof(*asked->all));
	asked->jobs = calloc(count_jobs(list) + 1, sizeof(*asked->jobs));
	if (!asked->all || !asked->jobs)
		return -ENOMEM;
	for (; asked->count < json_array_size(list); asked->count++) {
		struct cbx_flight_asked *one = &asked->all[asked->count];

		if (!read_system(json_array_get(list, asked->count), one, asked->jobs + used))
			return CHATTERBOX_E_DECODE;
		used += one->count;
	}
	return 0;
}

int replay_came_answer(struct replay_play *play)
{
	struct replay_line *line = &play->source.line;
	const struct cbx_json *raw = replay_member(line, "asked");
	struct cbx_bus_event event = { 0 };
	struct asked asked = { 0 };
	json_t *list = NULL;
	uint64_t sent_at;
	int result;

	if (!replay_time(line, "sent", &sent_at) || sent_at > play->at)
		return refuse(play, "sent");
	result = raw ? cbx_json_read(raw->raw, raw->raw_len, &list, NULL) : CHATTERBOX_E_DECODE;
	if (!result)
		result = read_asked(list, &asked);
	read_body(line, &event);
	if (!result)
		result = cbx_flight_play_answer(&play->world.road, asked.all, asked.count, sent_at,
						&event);
	clear(&asked);
	json_decref(list);
	return result == CHATTERBOX_E_DECODE ? refuse(play, "asked") : result;
}

/* --- pushes --- */

int replay_came_push(struct replay_play *play)
{
	struct replay_line *line = &play->source.line;
	struct cbx_road *road = &play->world.road;
	const struct cbx_json *body = replay_member(line, "body");
	const char *event = replay_text(line, "event");
	struct cbx_inbound *inbound = NULL;
	uint64_t arrived;
	int result;

	if (!event || !replay_time(line, "arrived", &arrived) || arrived > play->at)
		return refuse(play, "event or arrived");
	if (!body)
		return 0; /* an interval, a wish: they say nothing about jobs */
	result = cbx_inbound_decode(event, body->raw, body->raw_len, &road->settings->limits,
				    &inbound);
	if (result < 0)
		return result == -ENOMEM ? result : refuse(play, "body");
	if (inbound->type > CBX_IN_OFFLINE) {
		cbx_inbound_free(inbound);
		return 0;
	}
	inbound->at = inbound->until = arrived;
	replay_time(line, "until", &inbound->until);
	return cbx_road_apply(road, inbound, false);
}

/* --- SQL --- */

static bool read_row(struct replay_line *line, struct cbx_row *row)
{
	*row = (struct cbx_row){
		.system = replay_text(line, "system"),
		.job_type = replay_text(line, "job_type"),
		.status = replay_text(line, "status"),
		.percent_completed = replay_text(line, "percent_completed"),
		.downloaded = CBX_NO_COUNT,
		.total_files = CBX_NO_COUNT,
		.download_speed = replay_text(line, "download_speed"),
		.origin = replay_text(line, "origin"),
		.inferred = replay_flag(line, "inferred"),
	};
	replay_number(line, "downloaded", &row->downloaded);
	replay_number(line, "total_files", &row->total_files);
	replay_number(line, "started_ms", &row->started_ms);
	replay_number(line, "updated_ms", &row->updated_ms);
	return is_system(row->system) && replay_number(line, "job_id", &row->job_id) &&
	       row->job_id >= 0 && replay_number(line, "revision", &row->revision) &&
	       row->revision >= 0 && row->revision < CBX_REVISION_END;
}

int replay_came_row(struct replay_play *play)
{
	struct replay_line *line = &play->source.line;
	enum replay_table table = REPLAY_OCD;
	struct cbx_row row;

	if (!read_row(line, &row))
		return refuse(play, "row");
	if (replay_is(line, "table", "status_monitor"))
		table = REPLAY_MONITOR;
	else if (replay_is(line, "table", "completed_jobs"))
		table = REPLAY_COMPLETED;
	else if (!replay_is(line, "table", "ocd"))
		return refuse(play, "table");
	return replay_rows_add(&play->world.rows, table, &row);
}

int replay_came_look(struct replay_play *play)
{
	bool discovery = replay_flag(&play->source.line, "discovery");
	int result = cbx_road_look_around(&play->world.road, discovery);

	replay_rows_clear(&play->world.rows, REPLAY_MONITOR);
	replay_rows_clear(&play->world.rows, REPLAY_OCD);
	return result;
}

int replay_came_connection(struct replay_play *play)
{
	struct replay_line *line = &play->source.line;
	struct cbx_road *road = &play->world.road;
	const char *name = replay_text(line, "system");
	struct cbx_system_entry *entry;

	if (!is_system(name))
		return refuse(play, "system");
	entry = cbx_systems_get(road->systems, name);
	if (!entry)
		return -ENOMEM;
	return cbx_road_set_system(road, entry,
				   replay_is(line, "state", "online") ? CBX_ONLINE : CBX_OFFLINE,
				   "inferred", false);
}

int replay_came_cleared(struct replay_play *play)
{
	struct replay_line *line = &play->source.line;
	const char *name = replay_text(line, "system");
	int64_t job_id;

	if (!is_system(name) || !replay_number(line, "job_id", &job_id))
		return refuse(play, "job");
	return cbx_active_jobs_drop(play->world.road.jobs, name, job_id);
}
