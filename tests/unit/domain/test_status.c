// SPDX-License-Identifier: MIT
/* A status: its canonical JSON, its percent and speed, and what equal means. */
#include "domain/status.h"
#include "unit.h"

#include <jansson.h>
#include <string.h>

#define TEXT(part, s) .part = (s), .part##_len = sizeof(s) - 1

static struct cbx_status *make(const struct cbx_status_parts *parts)
{
	struct cbx_status *status = NULL;

	ck_assert_int_eq(cbx_status_new(parts, &status), 0);
	ck_assert_uint_eq(strlen(status->json), status->json_len);
	return status;
}

START_TEST(writes_members_in_order)
{
	const struct cbx_status_parts parts = {
		TEXT(system, "ABC1"),
		.job_id = 9007199254740991,
		TEXT(text, "Running"),
		.percent_text = "42.5",
		.percent_len = 4,
		.downloaded = 0,
		.total_files = 17,
		.speed_text = "250K",
		.speed_len = 4,
		TEXT(job_type, "full"),
		TEXT(error_code, "disk"),
		TEXT(error_message, "disk full"),
		TEXT(tail,
		     ",\"files_downloading\":[ 1 ],\"code\":\"disk\",\"error\":\"disk full\""),
	};
	cbx_auto(cbx_status_unrefp) struct cbx_status *status = make(&parts);

	ck_assert_str_eq(status->json,
			 "{\"system\":\"ABC1\",\"job_id\":9007199254740991,\"status\":\"Running\","
			 "\"percent_completed\":\"42.5\",\"downloaded\":0,\"total_files\":17,"
			 "\"download_speed\":\"250K\",\"job_type\":\"full\","
			 "\"files_downloading\":[ 1 ],\"code\":\"disk\",\"error\":\"disk full\"}");
	ck_assert_str_eq(status->system, "ABC1");
	ck_assert_str_eq(status->text, "Running");
	ck_assert_str_eq(status->percent_text, "42.5");
	ck_assert(status->percent == 42.5);
	ck_assert(status->speed == 256000);
	ck_assert_str_eq(status->job_type, "full");
	ck_assert_str_eq(status->error_code, "disk");
	ck_assert_str_eq(status->error_message, "disk full");
	ck_assert_uint_eq(status->json_len - 1 - status->tail_offset, parts.tail_len);
	ck_assert_mem_eq(status->json + status->tail_offset, parts.tail, parts.tail_len);
}
END_TEST

START_TEST(leaves_absent_members_out)
{
	struct cbx_status_parts parts;
	struct cbx_status *status;

	cbx_status_parts_init(&parts);
	parts.system = "A";
	parts.system_len = 1;
	parts.text = "x";
	parts.text_len = 1;
	status = make(&parts);
	ck_assert_str_eq(status->json, "{\"system\":\"A\",\"job_id\":0,\"status\":\"x\"}");
	ck_assert(status->percent == -1);
	ck_assert(status->speed == 0);
	ck_assert_ptr_null(status->percent_text);
	ck_assert_ptr_null(status->error_code);
	cbx_status_unref(status);
	/* a row's text that is no percent is not passed on */
	parts.percent_text = "NaN";
	parts.percent_len = 3;
	status = make(&parts);
	ck_assert_str_eq(status->json, "{\"system\":\"A\",\"job_id\":0,\"status\":\"x\"}");
	cbx_status_unref(status);
}
END_TEST

START_TEST(escapes_are_json)
{
	static const char odd[] = "a\"b\\c\b\f\n\r\t\x01\x1f\x7f/\xc3\xa9\xf0\x9f\x98\x80";
	struct cbx_status_parts parts = {
		TEXT(system, "A"),
		.job_id = 1,
		.text = odd,
		.text_len = sizeof(odd) - 1,
		.downloaded = CBX_NO_COUNT,
		.total_files = CBX_NO_COUNT,
	};
	cbx_auto(cbx_status_unrefp) struct cbx_status *status = make(&parts);
	json_t *read = json_loadb(status->json, status->json_len, 0, NULL);

	ck_assert_ptr_nonnull(read);
	ck_assert_str_eq(json_string_value(json_object_get(read, "status")), odd);
	ck_assert_str_eq(status->text, odd);
	json_decref(read);
}
END_TEST

