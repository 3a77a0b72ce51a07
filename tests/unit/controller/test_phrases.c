// SPDX-License-Identifier: MIT
/* What explain says: the phrase of each kind of row */
#include "controller/phrases.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

static void expect(struct cbx_text *phrase, struct cbx_text *data, const char *text,
		   const char *json)
{
	ck_assert_str_eq(phrase->bytes, text);
	if (json)
		ck_assert_str_eq(data->bytes, json);
	cbx_text_free(phrase);
	cbx_text_free(data);
}

static const struct {
	struct cbx_history_row row;
	const char *kind, *text;
} changes[] = {
	{ { .job_id = 17, .status = "Running", .source = "answer" },
	  "seen",
	  "Job 17 was first heard of: Running; its system answered so." },
	{ { .job_id = 17,
	    .status = "Paused",
	    .previous_status = "Running",
	    .source = "push",
	    .percent_completed = "42.5" },
	  "seen",
	  "Job 17 went from Running to Paused, at 42.5 %; its system pushed it." },
	{ { .job_id = 17,
	    .status = "Errored",
	    .previous_status = "Running",
	    .source = "answer",
	    .reason = "disk_full" },
	  "seen",
	  "Job 17 went from Running to Errored, with the error disk_full; its system answered "
	  "so." },
	{ { .job_id = 17,
	    .status = "Running",
	    .previous_status = "Killed",
	    .source = "answer",
	    .reason = "returned" },
	  "seen",
	  "Job 17 had ended and lives again: Running; its system answered so." },
	{ { .job_id = 17,
	    .status = "Killed",
	    .previous_status = "Running",
	    .source = "inferred",
	    .reason = "vanished" },
	  "decided",
	  "Job 17 was taken as Killed: it was missing from the answers that should have held it." },
	{ { .job_id = 17,
	    .status = "Completed",
	    .previous_status = "Running",
	    .source = "inferred" },
	  "decided",
	  "Job 17 was taken as Completed." },
	{ { .job_id = 17,
	    .status = "Errored",
	    .previous_status = "Running",
	    .source = "inferred",
	    .reason = "system_offline" },
	  "decided",
	  "Job 17 was taken as Errored: its system was offline for too long without a report." },
	{ { .job_id = 17, .status = "Errored", .source = "clean_up" },
	  "decided",
	  "Job 17 was cleaned up: it is among the ended jobs now, as Errored." },
	{ { .job_id = CBX_NO_COUNT, .status = "online", .source = "answer" },
	  "seen",
	  "System ABC1 went online: it answered." },
	{ { .job_id = CBX_NO_COUNT, .status = "offline", .source = "answer" },
	  "seen",
	  "System ABC1 went offline: nl-hdms answered so." },
	{ { .job_id = CBX_NO_COUNT, .status = "offline", .source = "push" },
	  "seen",
	  "System ABC1 went offline: so it was reported." },
	{ { .job_id = CBX_NO_COUNT, .status = "offline", .source = "inferred" },
	  "decided",
	  "System ABC1 went offline: the table connections says so." },
};

START_TEST(a_change)
{
	struct cbx_history_row row = changes[_i].row;
	struct cbx_text phrase = { 0 };
	struct cbx_text data = { 0 };

	row.system = "ABC1";
	row.revision = CBX_NO_COUNT;
	ck_assert_str_eq(cbx_phrase_of_history(&row, &phrase, &data), changes[_i].kind);
	expect(&phrase, &data, changes[_i].text, NULL);
}
END_TEST

START_TEST(a_change_with_its_data)
{
	const struct cbx_history_row row = { .system = "A\"B",
					     .job_id = 17,
					     .revision = 3,
					     .status = "Paused",
					     .previous_status = "Running",
					     .origin = "ocd",
					     .source = "push",
					     .percent_completed = "42" };
	struct cbx_text phrase = { 0 };
	struct cbx_text data = { 0 };

	cbx_phrase_of_history(&row, &phrase, &data);
	expect(&phrase, &data, "Job 17 went from Running to Paused, at 42 %; its system pushed it.",
	       "{\"from\":\"job_history\",\"system\":\"A\\\"B\",\"job_id\":17,\"revision\":3,"
	       "\"status\":\"Paused\",\"previous_status\":\"Running\",\"origin\":\"ocd\","
	       "\"source\":\"push\",\"percent_completed\":\"42\"}");
}
END_TEST

