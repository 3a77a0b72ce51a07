// SPDX-License-Identifier: MIT
/* What a host reads of the shared state by chatterbox_query(), and the live jobs as one text */
#include "engine_kit.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

static struct engine_home home;
static struct engine_host host;
static struct chatterbox *box;
static struct chatterbox_error error;

static bool leads(struct engine_host *of)
{
	return chatterbox_get_role(of->box) == CHATTERBOX_ROLE_LEADER;
}

static void set_up(void)
{
	host = (struct engine_host){ 0 };
	engine_home_open(&home);
	box = engine_make(&home);
	engine_begin(&host, box, 5, 1);
	engine_wait(&host, leads);
}

static void tear_down(void)
{
	engine_end(&host);
	engine_home_close(&home);
}

static json_t *ask(enum chatterbox_topic topic, const char *params)
{
	char *text = NULL;
	json_t *answer;

	ck_assert_msg(!chatterbox_query(box, topic, params, NULL, NULL, &text, &error), "%s",
		      error.text);
	answer = json_loads(text, 0, NULL);
	free(text);
	ck_assert_ptr_nonnull(answer);
	return answer;
}

START_TEST(internal_systems_are_listed)
{
	json_t *answer = ask(CHATTERBOX_TOPIC_INTERNAL_SYSTEMS, NULL);
	const json_t *system;

	ck_assert_uint_eq(json_array_size(json_object_get(answer, "systems")), 0);
	json_decref(answer);
	ck_assert_int_eq(chatterbox_internal_systems_put(box, "Ü 1", NULL, NULL, &error), 0);
	ck_assert_int_eq(chatterbox_internal_systems_put(box, "T2", NULL, NULL, &error), 0);
	ck_assert_int_eq(chatterbox_internal_systems_remove(box, "T2", NULL, NULL, &error), 0);
	answer = ask(CHATTERBOX_TOPIC_INTERNAL_SYSTEMS, "{}");
	ck_assert_uint_eq(json_array_size(json_object_get(answer, "systems")), 1);
	system = json_array_get(json_object_get(answer, "systems"), 0);
	ck_assert_str_eq(json_string_value(json_object_get(system, "systemID")), "Ü 1");
	ck_assert_str_eq(json_string_value(json_object_get(system, "status")), "internal");
	ck_assert_uint_eq(json_string_length(json_object_get(system, "lastCheck")), 24);
	json_decref(answer);
}
END_TEST

static char *text_of(const json_t *object, const char *member)
{
	return strdup(json_string_value(json_object_get(object, member)) ?: "");
}

static size_t events_since(const char *since, int limit, char **next)
{
	cbx_auto(cbx_freep) char *params = NULL;
	json_t *answer;
	size_t count;

	ck_assert_int_gt(asprintf(&params, "{\"since\":\"%s\",\"limit\":%d}", since, limit), 0);
	answer = ask(CHATTERBOX_TOPIC_EVENTS, params);
	ck_assert(json_is_false(json_object_get(answer, "lost")));
	count = json_array_size(json_object_get(answer, "events"));
	*next = text_of(answer, "next");
	json_decref(answer);
	return count;
}

static bool has_events(struct engine_host *of)
{
	char *text = NULL;
	bool some;

	ck_assert_int_eq(chatterbox_query(of->box, CHATTERBOX_TOPIC_EVENTS, "{\"since\":\"0-0\"}",
					  NULL, NULL, &text, &error),
			 0);
	some = strstr(text, "update_job_status") != NULL;
	free(text);
	return some;
}

START_TEST(the_stream_is_read_page_by_page)
{
	cbx_auto(cbx_freep) char *first = NULL;
	cbx_auto(cbx_freep) char *second = NULL;
	cbx_auto(cbx_freep) char *id = NULL;
	json_t *answer;
	const json_t *event;

	engine_wait(&host, has_events);
	answer = ask(CHATTERBOX_TOPIC_EVENTS, "{\"since\":\"0-0\",\"limit\":1}");
	ck_assert_uint_eq(json_array_size(json_object_get(answer, "events")), 1);
	event = json_array_get(json_object_get(answer, "events"), 0);
	id = text_of(event, "stream_id");
	ck_assert_ptr_nonnull(strchr(id, '-'));
	ck_assert_str_eq(json_string_value(json_object_get(event, "name")), "update_job_status");
	ck_assert_ptr_nonnull(
		strstr(json_string_value(json_object_get(event, "message_id")), "/1"));
	ck_assert(json_is_object(json_object_get(event, "params")));
	ck_assert_ptr_null(json_object_get(event, "previous_status"));
	ck_assert_str_eq(json_string_value(json_object_get(answer, "next")), id);
	json_decref(answer);
	ck_assert_uint_eq(events_since("0-0", 1, &first), 1);
	ck_assert_str_eq(first, id);
	events_since(first, 1, &second);
	ck_assert_int_ne(strcmp(first, second), 0);
}
END_TEST

