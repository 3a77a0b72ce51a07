// SPDX-License-Identifier: MIT
/* The table and its frozen copies: order, sharing, totals, and that a copy never changes. */
#include "domain/active_jobs.h"
#include "unit.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

static struct cbx_job *make_job(const char *system, int64_t id, enum cbx_kind kind,
				enum cbx_phase phase, enum cbx_origin origin)
{
	struct cbx_status_parts parts = {
		.system = system,
		.system_len = strlen(system),
		.job_id = id,
		.text = cbx_kind_name(kind),
		.text_len = strlen(cbx_kind_name(kind)),
		.downloaded = CBX_NO_COUNT,
		.total_files = CBX_NO_COUNT,
		.speed_text = "1K",
		.speed_len = 2,
	};
	struct cbx_status *status = NULL;
	struct cbx_job *job = NULL;

	ck_assert_int_eq(cbx_status_new(&parts, &status), 0);
	ck_assert_int_eq(cbx_job_new(status, &job), 0);
	cbx_status_unref(status);
	job->kind = kind;
	job->phase = phase;
	job->origin = origin;
	return job;
}

/* One running live job of an OCD origin with id 1 .. @count each */
static struct cbx_job_list *make_list(const char *system, size_t count)
{
	struct cbx_job *jobs[8] = { NULL };
	struct cbx_job_list *list = NULL;
	size_t i;

	for (i = 0; i < count; i++)
		jobs[i] = make_job(system, (int64_t)i + 1, CBX_RUNNING, CBX_LIVE, CBX_OCD);
	ck_assert_int_eq(cbx_job_list_new(jobs, count, &list), 0);
	for (i = 0; i < count; i++)
		cbx_job_unref(jobs[i]);
	return list;
}

static void set_count(struct cbx_active_jobs *table, const char *system, size_t count)
{
	cbx_auto(cbx_job_list_unrefp) struct cbx_job_list *list = make_list(system, count);

	ck_assert_int_eq(cbx_active_jobs_set(table, system, list), 0);
}

START_TEST(list_finds_by_id)
{
	struct cbx_job *jobs[3] = {
		make_job("A", 2, CBX_RUNNING, CBX_LIVE, CBX_USER),
		make_job("A", 5, CBX_ERRORED, CBX_ENDED, CBX_USER),
		make_job("A", 900, CBX_OTHER, CBX_UNREPORTED, CBX_USER),
	};
	struct cbx_job_list *list = NULL;
	struct cbx_job *copy = NULL;
	size_t i;

	ck_assert_int_eq(cbx_job_list_new(jobs, 3, &list), 0);
	ck_assert_uint_eq(list->live, 1);
	for (i = 0; i < 3; i++)
		ck_assert_ptr_eq(cbx_job_list_find(list, jobs[i]->status->job_id), jobs[i]);
	ck_assert_ptr_null(cbx_job_list_find(list, 3));
	ck_assert_ptr_null(cbx_job_list_find(NULL, 3));
	jobs[1]->revision = 4;
	jobs[1]->inferred = true;
	ck_assert_int_eq(cbx_job_copy(jobs[1], &copy), 0);
	ck_assert_int_eq(copy->revision, 4);
	ck_assert(copy->inferred && copy->kind == CBX_ERRORED && copy->phase == CBX_ENDED);
	ck_assert_ptr_eq(copy->status, jobs[1]->status);
	cbx_job_unref(copy);
	cbx_job_list_unref(list);
	for (i = 0; i < 3; i++)
		cbx_job_unref(jobs[i]);
}
END_TEST

