// SPDX-License-Identifier: MIT
/*
 * jobs.c - reads the hashes of jobs from Redis
 *
 * A field that is not a live status of its job is skipped. A job whose bytes did not change keeps
 * its record: readers share it, and SQL need not be asked again.
 */
#include "follow/follow.h"

#include "base/read.h"
#include "common/array.h"
#include "decode/decode.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* After so many hashes, check whether to stop */
#define PIECE 256

/* What was shared of the figures of a job */
struct shared_figures {
	int64_t job_id;
	struct cbx_figures figures;
};

/* The fields of one system come one after another, its figures first */
struct reading {
	struct cbx_follow *follow;
	struct cbx_system_entry *entry; /* the present system; NULL before the first */
	struct shared_figures *figures;
	size_t figure_count, figure_capacity;
	bool sorted; /* so are the figures */
	struct cbx_job **jobs;
	size_t count, capacity;
};

static int by_id(const void *a, const void *b)
{
	struct cbx_job *const *left = a;
	struct cbx_job *const *right = b;
	int64_t x = (*left)->status->job_id;
	int64_t y = (*right)->status->job_id;

	return (x > y) - (x < y);
}

static bool is_same(const struct cbx_job_list *list, const struct reading *reading)
{
	size_t i;

	if ((list ? list->count : 0) != reading->count)
		return false;
	for (i = 0; i < reading->count; i++)
		if (list->jobs[i] != reading->jobs[i])
			return false;
	return true;
}

static int set_list(struct reading *reading, const char *system)
{
	struct cbx_follow *follow = reading->follow;
	struct cbx_job_list *list = NULL;
	size_t i;
	int result;

	if (reading->count)
		qsort(reading->jobs, reading->count, sizeof(struct cbx_job *), by_id);
	if (is_same(cbx_active_jobs_get(follow->jobs, system), reading))
		return 0;
	result = cbx_job_list_new(reading->jobs, reading->count, &list);
	if (!result)
		result = cbx_active_jobs_set(follow->jobs, system, list);
	cbx_job_list_unref(list);
	for (i = 0; !result && i < reading->count; i++)
		if (!reading->jobs[i]->recorded_at)
			result = cbx_follow_want_facts(follow, reading->jobs[i]);
	follow->changed = true;
	return result;
}

static void end_system(struct reading *reading)
{
	while (reading->count)
		cbx_job_unref(reading->jobs[--reading->count]);
	reading->figure_count = 0;
	reading->sorted = false;
}

/* Stores what was read of the present system */
static int put_system(struct reading *reading)
{
	struct cbx_system_entry *entry = reading->entry;
	int result;

	if (!entry)
		return 0;
	result = set_list(reading, entry->system->name);
	end_system(reading);
	if (result < 0)
		return result;
	reading->follow->stale -= entry->stale;
	entry->stale = false;
	return 0;
}

static struct cbx_job *find(const struct cbx_follow *follow, const char *system, int64_t job_id)
{
	return cbx_job_list_find(cbx_active_jobs_get(follow->jobs, system), job_id);
}

/* What we knew of the job when we led, if our lease has merely expired: nobody has recorded
 * anything since */
static struct cbx_job *find_own(const struct cbx_follow *follow, const char *system, int64_t job_id)
{
	const struct cbx_road *road = follow->road;
	struct cbx_job *job;

	if (road->sql_link.up)
		return NULL;
	job = cbx_job_list_find(cbx_active_jobs_get(road->jobs, system), job_id);
	return job && job->phase == CBX_LIVE ? job : NULL;
}

/* The id that a field is named by, if it is written as we write ids */
static bool read_id(const char *name, int64_t *job_id)
{
	char text[24];

	if (!cbx_parse_count(name, strlen(name), job_id))
		return false;
	snprintf(text, sizeof(text), "%lld", (long long)*job_id);
	return !strcmp(text, name);
}

/* A record with @status that keeps what is known of the job */
static int renew(const struct cbx_job *known, struct cbx_status *status, enum cbx_kind kind,
		 struct cbx_job **out)
{
	int result = known ? cbx_job_copy(known, out) : cbx_job_new(status, out);

	if (result < 0)
		return result;
	(*out)->kind = kind;
	(*out)->phase = CBX_LIVE;
	if (!known)
		return 0;
	/* another text means another revision, which SQL knows */
	if (strcmp(known->status->text, status->text) != 0)
		(*out)->recorded_at = 0;
	cbx_status_unref((*out)->status);
	(*out)->status = cbx_status_ref(status);
	return 0;
}

static int by_job(const void *a, const void *b)
{
	int64_t x = ((const struct shared_figures *)a)->job_id;
	int64_t y = ((const struct shared_figures *)b)->job_id;

	return (x > y) - (x < y);
}

/* Empty when there are none */
static struct cbx_figures figures_of(struct reading *reading, int64_t job_id)
{
	const struct shared_figures key = { .job_id = job_id };
	const struct shared_figures *found;

	if (!reading->figure_count)
		return key.figures;
	if (!reading->sorted)
		qsort(reading->figures, reading->figure_count, sizeof(key), by_job);
	reading->sorted = true;
	found = bsearch(&key, reading->figures, reading->figure_count, sizeof(key), by_job);
	return found ? found->figures : key.figures;
}

