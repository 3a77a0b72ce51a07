// SPDX-License-Identifier: MIT
/* The errors controller: syncing systems go after maxSyncTime, and what is known of access to the
 * content server is gathered for csaTimer seconds, the last write winning. */
#include "road_world.h"

#include <stdio.h>
#include <string.h>

static struct cbx_errors *errors(void)
{
	return &world.poller.errors;
}

static void set_up(void)
{
	world_set_up();
	world_lead();
}

START_TEST(a_syncing_system_is_dropped_after_its_time)
{
	ck_assert_int_eq(cbx_errors_add_syncing(errors(), "ABC1"), 0);
	world_pass(3000);
	ck_assert_int_eq(cbx_errors_add_syncing(errors(), "ABC2"), 0);
	ck_assert_uint_eq(cbx_errors_clean_up_syncing(errors()), 2);
	world_pass(601);
	ck_assert_uint_eq(cbx_errors_clean_up_syncing(errors()), 1);
	ck_assert(!cbx_errors_is_syncing(errors(), "ABC1"));
	ck_assert(cbx_errors_is_syncing(errors(), "ABC2"));
	/* told again, its time begins anew */
	ck_assert_int_eq(cbx_errors_add_syncing(errors(), "ABC2"), 0);
	world_pass(3000);
	ck_assert_uint_eq(cbx_errors_clean_up_syncing(errors()), 1);
}
END_TEST

START_TEST(access_is_written_in_batches)
{
	static const char rows[] = "select count(*) from content_server_access";

	ck_assert_int_eq(cbx_errors_note_access(errors(), "ABC1", "ok", NULL), 0);
	world_pass(10);
	ck_assert_int_eq(cbx_errors_note_access(errors(), "ABC1", "denied", "403"), 0);
	ck_assert_int_eq(cbx_errors_note_access(errors(), "ABC2", "internal", NULL), 0);
	cbx_errors_turn(errors());
	world_expect(rows, "0");
	world_pass(6);
	cbx_errors_turn(errors());
	world_expect(rows, "2");
	world_expect("select access || ' ' || error from content_server_access "
		     "where system = 'ABC1'",
		     "denied 403");
	world_expect("select access from content_server_access where system = 'ABC2'", "internal");
}
END_TEST

static void make_internal(const char *name)
{
	char value[128];
	struct cbx_field field = { name, value, 0 };

	snprintf(value, sizeof(value),
		 "{\"systemID\":\"%s\",\"lastCheck\":\"2026-11-23T18:00:00.000Z\","
		 "\"status\":\"internal\"}",
		 name);
	field.value_len = strlen(value);
	ck_assert_int_eq(world.eye->ops->write_systems(world.eye, world.epoch, CBX_INTERNAL_SYSTEMS,
						       &field, 1),
			 0);
}

static void five_seconds_later(void)
{
	world_pass(20);
	world.poller.internal.task.perform(world.poller.internal.task.user);
	world_pass(20);
	cbx_errors_turn(errors());
}

/* OCD writes them into Redis and tells nobody; what is known since stays until others come or go */
START_TEST(members_of_internal_systems_are_internal)
{
	static const char internal[] =
		"select coalesce(group_concat(system, ' '), '') from (select system from "
		"content_server_access where access = 'internal' order by 1)";

	five_seconds_later();
	world_expect(internal, "");
	make_internal("OURS1");
	five_seconds_later();
	world_expect(internal, "OURS1");
	world_run("update content_server_access set access = 'ok'");
	make_internal("OURS1");
	five_seconds_later();
	world_expect(internal, "");
	make_internal("OURS2");
	five_seconds_later();
	world_expect(internal, "OURS1 OURS2");
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("errors");

	tcase_add_checked_fixture(tcase, set_up, world_tear_down);
	tcase_add_test(tcase, a_syncing_system_is_dropped_after_its_time);
	tcase_add_test(tcase, access_is_written_in_batches);
	tcase_add_test(tcase, members_of_internal_systems_are_internal);
	suite_add_tcase(suite, tcase);
}
