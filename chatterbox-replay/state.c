// SPDX-License-Identifier: MIT
/* state.c - puts what was known of systems and jobs into a new world */
#include "play.h"

#include "base/read.h"
#include "common/json.h"

#include <chatterbox/config.h>
#include <inttypes.h>
#include <stdlib.h>

static int refuse(struct replay_play *play, const char *member)
{
	return replay_refuse(&play->source, "has no good %s", member);
}

/* --- the world --- */

/* What decides about jobs. A key of a newer version that is none of these shows in what differs. */
static const char *const keys[] = {
	"check_job_status_time",
	"time_till_next_check",
	"offline_job_ttl",
	"progress_checkpoint",
	"history_retention",
	"rmq_rpc.poll_timeout",
	"limits.reply_bytes",
	"limits.jobs_per_reply",
	"pausedKey",
	"runningKey",
	"completedKey",
	"erroredKey",
	"killedKey",
};

static bool is_known(const char *path)
{
	size_t i;

	for (i = 0; i < CBX_COUNT(keys); i++)
		if (!strcmp(keys[i], path))
			return true;
	return false;
}

static int set(struct chatterbox_config *config, const char *path, const json_t *value)
{
	char number[32];
	const char *text = json_string_value(value);

	if (json_is_integer(value)) {
		snprintf(number, sizeof(number), "%" JSON_INTEGER_FORMAT,
			 json_integer_value(value));
		text = number;
	}
	if (!text)
		return CHATTERBOX_E_DECODE;
	return is_known(path) ? chatterbox_config_set(config, path, text, "the recording") : 0;
}

static int read_settings(struct replay_play *play, struct chatterbox_config *config)
{
	const struct cbx_json *settings = replay_member(&play->source.line, "settings");
	json_t *all = NULL;
	const char *path;
	json_t *value;
	int result = settings ? cbx_json_read(settings->raw, settings->raw_len, &all, NULL)
			      : CHATTERBOX_E_DECODE;

	if (!result && !json_is_object(all))
		result = CHATTERBOX_E_DECODE;
	json_object_foreach(all, path, value) if (!result) result = set(config, path, value);
	json_decref(all);
	if (!result)
		result = chatterbox_config_check(config, NULL);
	if (result == CHATTERBOX_E_DECODE || result == CHATTERBOX_E_CONFIG)
		return refuse(play, "settings");
	return result;
}

int replay_state_begin(struct replay_play *play)
{
	struct chatterbox_config *config = NULL;
	int64_t db_ms;
	int result;

	if (!replay_number(&play->source.line, "db_ms", &db_ms) || db_ms < 0 ||
	    db_ms > (int64_t)1 << 48)
		return refuse(play, "db_ms");
	result = chatterbox_config_new(&config);
	if (!result)
		result = read_settings(play, config);
	if (!result) {
		play->world.clock.now = play->at;
		play->world.clock.wall_offset = db_ms - (int64_t)(play->at / CBX_MS);
		result = replay_world_open(&play->world, config, &play->log);
	}
	chatterbox_config_unref(config);
	play->states += !result;
	return result;
}

/* --- what was known in it --- */

static const char *name_of_system(struct replay_play *play)
{
	const char *text = replay_text(&play->source.line, "system");
	const char *name = text;
	size_t len = text ? strlen(text) : 0;

	return text && cbx_system_name(&name, &len) && name == text && !name[len] ? text : NULL;
}

int replay_state_system(struct replay_play *play)
{
	struct replay_line *line = &play->source.line;
	const char *name = name_of_system(play);
	enum cbx_system_state state = CBX_UNKNOWN;
	struct cbx_system_entry *entry;
	int64_t checked_ms = 0;

	if (!name)
		return refuse(play, "system");
	if (replay_is(line, "state", "online"))
		state = CBX_ONLINE;
	else if (replay_is(line, "state", "offline"))
		state = CBX_OFFLINE;
	else if (!replay_is(line, "state", "unknown"))
		return refuse(play, "state");
	entry = cbx_systems_get(play->world.road.systems, name);
	if (!entry)
		return -ENOMEM;
	replay_number(line, "checked_ms", &checked_ms);
	if (!replay_time(line, "reported", &entry->reported_at))
		return refuse(play, "reported");
	entry->list_due = replay_flag(line, "list_due");
	return cbx_systems_restore(play->world.road.systems, entry, state, checked_ms);
}

static bool read_phase(struct replay_line *line, struct cbx_job *job)
{
	job->phase = CBX_ENDED;
	if (replay_is(line, "phase", "live"))
		job->phase = CBX_LIVE;
	else if (replay_is(line, "phase", "unreported"))
		job->phase = CBX_UNREPORTED;
	else if (!replay_is(line, "phase", "ended"))
		return false;
	job->origin = replay_is(line, "origin", "ocd") ? CBX_OCD : CBX_USER;
	job->inferred = replay_flag(line, "inferred");
	return replay_number(line, "revision", &job->revision) && job->revision >= 0 &&
	       job->revision < CBX_REVISION_END;
}

static bool read_times(const struct replay_line *line, struct cbx_job *job)
{
	uint64_t applied = 0;
	int64_t unseen = 0;
	int64_t missing = 0;
	bool ok = replay_time(line, "applied", &applied) &&
		  replay_time(line, "since", &job->applied_since) &&
		  replay_time(line, "reported", &job->reported_at) &&
		  replay_time(line, "recorded", &job->recorded_at) &&
		  replay_time(line, "unseen", &job->unseen_at) &&
		  replay_number(line, "unseen_times", &unseen) &&
		  replay_number(line, "missing_times", &missing) &&
		  replay_number(line, "applied_ms", &job->applied_db_ms) &&
		  replay_number(line, "first_seen_ms", &job->first_seen_ms) &&
		  replay_number(line, "updated_ms", &job->updated_ms);

	job->applied_at = applied;
	job->unseen = (unsigned)unseen;
	job->missing = (unsigned)missing;
	return ok;
}

int replay_state_job(struct replay_play *play)
{
	struct replay_line *line = &play->source.line;
	struct cbx_road *road = &play->world.road;
	const struct cbx_json *body = replay_member(line, "body");
	const char *name = name_of_system(play);
	cbx_auto(cbx_status_unrefp) struct cbx_status *status = NULL;
	cbx_auto(cbx_job_unrefp) struct cbx_job *job = NULL;
	int result =
		body ? cbx_decode_status(body->raw, body->raw_len, &status) : CHATTERBOX_E_DECODE;

	/* a row of OCD's may have no status yet */
	if (result == -ENOMEM)
		return result;
	if (result < 0 || !name || strcmp(status->system, name) != 0)
		return refuse(play, "body");
	result = cbx_job_new(status, &job);
	if (result < 0)
		return result;
	job->kind = cbx_kind_of(&road->settings->kinds, status->text);
	if (!read_phase(line, job) || !read_times(line, job))
		return refuse(play, "record of a job");
	if (!cbx_systems_get(road->systems, name))
		return -ENOMEM;
	return cbx_active_jobs_put(road->jobs, name, job);
}
