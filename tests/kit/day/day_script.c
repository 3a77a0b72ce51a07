// SPDX-License-Identifier: MIT
/* day_script.c - the functions by which a story moves the systems, and what they were asked */
#include "day.h"

#include <stdio.h>
#include <string.h>

static struct day_job *find(struct day_systems *systems, const char *system, int64_t job)
{
	size_t i;

	for (i = 0; i < systems->job_count; i++)
		if (systems->jobs[i].id == job && !strcmp(systems->jobs[i].system, system))
			return &systems->jobs[i];
	return NULL;
}

void day_system_says(struct day *day, const char *system, int64_t job, const char *status,
		     const char *more)
{
	struct day_systems *systems = &day->systems;
	struct day_job *known;

	pthread_mutex_lock(&systems->lock);
	known = find(systems, system, job);
	if (!known) {
		ck_assert(systems->job_count < DAY_JOBS);
		known = &systems->jobs[systems->job_count++];
		snprintf(known->system, sizeof(known->system), "%s", system);
		known->id = job;
	}
	snprintf(known->status, sizeof(known->status), "%s", status);
	snprintf(known->more, sizeof(known->more), "%s", more ?: "");
	pthread_mutex_unlock(&systems->lock);
}

void day_system_forgets(struct day *day, const char *system, int64_t job)
{
	struct day_systems *systems = &day->systems;
	struct day_job *known;

	pthread_mutex_lock(&systems->lock);
	known = find(systems, system, job);
	ck_assert_ptr_nonnull(known);
	*known = systems->jobs[--systems->job_count];
	pthread_mutex_unlock(&systems->lock);
}

void day_system_is(struct day *day, const char *system, enum day_manner manner)
{
	struct day_systems *systems = &day->systems;
	size_t i;

	pthread_mutex_lock(&systems->lock);
	for (i = 0; i < systems->manner_count; i++)
		if (!strcmp(systems->manners[i].system, system))
			break;
	ck_assert(i < CBX_COUNT(systems->manners));
	if (i == systems->manner_count)
		systems->manner_count++;
	snprintf(systems->manners[i].system, sizeof(systems->manners[i].system), "%s", system);
	systems->manners[i].manner = manner;
	pthread_mutex_unlock(&systems->lock);
}

void day_system_is_slow(struct day *day, double seconds)
{
	pthread_mutex_lock(&day->systems.lock);
	day->systems.slow = seconds;
	pthread_mutex_unlock(&day->systems.lock);
}

static void report(char out[DAY_TEXT], const char *system, int64_t job, const char *status,
		   const char *more)
{
	snprintf(out, DAY_TEXT, "{\"system\":\"%s\",\"job_id\":%lld,\"status\":\"%s\"%s%s}", system,
		 (long long)job, status, more ? "," : "", more ?: "");
}

void day_system_pushes(struct day *day, const char *system, int64_t job, const char *status,
		       const char *more)
{
	char body[DAY_TEXT];

	report(body, system, job, status, more);
	day_event(day, "nl-hdms.event.content.job_status", body);
}

void day_system_pushes_when_asked(struct day *day, const char *system, int64_t job,
				  const char *status, const char *more)
{
	pthread_mutex_lock(&day->systems.lock);
	report(day->systems.pushed, system, job, status, more);
	pthread_mutex_unlock(&day->systems.lock);
}

void day_was_asked(struct day *day, const char *system, const char *questions)
{
	struct day_systems *systems = &day->systems;
	size_t len = strlen(system);
	char all[DAY_TEXT] = "";
	size_t kept = 0;
	size_t i;

	pthread_mutex_lock(&systems->lock);
	for (i = 0; i < systems->question_count; i++) {
		const char *question = systems->questions[i];

		if (strncmp(question, system, len) != 0 || question[len] != ' ')
			memmove(systems->questions[kept++], question, sizeof(*systems->questions));
		else
			snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s",
				 all[0] ? "; " : "", question + len + 1);
	}
	systems->question_count = kept;
	pthread_mutex_unlock(&systems->lock);
	ck_assert_str_eq(all, questions);
}

void day_forget_questions(struct day *day)
{
	pthread_mutex_lock(&day->systems.lock);
	day->systems.question_count = 0;
	pthread_mutex_unlock(&day->systems.lock);
}