static const struct {
	struct cbx_order_row row;
	const char *text;
} orders[] = {
	{ { .system = "ABC1",
	    .job_id = 17,
	    .event = "nl-ocd.content.job.pause",
	    .door = "http",
	    .who = "http_server.token, loopback",
	    .outcome = "ok" },
	  "Ordered over HTTP by http_server.token, loopback: to pause job 17; done." },
	{ { .system = "ABC1",
	    .job_id = 17,
	    .event = "nl-ocd.content.job.kill",
	    .door = "amqp",
	    .who = "ocd",
	    .outcome = "busy: try later" },
	  "Ordered over AMQP by ocd: to kill job 17; it failed: busy: try later." },
	{ { .system = "ABC1",
	    .job_id = CBX_NO_COUNT,
	    .event = "nl-ocd.content.job.resumeAll",
	    .door = "c",
	    .who = "node on ocd1" },
	  "Ordered in C by node on ocd1: to resume all jobs of system ABC1; what came of it is "
	  "not known." },
	{ { .job_id = CBX_NO_COUNT,
	    .event = "nl-ocd.content.job.cleanUpErrored",
	    .door = "amqp",
	    .outcome = "ok" },
	  "Ordered over AMQP: to clean up the errored jobs of all systems; done." },
	{ { .job_id = CBX_NO_COUNT,
	    .event = "nl-ocd.chatterbox.interval",
	    .door = "http",
	    .outcome = "ok",
	    .detail = "{\"seconds\":30}" },
	  "Ordered over HTTP: to ask every 30 s; done." },
	{ { .job_id = CBX_NO_COUNT,
	    .event = "nl-ocd.event.update_time_till_next_check",
	    .door = "amqp",
	    .outcome = "ok" },
	  "Ordered over AMQP: to ask at another interval; done." },
	{ { .job_id = CBX_NO_COUNT,
	    .event = "nl-ocd.chatterbox.pause",
	    .door = "http",
	    .outcome = "ok" },
	  "Ordered over HTTP: to pause the asking for some time; done." },
	{ { .job_id = CBX_NO_COUNT,
	    .event = "nl-ocd.server.incidents.cleanUp",
	    .door = "http",
	    .outcome = "ok" },
	  "Ordered over HTTP: to clean up the errored jobs of an incident; done." },
	{ { .job_id = CBX_NO_COUNT,
	    .event = "of.another.version",
	    .door = "http",
	    .outcome = "ok" },
	  "Ordered over HTTP: of.another.version; done." },
};

START_TEST(an_order)
{
	struct cbx_text phrase = { 0 };
	struct cbx_text data = { 0 };

	cbx_phrase_of_order(&orders[_i].row, &phrase, &data);
	expect(&phrase, &data, orders[_i].text, NULL);
}
END_TEST

/* What each order is to do, when it is about a job, a system and 30 s */
static const struct {
	const char *event, *purpose;
} purposes[] = {
	{ "nl-ocd.content.job.pause", "to pause job 17" },
	{ "nl-ocd.content.job.resume", "to resume job 17" },
	{ "nl-ocd.content.job.kill", "to kill job 17" },
	{ "nl-ocd.content.job.pauseAll", "to pause all jobs of system ABC1" },
	{ "nl-ocd.content.job.resumeAll", "to resume all jobs of system ABC1" },
	{ "nl-ocd.content.job.cleanUpErrored", "to clean up the errored jobs of system ABC1" },
	{ "nl-ocd.server.errors.remove", "to delete errors of system ABC1" },
	{ "nl-ocd.server.incidents.cleanUp", "to clean up the errored jobs of incident 7" },
	{ "nl-ocd.chatterbox.poll", "to ask the systems now" },
	{ "nl-ocd.chatterbox.interval", "to ask every 30 s" },
	{ "nl-ocd.chatterbox.pause", "to pause the asking for 30 s" },
	{ "nl-ocd.chatterbox.resume", "to go on asking" },
	{ "nl-ocd.event.update_database", "to ask the systems for all their jobs now" },
	{ "nl-ocd.event.update_time_till_next_check", "to ask every 30 s" },
	{ "chatterbox.delete_entry", "to clean up job 17" },
	{ "chatterbox.send_status", "to tell the status of all jobs" },
};

