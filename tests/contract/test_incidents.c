// SPDX-License-Identifier: MIT
/* Incidents in the whole engine, through a day: opened, told once, shown, cleaned up, closed
 * (contract 9.3) */
#include "day.h"
#include "unit.h"

#include "common/cleanup.h"

#include <chatterbox/chatterbox.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct day *day;

static void set_up(void)
{
	day = day_break(&day_embedded);
}

static void tear_down(void)
{
	day_end(day);
}

static const char *const five[] = { "A", "B", "C", "D", "E" };

static void say_all(const char *status, const char *more)
{
	size_t i;

	for (i = 0; i < CBX_COUNT(five); i++)
		day_system_says(day, five[i], 1, status, more);
}

static void begin(void)
{
	say_all("Running", NULL);
	day_sql(day, "create table connections (actor_id text)");
	day_sql(day, "insert into connections values ('A'), ('B'), ('C'), ('D'), ('E')");
	day_begin(day);
	day_pass(day, 10);
}

/* Who failed in it is grouped with the next turn */
static void pass_a_round(void)
{
	day_pass(day, 12);
	day_pass(day, 2);
}

#define DISK "\"error_code\":\"disk_full\",\"error_message\":\"no room\""

static json_t *ask(enum chatterbox_topic topic, const char *params)
{
	struct chatterbox_error error;
	char *text = NULL;
	json_t *answer;
	int result = chatterbox_query(day->box, topic, params, NULL, NULL, &text, &error);

	ck_assert_msg(!result, "%d %s", result, error.text);
	answer = json_loads(text, 0, NULL);
	free(text);
	ck_assert_ptr_nonnull(answer);
	return answer;
}

/* The events of incidents, as "opened 5", "grew 10", "closed 10", each once on broker and stream */
static void expect_told(const char *expected)
{
	struct cbx_text text = { 0 };
	size_t i;

	day_gather(day);
	for (i = 0; i < day->told_count; i++) {
		const struct day_message *told = &day->told[i];
		const json_t *params = told->params;

		if (strcmp(told->name, "incident"))
			continue;
		ck_assert_msg(!strncmp(told->id, "incident/1/", 11), "%s", told->id);
		ck_assert_int_eq(json_integer_value(json_object_get(params, "id")), 1);
		cbx_text_printf(&text, "%s %d+%d; ",
				json_is_null(json_object_get(params, "closed_at")) ? "open"
										   : "closed",
				(int)json_integer_value(json_object_get(params, "systems")),
				(int)json_integer_value(json_object_get(params, "jobs")));
	}
	cbx_text_puts(&text, "");
	ck_assert_str_eq(text.bytes, expected);
	cbx_text_free(&text);
}

static const json_t *one_of(const json_t *list)
{
	ck_assert_uint_eq(json_array_size(list), 1);
	return json_array_get(list, 0);
}

static void expect_shown(const char *params, const char *kind, const char *key, int systems)
{
	json_t *answer = ask(CHATTERBOX_TOPIC_INCIDENTS, params);
	const json_t *row = one_of(json_object_get(answer, "incidents"));

	ck_assert_str_eq(json_string_value(json_object_get(row, "kind")), kind);
	ck_assert_str_eq(json_string_value(json_object_get(row, "key")), key);
	ck_assert_int_eq(json_integer_value(json_object_get(row, "systems")), systems);
	json_decref(answer);
}

static void expect_error_of_incident(void)
{
	json_t *answer = ask(CHATTERBOX_TOPIC_ERRORS, "{}");
	const json_t *errors = json_object_get(answer, "errors");
	size_t i;

	ck_assert_uint_eq(json_array_size(errors), 5);
	for (i = 0; i < 5; i++)
		ck_assert_int_eq(
			json_integer_value(json_object_get(json_array_get(errors, i), "incident")),
			1);
	json_decref(answer);
}

static void expect_members(size_t count)
{
	json_t *answer = ask(CHATTERBOX_TOPIC_INCIDENT, "{\"id\":1,\"limit\":1000}");

	ck_assert_uint_eq(json_array_size(json_object_get(answer, "systems")), count);
	ck_assert_uint_eq(json_array_size(json_object_get(answer, "jobs")), count);
	ck_assert(json_is_null(json_object_get(answer, "next")));
	json_decref(answer);
}

START_TEST(one_code_at_five_systems_is_one_incident)
{
	begin();
	say_all("Errored", DISK);
	pass_a_round();
	expect_shown("{\"open\":1}", "error_code", "disk_full", 5);
	expect_told("open 5+5; ");
	expect_error_of_incident();
	expect_members(5);
	day_pass(day, 880);
	expect_told("open 5+5; ");
	day_pass(day, 20);
	expect_told("open 5+5; closed 5+5; ");
	expect_shown("{}", "error_code", "disk_full", 5);
	day_sql_says(day, "select count(*) from incidents where closed_at is null", "0");
}
END_TEST

