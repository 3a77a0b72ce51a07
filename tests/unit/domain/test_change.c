// SPDX-License-Identifier: MIT
/* A batch keeps what was added, in order and zeroed, and gives everything back. */
#include "domain/change.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

START_TEST(keeps_and_clears)
{
	static const struct cbx_status_parts parts = {
		.system = "A",
		.system_len = 1,
		.text = "x",
		.text_len = 1,
		.downloaded = CBX_NO_COUNT,
		.total_files = CBX_NO_COUNT,
	};
	struct cbx_batch batch = { 0 };
	struct cbx_status *status = NULL;
	int i;

	ck_assert(cbx_batch_is_empty(&batch));
	ck_assert_int_eq(cbx_status_new(&parts, &status), 0);
	for (i = 0; i < 100; i++) {
		struct cbx_change *change = cbx_batch_add_change(&batch);
		struct cbx_event *event = cbx_batch_add_event(&batch);

		ck_assert_ptr_nonnull(change);
		ck_assert_ptr_nonnull(event);
		ck_assert_ptr_null(change->job);
		ck_assert_ptr_null(change->previous_status);
		ck_assert_ptr_null(event->payload);
		ck_assert_int_eq(cbx_job_new(status, &change->job), 0);
		change->job->revision = i;
		change->previous_status = strdup("before");
		event->key = strdup("A/1");
		event->payload = strdup("{}");
		ck_assert_int_eq(cbx_batch_add_checked(&batch, status->system), 0);
	}
	ck_assert(!cbx_batch_is_empty(&batch));
	ck_assert_uint_eq(batch.change_count, 100);
	ck_assert_uint_eq(batch.event_count, 100);
	ck_assert_uint_eq(batch.checked_count, 100);
	for (i = 0; i < 100; i++)
		ck_assert_int_eq(batch.changes[i].job->revision, i);
	ck_assert_str_eq(batch.checked[99], "A");
	cbx_batch_clear(&batch);
	ck_assert(cbx_batch_is_empty(&batch));
	ck_assert_uint_eq(status->refs, 1);
	cbx_status_unref(status);
}
END_TEST

UNIT_TESTS(keeps_and_clears)