START_TEST(totals_count_live_jobs_only)
{
	struct cbx_job *jobs[6] = {
		make_job("A", 1, CBX_RUNNING, CBX_LIVE, CBX_USER),
		make_job("A", 2, CBX_RUNNING, CBX_LIVE, CBX_OCD),
		make_job("A", 3, CBX_PAUSED, CBX_LIVE, CBX_OCD),
		make_job("A", 4, CBX_OTHER, CBX_LIVE, CBX_OCD),
		make_job("A", 5, CBX_ERRORED, CBX_ENDED, CBX_OCD),
		make_job("A", 6, CBX_OTHER, CBX_UNREPORTED, CBX_OCD),
	};
	struct cbx_active_jobs *table = NULL;
	struct cbx_frozen_jobs *frozen = NULL;
	struct cbx_job_list *list = NULL;
	size_t i;

	ck_assert_int_eq(cbx_active_jobs_new(&table), 0);
	ck_assert(!cbx_active_jobs_has_stored_status(table));
	ck_assert_int_eq(cbx_job_list_new(jobs, 6, &list), 0);
	ck_assert_int_eq(cbx_active_jobs_set(table, "A", list), 0);
	set_count(table, "B", 2);
	ck_assert(cbx_active_jobs_has_stored_status(table));
	ck_assert_int_eq(cbx_active_jobs_freeze(table, &frozen), 0);
	ck_assert_int_eq(frozen->totals.live, 6);
	ck_assert_int_eq(frozen->totals.running, 4);
	ck_assert_int_eq(frozen->totals.paused, 1);
	ck_assert_int_eq(frozen->totals.other, 1);
	ck_assert_int_eq(frozen->totals.live_ocd, 5);
	ck_assert_int_eq(frozen->totals.running_ocd, 3);
	ck_assert_int_eq(frozen->totals.paused_ocd, 1);
	ck_assert_int_eq(frozen->totals.other_ocd, 1);
	ck_assert(frozen->totals.speed == 4096);
	cbx_frozen_jobs_unref(frozen);
	cbx_job_list_unref(list);
	for (i = 0; i < 6; i++)
		cbx_job_unref(jobs[i]);
	cbx_active_jobs_free(table);
}
END_TEST

START_TEST(a_frozen_copy_stays_and_shares)
{
	struct cbx_active_jobs *table = NULL;
	struct cbx_frozen_jobs *first = NULL;
	struct cbx_frozen_jobs *same = NULL;
	struct cbx_frozen_jobs *second = NULL;

	ck_assert_int_eq(cbx_active_jobs_new(&table), 0);
	set_count(table, "B", 1);
	set_count(table, "A", 2);
	ck_assert_int_eq(cbx_active_jobs_freeze(table, &first), 0);
	ck_assert_int_eq(cbx_active_jobs_freeze(table, &same), 0);
	ck_assert_ptr_eq(first, same);
	/* setting what is there already changes nothing */
	ck_assert_int_eq(cbx_active_jobs_set(table, "A", cbx_active_jobs_get(table, "A")), 0);
	ck_assert_int_eq(cbx_active_jobs_set(table, "none", NULL), 0);
	cbx_frozen_jobs_unref(same);
	ck_assert_int_eq(cbx_active_jobs_freeze(table, &same), 0);
	ck_assert_ptr_eq(first, same);
	cbx_active_jobs_clear(table);
	ck_assert(!cbx_active_jobs_has_stored_status(table));
	ck_assert_ptr_null(cbx_active_jobs_get(table, "A"));
	ck_assert_int_eq(cbx_active_jobs_freeze(table, &second), 0);
	ck_assert_uint_eq(second->count, 0);
	cbx_frozen_jobs_unref(second);
	ck_assert_int_eq(cbx_active_jobs_set(table, "B", cbx_frozen_jobs_at(first, 1)), 0);
	set_count(table, "A", 3);
	ck_assert_int_eq(cbx_active_jobs_freeze(table, &second), 0);
	ck_assert_ptr_ne(first, second);
	ck_assert_uint_eq(cbx_frozen_jobs_find(first, "A")->count, 2);
	ck_assert_uint_eq(cbx_frozen_jobs_find(second, "A")->count, 3);
	ck_assert_ptr_eq(cbx_frozen_jobs_find(first, "B"), cbx_frozen_jobs_find(second, "B"));
	ck_assert_ptr_null(cbx_frozen_jobs_find(first, "C"));
	cbx_active_jobs_free(table);
	/* readers may outlive the table */
	ck_assert_str_eq(cbx_job_list_system(cbx_frozen_jobs_at(first, 0)), "A");
	ck_assert_str_eq(cbx_frozen_jobs_at(second, 1)->jobs[0]->status->system, "B");
	cbx_frozen_jobs_unref(first);
	cbx_frozen_jobs_unref(same);
	cbx_frozen_jobs_unref(second);
}
END_TEST

