// SPDX-License-Identifier: MIT
/* test_alloc_domain.c - memory runs out in the tables of jobs and systems */
#include "alloc_faults.h"
#include "domain/active_jobs.h"
#include "domain/system.h"
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SYSTEMS 40

/* The tables with one system each, and what is to come into them */
struct tables {
	struct cbx_active_jobs *jobs;
	struct cbx_systems *systems;
	struct cbx_job_list *before, *after;
	struct cbx_job_list *many[SYSTEMS];
	struct cbx_frozen_jobs *frozen;
	struct cbx_system_list *list;
};

static struct cbx_status *make_status(const char *system, int64_t id, const char *text)
{
	struct cbx_status_parts parts;
	struct cbx_status *status = NULL;

	cbx_status_parts_init(&parts);
	parts.system = system;
	parts.system_len = strlen(system);
	parts.job_id = id;
	parts.text = text;
	parts.text_len = strlen(text);
	ck_assert_int_eq(cbx_status_new(&parts, &status), 0);
	return status;
}

static struct cbx_job_list *make_list(const char *system, int64_t count)
{
	struct cbx_job *jobs[8];
	struct cbx_job_list *list = NULL;
	int64_t i;

	for (i = 0; i < count; i++) {
		struct cbx_status *status = make_status(system, i + 1, "Running");

		ck_assert_int_eq(cbx_job_new(status, &jobs[i]), 0);
		jobs[i]->kind = CBX_RUNNING;
		jobs[i]->phase = CBX_LIVE;
		cbx_status_unref(status);
	}
	ck_assert_int_eq(cbx_job_list_new(jobs, (size_t)count, &list), 0);
	for (i = 0; i < count; i++)
		cbx_job_unref(jobs[i]);
	return list;
}

static void *set_up(void)
{
	struct tables *t = calloc(1, sizeof(*t));
	char name[24];
	size_t i;

	ck_assert_int_eq(cbx_active_jobs_new(&t->jobs), 0);
	ck_assert_int_eq(cbx_systems_new(&t->systems), 0);
	t->before = make_list("A", 2);
	t->after = make_list("B", 3);
	for (i = 0; i < SYSTEMS; i++) {
		snprintf(name, sizeof(name), "S%zu", i);
		t->many[i] = make_list(name, 3);
	}
	ck_assert_int_eq(cbx_active_jobs_set(t->jobs, "A", t->before), 0);
	ck_assert_ptr_nonnull(cbx_systems_get(t->systems, "A"));
	return t;
}

static void tear_down(void *fixture)
{
	struct tables *t = fixture;
	size_t i;

	for (i = 0; i < SYSTEMS; i++)
		cbx_job_list_unref(t->many[i]);
	cbx_frozen_jobs_unref(t->frozen);
	cbx_system_list_unref(t->list);
	cbx_job_list_unref(t->before);
	cbx_job_list_unref(t->after);
	cbx_active_jobs_free(t->jobs);
	cbx_systems_free(t->systems);
	free(t);
}

static int set_another(void *fixture)
{
	struct tables *t = fixture;

	return cbx_active_jobs_set(t->jobs, "B", t->after);
}

static void another_is_absent(void *fixture)
{
	struct tables *t = fixture;

	ck_assert_ptr_null(cbx_active_jobs_get(t->jobs, "B"));
	ck_assert_ptr_eq(cbx_active_jobs_get(t->jobs, "A"), t->before);
}

static void another_is_there(void *fixture)
{
	struct tables *t = fixture;

	ck_assert_ptr_eq(cbx_active_jobs_get(t->jobs, "B"), t->after);
	ck_assert_ptr_eq(cbx_active_jobs_get(t->jobs, "A"), t->before);
	ck_assert(cbx_active_jobs_has_stored_status(t->jobs));
}

/* Many systems, so that the table grows; a repeated one is a replacement */
static int set_many(void *fixture)
{
	struct tables *t = fixture;
	int result = 0;
	size_t i;

	for (i = 0; !result && i < SYSTEMS; i++)
		result = cbx_active_jobs_set(t->jobs, t->many[i]->jobs[0]->status->system,
					     t->many[i]);
	return result;
}

