// SPDX-License-Identifier: MIT
/* What explain says: all sentences in one order, page after page, and whose they are */
#include "controller/sentences.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

static struct cbx_sentences sentences;

static void set_up(void)
{
	sentences = (struct cbx_sentences){ .before = CBX_SENTENCES_END,
					    .system = "ABC1",
					    .job_id = 17 };
}

static void tear_down(void)
{
	cbx_sentences_free(&sentences);
}

static void add_history(int64_t at_ms, int64_t id)
{
	const struct cbx_history_row row = { .id = id,
					     .system = "ABC1",
					     .job_id = 17,
					     .revision = id,
					     .at_ms = at_ms,
					     .status = "Running",
					     .source = "answer" };

	ck_assert_int_eq(cbx_sentences_add_history(&sentences, &row), 0);
}

static void add_order(int64_t at_ms, int64_t id)
{
	const struct cbx_order_row row = { .id = id,
					   .at_ms = at_ms,
					   .system = "ABC1",
					   .job_id = 17,
					   .event = "nl-ocd.content.job.pause",
					   .door = "c" };

	ck_assert_int_eq(cbx_sentences_add_order(&sentences, &row), 0);
}

static void add_error(int64_t at_ms, int64_t id, int64_t job_id)
{
	const struct cbx_error_row row = {
		.id = id, .system = "ABC1", .job_id = job_id, .code = "c", .last_seen_ms = at_ms
	};

	ck_assert_int_eq(cbx_sentences_add_error(&sentences, &row), 0);
}

static void add_event(const char *name, const char *id, const char *params, const char *at)
{
	const struct cbx_stream_entry entry = {
		.name = name, .id = id, .params = params, .params_len = strlen(params), .at = at
	};

	ck_assert_int_eq(cbx_sentences_add_event(&sentences, &entry), 0);
}

static void add_all(void)
{
	add_history(1000, 5);
	add_event("update_job_status", "ABC1/17/6", "{}", "1000-0");
	add_event("update_job_status", "ABC1/17/7", "{}", "1000-1");
	add_order(1000, 99);
	add_error(1000, 3, 17);
	add_history(1000, 6);
	add_history(2000, 4);
}

/* "o99 h5": the source and the id of each, in their order */
static void expect_order(const char *expected)
{
	char found[200] = "";
	size_t i;

	cbx_sentences_sort(&sentences);
	for (i = 0; i < sentences.count; i++) {
		const struct cbx_sentence_place *place = &sentences.list[i].place;
		size_t len = strlen(found);

		snprintf(found + len, sizeof(found) - len, "%c%lld ", "ohesf"[place->source],
			 (long long)place -> id);
	}
	ck_assert_str_eq(found, expected);
}

START_TEST(the_newest_comes_first_and_a_cause_before_what_it_brought)
{
	add_all();
	expect_order("h4 s1 s0 e3 h6 h5 o99 ");
	ck_assert_str_eq(
		sentences.list[0].json,
		"{\"at\":\"1970-01-01T00:00:02.000Z\",\"kind\":\"seen\",\"text\":\"Job 17 was "
		"first heard of: Running; its system answered so.\",\"data\":{\"from\":"
		"\"job_history\",\"system\":\"ABC1\",\"job_id\":17,\"revision\":4,\"status\":"
		"\"Running\",\"source\":\"answer\"}}");
}
END_TEST

/* Wherever a page ends, the next one goes on with what is left, and nothing else */
START_TEST(a_page_goes_on_behind_its_cursor)
{
	static const char *const rests[] = {
		"s1 s0 e3 h6 h5 o99 ",
		"s0 e3 h6 h5 o99 ",
		"e3 h6 h5 o99 ",
		"h6 h5 o99 ",
		"h5 o99 ",
		"o99 ",
		"",
	};
	struct cbx_sentence_place place = CBX_SENTENCES_END;
	char cursor[CBX_SENTENCE_CURSOR];

	add_all();
	cbx_sentences_sort(&sentences);
	cbx_sentence_cursor(&sentences.list[_i].place, cursor);
	ck_assert(cbx_sentence_cursor_read(cursor, &place));
	cbx_sentences_free(&sentences);
	sentences.before = place;
	add_all();
	expect_order(rests[_i]);
}
END_TEST

START_TEST(a_source_gives_what_is_before_the_cursor)
{
	struct cbx_before before;

	sentences.before = (struct cbx_sentence_place){ 1000, CBX_FROM_ERRORS, 7 };
	before = cbx_sentences_before(&sentences, CBX_FROM_ERRORS);
	ck_assert(before.at_ms == 1000 && before.id == 7);
	before = cbx_sentences_before(&sentences, CBX_FROM_HISTORY);
	ck_assert(before.at_ms == 1000 && before.id == INT64_MAX);
	before = cbx_sentences_before(&sentences, CBX_FROM_STREAM);
	ck_assert(before.at_ms == 1000 && before.id == 0);
}
END_TEST

