// SPDX-License-Identifier: MIT
/* fake_engine.c - answers as include/chatterbox says, about one live and one ended job */
#include "fake_engine.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct chatterbox *fake_engine_new(void)
{
	struct chatterbox *box = calloc(1, sizeof(*box));

	if (!box)
		return NULL;
	box->references = 1;
	box->ready = true;
	pthread_mutex_init(&box->lock, NULL);
	pthread_cond_init(&box->changed, NULL);
	return box;
}

struct chatterbox *chatterbox_ref(struct chatterbox *box)
{
	box->references++;
	return box;
}

struct chatterbox *chatterbox_unref(struct chatterbox *box)
{
	if (!--box->references) {
		pthread_mutex_destroy(&box->lock);
		pthread_cond_destroy(&box->changed);
		free(box->events);
		free(box);
	}
	return NULL;
}

void fake_engine_hold(struct chatterbox *box, bool hold)
{
	pthread_mutex_lock(&box->lock);
	box->hold = hold;
	pthread_cond_broadcast(&box->changed);
	pthread_mutex_unlock(&box->lock);
}

static bool wait_until(struct chatterbox *box, const int *count, int wanted)
{
	struct timespec until;
	int result = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 5;
	pthread_mutex_lock(&box->lock);
	while (*count < wanted && !result)
		result = pthread_cond_timedwait(&box->changed, &box->lock, &until);
	pthread_mutex_unlock(&box->lock);
	return !result;
}

bool fake_engine_wait(struct chatterbox *box, int waiting)
{
	return wait_until(box, &box->waiting, waiting);
}

bool fake_engine_wait_calls(struct chatterbox *box, int kept)
{
	return wait_until(box, &box->kept_count, kept);
}

static void end_call(struct chatterbox *box, chatterbox_done_fn done, void *user)
{
	struct chatterbox_answer answer = { .result = box->answer_result,
					    .json = box->answer ? box->answer : "{\"ok\":true}" };

	if (box->failure.code)
		answer = (struct chatterbox_answer){ .result = box->failure.code,
						     .error = &box->failure };
	done(user, &answer);
}

void fake_engine_finish(struct chatterbox *box)
{
	int i;

	for (i = 0; i < box->kept_count; i++)
		end_call(box, box->kept[i].done, box->kept[i].user);
	box->kept_count = 0;
}

static void wait_while_held(struct chatterbox *box)
{
	pthread_mutex_lock(&box->lock);
	box->waiting++;
	pthread_cond_broadcast(&box->changed);
	while (box->hold)
		pthread_cond_wait(&box->changed, &box->lock);
	box->waiting--;
	pthread_mutex_unlock(&box->lock);
}

static int fail(struct chatterbox_error *error, int code, const char *text)
{
	if (!error)
		return code;
	*error = (struct chatterbox_error){ .code = code };
	snprintf(error->text, sizeof(error->text), "%s", text);
	return code;
}

static int give(char **json, struct chatterbox_error *error, const char *text)
{
	*json = strdup(text);
	return *json ? 0 : fail(error, -ENOMEM, "out of memory");
}

__attribute__((format(printf, 2, 3))) static void remember(struct chatterbox *box,
							   const char *format, ...)
{
	va_list arguments;

	pthread_mutex_lock(&box->lock);
	va_start(arguments, format);
	vsnprintf(box->params, sizeof(box->params), format, arguments);
	va_end(arguments);
	pthread_mutex_unlock(&box->lock);
}

/* With @done the answer comes at once, or when it is finished; without it it is returned */
static int order(struct chatterbox *box, const char *name, chatterbox_done_fn done, void *user,
		 struct chatterbox_error *error)
{
	snprintf(box->order, sizeof(box->order), "%s", name);
	if (box->refusal < 0)
		return fail(error, box->refusal, "refused");
	if (!done) {
		if (box->failure.code)
			*error = box->failure;
		return box->failure.code ? box->failure.code : box->answer_result;
	}
	if (!box->keep_calls) {
		end_call(box, done, user);
		return 0;
	}
	pthread_mutex_lock(&box->lock);
	box->kept[box->kept_count++] = (struct fake_call){ done, user };
	pthread_cond_broadcast(&box->changed);
	pthread_mutex_unlock(&box->lock);
	return 0;
}