START_TEST(its_jobs_are_cleaned_up_and_no_others)
{
	struct chatterbox_error error;
	json_t *answer;
	int turn;

	begin();
	say_all("Errored", DISK);
	pass_a_round();
	day_system_pushes(day, "A", 2, "Errored", "\"error_code\":\"other\"");
	day_pass(day, 2);
	/* a dry run changes nothing, as often as it is run */
	for (turn = 0; turn < 2; turn++) {
		answer = ask(CHATTERBOX_TOPIC_INCIDENT_CLEAN_UP, "{\"id\":1}");
		ck_assert_uint_eq(json_array_size(json_object_get(answer, "jobs")), 5);
		ck_assert_int_eq(json_integer_value(json_object_get(answer, "errors")), 5);
		json_decref(answer);
		day_monitor_holds(day, "A", 1, "Errored/2/user");
	}
	ck_assert_int_eq(chatterbox_incidents_clean_up(day->box, 1, NULL, NULL, &error), 5);
	day_monitor_holds(day, "A", 1, "");
	day_completed_holds(day, "A", 1, "Errored/2/user");
	day_monitor_holds(day, "A", 2, "Errored/1/user");
	ck_assert_int_eq(chatterbox_incidents_clean_up(day->box, 1, NULL, NULL, &error), 0);
	ck_assert_int_eq(chatterbox_incidents_clean_up(day->box, 2, NULL, NULL, &error),
			 CHATTERBOX_E_UNKNOWN);
	ck_assert_int_eq(chatterbox_incidents_clean_up(day->box, 0, NULL, NULL, &error),
			 CHATTERBOX_E_UNKNOWN);
	/* what happened stays */
	expect_members(5);
}
END_TEST

START_TEST(a_file_is_found_in_the_status)
{
	begin();
	say_all("Errored", "\"error_code\":\"checksum\",\"error_file\":\"tune.flac\"");
	pass_a_round();
	expect_shown("{\"open\":\"1\"}", "file", "tune.flac", 5);
	expect_told("open 5+5; ");
}
END_TEST

START_TEST(poison_loses_nothing)
{
	begin();
	/* a code that is too long, none of the right type, files that are no files */
	say_all("Errored", "\"error_code\":\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
			   "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\",\"code\":[7],"
			   "\"file\":17,\"files_downloading\":[null,{},\"\",{\"file\":[]}]");
	pass_a_round();
	expect_shown("{}", "error_code", "errored", 5);
	day_error_is(day, "E", 1, "errored/1");
	expect_told("open 5+5; ");
}
END_TEST

START_TEST(bad_questions_are_refused)
{
	static const struct {
		enum chatterbox_topic topic;
		const char *params;
		int code;
	} rows[] = {
		{ CHATTERBOX_TOPIC_INCIDENTS, "{\"open\":2}", -EINVAL },
		{ CHATTERBOX_TOPIC_INCIDENTS, "{\"limit\":0}", -EINVAL },
		{ CHATTERBOX_TOPIC_INCIDENTS, "{\"cursor\":\"e1\"}", -EINVAL },
		{ CHATTERBOX_TOPIC_INCIDENTS, "{\"cursor\":\"i0\"}", -EINVAL },
		{ CHATTERBOX_TOPIC_INCIDENT, "{}", -EINVAL },
		{ CHATTERBOX_TOPIC_INCIDENT, "{\"id\":-1}", -EINVAL },
		{ CHATTERBOX_TOPIC_INCIDENT, "{\"id\":1,\"cursor\":\"x\"}", -EINVAL },
		{ CHATTERBOX_TOPIC_INCIDENT, "{\"id\":1}", CHATTERBOX_E_UNKNOWN },
		{ CHATTERBOX_TOPIC_INCIDENT_CLEAN_UP, "{\"id\":9}", CHATTERBOX_E_UNKNOWN },
	};
	size_t i;

	begin();
	for (i = 0; i < CBX_COUNT(rows); i++) {
		struct chatterbox_error error;
		char *text = NULL;
		int code = chatterbox_query(day->box, rows[i].topic, rows[i].params, NULL, NULL,
					    &text, &error);

		ck_assert_msg(code == rows[i].code, "%s: %d %s", rows[i].params, code, error.text);
		ck_assert_ptr_null(text);
	}
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("incidents");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, one_code_at_five_systems_is_one_incident);
	tcase_add_test(tcase, its_jobs_are_cleaned_up_and_no_others);
	tcase_add_test(tcase, a_file_is_found_in_the_status);
	tcase_add_test(tcase, poison_loses_nothing);
	tcase_add_test(tcase, bad_questions_are_refused);
	suite_add_tcase(suite, tcase);
}
