// SPDX-License-Identifier: MIT
/* test_alloc_merge.c - memory runs out during a merge */
#include "alloc_faults.h"
#include "decode/decode.h"
#include "merge/merge.h"
#include "unit.h"

#include <string.h>

#define NOW (1000ULL * 1000000000ULL)

static const struct cbx_decode_limits limits = { .bytes = 1 << 20, .jobs = 100 };
static const struct cbx_kind_keys keys = { "Running", "Paused", "Completed", "Errored", "Killed" };

/* 1 runs on, 2 is paused, 3 completes, 4 fails, 5 is killed, 6 vanishes, 7 is as it was */
static const char known[] =
	"[{\"system\":\"ABC1\",\"job_id\":1,\"status\":\"Running\",\"job_type\":\"a\"},"
	"{\"system\":\"ABC1\",\"job_id\":2,\"status\":\"Running\",\"job_type\":\"b\"},"
	"{\"system\":\"ABC1\",\"job_id\":3,\"status\":\"Running\"},"
	"{\"system\":\"ABC1\",\"job_id\":4,\"status\":\"Running\"},"
	"{\"system\":\"ABC1\",\"job_id\":5,\"status\":\"Queued\"},"
	"{\"system\":\"ABC1\",\"job_id\":6,\"status\":\"Running\",\"percent_completed\":\"100\"},"
	"{\"system\":\"ABC1\",\"job_id\":7,\"status\":\"Running\"}]";
/* and 8 is new, 9 is new and over, 10 had ended before */
static const char said[] =
	"[{\"system\":\"ABC1\",\"job_id\":1,\"status\":\"Running\",\"job_type\":\"a\","
	"\"percent_completed\":\"50\"},"
	"{\"system\":\"ABC1\",\"job_id\":2,\"status\":\"Paused\",\"job_type\":\"b\"},"
	"{\"system\":\"ABC1\",\"job_id\":3,\"status\":\"Completed\"},"
	"{\"system\":\"ABC1\",\"job_id\":4,\"status\":\"Errored\",\"error_code\":\"disk\","
	"\"error_message\":\"no room\"},"
	"{\"system\":\"ABC1\",\"job_id\":5,\"status\":\"Killed\"},"
	"{\"system\":\"ABC1\",\"job_id\":7,\"status\":\"Running\"},"
	"{\"system\":\"ABC1\",\"job_id\":8,\"status\":\"Waiting\"},"
	"{\"system\":\"ABC1\",\"job_id\":9,\"status\":\"Errored\"},"
	"{\"system\":\"ABC1\",\"job_id\":10,\"status\":\"Running\"}]";

struct merge {
	struct cbx_reply *known, *said;
	struct cbx_job_list *last, *next;
	struct cbx_batch batch;
	struct cbx_merge_counts counts;
	enum cbx_report_kind kind;
};

static const struct cbx_past *find_past(void *user, const char *system, int64_t job_id)
{
	static const struct cbx_past ended = {
		.system = "ABC1", .job_id = 10, .ended = true, .status = "Completed", .revision = 4
	};

	(void)user;
	(void)system;
	return job_id == ended.job_id ? &ended : NULL;
}

static struct merge *set_up(enum cbx_report_kind kind)
{
	struct merge *m = calloc(1, sizeof(*m));
	struct cbx_job *jobs[7];
	size_t i;

	m->kind = kind;
	ck_assert_int_eq(cbx_decode_report(known, strlen(known), &limits, &m->known), 0);
	ck_assert_int_eq(cbx_decode_report(said, strlen(said), &limits, &m->said), 0);
	for (i = 0; i < 7; i++) {
		ck_assert_int_eq(cbx_job_new(m->known->statuses[i], &jobs[i]), 0);
		jobs[i]->kind = cbx_kind_of(&keys, jobs[i]->status->text);
		jobs[i]->phase = CBX_LIVE;
		jobs[i]->revision = 1;
		jobs[i]->missing = 1;
	}
	ck_assert_int_eq(cbx_job_list_new(jobs, 7, &m->last), 0);
	for (i = 0; i < 7; i++)
		cbx_job_unref(jobs[i]);
	return m;
}