START_TEST(what_an_order_is_to_do)
{
	const struct cbx_order_row row = { .system = "ABC1",
					   .job_id = 17,
					   .event = purposes[_i].event,
					   .door = "c",
					   .outcome = "ok",
					   .detail = "{\"seconds\":30,\"id\":7}" };
	struct cbx_text phrase = { 0 };
	struct cbx_text data = { 0 };
	char text[128];

	snprintf(text, sizeof(text), "Ordered in C: %s; done.", purposes[_i].purpose);
	cbx_phrase_of_order(&row, &phrase, &data);
	expect(&phrase, &data, text, NULL);
}
END_TEST

START_TEST(an_order_with_its_data)
{
	const struct cbx_order_row row = { .id = 4,
					   .system = "A",
					   .job_id = 17,
					   .event = "nl-ocd.content.job.pause",
					   .door = "http",
					   .outcome = "ok",
					   .detail = "{\"jobs\":1}" };
	struct cbx_text phrase = { 0 };
	struct cbx_text data = { 0 };

	cbx_phrase_of_order(&row, &phrase, &data);
	expect(&phrase, &data, "Ordered over HTTP: to pause job 17; done.",
	       "{\"from\":\"orders\",\"id\":4,\"system\":\"A\",\"job_id\":17,\"event\":"
	       "\"nl-ocd.content.job.pause\",\"door\":\"http\",\"outcome\":\"ok\",\"detail\":"
	       "{\"jobs\":1}}");
}
END_TEST

START_TEST(an_error)
{
	struct cbx_error_row row = { .id = 9,
				     .system = "A",
				     .job_id = 17,
				     .code = "disk_full",
				     .message = "no space",
				     .occurrences = 3,
				     .first_seen_ms = 1700000000123 };
	struct cbx_text phrase = { 0 };
	struct cbx_text data = { 0 };

	cbx_phrase_of_error(&row, &phrase, &data);
	expect(&phrase, &data,
	       "Error disk_full of job 17: no space (3 times since 2023-11-14T22:13:20.123Z).",
	       "{\"from\":\"errors\",\"id\":9,\"system\":\"A\",\"job_id\":17,\"code\":"
	       "\"disk_full\",\"message\":\"no space\",\"occurrences\":3,\"first_seen\":"
	       "\"2023-11-14T22:13:20.123Z\"}");
	row.occurrences = 2;
	cbx_phrase_of_error(&row, &phrase, &data);
	expect(&phrase, &data,
	       "Error disk_full of job 17: no space (2 times since 2023-11-14T22:13:20.123Z).",
	       NULL);
	row.incident = 7;
	row.occurrences = 1;
	cbx_phrase_of_error(&row, &phrase, &data);
	expect(&phrase, &data, "Error disk_full of job 17: no space; it belongs to incident 7.",
	       "{\"from\":\"errors\",\"id\":9,\"system\":\"A\",\"job_id\":17,\"code\":"
	       "\"disk_full\",\"message\":\"no space\",\"occurrences\":1,\"first_seen\":"
	       "\"2023-11-14T22:13:20.123Z\",\"incident\":7}");
	row.incident = 0;
	row.job_id = CBX_NO_COUNT;
	row.message = row.code;
	cbx_phrase_of_error(&row, &phrase, &data);
	expect(&phrase, &data, "Error disk_full.", NULL);
	/* nobody knows when it began */
	row.first_seen_ms = 0;
	row.occurrences = 2;
	cbx_phrase_of_error(&row, &phrase, &data);
	expect(&phrase, &data, "Error disk_full (2 times).",
	       "{\"from\":\"errors\",\"id\":9,\"system\":\"A\",\"code\":\"disk_full\",\"message\":"
	       "\"disk_full\",\"occurrences\":2}");
}
END_TEST