static int find_job(struct chatterbox *box, const char *params, char **json,
		    struct chatterbox_error *error)
{
	bool live = strstr(params, "\"job_id\":1}");

	if (!live)
		wait_while_held(box);
	if (!strstr(params, "\"LIVE\""))
		return fail(error, CHATTERBOX_E_UNKNOWN, "no such system or job");
	if (strstr(params, "\"job_id\":3}"))
		return fail(error, CHATTERBOX_E_DOWN, "a server is down");
	return give(json, error, live ? "{\"job\":\"live\"}" : "{\"job\":\"ended\"}");
}

/* As the library has them */
const char *chatterbox_event_type_to_string(enum chatterbox_event_type type)
{
	static const char *const names[] = {
		"update_job_status", "status",   "user_job_errors", "job_status",
		"jobs_data",         "incident", "outlook"
	};

	return type >= 1 && type <= 7 ? names[type - 1] : "unknown";
}

int chatterbox_query(struct chatterbox *box, enum chatterbox_topic topic, const char *params,
		     chatterbox_done_fn done, void *user, char **json,
		     struct chatterbox_error *error)
{
	remember(box, "%s", params ? params : "NULL");
	switch (topic) {
	case CHATTERBOX_TOPIC_JOBS:
		if (params && strstr(params, "\"limit\":\"0\""))
			return fail(error, -EINVAL, "limit: got \"0\", takes 1..1000");
		return give(json, error,
			    "{\"jobs\":[{\"system\":\"LIVE\",\"job_id\":1,\"status\":\"Running\"}],"
			    "\"next\":null,\"total\":1}");
	case CHATTERBOX_TOPIC_JOB:
		return find_job(box, params ? params : "", json, error);
	case CHATTERBOX_TOPIC_SYSTEMS:
		return give(json, error, "{\"systems\":[],\"next\":null}");
	case CHATTERBOX_TOPIC_SYSTEM:
		return give(json, error, "{\"systemID\":\"LIVE\"}");
	case CHATTERBOX_TOPIC_SUMMARY:
		return give(json, error, "{\"job_count\":1}");
	case CHATTERBOX_TOPIC_ERRORS:
	case CHATTERBOX_TOPIC_INTERNAL_SYSTEMS:
		break;
	case CHATTERBOX_TOPIC_EVENTS:
		return fake_engine_give_events(box, params, done, user);
	case CHATTERBOX_TOPIC_CLEAN_UP:
		return order(box, "dry_run", done, user, error);
	case CHATTERBOX_TOPIC_HISTORY:
		return order(box, "history", done, user, error);
	case CHATTERBOX_TOPIC_INCIDENTS:
	case CHATTERBOX_TOPIC_INCIDENT:
	case CHATTERBOX_TOPIC_INCIDENT_CLEAN_UP:
		return order(box, "incidents", done, user, error);
	case CHATTERBOX_TOPIC_OUTLOOK:
		return order(box, "outlook", done, user, error);
	case CHATTERBOX_TOPIC_EXPLAIN:
		return order(box, "explain", done, user, error);
	}
	return order(box, "errors", done, user, error);
}

void chatterbox_set_asker(struct chatterbox *box, enum chatterbox_door door, const char *who)
{
	box->by_http = door == CHATTERBOX_DOOR_HTTP;
	snprintf(box->who, sizeof(box->who), "%s", who);
}

