// SPDX-License-Identifier: MIT
/* When progress alone is written: once in each period, and not that of all jobs at once
 * (contract 5.3) */
#include "merge/merge.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

#define JOBS 600
#define PERIOD 60
#define NS 1000000000ULL
#define BEGIN 1000 /* when all of them were found */

static const struct cbx_kind_keys keys = { "Running", "Paused", "Completed", "Errored", "Killed" };

static const struct cbx_past *nothing(void *user, const char *system, int64_t job_id)
{
	(void)user;
	(void)system;
	(void)job_id;
	return NULL;
}

/* Job @i of as many systems as there are jobs has @files files */
static struct cbx_status *status_of(unsigned i, int64_t files)
{
	struct cbx_status_parts parts = { .job_id = i % 4,
					  .text = "Running",
					  .text_len = 7,
					  .downloaded = files,
					  .total_files = 100000 };
	struct cbx_status *status = NULL;
	char system[16];

	parts.system_len = (size_t)snprintf(system, sizeof(system), "ABC%u", i / 4);
	parts.system = system;
	ck_assert_int_eq(cbx_status_new(&parts, &status), 0);
	return status;
}

/* Merges the next status of job @i at @second; is it written? */
static bool is_written(struct cbx_job_list **list, unsigned i, unsigned second, uint64_t period)
{
	const struct cbx_merge_rules rules = {
		.keys = keys, .now = second * NS, .checkpoint = period, .keep_ended = NS
	};
	cbx_auto(cbx_status_unrefp) struct cbx_status *status = status_of(i, second);
	struct cbx_report report = { .kind = CBX_STATUS_ANSWER,
				     .system = status->system,
				     .at = second * NS,
				     .statuses = &status,
				     .count = 1 };
	struct cbx_batch batch = { 0 };
	struct cbx_merge_counts counts = { 0 };
	struct cbx_job_list *next = NULL;
	size_t changes;

	ck_assert_int_eq(cbx_merge(&rules, *list, &report, nothing, NULL, &batch, &counts, &next),
			 0);
	changes = batch.change_count;
	cbx_batch_clear(&batch);
	cbx_job_list_unref(*list);
	*list = next;
	return changes > 0;
}

START_TEST(each_job_is_written_once_in_a_period_and_few_at_once)
{
	static struct cbx_job_list *lists[JOBS];
	static unsigned last[JOBS];
	unsigned in_second[PERIOD] = { 0 };
	unsigned second;
	unsigned i;

	for (i = 0; i < JOBS; i++)
		ck_assert(is_written(&lists[i], i, BEGIN, PERIOD * NS));
	for (second = 1; second <= 4 * PERIOD; second++) {
		for (i = 0; i < JOBS; i++) {
			if (!is_written(&lists[i], i, BEGIN + second, PERIOD * NS))
				continue;
			/* its first one comes at a time of its own, the others a period later */
			if (last[i])
				ck_assert_uint_eq(second - last[i], PERIOD);
			else
				ck_assert(second >= PERIOD / 2 && second <= PERIOD * 3 / 2);
			last[i] = second;
			in_second[second % PERIOD]++;
		}
	}
	for (i = 0; i < PERIOD; i++) {
		/* three or four times each job, ten jobs for each second of a period */
		ck_assert_uint_ge(in_second[i], 3);
		ck_assert_uint_le(in_second[i], 4 * 30);
	}
	for (i = 0; i < JOBS; i++) {
		ck_assert_uint_gt(last[i], 3 * PERIOD);
		cbx_job_list_unref(lists[i]);
	}
}
END_TEST

START_TEST(without_a_period_each_status_is_written)
{
	struct cbx_job_list *list = NULL;
	unsigned second;

	for (second = 0; second < 3; second++)
		ck_assert(is_written(&list, 7, BEGIN + second, 0));
	cbx_job_list_unref(list);
}
END_TEST

UNIT_TESTS(each_job_is_written_once_in_a_period_and_few_at_once,
	   without_a_period_each_status_is_written)
