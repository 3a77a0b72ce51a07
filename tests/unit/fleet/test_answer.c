// SPDX-License-Identifier: MIT
/* The fleet answers requests of contract 3.2 in both envelopes, and garbage with an error. */
#include "common/cleanup.h"
#include "fleet/answer.h"
#include "unit.h"

#include <jansson.h>
#include <string.h>

#define REQUEST(event, systems)                                               \
	"{\"verb\":{\"event_category\":\"request_system\",\"event\":\"" event \
	"\"},\"object\":{\"systems\":[" systems "]},\"target\":{\"system\":\"\"}}"
#define ONE "{\"system\":\"S1\"}"
#define OFF "{\"system\":\"S3\"}"

static struct cbx_fleet_world *world;

static void setup(void)
{
	struct cbx_fleet_rules rules;

	cbx_fleet_rules_init(&rules);
	rules.systems = 3;
	rules.name = "S%u";
	rules.mode = CBX_FLEET_FROZEN;
	ck_assert_int_eq(cbx_fleet_world_new(&rules, &world), 0);
	cbx_fleet_world_set_online(world, cbx_fleet_world_find(world, "S3", 2), false);
}

static void teardown(void)
{
	cbx_fleet_world_free(world);
	world = NULL;
}

/* The answer as JSON, to be freed; it must be JSON whatever was asked */
static json_t *ask_bytes(const char *body, size_t len, int expected)
{
	struct cbx_text reply = { 0 };
	json_t *answer;

	ck_assert_int_eq(cbx_fleet_answer(world, body, len, CBX_FLEET_BARE, &reply), expected);
	answer = json_loadb(reply.bytes, reply.len, JSON_REJECT_DUPLICATES, NULL);
	ck_assert_msg(json_is_object(answer), "%s", reply.bytes);
	cbx_text_free(&reply);
	return answer;
}

static json_t *ask(const char *body, int expected)
{
	return ask_bytes(body, strlen(body), expected);
}

static const char *text_at(const json_t *value, const char *a, const char *b)
{
	return json_string_value(json_object_get(json_object_get(value, a), b));
}

static json_t *list_at(const json_t *answer, const char *name)
{
	json_t *list = json_object_get(json_object_get(answer, "object"), name);

	ck_assert_msg(json_is_array(list), "no array %s", name);
	return list;
}

START_TEST(a_status_has_the_members_of_the_contract)
{
	const struct cbx_fleet_system *system = cbx_fleet_world_system(world, 0);
	json_t *answer = ask(REQUEST("job_status", "{\"system\":\"S1\",\"jobs\":[2,99,\"3\"]}"), 0);
	json_t *jobs = list_at(answer, "jobs");
	json_t *job = json_array_get(jobs, 0);
	char speed[32];

	ck_assert_str_eq(text_at(answer, "verb", "event"), "job_status");
	ck_assert_str_eq(text_at(answer, "verb", "event_category"), "request_system");
	ck_assert_uint_eq(json_array_size(jobs), 2);
	ck_assert_str_eq(json_string_value(json_object_get(job, "system")), "S1");
	ck_assert_int_eq(json_integer_value(json_object_get(job, "job_id")), 2);
	ck_assert_str_eq(json_string_value(json_object_get(job, "status")), "Running");
	ck_assert_double_eq_tol(strtod(json_string_value(json_object_get(job, "percent_completed")),
				       NULL),
				system->jobs[1].progress, 0.11);
	ck_assert_int_eq(json_integer_value(json_object_get(job, "total_files")),
			 system->jobs[1].total_files);
	ck_assert_double_eq_tol((double)json_integer_value(json_object_get(job, "downloaded")),
				system->jobs[1].total_files * system->jobs[1].progress / 100, 1);
	snprintf(speed, sizeof(speed), "%uK", system->jobs[1].speed);
	ck_assert_str_eq(json_string_value(json_object_get(job, "download_speed")), speed);
	ck_assert_str_eq(json_string_value(json_object_get(job, "job_type")), system->jobs[1].type);
	ck_assert(json_is_array(json_object_get(job, "files_downloading")));
	ck_assert_int_eq(json_integer_value(json_object_get(json_array_get(jobs, 1), "job_id")), 3);
	ck_assert_str_eq(json_string_value(json_array_get(list_at(answer, "systems"), 0)), "S1");
	ck_assert_uint_eq(json_array_size(list_at(answer, "offline")), 0);
	json_decref(answer);
}
END_TEST