START_TEST(another_text_keeps_the_rest)
{
	const struct cbx_status_parts parts = {
		TEXT(system, "A"),          .job_id = 7,
		TEXT(text, "Running"),      TEXT(job_type, "t"),
		.percent_text = "1",        .percent_len = 1,
		.downloaded = CBX_NO_COUNT, .total_files = 3,
		TEXT(error_code, "e"),      TEXT(tail, ",\"x\":1,\"code\":\"e\""),
	};
	cbx_auto(cbx_status_unrefp) struct cbx_status *first = make(&parts);
	cbx_auto(cbx_status_unrefp) struct cbx_status *other = NULL;
	cbx_auto(cbx_status_unrefp) struct cbx_status *back = NULL;

	ck_assert_int_eq(cbx_status_with_text(first, "Killed", &other), 0);
	ck_assert_str_eq(other->json, "{\"system\":\"A\",\"job_id\":7,\"status\":\"Killed\","
				      "\"percent_completed\":\"1\",\"total_files\":3,"
				      "\"job_type\":\"t\",\"x\":1,\"code\":\"e\"}");
	ck_assert_str_eq(other->error_code, "e");
	ck_assert(!cbx_status_equal(first, other));
	ck_assert_int_eq(cbx_status_with_text(other, "Running", &back), 0);
	ck_assert(cbx_status_equal(first, back));
}
END_TEST

START_TEST(percent_forms)
{
	static const struct {
		const char *text, *percent; /* NULL: none */
	} cases[] = {
		{ "42", "42" },       { "42.50", "42.5" }, { " 42.5 % ", "42.5" },
		{ "0", "0" },         { "100", "100" },    { "100.0", "100" },
		{ "1e2", "100" },     { "7%", "7" },       { "100.1", NULL },
		{ "-1", NULL },       { "NaN", NULL },     { "", NULL },
		{ "%", NULL },        { "42%%", NULL },    { "42 percent", NULL },
		{ "Infinity", NULL }, { "1e400", NULL },   { "0x10", NULL },
	};
	size_t i;

	for (i = 0; i < CBX_COUNT(cases); i++) {
		char out[CBX_PERCENT_TEXT];
		double value;
		bool ok = cbx_percent_parse(cases[i].text, strlen(cases[i].text), out, &value);

		ck_assert_msg(ok == (cases[i].percent != NULL), "%s", cases[i].text);
		if (!ok)
			continue;
		ck_assert_str_eq(out, cases[i].percent);
		ck_assert(value == strtod(out, NULL));
	}
}
END_TEST

START_TEST(speed_forms)
{
	static const struct {
		const char *text;
		double speed;
	} cases[] = {
		{ "250K", 256000 },
		{ "250k", 256000 },
		{ "1.5 MB/s", 1572864 },
		{ "2 GiB/s", 2147483648.0 },
		{ "1T", 1099511627776.0 },
		{ "512", 512 },
		{ "512 B/s", 512 },
		{ "0", 0 },
		{ "-5", 0 },
		{ "", 0 },
		{ "fast", 0 },
		{ "K", 0 },
		{ ".5K", 512 },
		{ "1.2.3", 1.2 },
		{ "1e400", 1 },
		{ "1,5M", 1 },
		{ "3   m", 3145728 },
		{ "NaN", 0 },
	};
	size_t i;

	for (i = 0; i < CBX_COUNT(cases); i++)
		ck_assert_msg(cbx_speed_parse(cases[i].text, strlen(cases[i].text)) ==
				      cases[i].speed,
			      "%s", cases[i].text);
}
END_TEST

START_TEST(full_is_done_or_all_files)
{
	static const struct {
		const char *percent;
		int64_t downloaded, total;
		bool full;
	} cases[] = {
		{ "100", CBX_NO_COUNT, CBX_NO_COUNT, true },
		{ "99.9", CBX_NO_COUNT, CBX_NO_COUNT, false },
		{ NULL, 5, 5, true },
		{ NULL, 0, 0, false },
		{ NULL, 4, 5, false },
		{ NULL, CBX_NO_COUNT, CBX_NO_COUNT, false },
	};
	size_t i;

	for (i = 0; i < CBX_COUNT(cases); i++) {
		struct cbx_status_parts parts = {
			TEXT(system, "A"),
			TEXT(text, "x"),
			.percent_text = cases[i].percent,
			.percent_len = cases[i].percent ? strlen(cases[i].percent) : 0,
			.downloaded = cases[i].downloaded,
			.total_files = cases[i].total,
		};
		cbx_auto(cbx_status_unrefp) struct cbx_status *status = make(&parts);

		ck_assert_int_eq(cbx_status_is_full(status), cases[i].full);
	}
}
END_TEST

UNIT_TESTS(writes_members_in_order, leaves_absent_members_out, escapes_are_json,
	   another_text_keeps_the_rest, percent_forms, speed_forms, full_is_done_or_all_files)
