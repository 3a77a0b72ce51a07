// SPDX-License-Identifier: MIT
/* The teller's last turns (contract 8.3) */
#include "teller_world.h"

#include <string.h>

static void set_up(void)
{
	teller_set_up();
	teller_subscribe();
	/* of one key, so that each batch can tell one only */
	teller_record("ABC1", "17 Running");
	teller_record("ABC1", "17 Queued");
	teller_record("ABC1", "17 Running");
	teller.stop = true;
}

START_TEST(a_stop_tells_what_waits)
{
	teller.stop_by = cbx_now(road->clock) + 10 * CBX_SECOND;
	cbx_teller_run(&teller);
	teller_expect_received("update_job_status ABC1/17/1\nupdate_job_status ABC1/17/2\n"
			       "update_job_status ABC1/17/3\n");
	world_expect_outbox("");
}
END_TEST

START_TEST(a_stop_waits_for_no_broker_that_is_down)
{
	faults_add_nth(&world.bus_faults, "publish", CHATTERBOX_E_DOWN, 1, 100);
	teller.stop_by = cbx_now(road->clock) + 10 * CBX_SECOND;
	cbx_teller_run(&teller);
	teller_expect_stream("ABC1/17/1 ABC1/17/2 ABC1/17/3");
	world_expect_outbox("ABC1/17/1 ABC1/17/2 ABC1/17/3");
}
END_TEST

START_TEST(a_stop_ends_in_time)
{
	cbx_teller_run(&teller);
	teller_expect_received("update_job_status ABC1/17/1\n");
	world_expect_outbox("ABC1/17/2 ABC1/17/3");
}
END_TEST

/* Another leads and counts: an alert on what we counted last would never end */
START_TEST(who_leads_no_more_does_not_count_the_outbox)
{
	cbx_auto(cbx_text_free) struct cbx_text led = { 0 };
	cbx_auto(cbx_text_free) struct cbx_text stands_by = { 0 };

	cbx_teller_run(&teller);
	cbx_metrics_render(world.counters.registry, false, &led);
	ck_assert_ptr_nonnull(strstr(led.bytes, "\nchatterbox_outbox_pending 2\n"));
	cbx_leadership_lose(&world.leadership, "other");
	cbx_teller_run(&teller);
	cbx_metrics_render(world.counters.registry, false, &stands_by);
	ck_assert_ptr_null(strstr(stands_by.bytes, "chatterbox_outbox_"));
}
END_TEST

UNIT_SUITE(suite)
{
	const TTest *const tests[] = {
		a_stop_tells_what_waits,
		a_stop_waits_for_no_broker_that_is_down,
		a_stop_ends_in_time,
		who_leads_no_more_does_not_count_the_outbox,
	};
	TCase *tcase = tcase_create("tell");

	tcase_add_checked_fixture(tcase, set_up, teller_tear_down);
	unit_add(tcase, tests, CBX_COUNT(tests));
	suite_add_tcase(suite, tcase);
}