/* Sets, replaces and removes at random; the copy must equal a plain array at each step */
START_TEST(agrees_with_a_plain_array)
{
	enum { SYSTEMS = 60, STEPS = 3000 };
	size_t model[SYSTEMS] = { 0 };
	struct cbx_active_jobs *table = NULL;
	uint32_t seed = 1;
	int step;

	ck_assert_int_eq(cbx_active_jobs_new(&table), 0);
	for (step = 0; step < STEPS; step++) {
		struct cbx_frozen_jobs *frozen = NULL;
		char name[8];
		size_t which;
		size_t at = 0;
		int64_t live = 0;
		size_t i;

		seed = seed * 1664525 + 1013904223;
		which = (seed >> 8) % SYSTEMS;
		model[which] = (seed >> 20) % 4;
		snprintf(name, sizeof(name), "S%02zu", which);
		set_count(table, name, model[which]);
		if ((seed >> 28) % 4)
			continue;
		ck_assert_int_eq(cbx_active_jobs_freeze(table, &frozen), 0);
		for (i = 0; i < SYSTEMS; i++) {
			snprintf(name, sizeof(name), "S%02zu", i);
			live += (int64_t)model[i];
			if (!model[i]) {
				ck_assert_ptr_null(cbx_frozen_jobs_find(frozen, name));
				ck_assert_ptr_null(cbx_active_jobs_get(table, name));
				continue;
			}
			ck_assert_uint_lt(at, frozen->count);
			ck_assert_str_eq(cbx_job_list_system(cbx_frozen_jobs_at(frozen, at)), name);
			ck_assert_uint_eq(cbx_frozen_jobs_at(frozen, at)->count, model[i]);
			ck_assert_ptr_eq(cbx_frozen_jobs_find(frozen, name),
					 cbx_frozen_jobs_at(frozen, at));
			at++;
		}
		ck_assert_uint_eq(at, frozen->count);
		ck_assert_int_eq(frozen->totals.live, live);
		ck_assert_int_eq(cbx_active_jobs_has_stored_status(table), live > 0);
		cbx_frozen_jobs_unref(frozen);
	}
	cbx_active_jobs_free(table);
}
END_TEST

/* --- many systems, in many pieces: what changes must not change what is frozen --- */

#define MANY 1200
#define COPIES 40

struct copy {
	struct cbx_frozen_jobs *frozen;
	unsigned char counts[MANY]; /* jobs of each system, when it was frozen */
};

static void name_of(size_t i, char name[8])
{
	snprintf(name, 8, "S%04zu", i);
}

/* Is it what it was when it was frozen, in order, with sums that agree? */
static bool is_as_it_was(const struct copy *copy)
{
	const struct cbx_frozen_jobs *frozen = copy->frozen;
	int64_t live = 0;
	size_t at = 0;
	size_t i;

	for (i = 0; i < MANY; i++) {
		const struct cbx_job_list *list;
		char name[8];

		name_of(i, name);
		list = cbx_frozen_jobs_find(frozen, name);
		if (!copy->counts[i] != !list)
			return false;
		if (!list)
			continue;
		if (at >= frozen->count || cbx_frozen_jobs_at(frozen, at++) != list ||
		    list->count != copy->counts[i])
			return false;
		live += (int64_t)list->count;
	}
	return at == frozen->count && frozen->totals.live == live &&
	       frozen->totals.speed == (double)(1024 * live);
}

/* Some systems change, some come and go, now here, now there; then all is frozen */
static void next_copy(struct cbx_active_jobs *table, struct copy *copy, unsigned *seed)
{
	unsigned i;

	for (i = 0; i < 30; i++) {
		unsigned number = (*seed = *seed * 1103515245 + 12345) >> 8;
		size_t at = number % MANY;
		char name[8];

		name_of(at, name);
		copy->counts[at] = (unsigned char)(number / MANY % 4);
		set_count(table, name, copy->counts[at]);
	}
	ck_assert_int_eq(cbx_active_jobs_freeze(table, &copy->frozen), 0);
}