START_TEST(a_list_tells_all_jobs_by_target_too)
{
	json_t *answer = ask(REQUEST("job_list", ONE), 0);

	ck_assert_uint_eq(json_array_size(list_at(answer, "jobs")), 4);
	json_decref(answer);
	answer = ask("{\"verb\":{\"event\":\"job_list\"},\"target\":{\"system\":\" S2 \"}}", 0);
	ck_assert_uint_eq(json_array_size(list_at(answer, "jobs")), 4);
	ck_assert_str_eq(json_string_value(json_array_get(list_at(answer, "systems"), 0)), "S2");
	json_decref(answer);
}
END_TEST

START_TEST(the_reply_stands_in_the_request_s_envelope)
{
	static const char *const ids[] = { "\"a-1\"", "17", "null" };
	char body[512];
	size_t i;

	for (i = 0; i < CBX_COUNT(ids); i++) {
		json_t *id = json_loads(ids[i], JSON_DECODE_ANY, NULL);
		json_t *answer;

		snprintf(body, sizeof(body),
			 "{\"jsonrpc\":\"2.0\",\"method\":\"x\",\"id\":%s,\"params\":%s}", ids[i],
			 REQUEST("job_list", ONE));
		answer = ask(body, 0);
		ck_assert_str_eq(json_string_value(json_object_get(answer, "jsonrpc")), "2.0");
		ck_assert(json_equal(json_object_get(answer, "id"), id));
		ck_assert_uint_eq(
			json_array_size(list_at(json_object_get(answer, "result"), "jobs")), 4);
		json_decref(answer);
		json_decref(id);
	}
}
END_TEST

START_TEST(a_batch_names_who_is_offline)
{
	json_t *answer = ask(REQUEST("job_list", ONE "," OFF ",\"S2\""), 0);

	ck_assert_uint_eq(json_array_size(list_at(answer, "jobs")), 8);
	ck_assert_uint_eq(json_array_size(list_at(answer, "systems")), 2);
	ck_assert_uint_eq(json_array_size(list_at(answer, "offline")), 1);
	ck_assert_str_eq(json_string_value(json_array_get(list_at(answer, "offline"), 0)), "S3");
	json_decref(answer);
}
END_TEST

static const struct {
	const char *body;
	const char *code;
} refused[] = {
	{ REQUEST("job_status", OFF), "system_offline" },
	{ REQUEST("job_pause", OFF), "system_offline" },
	{ REQUEST("job_list", "{\"system\":\"S4\"}"), "unknown_system" },
	{ REQUEST("job_list", ONE ",{\"system\":\"S4\"}"), "unknown_system" },
	{ REQUEST("job_kill", "{\"system\":\"S1\",\"jobs\":[1,9]}"), "unknown_job" },
	{ REQUEST("job_pause", "{\"system\":\"S1\",\"jobs\":[9]}"), "unknown_job" },
	{ REQUEST("job_resume", "{\"system\":\"S1\",\"jobs\":[9]}"), "unknown_job" },
	{ REQUEST("job_dance", ONE), "unknown_event" },
	{ REQUEST("job_list", ""), "bad_request" },
	{ REQUEST("job_list", "{}"), "bad_request" },
	{ REQUEST("job_list", "7"), "bad_request" },
	{ REQUEST("job_list", "{\"system\":\"\"}"), "bad_request" },
	{ REQUEST("job_status", "{\"system\":\"S1\",\"jobs\":7}"), "bad_request" },
	{ REQUEST("job_status", "{\"system\":\"S1\",\"jobs\":[-7]}"), "bad_request" },
	{ REQUEST("job_status", "{\"system\":\"S1\",\"jobs\":[\"x\"]}"), "bad_request" },
	{ REQUEST("job_status", "{\"system\":\"S1\",\"jobs\":[1,{}]}"), "bad_request" },
	{ "", "bad_request" },
	{ "null", "bad_request" },
	{ "[]", "bad_request" },
	{ "{", "bad_request" },
	{ "{\"jsonrpc\":\"2.0\"}", "bad_request" },
	{ "{\"verb\":7}", "bad_request" },
	{ "{\"verb\":{\"event\":7}}", "bad_request" },
	{ "{\"verb\":{\"event\":\"job_list\"},\"object\":{\"systems\":{}}}", "bad_request" },
	{ "\xff\xfe{}", "bad_request" },
};

START_TEST(what_cannot_be_answered_is_an_error)
{
	json_t *answer = ask(refused[_i].body, 1);
	const json_t *result = json_object_get(answer, "result") ?: answer;

	ck_assert_str_eq(text_at(result, "verb", "event"), "error");
	ck_assert_str_eq(text_at(result, "object", "code"), refused[_i].code);
	ck_assert_ptr_nonnull(text_at(result, "object", "message"));
	json_decref(answer);
	/* nothing was touched */
	ck_assert_uint_eq(cbx_fleet_world_system(world, 0)->live, 4);
	ck_assert_int_eq(cbx_fleet_world_system(world, 0)->jobs[0].phase, CBX_FLEET_RUNNING);
}
END_TEST

