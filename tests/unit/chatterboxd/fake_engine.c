// SPDX-License-Identifier: MIT
/* fake_engine.c - answers as include/chatterbox says, about one live and one ended job */
#include "fake_engine.h"

#include <errno.h>
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

static void end_call(struct chatterbox *box, chatterbox_call_fn done, void *user)
{
	struct chatterbox_outcome outcome = box->outcome;

	if (!outcome.code && !outcome.result)
		outcome.result = "{\"ok\":true}";
	outcome.message = outcome.message ? outcome.message : "";
	outcome.data = outcome.data ? outcome.data : "";
	done(user, &outcome);
}

void fake_engine_finish(struct chatterbox *box)
{
	int i;

	for (i = 0; i < box->kept_count; i++)
		end_call(box, box->kept[i].done, box->kept[i].user);
	box->kept_count = 0;
}

static void wait_while_held(struct chatterbox *box, const char *system)
{
	pthread_mutex_lock(&box->lock);
	snprintf(box->system, sizeof(box->system), "%s", system);
	box->waiting++;
	pthread_cond_broadcast(&box->changed);
	while (box->hold)
		pthread_cond_wait(&box->changed, &box->lock);
	box->waiting--;
	pthread_mutex_unlock(&box->lock);
}

static int give(char **json, const char *text)
{
	*json = strdup(text);
	return *json ? 0 : -ENOMEM;
}

static void remember(struct chatterbox *box, const char *params)
{
	pthread_mutex_lock(&box->lock);
	snprintf(box->params, sizeof(box->params), "%s", params ? params : "NULL");
	pthread_mutex_unlock(&box->lock);
}

int chatterbox_jobs_query(struct chatterbox *box, const char *params, char **json,
			  char error[CHATTERBOX_ERROR_TEXT])
{
	remember(box, params);
	if (params && strstr(params, "\"limit\":\"0\"")) {
		snprintf(error, CHATTERBOX_ERROR_TEXT, "limit: got \"0\", takes 1..1000");
		return -EINVAL;
	}
	return give(json, "{\"jobs\":[{\"system\":\"LIVE\",\"job_id\":1,\"status\":\"Running\"}],"
			  "\"next\":null,\"total\":1}");
}

int chatterbox_systems_query(struct chatterbox *box, const char *params, char **json,
			     char error[CHATTERBOX_ERROR_TEXT])
{
	(void)error;
	remember(box, params);
	return give(json, "{\"systems\":[],\"next\":null}");
}

int chatterbox_job_query(struct chatterbox *box, const char *system, int64_t job_id, char **json,
			 char error[CHATTERBOX_ERROR_TEXT])
{
	(void)error;
	if (job_id != 1)
		wait_while_held(box, system);
	if (strcmp(system, "LIVE") != 0)
		return CHATTERBOX_E_UNKNOWN;
	if (job_id == 3)
		return CHATTERBOX_E_DOWN;
	return give(json, job_id == 1 ? "{\"job\":\"live\"}" : "{\"job\":\"ended\"}");
}

int chatterbox_system_query(struct chatterbox *box, const char *system, char **json,
			    char error[CHATTERBOX_ERROR_TEXT])
{
	(void)error;
	wait_while_held(box, system);
	return give(json, "{\"systemID\":\"LIVE\"}");
}

int chatterbox_call(struct chatterbox *box, const char *method, const char *params,
		    chatterbox_call_fn done, void *user)
{
	remember(box, params);
	snprintf(box->method, sizeof(box->method), "%s", method);
	if (box->call_result < 0)
		return box->call_result;
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

int chatterbox_poll_now(struct chatterbox *box, bool discovery)
{
	box->polls++;
	box->discovery = discovery;
	return box->poll_result;
}

int chatterbox_summary_query(struct chatterbox *box, char **json, char error[CHATTERBOX_ERROR_TEXT])
{
	char text[256];

	(void)error;
	if (!box->leader)
		return give(json, "{\"job_count\":1}");
	snprintf(text, sizeof(text), "{\"job_count\":1,\"leader\":\"%s\"}", box->leader);
	return give(json, text);
}

int chatterbox_health(struct chatterbox *box, bool *ready, bool *alive, char **text)
{
	if (ready)
		*ready = box->ready;
	if (alive)
		*alive = !box->stuck;
	return give(text, box->ready ? "redis up\n" : "redis down\n");
}

int chatterbox_metrics_text(struct chatterbox *box, bool openmetrics, char **text)
{
	(void)box;
	return give(text, openmetrics ? "# EOF\n" : "up 1\n");
}

void chatterbox_http_count(struct chatterbox *box, const char *route, int code)
{
	pthread_mutex_lock(&box->lock);
	snprintf(box->counted, sizeof(box->counted), "%s %d", route, code);
	box->count++;
	pthread_mutex_unlock(&box->lock);
}

/* The list is the one job, or nothing */
bool chatterbox_leads(struct chatterbox *box)
{
	(void)box;
	return true;
}

int chatterbox_live_jobs(struct chatterbox *box, struct chatterbox_jobs **out)
{
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

const char *chatterbox_strerror(int error)
{
	return error == CHATTERBOX_E_UNKNOWN ? "no such system or job" : "a server is down";
}