static void *set_up_list(void)
{
	return set_up(CBX_LIST_ANSWER);
}

static void *set_up_push(void)
{
	return set_up(CBX_PUSH);
}

static void *set_up_expiry(void)
{
	return set_up(CBX_OFFLINE_EXPIRY);
}

static int merge(void *fixture)
{
	struct merge *m = fixture;
	const struct cbx_merge_rules rules = { .keys = keys,
					       .now = NOW,
					       .wall_ms = 1795456800000LL,
					       .db_ms = 1795456800000LL,
					       .checkpoint = 1,
					       .keep_ended = NOW };
	struct cbx_report report = { .kind = m->kind,
				     .system = "ABC1",
				     .at = NOW,
				     .statuses = m->said->statuses,
				     .count = m->said->count };

	if (m->kind == CBX_OFFLINE_EXPIRY) {
		report.count = 0;
		report.expired_before_ms = 1;
	}
	return cbx_merge(&rules, m->last, &report, find_past, NULL, &m->batch, &m->counts,
			 &m->next);
}

/* The batch may hold half of it and is thrown away, with the counts. What a job's record notes
 * about the answer itself (when it was asked, how often the job was missing) is kept: it was
 * received. */
static void unchanged(void *fixture)
{
	struct merge *m = fixture;
	size_t i;

	ck_assert_ptr_null(m->next);
	for (i = 0; i < m->last->count; i++) {
		ck_assert_ptr_eq(m->last->jobs[i]->status, m->known->statuses[i]);
		ck_assert_int_eq(m->last->jobs[i]->revision, 1);
	}
	cbx_batch_clear(&m->batch);
	m->counts = (struct cbx_merge_counts){ 0 };
}

static void expect(const struct merge *m, size_t told, size_t status, size_t errors)
{
	size_t count[3] = { 0 };
	size_t i;

	for (i = 0; i < m->batch.event_count; i++) {
		const struct cbx_event *event = &m->batch.events[i];

		ck_assert_ptr_nonnull(event->key);
		ck_assert_ptr_nonnull(event->payload);
		count[0] += !strcmp(event->name, "update_job_status");
		count[1] += !strcmp(event->name, "status");
		count[2] += !strcmp(event->name, "user_job_errors");
	}
	ck_assert_uint_eq(count[0], told);
	ck_assert_uint_eq(count[1], status);
	ck_assert_uint_eq(count[2], errors);
}

static void list_is_merged(void *fixture)
{
	const struct merge *m = fixture;

	expect(m, 8, 1, 1);
	ck_assert_uint_eq(m->batch.change_count, 9);
	ck_assert_uint_eq(m->next->live, 5);
	ck_assert_int_eq(cbx_job_list_find(m->next, 10)->revision, 5);
}

static void push_is_merged(void *fixture)
{
	const struct merge *m = fixture;

	expect(m, 6, 1, 1);
	ck_assert(m->counts.ask);
}

static void expiry_is_merged(void *fixture)
{
	const struct merge *m = fixture;

	expect(m, 7, 0, 1);
}

static void tear_down(void *fixture)
{
	struct merge *m = fixture;

	cbx_batch_clear(&m->batch);
	cbx_job_list_unref(m->last);
	cbx_job_list_unref(m->next);
	cbx_reply_free(m->known);
	cbx_reply_free(m->said);
	free(m);
}

static const struct alloc_case cases[] = {
	{ "a list", set_up_list, merge, unchanged, list_is_merged, tear_down, NULL },
	{ "a push", set_up_push, merge, unchanged, push_is_merged, tear_down, NULL },
	{ "a silence", set_up_expiry, merge, unchanged, expiry_is_merged, tear_down, NULL },
};

ALLOC_SWEEPS(merging_survives, cases)