static const char *status_of(const char *body)
{
	static char status[32];
	json_t *answer = ask(body, 0);

	snprintf(status, sizeof(status), "%s",
		 json_string_value(
			 json_object_get(json_array_get(list_at(answer, "jobs"), 0), "status")));
	json_decref(answer);
	return status;
}

#define JOB1 "{\"system\":\"S1\",\"jobs\":[1]}"

START_TEST(commands_change_the_world)
{
	json_t *answer;

	ck_assert_str_eq(status_of(REQUEST("job_pause", JOB1)), "Paused");
	ck_assert_str_eq(status_of(REQUEST("job_status", JOB1)), "Paused");
	ck_assert_str_eq(status_of(REQUEST("job_pause", JOB1)), "Paused");
	ck_assert_str_eq(status_of(REQUEST("job_resume", JOB1)), "Running");
	ck_assert_str_eq(status_of(REQUEST("job_kill", JOB1)), "Killed");
	ck_assert_str_eq(status_of(REQUEST("job_status", JOB1)), "Killed");
	answer = ask(REQUEST("job_kill", JOB1), 1);
	ck_assert_str_eq(text_at(answer, "object", "code"), "job_ended");
	json_decref(answer);
	/* without jobs: all that live */
	answer = ask(REQUEST("job_pause", ONE), 0);
	ck_assert_uint_eq(json_array_size(list_at(answer, "jobs")), 3);
	json_decref(answer);
	cbx_fleet_world_advance(world, 60000);
	answer = ask(REQUEST("job_list", ONE), 0);
	ck_assert_uint_eq(json_array_size(list_at(answer, "jobs")), 3);
	json_decref(answer);
	/* the same job twice */
	answer = ask(REQUEST("job_kill", "{\"system\":\"S1\",\"jobs\":[2,2]}"), 0);
	json_decref(answer);
}
END_TEST

START_TEST(an_errored_job_tells_why)
{
	struct cbx_fleet_world *fleet = NULL;
	struct cbx_fleet_rules rules;
	struct cbx_text reply = { 0 };

	cbx_fleet_rules_init(&rules);
	rules.systems = 1;
	rules.name = "S%u";
	memset(&rules.rates, 0, sizeof(rules.rates));
	rules.rates.fail = rules.rates.begin = rules.rates.resume = 10;
	ck_assert_int_eq(cbx_fleet_world_new(&rules, &fleet), 0);
	cbx_fleet_world_advance(fleet, 20000);
	ck_assert_int_eq(cbx_fleet_answer(fleet, REQUEST("job_list", ONE),
					  strlen(REQUEST("job_list", ONE)), CBX_FLEET_BARE, &reply),
			 0);
	ck_assert_ptr_nonnull(strstr(reply.bytes, "\"status\":\"Errored\""));
	ck_assert_ptr_nonnull(strstr(reply.bytes, "\"error_code\":\""));
	ck_assert_ptr_nonnull(strstr(reply.bytes, "\"error_message\":\""));
	cbx_text_free(&reply);
	cbx_fleet_world_free(fleet);
}
END_TEST

/* Every prefix of a good request, and every one with a byte turned: an answer, never a crash */
START_TEST(torn_requests_are_survived)
{
	static const char good[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"params\":" REQUEST(
		"job_status", "{\"system\":\"S1\",\"jobs\":[1,2]}") "}";
	char body[sizeof(good)];
	size_t i;

	for (i = 0; i < sizeof(good) - 1; i++) {
		struct cbx_text reply = { 0 };

		json_decref(ask_bytes(good, i, 1));
		memcpy(body, good, sizeof(good));
		body[i] = (char)(body[i] ^ 0x55);
		ck_assert_int_ge(
			cbx_fleet_answer(world, body, sizeof(good) - 1, CBX_FLEET_BARE, &reply), 0);
		cbx_text_free(&reply);
	}
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("fleet_answer");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_status_has_the_members_of_the_contract);
	tcase_add_test(tcase, a_list_tells_all_jobs_by_target_too);
	tcase_add_test(tcase, the_reply_stands_in_the_request_s_envelope);
	tcase_add_test(tcase, a_batch_names_who_is_offline);
	tcase_add_loop_test(tcase, what_cannot_be_answered_is_an_error, 0, CBX_COUNT(refused));
	tcase_add_test(tcase, commands_change_the_world);
	tcase_add_test(tcase, an_errored_job_tells_why);
	tcase_add_test(tcase, torn_requests_are_survived);
	suite_add_tcase(suite, tcase);
}
