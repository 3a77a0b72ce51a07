// SPDX-License-Identifier: MIT
/* test_alloc_decode.c - memory runs out while answers and reports are read */
#include "alloc_faults.h"
#include "decode/decode.h"
#include "runtime/inbound.h"
#include "unit.h"

#include <string.h>

static const struct cbx_decode_limits limits = { .bytes = 1 << 20, .jobs = 100 };

static const char answer[] =
	"{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"verb\":{\"event_category\":\"request_system\","
	"\"event\":\"job_list\"},\"object\":{\"jobs\":["
	"{\"system\":\" ABC1 "
	"\",\"job_id\":\"17\",\"status\":\"Running\",\"percent_completed\":42.5,"
	"\"downloaded\":3,\"total_files\":\"9\",\"download_speed\":\"250K\",\"job_type\":\"music\","
	"\"files_downloading\":[{\"name\":\"a\\u00e9\\n\",\"size\":1}],\"extra\":{\"deep\":[1,[2]]}"
	"},"
	"{\"system\":\"ABC1\",\"job_id\":18,\"status\":\"Errored\",\"error_code\":\"disk\","
	"\"error_message\":\"no \\\"room\\\"\",\"total_files\":-1},"
	"{\"system\":\"ABC2\",\"job_id\":17,\"status\":\"Paused\",\"status\":\"Running\"},"
	"{\"system\":\"ABC1\",\"job_id\":17,\"status\":\"Paused\",\"percent_completed\":\"50%\"},"
	"{\"system\":\"ABC1\",\"job_id\":{},\"status\":\"Paused\"},17],"
	"\"systems\":[{\"system\":\"ABC2\"},\"ABC1\",\"ABC1\"],\"offline\":[\"ABC3\",\"ABC4\"]}}}";
static const char refusal[] =
	"{\"verb\":{\"event\":\"error\"},\"object\":{\"code\":\"system_offline\","
	"\"message\":\"it is \\u0061way\"}}";
static const char report[] = "[{\"system\":\"ABC1\",\"job_id\":1,\"status\":\"Running\"},"
			     "{\"system\":\"ABC2\",\"job_id\":2,\"status\":\"Killed\",\"x\":[{}]}]";
static const char systems[] =
	"[\"ABC1\",{\"object\":{\"actor_id\":\" ABC2\"}},{\"systemID\":\"\"}]";
static const char status[] = "{\"system\":\"ABC1\",\"job_id\":1,\"status\":\"Running\","
			     "\"percent_completed\":\"12.5\",\"files_downloading\":[1,2]}";

/* What came out, of whichever kind */
static struct cbx_reply *reply;
static struct cbx_status *one;
static struct cbx_inbound *inbound;

static void unchanged(void *fixture)
{
	(void)fixture;
	ck_assert_ptr_null(reply);
	ck_assert_ptr_null(one);
	ck_assert_ptr_null(inbound);
}

static void tear_down(void *fixture)
{
	(void)fixture;
	cbx_reply_free(reply);
	cbx_status_unref(one);
	cbx_inbound_free(inbound);
	reply = NULL;
	one = NULL;
	inbound = NULL;
}

static int read_answer(void *fixture)
{
	(void)fixture;
	return cbx_decode_reply(answer, strlen(answer), &limits, &reply);
}

static void answer_is_whole(void *fixture)
{
	(void)fixture;
	ck_assert_uint_eq(reply->count, 3);
	ck_assert_str_eq(reply->statuses[0]->system, "ABC1");
	ck_assert_str_eq(reply->statuses[0]->text, "Paused");
	ck_assert_str_eq(reply->statuses[1]->error_message, "no \"room\"");
	ck_assert_str_eq(reply->statuses[2]->text, "Running");
	ck_assert_uint_eq(reply->system_count, 2);
	ck_assert_uint_eq(reply->offline_count, 2);
	ck_assert_uint_eq(reply->rejects[CBX_MEMBER_JOB_ID], 1);
	ck_assert_uint_eq(reply->rejects[CBX_MEMBER_TOTAL_FILES], 1);
	ck_assert_uint_eq(reply->rejects[CBX_MEMBER_DUPLICATE], 2);
	ck_assert_uint_eq(reply->rejects[CBX_MEMBER_REPORT], 1);
}

static int read_refusal(void *fixture)
{
	(void)fixture;
	return cbx_decode_reply(refusal, strlen(refusal), &limits, &reply);
}

static void refusal_is_whole(void *fixture)
{
	(void)fixture;
	ck_assert(reply->is_error);
	ck_assert_str_eq(reply->code, "system_offline");
	ck_assert_str_eq(reply->message, "it is away");
}

static int read_report(void *fixture)
{
	(void)fixture;
	return cbx_decode_report(report, strlen(report), &limits, &reply);
}

static void report_is_whole(void *fixture)
{
	(void)fixture;
	ck_assert_uint_eq(reply->count, 2);
	ck_assert_str_eq(reply->statuses[1]->text, "Killed");
}

static int read_systems(void *fixture)
{
	(void)fixture;
	return cbx_decode_systems(systems, strlen(systems), &limits, &reply);
}

static void systems_are_whole(void *fixture)
{
	(void)fixture;
	ck_assert_uint_eq(reply->system_count, 2);
	ck_assert_uint_eq(reply->rejects[CBX_MEMBER_SYSTEM], 1);
}

static int read_status(void *fixture)
{
	(void)fixture;
	return cbx_decode_status(status, strlen(status), &one);
}

static void status_is_whole(void *fixture)
{
	(void)fixture;
	ck_assert_str_eq(one->json, status);
}

static int read_event(void *fixture)
{
	static const char event[] = "{\"jsonrpc\":\"2.0\",\"method\":\"x\",\"params\":\"ABC1\"}";

	(void)fixture;
	return cbx_inbound_decode("nl-hdms.event.control.system_online", event, strlen(event),
				  &limits, &inbound);
}

static void event_is_whole(void *fixture)
{
	(void)fixture;
	ck_assert_int_eq(inbound->type, CBX_IN_ONLINE);
	ck_assert_str_eq(inbound->reply->systems[0], "ABC1");
}

static int read_interval(void *fixture)
{
	static const char event[] = "{\"info\":\"\\\"600\\\"\"}";

	(void)fixture;
	return cbx_inbound_decode("nl-ocd.event.update_time_till_next_check", event, strlen(event),
				  &limits, &inbound);
}

static void interval_is_whole(void *fixture)
{
	(void)fixture;
	ck_assert_int_eq(inbound->type, CBX_IN_INTERVAL);
	ck_assert_str_eq(inbound->text, "\"600\"");
}

static const struct alloc_case cases[] = {
	{ "an answer", NULL, read_answer, unchanged, answer_is_whole, tear_down, NULL },
	{ "an error", NULL, read_refusal, unchanged, refusal_is_whole, tear_down, NULL },
	{ "a report", NULL, read_report, unchanged, report_is_whole, tear_down, NULL },
	{ "systems", NULL, read_systems, unchanged, systems_are_whole, tear_down, NULL },
	{ "a status", NULL, read_status, unchanged, status_is_whole, tear_down, NULL },
	{ "an event", NULL, read_event, unchanged, event_is_whole, tear_down, NULL },
	{ "an interval", NULL, read_interval, unchanged, interval_is_whole, tear_down, NULL },
};

ALLOC_SWEEPS(reading_survives, cases)
