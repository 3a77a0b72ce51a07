// SPDX-License-Identifier: MIT
/* The proposal's controllers by their C calls, and the events in the host's own loop, on the
 * embedded profile with a fleet behind it. */
#include "engine_kit.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#define SYSTEM "NL-HDMS-000001"

static struct engine_home home;
static struct engine_host host;
static struct chatterbox *box;

static bool leads(struct engine_host *of)
{
	char *role = engine_summary(of->box, "role");
	bool leader = !strcmp(role, "leader");

	free(role);
	return leader;
}

static bool knows_it_online(struct engine_host *of)
{
	return chatterbox_online_systems_is_online(of->box, SYSTEM);
}

static void set_up(void)
{
	host = (struct engine_host){ 0 };
	engine_home_open(&home);
	box = engine_make(&home);
	engine_begin(&host, box, 5, 1);
	engine_wait(&host, engine_is_told_ready);
	engine_wait(&host, leads);
}

static void tear_down(void)
{
	chatterbox_unref(box);
	engine_home_close(&home);
}

/* A member of a list of errors */
static json_t *errors_of(const char *params)
{
	char *text = NULL;
	json_t *answer;

	ck_assert_int_eq(chatterbox_errors_get(box, params, &text), 0);
	answer = json_loads(text, 0, NULL);
	free(text);
	ck_assert_ptr_nonnull(answer);
	return answer;
}

static size_t error_count(const char *params)
{
	json_t *answer = errors_of(params);
	size_t count = json_array_size(json_object_get(answer, "errors"));

	json_decref(answer);
	return count;
}

START_TEST(errors_are_reported_stored_listed_and_removed)
{
	static const char one[] = "[{\"system\":\" T1 \",\"job_id\":7,\"code\":\"disk\","
				  "\"message\":\"full\"}]";
	int64_t removed = -1;
	json_t *answer;
	const json_t *row;

	ck_assert_int_eq(chatterbox_errors_report_errors(box, one), 0);
	ck_assert_int_eq(chatterbox_errors_store_errors(box, one), 0);
	ck_assert_int_eq(chatterbox_cleanup_set_errors(
				 box, "[{\"system\":\"T1\",\"code\":\"content_server_403\"}]"),
			 0);
	answer = errors_of("{\"system\":\"T1\"}");
	ck_assert_uint_eq(json_array_size(json_object_get(answer, "errors")), 2);
	row = json_array_get(json_object_get(answer, "errors"), 1);
	ck_assert_str_eq(json_string_value(json_object_get(row, "code")), "disk");
	ck_assert_str_eq(json_string_value(json_object_get(row, "message")), "full");
	ck_assert_int_eq(json_integer_value(json_object_get(row, "occurrences")), 2);
	json_decref(answer);
	ck_assert_uint_eq(error_count("{\"system\":\"T1\",\"limit\":1}"), 1);
	ck_assert_int_eq(chatterbox_errors_remove(box, "{\"system\":\"T1\"}", &removed), 0);
	ck_assert_int_eq(removed, 2);
	ck_assert_uint_eq(error_count("{\"system\":\"T1\"}"), 0);
}
END_TEST

START_TEST(bad_errors_are_refused)
{
	static const char *const bad[] = { "{}", "[1]", "[{\"system\":\"T1\"}]", "nothing",
					   "[{\"system\":\"a/b\",\"code\":\"x\"}]" };

	ck_assert_int_eq(chatterbox_errors_report_errors(box, bad[_i]), -EINVAL);
	ck_assert_int_eq(chatterbox_errors_store_errors(box, bad[_i]), -EINVAL);
	ck_assert_int_eq(chatterbox_errors_remove(box, "{}", NULL), -EINVAL);
	ck_assert_int_eq(chatterbox_errors_get(box, "{\"limit\":0}", NULL), -EINVAL);
}
END_TEST

START_TEST(systems_are_syncing_until_they_are_taken_off)
{
	ck_assert_int_eq(chatterbox_errors_is_syncing(box, SYSTEM), 0);
	ck_assert_int_eq(chatterbox_errors_add_syncing(box, SYSTEM), 0);
	ck_assert_int_eq(chatterbox_errors_is_syncing(box, SYSTEM), 1);
	ck_assert_int_eq(chatterbox_errors_remove_syncing(box, SYSTEM), 0);
	ck_assert_int_eq(chatterbox_errors_is_syncing(box, SYSTEM), 0);
	ck_assert_int_eq(chatterbox_errors_add_syncing(box, "a/b"), -EINVAL);
}
END_TEST

START_TEST(clean_up_and_single_entries)
{
	int64_t removed = -1;

	ck_assert_int_eq(chatterbox_cleanup_errored(box, "T-NONE", 0, &removed), 0);
	ck_assert_int_eq(removed, 0);
	ck_assert_int_eq(chatterbox_job_status_delete_entry(box, "T-NONE", 1),
			 CHATTERBOX_E_UNKNOWN);
	ck_assert_int_eq(chatterbox_job_status_delete_entry(box, "", 1), -EINVAL);
}
END_TEST