static const char *const no_cursors[] = { "",        "x",       "h1",
					  "x1.1",    "x1.5.1",  "x1.-1.1",
					  "x 1.1.1", "x1.1.1 ", "x01.1.1",
					  "x1.1.",   "x1.1.1.", "x99999999999999999999.1.1" };

START_TEST(no_other_text_is_a_cursor)
{
	struct cbx_sentence_place place;

	ck_assert(!cbx_sentence_cursor_read(no_cursors[_i], &place));
}
END_TEST

START_TEST(a_job_gets_what_concerns_it)
{
	add_event("update_job_status", "ABC1/170/1", "{}", "1-0");
	add_event("update_job_status", "ABC10/17/1", "{}", "1-0");
	add_event("update_job_status", "ABC1", "{}", "1-0");
	add_event("status", "ABC1/status/4", "{}", "1-0");
	add_event("outlook", "ABC1/17/outlook/4", "{\"jobs\":[16,18]}", "1-0");
	add_event("user_job_errors", "ABC1/errors/4", "[{\"job_id\":18}]", "1-0");
	add_error(1, 1, 18);
	ck_assert_uint_eq(sentences.count, 0);
	add_event("user_job_errors", "ABC1/errors/4", "[{\"job_id\":18},{\"job_id\":17}]", "1-0");
	add_event("outlook", "ABC1/errors/outlook/4", "{\"jobs\":[16,17]}", "1-0");
	add_error(1, 2, CBX_NO_COUNT);
	ck_assert_uint_eq(sentences.count, 3);
}
END_TEST

START_TEST(a_job_that_stands_still)
{
	ck_assert_int_eq(cbx_sentences_add_stall(&sentences, 17, 1700000000456, 1700000000123), 0);
	ck_assert_str_eq(sentences.list[0].json,
			 "{\"at\":\"2023-11-14T22:13:20.456Z\",\"kind\":\"decided\",\"text\":"
			 "\"Job 17 stands still: it runs, and has not moved since "
			 "2023-11-14T22:13:20.123Z.\",\"data\":{\"from\":\"figures\",\"system\":"
			 "\"ABC1\",\"job_id\":17,\"progress_at\":\"2023-11-14T22:13:20.123Z\"}}");
	sentences.before = sentences.list[0].place;
	ck_assert_int_eq(cbx_sentences_add_stall(&sentences, 17, 1700000000456, 1700000000123), 0);
	ck_assert_uint_eq(sentences.count, 1);
}
END_TEST

START_TEST(a_job_that_moves_again)
{
	const struct cbx_figures figures = { .stood_from_ms = 1700000000123,
					     .stood_until_ms = 1700001000456,
					     .stood_ms = 999400 };

	ck_assert_int_eq(cbx_sentences_add_stall_end(&sentences, 17, &figures), 0);
	ck_assert_str_eq(sentences.list[0].json,
			 "{\"at\":\"2023-11-14T22:30:00.456Z\",\"kind\":\"seen\",\"text\":"
			 "\"Job 17 moves again: it had stood still since "
			 "2023-11-14T22:13:20.123Z.\",\"data\":{\"from\":\"figures\",\"system\":"
			 "\"ABC1\",\"job_id\":17,\"progress_at\":\"2023-11-14T22:13:20.123Z\","
			 "\"stood_seconds\":999}}");
	sentences.before = sentences.list[0].place;
	ck_assert_int_eq(cbx_sentences_add_stall_end(&sentences, 17, &figures), 0);
	ck_assert_uint_eq(sentences.count, 1);
}
END_TEST

/* The events of incidents are no system's, whatever it is called */
START_TEST(a_system_may_be_called_incident)
{
	sentences.system = "incident";
	sentences.job_id = CBX_NO_COUNT;
	add_event("incident", "incident/7/4", "{}", "1-0");
	ck_assert_uint_eq(sentences.count, 0);
	add_event("update_job_status", "incident/7/4", "{}", "1-0");
	ck_assert_uint_eq(sentences.count, 1);
}
END_TEST

START_TEST(a_system_gets_all_of_its_jobs)
{
	sentences.job_id = CBX_NO_COUNT;
	add_event("update_job_status", "ABC1/170/1", "{}", "1-0");
	add_event("status", "ABC1/status/4", "{}", "2-0");
	add_event("update_job_status", "ABC10/17/1", "{}", "1-0");
	add_error(3, 1, 18);
	expect_order("e1 s0 s0 ");
}
END_TEST

UNIT_SUITE(suite)
{
	const TTest *const tests[] = {
		the_newest_comes_first_and_a_cause_before_what_it_brought,
		a_source_gives_what_is_before_the_cursor,
		a_job_gets_what_concerns_it,
		a_job_that_stands_still,
		a_job_that_moves_again,
		a_system_may_be_called_incident,
		a_system_gets_all_of_its_jobs,
	};
	TCase *tcase = tcase_create("sentences");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, a_page_goes_on_behind_its_cursor, 0, 7);
	tcase_add_loop_test(tcase, no_other_text_is_a_cursor, 0, (int)CBX_COUNT(no_cursors));
	unit_add(tcase, tests, CBX_COUNT(tests));
	suite_add_tcase(suite, tcase);
}
