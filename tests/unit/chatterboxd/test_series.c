// SPDX-License-Identifier: MIT
/* The series of the last hour: what is noted, what is unknown, and what is asked for wrongly. */
#include "http/series.h"

#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define BEGIN 5000000LL /* ms of the monotonic clock, the begin of a step */
#define DAY_MS 1700000000000LL

static struct cbd_series *series;

static void set_up(void)
{
	ck_assert_int_eq(cbd_series_new(&series), 0);
}

static void tear_down(void)
{
	cbd_series_freep(&series);
}

static void note(const char *role, const char *leader, bool cycle, const char *source, double jobs,
		 int64_t at)
{
	json_t *summary =
		json_pack("{s:f, s:f, s:f, s:s, s:s?, s:o, s:{s:s}}", "job_count", jobs,
			  "activte_jobs", jobs / 2, "total_download_speed", jobs * 1.5, "role",
			  role, "leader", leader, "last_cycle", cycle ? json_object() : json_null(),
			  "systems", "source", source);

	ck_assert_ptr_nonnull(summary);
	cbd_series_note(series, summary, at);
	json_decref(summary);
}

static void note_leading(double jobs, int64_t at)
{
	note("leader", "me", true, "redis", jobs, at);
}

static int get(const char *name, const char *minutes, int64_t at, json_t **out, char *error)
{
	json_t *query = json_object();
	char *text = NULL;
	int result;

	if (name)
		json_object_set_new(query, "name", json_string(name));
	if (minutes)
		json_object_set_new(query, "minutes", json_string(minutes));
	result = cbd_series_json(series, query, at, DAY_MS + at, &text, error);
	json_decref(query);
	*out = text ? json_loads(text, JSON_REJECT_DUPLICATES, NULL) : NULL;
	free(text);
	return result;
}

static json_t *series_of(const char *name, const char *minutes, int64_t at)
{
	char error[CHATTERBOX_ERROR_TEXT] = "";
	json_t *answer = NULL;

	ck_assert_int_eq(get(name, minutes, at, &answer, error), 0);
	ck_assert_ptr_nonnull(answer);
	ck_assert_int_eq(json_integer_value(json_object_get(answer, "step")), 10);
	return answer;
}

/* The values of the last minute, "-" for null */
static void check_minute(const char *wanted, int64_t at)
{
	json_t *answer = series_of("live_jobs", "1", at);
	json_t *values = json_object_get(json_object_get(answer, "series"), "live_jobs");
	char text[256] = "";
	size_t i;

	ck_assert_uint_eq(json_array_size(values), 6);
	for (i = 0; i < 6; i++) {
		size_t len = strlen(text);
		const json_t *value = json_array_get(values, i);

		if (json_is_null(value))
			snprintf(text + len, sizeof(text) - len, "%s-", i ? " " : "");
		else
			snprintf(text + len, sizeof(text) - len, "%s%g", i ? " " : "",
				 json_number_value(value));
	}
	ck_assert_str_eq(text, wanted);
	json_decref(answer);
}

START_TEST(one_value_is_kept_of_each_step)
{
	ck_assert(cbd_series_is_due(series, BEGIN));
	note_leading(7, BEGIN);
	ck_assert(!cbd_series_is_due(series, BEGIN + 9999));
	ck_assert(cbd_series_is_due(series, BEGIN + 10000));
	note_leading(8, BEGIN + 10500);
	check_minute("- - - - 7 8", BEGIN + 19000);
	/* the value of the step that has just begun is not unknown, but not there yet */
	check_minute("- - - - 7 8", BEGIN + 20500);
	/* nobody has noted anything in between, as while the machine slept */
	note_leading(9, BEGIN + 40000);
	check_minute("- 7 8 - - 9", BEGIN + 40000);
}
END_TEST