START_TEST(without_a_place_to_begin_the_end_is_named)
{
	cbx_auto(cbx_freep) char *end = NULL;
	json_t *answer;

	engine_wait(&host, has_events);
	answer = ask(CHATTERBOX_TOPIC_EVENTS, NULL);
	ck_assert_uint_eq(json_array_size(json_object_get(answer, "events")), 0);
	end = text_of(answer, "next");
	ck_assert_ptr_nonnull(strchr(end, '-'));
	ck_assert_str_ne(end, "0-0");
	json_decref(answer);
}
END_TEST

START_TEST(a_gap_is_said_and_what_is_newest)
{
	json_t *answer;

	engine_wait(&host, has_events);
	answer = ask(CHATTERBOX_TOPIC_EVENTS, "{\"since\":\"99999999999999-0\"}");
	ck_assert(json_is_true(json_object_get(answer, "lost")));
	ck_assert_uint_eq(json_array_size(json_object_get(answer, "events")), 0);
	ck_assert_int_ne(json_string_value(json_object_get(answer, "next"))[0], '9');
	json_decref(answer);
}
END_TEST

START_TEST(a_place_that_is_none_is_refused)
{
	static const char *const bad[] = { "{\"since\":\"\"}",     "{\"since\":\"17\"}",
					   "{\"since\":\"17-\"}",  "{\"since\":\"-1\"}",
					   "{\"since\":\"1-1x\"}", "{\"since\":5}",
					   "{\"limit\":0}" };
	char *text = NULL;

	ck_assert_int_eq(chatterbox_query(box, CHATTERBOX_TOPIC_EVENTS, bad[_i], NULL, NULL, &text,
					  &error),
			 -EINVAL);
	ck_assert_ptr_nonnull(strstr(error.text, "takes "));
	ck_assert_ptr_null(text);
}
END_TEST

static bool has_two_jobs(struct engine_host *of)
{
	struct chatterbox_jobs *jobs = NULL;
	size_t count;

	ck_assert_int_eq(chatterbox_get_jobs(of->box, NULL, &jobs), 0);
	count = chatterbox_jobs_count(jobs);
	chatterbox_jobs_unref(jobs);
	return count > 1;
}

START_TEST(live_jobs_are_one_text)
{
	struct chatterbox_jobs *jobs = NULL;
	cbx_auto(cbx_freep) char *text = NULL;
	cbx_auto(cbx_freep) char *none = NULL;
	size_t len = 0;
	json_t *array;
	size_t i;

	engine_wait(&host, has_two_jobs);
	ck_assert_int_eq(chatterbox_get_jobs(box, NULL, &jobs), 0);
	ck_assert_int_eq(chatterbox_jobs_to_json(jobs, &text, &len), 0);
	ck_assert_uint_eq(strlen(text), len);
	array = json_loads(text, 0, NULL);
	ck_assert_uint_eq(json_array_size(array), chatterbox_jobs_count(jobs));
	for (i = 0; i < json_array_size(array); i++)
		ck_assert_int_eq(
			json_integer_value(json_object_get(json_array_get(array, i), "job_id")),
			chatterbox_job_get_id(chatterbox_jobs_at(jobs, i)));
	json_decref(array);
	chatterbox_jobs_unref(jobs);
	ck_assert_int_eq(chatterbox_get_jobs(box, "T-NONE", &jobs), 0);
	ck_assert_int_eq(chatterbox_jobs_to_json(jobs, &none, NULL), 0);
	ck_assert_str_eq(none, "[]");
	chatterbox_jobs_unref(jobs);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("shared");

	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, internal_systems_are_listed);
	tcase_add_test(tcase, the_stream_is_read_page_by_page);
	tcase_add_test(tcase, without_a_place_to_begin_the_end_is_named);
	tcase_add_test(tcase, a_gap_is_said_and_what_is_newest);
	tcase_add_loop_test(tcase, a_place_that_is_none_is_refused, 0, 7);
	tcase_add_test(tcase, live_jobs_are_one_text);
	suite_add_tcase(suite, tcase);
}
