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
	return chatterbox_get_role(of->box) == CHATTERBOX_ROLE_LEADER;
}

static bool is_online(struct chatterbox *of, const char *system)
{
	return chatterbox_get_system_state(of, system) == CHATTERBOX_SYSTEM_ONLINE;
}

static bool knows_it_online(struct engine_host *of)
{
	return is_online(of->box, SYSTEM);
}

/* Of the call that was made last */
static struct chatterbox_error error;

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
	engine_end(&host);
	engine_home_close(&home);
}

static json_t *errors_of(const char *params)
{
	char *text = NULL;
	json_t *answer;

	ck_assert_int_eq(chatterbox_query(box, CHATTERBOX_TOPIC_ERRORS, params, NULL, NULL, &text,
					  &error),
			 0);
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

static int report(const char *errors)
{
	return chatterbox_errors_report(box, errors, NULL, NULL, &error);
}

static int store(const char *errors)
{
	return chatterbox_errors_store(box, errors, NULL, NULL, &error);
}

static int64_t id_of(const json_t *row)
{
	return json_integer_value(json_object_get(row, "id"));
}

START_TEST(errors_are_reported_stored_listed_and_removed)
{
	static const char one[] = "[{\"system\":\" T1 \",\"job_id\":7,\"code\":\"disk\","
				  "\"message\":\"full\"}]";
	json_t *answer;
	const json_t *row;
	int64_t id;

	ck_assert_int_eq(report(one), 0);
	ck_assert_int_eq(store(one), 0);
	ck_assert_int_eq(report("[{\"system\":\"T1\",\"code\":\"content_server_403\"}]"), 0);
	ck_assert_int_eq(report("[{\"system\":\"T1\",\"code\":\"third\"}]"), 0);
	answer = errors_of("{\"system\":\"T1\"}");
	ck_assert_uint_eq(json_array_size(json_object_get(answer, "errors")), 3);
	row = json_array_get(json_object_get(answer, "errors"), 2);
	ck_assert_str_eq(json_string_value(json_object_get(row, "code")), "disk");
	ck_assert_str_eq(json_string_value(json_object_get(row, "message")), "full");
	ck_assert_int_eq(json_integer_value(json_object_get(row, "occurrences")), 2);
	id = id_of(row);
	json_decref(answer);
	ck_assert_uint_eq(error_count("{\"system\":\"T1\",\"limit\":1}"), 1);
	ck_assert_int_eq(chatterbox_errors_remove(box, NULL, &id, 1, NULL, NULL, &error), 1);
	ck_assert_int_eq(chatterbox_errors_remove(box, "T1", NULL, 0, NULL, NULL, &error), 2);
	ck_assert_uint_eq(error_count("{\"system\":\"T1\"}"), 0);
}
END_TEST

START_TEST(bad_errors_are_refused)
{
	static const char *const bad[] = { "{}", "[1]", "[{\"system\":\"T1\"}]", "nothing",
					   "[{\"system\":\"a/b\",\"code\":\"x\"}]" };

	ck_assert_int_eq(report(bad[_i]), -EINVAL);
	ck_assert_int_eq(error.code, -EINVAL);
	ck_assert_int_eq(error.server, CHATTERBOX_SERVER_NONE);
	ck_assert_ptr_nonnull(strstr(error.text, "errors: "));
	ck_assert_int_eq(store(bad[_i]), -EINVAL);
	ck_assert_int_eq(chatterbox_query(box, CHATTERBOX_TOPIC_ERRORS, "{\"limit\":0}", NULL, NULL,
					  NULL, &error),
			 -EINVAL);
	ck_assert_ptr_nonnull(strstr(error.text, "limit: "));
	/* @error need not be wanted */
	ck_assert_int_eq(chatterbox_query(box, CHATTERBOX_TOPIC_ERRORS, bad[_i], NULL, NULL, NULL,
					  NULL),
			 _i ? -EINVAL : 0);
}
END_TEST

START_TEST(systems_are_syncing_until_they_are_taken_off)
{
	ck_assert_int_eq(chatterbox_syncing_has(box, SYSTEM, NULL, NULL, &error), 0);
	ck_assert_int_eq(chatterbox_syncing_add(box, SYSTEM, NULL, NULL, &error), 0);
	ck_assert_int_eq(chatterbox_syncing_has(box, SYSTEM, NULL, NULL, &error), 1);
	ck_assert_int_eq(chatterbox_syncing_remove(box, SYSTEM, NULL, NULL, &error), 0);
	ck_assert_int_eq(chatterbox_syncing_has(box, SYSTEM, NULL, NULL, &error), 0);
	ck_assert_int_eq(chatterbox_syncing_add(box, "a/b", NULL, NULL, &error), -EINVAL);
	ck_assert_ptr_nonnull(strstr(error.text, "system: "));
}
END_TEST

START_TEST(clean_up_and_single_entries)
{
	ck_assert_int_eq(chatterbox_errors_clean_up(box, "T-NONE", 0, NULL, NULL, &error), 0);
	ck_assert_int_eq(chatterbox_errors_clean_up(box, "T-NONE", -1, NULL, NULL, &error),
			 -EINVAL);
	ck_assert_int_eq(chatterbox_delete_entry(box, "T-NONE", 1, NULL, NULL, &error),
			 CHATTERBOX_E_UNKNOWN);
	ck_assert_str_eq(error.text, "no errored job 1 of system T-NONE is known");
	ck_assert_int_eq(chatterbox_delete_entry(box, "", 1, NULL, NULL, &error), -EINVAL);
}
END_TEST

START_TEST(orders_to_jobs_that_nobody_knows)
{
	ck_assert_int_eq(chatterbox_pause_job(box, "T-NONE", 1, NULL, NULL, &error),
			 CHATTERBOX_E_UNKNOWN);
	ck_assert_int_eq(chatterbox_resume_job(box, "T-NONE", 1, NULL, NULL, &error),
			 CHATTERBOX_E_UNKNOWN);
	ck_assert_int_eq(chatterbox_kill_job(box, "T-NONE", -1, NULL, NULL, &error), -EINVAL);
	ck_assert_int_eq(chatterbox_pause_jobs(box, "T-NONE", NULL, NULL, &error),
			 CHATTERBOX_E_UNKNOWN);
	ck_assert_int_ge(chatterbox_resume_jobs(box, NULL, NULL, NULL, &error), 0);
}
END_TEST

static int set_online(const char *system, bool online)
{
	return chatterbox_online_systems_set(box, system, online, NULL, NULL, &error);
}

/* Said until it is known: an answer that was under way means online again, and may come after us */
static bool knows_it_offline(struct engine_host *of)
{
	ck_assert_int_eq(set_online(SYSTEM, false), 0);
	return !is_online(of->box, SYSTEM);
}

static bool knows_x9_offline(struct engine_host *of)
{
	return chatterbox_get_system_state(of->box, "X-9") == CHATTERBOX_SYSTEM_OFFLINE;
}

START_TEST(systems_go_and_come_as_the_host_says)
{
	engine_wait(&host, knows_it_online);
	ck_assert_int_eq(chatterbox_get_system_state(box, "X-9"), CHATTERBOX_SYSTEM_UNKNOWN);
	ck_assert_int_eq(set_online("X-9", false), 0);
	engine_wait(&host, knows_x9_offline);
	ck_assert_int_eq(set_online("a/b", false), -EINVAL);
	engine_wait(&host, knows_it_offline);
	ck_assert_int_eq(set_online(SYSTEM, true), 0);
	engine_wait(&host, knows_it_online);
	/* there is no table connections here: told in a warning, nothing changes */
	ck_assert_int_eq(chatterbox_online_systems_populate(box, NULL, NULL, &error), 0);
	ck_assert(is_online(box, SYSTEM));
}
END_TEST

static int set_interval(int64_t seconds)
{
	return chatterbox_set_interval(box, seconds, NULL, NULL, &error);
}

START_TEST(the_interval_is_set_and_kept)
{
	double current = 0;

	ck_assert_int_eq(set_interval(0), -EINVAL);
	ck_assert_str_eq(error.text, "seconds: takes an integer 1..86400");
	ck_assert_int_eq(set_interval(77), 0);
	ck_assert_double_eq(chatterbox_get_interval(box, &current), 77);
	ck_assert_double_eq(current, 77);
	ck_assert_int_eq(chatterbox_get_load(box), CHATTERBOX_LOAD_CALM);
	ck_assert_int_eq(chatterbox_update_database(box, NULL, NULL, &error), 0);
	ck_assert_int_eq(chatterbox_poll_jobs(box, NULL, NULL, &error), 0);
	ck_assert_int_eq(chatterbox_update_server_configuration(box, NULL, NULL, &error), 0);
	ck_assert_double_eq(chatterbox_get_interval(box, NULL), 77);
}
END_TEST

static bool is_paused(struct engine_host *of)
{
	char *paused = engine_summary(of->box, "paused");
	bool is = !strcmp(paused, "true");

	free(paused);
	return is;
}

START_TEST(tasks_are_paused_and_resumed)
{
	ck_assert_int_eq(chatterbox_pause_tasks(box, 86401, NULL, NULL, &error), -EINVAL);
	ck_assert(!is_paused(&host));
	ck_assert_int_eq(chatterbox_pause_tasks(box, 0, NULL, NULL, &error), 0);
	ck_assert(is_paused(&host));
	ck_assert_int_eq(chatterbox_resume_tasks(box, NULL, NULL, &error), 0);
	ck_assert(!is_paused(&host));
}
END_TEST

START_TEST(internal_systems_are_put_counted_and_removed)
{
	ck_assert_int_eq(chatterbox_internal_systems_put(box, SYSTEM, NULL, NULL, &error), 0);
	ck_assert_int_eq(chatterbox_internal_systems_populate(box, NULL, NULL, &error), 0);
	ck_assert_int_eq(chatterbox_internal_systems_clean_up(box, NULL, NULL, &error), 0);
	ck_assert_int_eq(chatterbox_internal_systems_remove(box, SYSTEM, NULL, NULL, &error), 0);
	ck_assert_int_eq(chatterbox_internal_systems_put(box, "a/b", NULL, NULL, &error), -EINVAL);
}
END_TEST

static bool has_stored(struct engine_host *of)
{
	struct chatterbox_jobs *jobs = NULL;
	size_t count;

	ck_assert_int_eq(chatterbox_get_jobs(of->box, NULL, &jobs), 0);
	count = chatterbox_jobs_count(jobs);
	chatterbox_jobs_unref(jobs);
	return count > 0;
}

START_TEST(last_recorded_statuses_of_one_system)
{
	struct chatterbox_jobs *all = NULL;
	struct chatterbox_jobs *own = NULL;
	const char *system;
	size_t i;

	engine_wait(&host, has_stored);
	ck_assert_int_eq(chatterbox_get_jobs(box, NULL, &all), 0);
	system = chatterbox_job_get_system(chatterbox_jobs_at(all, 0));
	ck_assert_int_eq(chatterbox_get_jobs(box, system, &own), 0);
	for (i = 0; i < chatterbox_jobs_count(own); i++)
		ck_assert_str_eq(chatterbox_job_get_system(chatterbox_jobs_at(own, i)), system);
	chatterbox_jobs_unref(own);
	ck_assert_int_eq(chatterbox_get_jobs(box, "T-NONE", &own), 0);
	ck_assert_uint_eq(chatterbox_jobs_count(own), 0);
	chatterbox_jobs_unref(own);
	chatterbox_jobs_unref(all);
}
END_TEST

START_TEST(documents_are_read)
{
	static const struct {
		enum chatterbox_topic topic;
		const char *params;
		const char *member;
	} documents[] = {
		{ CHATTERBOX_TOPIC_JOBS, NULL, "jobs" },
		{ CHATTERBOX_TOPIC_SYSTEMS, "{\"limit\":\"2\"}", "systems" },
		{ CHATTERBOX_TOPIC_SYSTEM, "{\"system\":\" " SYSTEM " \"}", "systemID" },
		{ CHATTERBOX_TOPIC_SUMMARY, "{}", "role" },
		{ CHATTERBOX_TOPIC_ERRORS, NULL, "errors" },
	};
	char *text = NULL;
	json_t *answer;

	engine_wait(&host, knows_it_online);
	ck_assert_int_eq(chatterbox_query(box, documents[_i].topic, documents[_i].params, NULL,
					  NULL, &text, &error),
			 0);
	answer = json_loads(text, 0, NULL);
	ck_assert_msg(json_object_get(answer, documents[_i].member) != NULL, "%s", text);
	json_decref(answer);
	free(text);
}
END_TEST

START_TEST(documents_of_what_nobody_knows)
{
	char *text = NULL;

	ck_assert_int_eq(chatterbox_query(box, CHATTERBOX_TOPIC_SYSTEM, "{\"system\":\"a/b\"}",
					  NULL, NULL, &text, &error),
			 CHATTERBOX_E_UNKNOWN);
	ck_assert_int_eq(chatterbox_query(box, CHATTERBOX_TOPIC_JOB,
					  "{\"system\":\"T-NONE\",\"job_id\":1}", NULL, NULL, &text,
					  &error),
			 CHATTERBOX_E_UNKNOWN);
	ck_assert_str_eq(error.text, "no job 1 of system T-NONE is known");
	ck_assert_int_eq(chatterbox_query(box, CHATTERBOX_TOPIC_JOB, "{}", NULL, NULL, &text,
					  &error),
			 -EINVAL);
	ck_assert_int_eq(chatterbox_query(box, (enum chatterbox_topic)99, "{}", NULL, NULL, &text,
					  &error),
			 -EINVAL);
	ck_assert_ptr_null(text);
}
END_TEST

START_TEST(a_stopped_engine_refuses_orders_and_reads_on)
{
	char *text = NULL;

	chatterbox_stop(box);
	ck_assert_int_eq(chatterbox_send_status(box, NULL, NULL, &error), CHATTERBOX_E_DOWN);
	ck_assert_str_eq(error.text, "the engine is not running");
	ck_assert_int_eq(chatterbox_update_database(box, NULL, NULL, &error), CHATTERBOX_E_DOWN);
	ck_assert_int_eq(set_online(SYSTEM, true), CHATTERBOX_E_DOWN);
	ck_assert_int_eq(chatterbox_query(box, CHATTERBOX_TOPIC_SYSTEMS, NULL, NULL, NULL, &text,
					  &error),
			 0);
	free(text);
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
	tcase_add_test(tcase, orders_to_jobs_that_nobody_knows);
	tcase_add_test(tcase, systems_go_and_come_as_the_host_says);
	tcase_add_test(tcase, the_interval_is_set_and_kept);
	tcase_add_test(tcase, tasks_are_paused_and_resumed);
	tcase_add_test(tcase, internal_systems_are_put_counted_and_removed);
	tcase_add_test(tcase, last_recorded_statuses_of_one_system);
	tcase_add_loop_test(tcase, documents_are_read, 0, 5);
	tcase_add_test(tcase, documents_of_what_nobody_knows);
	tcase_add_test(tcase, a_stopped_engine_refuses_orders_and_reads_on);
	suite_add_tcase(suite, tcase);
}