START_TEST(an_hour_is_kept)
{
	json_t *answer;
	json_t *values;
	json_t *all;
	int i;

	for (i = 0; i < 400; i++)
		note_leading(i, BEGIN + i * 10000LL);
	answer = series_of(NULL, NULL, BEGIN + 3990000LL);
	all = json_object_get(answer, "series");
	ck_assert_uint_eq(json_object_size(all), 3);
	values = json_object_get(all, "live_jobs");
	ck_assert_uint_eq(json_array_size(values), 360);
	ck_assert_double_eq(json_number_value(json_array_get(values, 0)), 40);
	ck_assert_double_eq(json_number_value(json_array_get(values, 359)), 399);
	values = json_object_get(all, "active_jobs");
	ck_assert_double_eq(json_number_value(json_array_get(values, 358)), 199);
	values = json_object_get(all, "download_speed");
	ck_assert_double_eq(json_number_value(json_array_get(values, 359)), 598.5);
	json_decref(answer);
}
END_TEST

START_TEST(from_is_the_time_of_the_first_value)
{
	json_t *answer;

	note_leading(1, BEGIN);
	/* 50 s before the step that begins at 1700005000 */
	answer = series_of(NULL, "1", BEGIN + 3000);
	ck_assert_str_eq(json_string_value(json_object_get(answer, "from")),
			 "2023-11-14T23:35:50.000Z");
	json_decref(answer);
}
END_TEST

START_TEST(what_nobody_knows_is_null)
{
	/* a leader that has not asked yet; one who follows nobody; one who has read nothing yet */
	note("leader", "me", false, "none", 0, BEGIN);
	note("standby", NULL, false, "none", 0, BEGIN + 10000);
	note("standby", "other", false, "none", 0, BEGIN + 20000);
	check_minute("- - - - - -", BEGIN + 20000);
	ck_assert(cbd_series_is_due(series, BEGIN + 20000));
	note("standby", "other", false, "redis", 3, BEGIN + 20000);
	note("standby", NULL, false, "redis", 3, BEGIN + 30000);
	/* it takes over, and goes on with what it knew */
	note("leader", "me", false, "redis", 4, BEGIN + 40000);
	check_minute("- - - 3 - 4", BEGIN + 40000);
}
END_TEST

START_TEST(a_clock_that_has_just_begun_is_no_trouble)
{
	note_leading(5, 0);
	check_minute("- - - - - 5", 0);
}
END_TEST

START_TEST(a_wrong_wish_is_refused_and_not_repeated)
{
	static const struct {
		const char *name, *minutes, *error;
	} wishes[] = {
		{ "live_jobs,secret", NULL,
		  "name: takes some of live_jobs, active_jobs, download_speed" },
		{ "live_jobs,", NULL, "name: takes" },
		{ ",live_jobs", NULL, "name: takes" },
		{ "live_job", NULL, "name: takes" },
		{ "live_jobsecret", NULL, "name: takes" },
		{ NULL, "0", "minutes: takes an integer 1..60" },
		{ NULL, "61", "minutes:" },
		{ NULL, "5secret", "minutes:" },
		{ NULL, "secret", "minutes:" },
		{ NULL, "-5", "minutes:" },
		{ NULL, "0000000001", "minutes:" },
	};
	size_t i;

	for (i = 0; i < sizeof(wishes) / sizeof(wishes[0]); i++) {
		char error[CHATTERBOX_ERROR_TEXT] = "";
		json_t *answer = NULL;

		ck_assert_int_eq(get(wishes[i].name, wishes[i].minutes, BEGIN, &answer, error),
				 -EINVAL);
		ck_assert_ptr_nonnull(strstr(error, wishes[i].error));
		ck_assert_ptr_null(strstr(error, "secret"));
		ck_assert_ptr_null(answer);
	}
}
END_TEST

START_TEST(a_name_that_is_wished_twice_comes_once)
{
	json_t *answer = series_of("active_jobs,live_jobs,active_jobs", "2", BEGIN);

	ck_assert_uint_eq(json_object_size(json_object_get(answer, "series")), 2);
	json_decref(answer);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("series");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, one_value_is_kept_of_each_step);
	tcase_add_test(tcase, an_hour_is_kept);
	tcase_add_test(tcase, from_is_the_time_of_the_first_value);
	tcase_add_test(tcase, what_nobody_knows_is_null);
	tcase_add_test(tcase, a_clock_that_has_just_begun_is_no_trouble);
	tcase_add_test(tcase, a_wrong_wish_is_refused_and_not_repeated);
	tcase_add_test(tcase, a_name_that_is_wished_twice_comes_once);
	suite_add_tcase(suite, tcase);
}