static void many_are_there(void *fixture)
{
	struct tables *t = fixture;
	struct cbx_frozen_jobs *frozen = NULL;

	ck_assert_int_eq(cbx_active_jobs_freeze(t->jobs, &frozen), 0);
	ck_assert_uint_eq(frozen->count, SYSTEMS + 1);
	ck_assert_int_eq(frozen->totals.live, SYSTEMS * 3 + 2);
	cbx_frozen_jobs_unref(frozen);
}

static int freeze_changed(void *fixture)
{
	struct tables *t = fixture;
	int result = 0;

	if (!cbx_active_jobs_get(t->jobs, "B"))
		result = cbx_active_jobs_set(t->jobs, "B", t->after);
	return result ?: cbx_active_jobs_freeze(t->jobs, &t->frozen);
}

static void is_not_frozen(void *fixture)
{
	struct tables *t = fixture;

	ck_assert_ptr_null(t->frozen);
	ck_assert_ptr_eq(cbx_active_jobs_get(t->jobs, "A"), t->before);
}

static void is_frozen(void *fixture)
{
	struct tables *t = fixture;

	ck_assert_uint_eq(t->frozen->count, 2);
	ck_assert_int_eq(t->frozen->totals.live, 5);
	ck_assert_ptr_eq(cbx_frozen_jobs_find(t->frozen, "B"), t->after);
}

static int know_systems(void *fixture)
{
	struct tables *t = fixture;
	char name[16];
	int i;

	for (i = 0; i < SYSTEMS; i++) {
		struct cbx_system_entry *entry;
		int result;

		snprintf(name, sizeof(name), "S%d", i);
		entry = cbx_systems_get(t->systems, name);
		if (!entry)
			return -ENOMEM;
		result = cbx_systems_set(t->systems, entry, CBX_ONLINE, 1000 + i, true);
		if (!result)
			result = cbx_systems_set_activation(t->systems, entry, 5000);
		if (result < 0)
			return result;
	}
	return cbx_systems_all(t->systems) ? cbx_systems_freeze(t->systems, &t->list) : -ENOMEM;
}

static void is_not_listed(void *fixture)
{
	struct tables *t = fixture;

	ck_assert_ptr_null(t->list);
	ck_assert_ptr_nonnull(cbx_systems_find(t->systems, "A"));
}

static void are_known(void *fixture)
{
	struct tables *t = fixture;
	const struct cbx_system *system = cbx_system_list_find(t->list, "S7");

	ck_assert_uint_eq(t->list->count, SYSTEMS + 1);
	ck_assert_uint_eq(t->list->online, SYSTEMS);
	ck_assert_int_eq(system->last_check_ms, 1007);
	ck_assert_int_eq(system->next_activation_ms, 5000);
}

static int set_state(void *fixture)
{
	struct tables *t = fixture;

	return cbx_systems_set(t->systems, cbx_systems_find(t->systems, "A"), CBX_OFFLINE, 7,
			       false);
}

static void state_is_unknown(void *fixture)
{
	struct tables *t = fixture;

	ck_assert_int_eq(cbx_systems_find(t->systems, "A")->system->state, CBX_UNKNOWN);
	ck_assert(!cbx_systems_find(t->systems, "A")->dirty);
}

static void state_is_offline(void *fixture)
{
	struct tables *t = fixture;

	ck_assert_int_eq(cbx_systems_find(t->systems, "A")->system->state, CBX_OFFLINE);
	ck_assert(cbx_systems_find(t->systems, "A")->dirty);
}

static const struct alloc_case cases[] = {
	{ "one list", set_up, set_another, another_is_absent, another_is_there, tear_down, NULL },
	{ "many lists", set_up, set_many, NULL, many_are_there, tear_down, NULL },
	{ "a snapshot", set_up, freeze_changed, is_not_frozen, is_frozen, tear_down, NULL },
	{ "systems", set_up, know_systems, is_not_listed, are_known, tear_down, NULL },
	{ "a state", set_up, set_state, state_is_unknown, state_is_offline, tear_down, NULL },
};

ALLOC_SWEEPS(tables_survive, cases)