/* Said until it is known: an answer that was under way means online again, and may come after us */
static bool knows_it_offline(struct engine_host *of)
{
	ck_assert_int_eq(chatterbox_online_systems_on_offline(of->box, SYSTEM), 0);
	return !chatterbox_online_systems_is_online(of->box, SYSTEM);
}

START_TEST(systems_go_and_come_by_the_hosts_word)
{
	engine_wait(&host, knows_it_online);
	ck_assert_int_eq(chatterbox_online_systems_on_offline(box, "X-9"), 0);
	ck_assert(!chatterbox_online_systems_is_online(box, "X-9"));
	ck_assert_int_eq(chatterbox_online_systems_on_offline(box, "a/b"), -EINVAL);
	engine_wait(&host, knows_it_offline);
	ck_assert_int_eq(chatterbox_online_systems_on_online(box, SYSTEM), 0);
	engine_wait(&host, knows_it_online);
	/* there is no table connections here: told in a warning, nothing changes */
	ck_assert_int_eq(chatterbox_online_systems_populate(box), 0);
	ck_assert(chatterbox_online_systems_is_online(box, SYSTEM));
}
END_TEST

START_TEST(the_interval_is_set_and_kept)
{
	const char *reason = "none";
	double current = 0;

	ck_assert_int_eq(chatterbox_job_status_set_time_till_next_check(box, 0), -EINVAL);
	ck_assert_int_eq(chatterbox_job_status_set_time_till_next_check(box, 77), 0);
	ck_assert_double_eq(chatterbox_job_status_get_time_till_next_check(box, &current), 77);
	ck_assert_double_eq(current, 77);
	ck_assert(!chatterbox_job_status_check_if_server_is_under_load(box, &reason));
	ck_assert_ptr_null(reason);
	ck_assert_int_eq(chatterbox_job_status_update_database(box), 0);
	ck_assert_int_eq(chatterbox_job_status_get_all_jobs_status(box), 0);
	ck_assert_int_eq(chatterbox_online_systems_update_server_configuration(box), 0);
	ck_assert_double_eq(chatterbox_job_status_get_time_till_next_check(box, NULL), 77);
}
END_TEST

START_TEST(internal_systems_are_put_counted_and_removed)
{
	int64_t removed = -1;

	ck_assert_int_eq(chatterbox_internal_systems_put(box, SYSTEM), 0);
	ck_assert_int_eq(chatterbox_internal_systems_populate(box), 0);
	ck_assert_int_eq(chatterbox_internal_systems_cleanup_internal_systems(box, &removed), 0);
	ck_assert_int_eq(removed, 0);
	ck_assert_int_eq(chatterbox_internal_systems_remove(box, SYSTEM), 0);
	ck_assert_int_eq(chatterbox_internal_systems_put(box, "a/b"), -EINVAL);
}
END_TEST

static bool has_stored(struct engine_host *of)
{
	return chatterbox_active_jobs_has_stored_status(of->box);
}

START_TEST(last_recorded_statuses_of_one_system)
{
	struct chatterbox_jobs *all = NULL;
	struct chatterbox_jobs *own = NULL;
	const char *system;
	size_t i;

	engine_wait(&host, has_stored);
	ck_assert_int_eq(chatterbox_live_jobs(box, &all), 0);
	system = chatterbox_job_get_system(chatterbox_jobs_at(all, 0));
	ck_assert_int_eq(chatterbox_active_jobs_get_last_recorded(box, system, &own), 0);
	for (i = 0; i < chatterbox_jobs_count(own); i++)
		ck_assert_str_eq(chatterbox_job_get_system(chatterbox_jobs_at(own, i)), system);
	chatterbox_jobs_unref(own);
	ck_assert_int_eq(chatterbox_active_jobs_get_last_recorded(box, "T-NONE", &own), 0);
	ck_assert_uint_eq(chatterbox_jobs_count(own), 0);
	chatterbox_jobs_unref(own);
	chatterbox_jobs_unref(all);
}
END_TEST

START_TEST(a_stopped_engine_refuses_orders)
{
	chatterbox_stop(box);
	ck_assert_int_eq(chatterbox_job_status_send_status(box), CHATTERBOX_E_DOWN);
	ck_assert_int_eq(chatterbox_job_status_update_database(box), CHATTERBOX_E_STANDBY);
	ck_assert_int_eq(chatterbox_online_systems_on_online(box, SYSTEM), CHATTERBOX_E_STANDBY);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("controllers");

	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, errors_are_reported_stored_listed_and_removed);
	tcase_add_loop_test(tcase, bad_errors_are_refused, 0, 5);
	tcase_add_test(tcase, systems_are_syncing_until_they_are_taken_off);
	tcase_add_test(tcase, clean_up_and_single_entries);
	tcase_add_test(tcase, systems_go_and_come_by_the_hosts_word);
	tcase_add_test(tcase, the_interval_is_set_and_kept);
	tcase_add_test(tcase, internal_systems_are_put_counted_and_removed);
	tcase_add_test(tcase, last_recorded_statuses_of_one_system);
	tcase_add_test(tcase, a_stopped_engine_refuses_orders);
	suite_add_tcase(suite, tcase);
}