static const struct {
	const char *name, *params, *previous, *text;
} events[] = {
	{ "update_job_status", "{\"system\":\"A\",\"job_id\":17,\"status\":\"Paused\"}", "Running",
	  "Told to all: job 17 is Paused, and was Running." },
	{ "update_job_status", "{\"system\":\"A\",\"job_id\":17,\"status\":\"Paused\"}", NULL,
	  "Told to all: job 17 is Paused." },
	{ "status", "{\"system_id\":\"A\",\"paused\":true,\"job_type\":\"music\"}", NULL,
	  "Told to all: all jobs of type music are paused." },
	{ "status", "{\"system_id\":\"A\",\"paused\":false}", NULL,
	  "Told to all: no longer all jobs are paused." },
	{ "user_job_errors", "[{\"job_id\":17},{\"job_id\":18}]", NULL,
	  "Told to all: 2 errors of jobs that users began." },
	{ "user_job_errors", "[{\"job_id\":17}]", NULL,
	  "Told to all: 1 error of jobs that users began." },
	{ "outlook",
	  "{\"list_id\":\"L1\",\"activate_at\":\"2023-11-14T22:13:20.123Z\",\"state\":"
	  "\"at_risk\",\"reason\":\"Job 17 is paused.\"}",
	  "on_time",
	  "List L1, to be activated at 2023-11-14T22:13:20.123Z, was judged at risk, and on "
	  "time before: Job 17 is paused." },
	{ "outlook",
	  "{\"list_id\":\"L1\",\"activate_at\":\"2023-11-14T22:13:20.123Z\",\"state\":"
	  "\"on_time\",\"reason\":\"Nothing is waited for.\"}",
	  NULL,
	  "List L1, to be activated at 2023-11-14T22:13:20.123Z, was judged on time: Nothing is "
	  "waited for." },
	{ "outlook", "[]", NULL, "List ?, to be activated at ?, was judged ?: ?" },
	{ "other", "{}", NULL, "Told to all: the event other." },
};

START_TEST(an_event)
{
	const struct cbx_stream_entry entry = { .name = events[_i].name,
						.id = "A/17/2",
						.params = events[_i].params,
						.params_len = strlen(events[_i].params),
						.at = "1700000000123-0",
						.previous_status = events[_i].previous };
	struct cbx_text phrase = { 0 };
	struct cbx_text data = { 0 };

	ck_assert_str_eq(cbx_phrase_of_event(&entry, &phrase, &data),
			 strcmp(entry.name, "outlook") ? "told" : "decided");
	ck_assert_ptr_nonnull(strstr(data.bytes, events[_i].params));
	expect(&phrase, &data, events[_i].text, NULL);
}
END_TEST

UNIT_SUITE(suite)
{
	const TTest *const tests[] = { a_change_with_its_data, an_order_with_its_data, an_error };
	TCase *tcase = tcase_create("phrases");

	tcase_add_loop_test(tcase, a_change, 0, (int)CBX_COUNT(changes));
	tcase_add_loop_test(tcase, an_order, 0, (int)CBX_COUNT(orders));
	tcase_add_loop_test(tcase, what_an_order_is_to_do, 0, (int)CBX_COUNT(purposes));
	tcase_add_loop_test(tcase, an_event, 0, (int)CBX_COUNT(events));
	unit_add(tcase, tests, CBX_COUNT(tests));
	suite_add_tcase(suite, tcase);
}