#define JOB_ORDER(name)                                                                            \
	int chatterbox_##name(struct chatterbox *box, const char *system, int64_t job_id,          \
			      chatterbox_done_fn done, void *user, struct chatterbox_error *error) \
	{                                                                                          \
		remember(box, "%s %lld", system, (long long)job_id);                               \
		return order(box, #name, done, user, error);                                       \
	}

#define SYSTEM_ORDER(name)                                                                         \
	int chatterbox_##name(struct chatterbox *box, const char *system, chatterbox_done_fn done, \
			      void *user, struct chatterbox_error *error)                          \
	{                                                                                          \
		remember(box, "%s", system ? system : "-");                                        \
		return order(box, #name, done, user, error);                                       \
	}

SYSTEM_ORDER(pause_jobs)
SYSTEM_ORDER(resume_jobs)

int chatterbox_errors_clean_up(struct chatterbox *box, const char *system, int64_t older_than,
			       chatterbox_done_fn done, void *user, struct chatterbox_error *error)
{
	remember(box, "%s %lld", system ? system : "-", (long long)older_than);
	return order(box, "errors_clean_up", done, user, error);
}

JOB_ORDER(pause_job)
JOB_ORDER(resume_job)
JOB_ORDER(kill_job)

#define TASK_ORDER(name)                                                                   \
	int chatterbox_##name(struct chatterbox *box, chatterbox_done_fn done, void *user, \
			      struct chatterbox_error *error)                              \
	{                                                                                  \
		remember(box, "%s", "");                                                   \
		return order(box, #name, done, user, error);                               \
	}

TASK_ORDER(resume_tasks)
TASK_ORDER(update_database)
TASK_ORDER(poll_jobs)

int chatterbox_set_interval(struct chatterbox *box, int64_t seconds, chatterbox_done_fn done,
			    void *user, struct chatterbox_error *error)
{
	remember(box, "%lld", (long long)seconds);
	return order(box, "set_interval", done, user, error);
}

int chatterbox_pause_tasks(struct chatterbox *box, int64_t seconds, chatterbox_done_fn done,
			   void *user, struct chatterbox_error *error)
{
	remember(box, "%lld", (long long)seconds);
	return order(box, "pause_tasks", done, user, error);
}

int chatterbox_errors_remove(struct chatterbox *box, const char *system, const int64_t *ids,
			     size_t count, chatterbox_done_fn done, void *user,
			     struct chatterbox_error *error)
{
	remember(box, "%s %zu %lld", system ? system : "-", count, ids ? (long long)ids[0] : 0);
	return order(box, "errors_remove", done, user, error);
}

int chatterbox_get_health(struct chatterbox *box, bool *ready, bool *alive, char **text)
{
	if (ready)
		*ready = box->ready;
	if (alive)
		*alive = !box->stuck;
	return give(text, NULL, box->ready ? "redis up\n" : "redis down\n");
}

int chatterbox_get_metrics(struct chatterbox *box, bool openmetrics, char **text)
{
	(void)box;
	(void)openmetrics;
	return give(text, NULL, "up 1\n");
}

/* The list is the one job, or nothing */
enum chatterbox_role chatterbox_get_role(struct chatterbox *box)
{
	return box->stands_by ? CHATTERBOX_ROLE_STANDBY : CHATTERBOX_ROLE_LEADER;
}

int chatterbox_get_jobs(struct chatterbox *box, const char *system, struct chatterbox_jobs **out)
{
	(void)system;
	*out = (struct chatterbox_jobs *)(void *)box;
	return 0;
}

struct chatterbox_jobs *chatterbox_jobs_unref(struct chatterbox_jobs *jobs)
{
	(void)jobs;
	return NULL;
}

const struct chatterbox_job *chatterbox_jobs_find(const struct chatterbox_jobs *jobs,
						  const char *system, int64_t job_id)
{
	return !strcmp(system, "LIVE") && job_id == 1 ? (const struct chatterbox_job *)jobs : NULL;
}

/* A fuzz target has the real one, too */
__attribute__((weak)) const char *chatterbox_strerror(int error)
{
	return error == CHATTERBOX_E_UNKNOWN ? "no such system or job" : "a server is down";
}

int chatterbox_incidents_clean_up(struct chatterbox *box, int64_t id, chatterbox_done_fn done,
				  void *user, struct chatterbox_error *error)
{
	remember(box, "incident %lld", (long long)id);
	return order(box, "clean_up", done, user, error);
}
