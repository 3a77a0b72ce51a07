// SPDX-License-Identifier: MIT
/* orders.c - the commands that change something */
#include "ask.h"
#include "commands.h"
#include "common/json.h"
#include "http.h"
#include "say.h"
#include "show.h"

#include <stdio.h>
#include <string.h>

#define DAY 86400

/* Takes @body over, which may be NULL when there was no memory for it */
static int order(const struct ctl_options *options, const char *method, const char *path,
		 json_t *body, json_t **out)
{
	cbx_auto(json_decrefp) json_t *object = body;
	cbx_auto(cbx_freep) char *text = object ? cbx_json_text(object) : NULL;
	int result;

	if (!text) {
		ctl_say_memory();
		return CTL_UNAVAILABLE;
	}
	result = ctl_ask(options, method, path, text, out);
	return !result && options->json ? ctl_print_json(*out) : result;
}

/* An order whose answer says nothing but that it was taken */
static int simple(const struct ctl_options *options, const char *method, const char *path,
		  json_t *body, const char *done)
{
	cbx_auto(json_decrefp) json_t *answer = NULL;
	int result = order(options, method, path, body, &answer);

	if (!result && !options->json)
		puts(done);
	return result;
}

int ctl_poll(const struct ctl_options *options)
{
	return simple(options, "POST", "/api/v1/poll",
		      json_pack("{s:b}", "discovery", options->discovery),
		      options->discovery ? "asking every system about its jobs, and which there are"
					 : "asking the systems about their jobs");
}

int ctl_interval(const struct ctl_options *options)
{
	long seconds = ctl_number(options->arguments[0], 1, DAY);
	char done[64];

	if (seconds < 0) {
		ctl_say("interval: takes a number of seconds 1..%d, got '%s'", DAY,
			options->arguments[0]);
		return CTL_USAGE;
	}
	snprintf(done, sizeof(done), "asking every %ld s from now on", seconds);
	return simple(options, "PUT", "/api/v1/interval",
		      json_pack("{s:I}", "seconds", (json_int_t)seconds), done);
}

static int order_job(const struct ctl_options *options, const char *end, const char *done)
{
	int result = CTL_OK;
	cbx_auto(cbx_freep) char *path = ctl_job_path(options, "/api/v1/jobs/", end, &result);

	return path ? simple(options, "POST", path, json_object(), done) : result;
}

static int pause_scheduler(const struct ctl_options *options)
{
	json_t *body = json_object();
	long seconds;

	if (options->count) {
		seconds = ctl_number(options->arguments[0], 1, DAY);
		if (seconds < 0) {
			json_decref(body);
			ctl_say("pause: takes nothing, SECONDS (1..%d), or SYSTEM JOB; got '%s'",
				DAY, options->arguments[0]);
			return CTL_USAGE;
		}
		json_object_set_new(body, "seconds", json_integer(seconds));
	}
	return simple(options, "POST", "/api/v1/pause", body,
		      "nobody is asked until the pause ends, or `chatterboxctl resume`");
}

int ctl_pause(const struct ctl_options *options)
{
	return options->count == 2 ? order_job(options, "/pause", "paused")
				   : pause_scheduler(options);
}

int ctl_resume(const struct ctl_options *options)
{
	return options->count == 2 ? order_job(options, "/resume", "resumed")
				   : simple(options, "POST", "/api/v1/resume", json_object(),
					    "the systems are asked again");
}

int ctl_kill(const struct ctl_options *options)
{
	return order_job(options, "/kill", "killed");
}

/* An order that answers how many it concerned, as @member */
static int bulk(const struct ctl_options *options, const char *path, json_t *body,
		const char *member, const char *done)
{
	cbx_auto(json_decrefp) json_t *answer = NULL;
	int result = order(options, "POST", path, body, &answer);
	const json_t *count = json_object_get(answer, member);

	if (result || options->json)
		return result;
	if (!json_is_integer(count))
		return ctl_ask_strange(options, path);
	printf("%s: %lld\n", done, (long long)json_integer_value(count));
	return CTL_OK;
}

static json_t *system_body(const char *system)
{
	return system ? json_pack("{s:s}", "system", system) : json_object();
}

int ctl_pause_all(const struct ctl_options *options)
{
	return bulk(options, "/api/v1/jobs/pause_all", system_body(options->arguments[0]), "jobs",
		    "jobs to pause");
}

int ctl_resume_all(const struct ctl_options *options)
{
	return bulk(options, "/api/v1/jobs/resume_all", system_body(options->arguments[0]), "jobs",
		    "jobs to resume");
}

static int show_dry_run(const struct ctl_options *options, const json_t *answer, const char *path)
{
	static const char *const heads[] = { "SYSTEM", "JOB", "STATUS", "TYPE", NULL };
	const json_t *jobs = json_object_get(answer, "jobs");
	struct ctl_table table;
	char cell[CTL_CELL];
	char own[CTL_CELL];
	json_t *job;
	size_t i;

	if (!json_is_array(jobs))
		return ctl_ask_strange(options, path);
	ctl_table_begin(&table, heads);
	json_array_foreach(jobs, i, job)
	{
		const char *status = ctl_member(job, "status", own);

		ctl_table_add(&table, CTL_PLAIN, ctl_member(job, "system", cell));
		ctl_table_add(&table, CTL_PLAIN, ctl_member(job, "job_id", cell));
		ctl_table_add(&table, ctl_colour_of(status), status);
		ctl_table_add(&table, CTL_PLAIN, ctl_member(job, "job_type", cell));
	}
	return ctl_table_end(&table);
}

int ctl_clean_up(const struct ctl_options *options)
{
	cbx_auto(json_decrefp) json_t *answer = NULL;
	char path[64] = "/api/v1/clean_up";
	json_t *body;
	int result;

	if (options->incident && options->given & (CTL_SYSTEM | CTL_OLDER_THAN)) {
		ctl_say("clean-up: --incident takes no --system and no --older-than");
		return CTL_USAGE;
	}
	if (options->incident)
		snprintf(path, sizeof(path), "/api/v1/incidents/%ld/clean_up", options->incident);
	body = system_body(options->system);
	if (options->given & CTL_OLDER_THAN)
		json_object_set_new(body, "older_than", json_integer(options->older_than));
	if (!options->dry_run)
		return bulk(options, path, body, "removed", "jobs removed");
	json_object_set_new(body, "dry_run", json_true());
	result = order(options, "POST", path, body, &answer);
	return result || options->json ? result : show_dry_run(options, answer, path);
}