/* What is known of the job goes on while the same is shared */
static void take_figures(const struct cbx_follow *follow, const struct cbx_job *known,
			 const struct cbx_figures *shared, struct cbx_job *job)
{
	struct cbx_clock *clock = follow->road->clock;
	uint64_t now = cbx_now(clock);

	if (known && known->figures.counted_at && cbx_figures_share_same(&known->figures, shared)) {
		cbx_figures_count(&job->figures, known->kind == CBX_RUNNING, now);
		return;
	}
	job->figures = *shared;
	cbx_figures_resume(&job->figures, job->status, job->kind == CBX_RUNNING, job->updated_ms,
			   now, cbx_wall(clock));
}

/* 1 = not a live status of that job */
static int make_job(struct reading *reading, const char *system, const struct cbx_field *field,
		    struct cbx_job **out)
{
	struct cbx_follow *follow = reading->follow;
	struct cbx_figures figures;
	cbx_auto(cbx_status_unrefp) struct cbx_status *status = NULL;
	const struct cbx_job *own;
	struct cbx_job *known;
	enum cbx_kind kind;
	int64_t job_id;
	int result;

	if (!read_id(field->name, &job_id))
		return 1;
	known = find(follow, system, job_id);
	figures = figures_of(reading, job_id);
	if (known && known->status->json_len == field->value_len &&
	    !memcmp(known->status->json, field->value, field->value_len) &&
	    cbx_figures_share_same(&known->figures, &figures)) {
		*out = cbx_job_ref(known);
		return 0;
	}
	result = cbx_decode_status(field->value, field->value_len, &status);
	if (result < 0)
		return result == -ENOMEM ? result : 1;
	kind = cbx_kind_of(&follow->road->settings->kinds, status->text);
	if (strcmp(status->system, system) || status->job_id != job_id || cbx_kind_is_end(kind))
		return 1;
	own = known ? NULL : find_own(follow, system, job_id);
	result = renew(known ?: own, status, kind, out);
	/* to be verified when SQL is back: another instance may have led unseen */
	if (!result && own)
		(*out)->recorded_at = 0;
	if (!result)
		take_figures(follow, known ? known : own, &figures, *out);
	return result;
}

/* Another system's fields may begin */
static int turn_to(struct reading *reading, const char *system)
{
	int result;

	if (reading->entry && !strcmp(reading->entry->system->name, system))
		return 0;
	result = put_system(reading);
	reading->entry = cbx_systems_find(reading->follow->systems, system);
	return result;
}

static int take_figure(void *user, const char *key, const struct cbx_field *field)
{
	struct reading *reading = user;
	struct shared_figures shared;
	int result = turn_to(reading, key);

	if (result || !read_id(field->name, &shared.job_id) ||
	    !cbx_figures_read(field->value, field->value_len, &shared.figures))
		return result;
	if (cbx_grow(reading->figures, reading->figure_capacity, reading->figure_count + 1) < 0)
		return -ENOMEM;
	reading->figures[reading->figure_count++] = shared;
	return 0;
}

static int take_field(void *user, const char *key, const struct cbx_field *field)
{
	struct reading *reading = user;
	struct cbx_job *job = NULL;
	int result = turn_to(reading, key);

	if (!result)
		result = make_job(reading, key, field, &job);
	if (result)
		return result == 1 ? 0 : result;
	if (cbx_grow(reading->jobs, reading->capacity, reading->count + 1) < 0) {
		cbx_job_unref(job);
		return -ENOMEM;
	}
	reading->jobs[reading->count++] = job;
	return 0;
}

/* Those of @names that had no field have no jobs any more */
static int drop_empty(struct cbx_follow *follow, const char *const *names, size_t count)
{
	struct reading nothing = { .follow = follow };
	size_t i;
	int result = 0;

	for (i = 0; !result && i < count; i++) {
		nothing.entry = cbx_systems_find(follow->systems, names[i]);
		if (nothing.entry && nothing.entry->stale)
			result = put_system(&nothing);
	}
	return result;
}

static int read_piece(struct cbx_follow *follow, const char *const *names, size_t count)
{
	struct cbx_state *state = follow->road->state;
	struct reading reading = { .follow = follow };
	int result = state->ops->read_jobs(state, names, count, take_field, take_figure, &reading);

	if (!result)
		result = put_system(&reading);
	end_system(&reading);
	free(reading.jobs);
	free(reading.figures);
	return result ? result : drop_empty(follow, names, count);
}

/* The marked systems; their names live as long as the table */
static int gather(struct cbx_follow *follow, const char ***out, size_t *count)
{
	struct cbx_system_entry *const *entries = cbx_systems_all(follow->systems);
	const char **names = calloc(follow->stale + 1, sizeof(*names));
	size_t n = 0;
	size_t i;

	if (!entries || !names) {
		free(names);
		return -ENOMEM;
	}
	for (i = 0; i < cbx_systems_count(follow->systems); i++)
		if (entries[i]->stale)
			names[n++] = entries[i]->system->name;
	*out = names;
	*count = n;
	return 0;
}

static bool is_called_away(const struct cbx_road *road)
{
	return (road->on_turn && road->on_turn(road->on_turn_user)) ||
	       cbx_leadership_epoch(road->leadership);
}

int cbx_follow_read_jobs(struct cbx_follow *follow)
{
	cbx_auto(cbx_freep) const char **names = NULL;
	size_t count = 0;
	size_t done;
	int result = gather(follow, &names, &count);

	for (done = 0; !result && done < count; done += PIECE) {
		if (done && is_called_away(follow->road))
			return 1;
		result = read_piece(follow, names + done,
				    count - done < PIECE ? count - done : PIECE);
	}
	if (!result)
		cbx_follow_ask_facts(follow);
	return result;
}