START_TEST(old_copies_stay_as_they_were)
{
	static struct copy copies[COPIES];
	struct cbx_active_jobs *table = NULL;
	unsigned seed = 5;
	size_t i;
	size_t k;

	ck_assert_int_eq(cbx_active_jobs_new(&table), 0);
	for (i = 0; i < COPIES; i++) {
		if (i)
			memcpy(copies[i].counts, copies[i - 1].counts, MANY);
		next_copy(table, &copies[i], &seed);
		for (k = 0; k <= i; k += 7)
			ck_assert(is_as_it_was(&copies[k]));
	}
	cbx_active_jobs_free(table);
	for (i = 0; i < COPIES; i++) {
		ck_assert(is_as_it_was(&copies[i]));
		cbx_frozen_jobs_unref(copies[i].frozen);
	}
}
END_TEST

/* A copy costs what has changed: all other pieces are those of the last one */
START_TEST(a_copy_shares_what_has_not_changed)
{
	struct cbx_active_jobs *table = NULL;
	struct cbx_frozen_jobs *first = NULL;
	struct cbx_frozen_jobs *second = NULL;
	char name[8];
	size_t i;

	ck_assert_int_eq(cbx_active_jobs_new(&table), 0);
	for (i = 0; i < MANY; i++) {
		name_of(i, name);
		set_count(table, name, 1);
	}
	ck_assert_int_eq(cbx_active_jobs_freeze(table, &first), 0);
	set_count(table, "S0300", 2);
	set_count(table, "T", 1); /* at the end */
	ck_assert_int_eq(cbx_active_jobs_freeze(table, &second), 0);
	for (i = 0; i < MANY / CBX_PIECE; i++)
		ck_assert_int_eq(first->pieces[i] == second->pieces[i], i != 300 / CBX_PIECE);
	cbx_frozen_jobs_unref(first);
	set_count(table, "S0700", 0); /* what is behind it moves, what is before it stays */
	ck_assert_int_eq(cbx_active_jobs_freeze(table, &first), 0);
	for (i = 0; i < MANY / CBX_PIECE; i++)
		ck_assert_int_eq(first->pieces[i] == second->pieces[i], i < 700 / CBX_PIECE);
	cbx_frozen_jobs_unref(first);
	cbx_frozen_jobs_unref(second);
	cbx_active_jobs_free(table);
}
END_TEST

struct reading {
	pthread_mutex_t lock;
	const struct copy *shown; /* its frozen copy is counted */
	_Atomic bool over, failed;
};

/* Takes the present copy as readers do, and looks at it while the table goes on */
static void *read_copies(void *user)
{
	struct reading *reading = user;

	while (!reading->over) {
		struct copy copy;

		pthread_mutex_lock(&reading->lock);
		copy = *reading->shown;
		cbx_frozen_jobs_ref(copy.frozen);
		pthread_mutex_unlock(&reading->lock);
		if (!is_as_it_was(&copy))
			reading->failed = true;
		cbx_frozen_jobs_unref(copy.frozen);
	}
	return NULL;
}

START_TEST(readers_see_whole_copies)
{
	struct reading reading = { .lock = PTHREAD_MUTEX_INITIALIZER };
	struct cbx_active_jobs *table = NULL;
	struct copy copies[2] = { 0 };
	pthread_t threads[3];
	unsigned seed = 9;
	size_t i;

	ck_assert_int_eq(cbx_active_jobs_new(&table), 0);
	next_copy(table, &copies[0], &seed);
	reading.shown = &copies[0];
	for (i = 0; i < CBX_COUNT(threads); i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, read_copies, &reading), 0);
	for (i = 1; i <= 300; i++) {
		const struct copy *old = reading.shown;
		struct copy *next = &copies[i % 2];

		memcpy(next->counts, old->counts, MANY);
		next_copy(table, next, &seed);
		pthread_mutex_lock(&reading.lock);
		reading.shown = next;
		pthread_mutex_unlock(&reading.lock);
		cbx_frozen_jobs_unref(old->frozen);
	}
	reading.over = true;
	for (i = 0; i < CBX_COUNT(threads); i++)
		pthread_join(threads[i], NULL);
	ck_assert(!reading.failed);
	cbx_active_jobs_free(table);
	cbx_frozen_jobs_unref(reading.shown->frozen);
}
END_TEST

UNIT_TESTS(list_finds_by_id, totals_count_live_jobs_only, a_frozen_copy_stays_and_shares,
	   agrees_with_a_plain_array, old_copies_stay_as_they_were,
	   a_copy_shares_what_has_not_changed, readers_see_whole_copies)
