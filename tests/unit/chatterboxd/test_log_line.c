// SPDX-License-Identifier: MIT
/*
 * Whatever a system has sent, a log line stays one line: JSON that parses, or text without control
 * characters.
 */
#include "log_line.h"
#include "unit.h"

#include <jansson.h>
#include <string.h>

static struct cbd_log_line line_of(const char *message, const struct chatterbox_log_field *fields,
				   size_t count)
{
	return (struct cbd_log_line){ .name = "app",
				      .hostname = "host",
				      .pid = 42,
				      .level = CHATTERBOX_LOG_WARN,
				      .fields = fields,
				      .count = count,
				      .message = message,
				      .time = { .tv_sec = 1795457420, .tv_nsec = 7123456 } };
}

START_TEST(bunyan_has_its_members_in_order)
{
	const struct chatterbox_log_field fields[] = { { "server", "redis" }, { "empty", NULL } };
	struct cbd_log_line line = line_of("lost it", fields, 2);
	char *text = NULL;

	ck_assert_int_eq(cbd_log_line_bunyan(&line, &text), (int)strlen(text));
	ck_assert_str_eq(text, "{\"name\":\"app\",\"hostname\":\"host\",\"pid\":42,\"level\":40,"
			       "\"server\":\"redis\",\"empty\":\"\",\"msg\":\"lost it\","
			       "\"time\":\"2026-11-23T18:10:20.007Z\",\"v\":0}\n");
	free(text);
}
END_TEST

START_TEST(pretty_is_for_people)
{
	const struct chatterbox_log_field fields[] = { { "a", "1" }, { "b", "x\ny" } };
	struct cbd_log_line line = line_of("lost \"it\"", fields, 2);
	char *text = NULL;

	cbd_log_line_pretty(&line, false, &text);
	ck_assert_str_eq(text, "[2026-11-23T18:10:20.007Z] WARN: app/42 on host: lost \"it\" "
			       "(a=1, b=x\\ny)\n");
	free(text);
	line.count = 0;
	cbd_log_line_pretty(&line, true, &text);
	ck_assert_str_eq(text, "[2026-11-23T18:10:20.007Z] \033[35mWARN\033[0m: app/42 on host: "
			       "lost \"it\"\n");
	free(text);
}
END_TEST

static const struct {
	const char *text;
	const char *json;   /* what a JSON reader finds */
	const char *pretty; /* what stands in the line for people */
} texts[] = {
	{ "a\"b\\c/", "a\"b\\c/", "a\"b\\c/" },
	{ "a\nb\r\t\b\f", "a\nb\r\t\b\f", "a\\nb\\r\\t\\b\\f" },
	{ "\033[31m\x01\x7f", "\033[31m\x01\x7f", "\\u001b[31m\\u0001\\u007f" },
	{ "\xc2\x9b", "\xc2\x9b", "\\u009b" },
	{ "\xe2\x80\xa8", "\xe2\x80\xa8", "\\u2028" },
	{ "\xc3\xa9\xf0\x9f\x98\x80", "\xc3\xa9\xf0\x9f\x98\x80", "\xc3\xa9\xf0\x9f\x98\x80" },
	{ "\xff|\xc3|", "\xef\xbf\xbd|\xef\xbf\xbd|", "\xef\xbf\xbd|\xef\xbf\xbd|" },
	{ "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd",
	  "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
};

START_TEST(nothing_breaks_out)
{
	const struct chatterbox_log_field field = { "field", texts[_i].text };
	struct cbd_log_line line = line_of(texts[_i].text, &field, 1);
	char expected[128];
	char *text = NULL;
	json_t *json;

	cbd_log_line_bunyan(&line, &text);
	ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1);
	json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	ck_assert_ptr_nonnull(json);
	ck_assert_str_eq(json_string_value(json_object_get(json, "msg")), texts[_i].json);
	ck_assert_str_eq(json_string_value(json_object_get(json, "field")), texts[_i].json);
	json_decref(json);
	free(text);
	cbd_log_line_pretty(&line, false, &text);
	snprintf(expected, sizeof(expected), "host: %s (field=%s)\n", texts[_i].pretty,
		 texts[_i].pretty);
	ck_assert_ptr_nonnull(strstr(text, expected));
	free(text);
}
END_TEST

START_TEST(fields_do_not_shadow)
{
	const struct chatterbox_log_field fields[] = {
		{ "level", "x" }, { "msg", "y" }, { "v", "z" }, { "levels", "w" }
	};
	struct cbd_log_line line = line_of("m", fields, 4);
	char *text = NULL;
	json_t *json;

	cbd_log_line_bunyan(&line, &text);
	json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
	ck_assert_ptr_nonnull(json);
	ck_assert_int_eq(json_integer_value(json_object_get(json, "level")), 40);
	ck_assert_str_eq(json_string_value(json_object_get(json, "_level")), "x");
	ck_assert_str_eq(json_string_value(json_object_get(json, "_msg")), "y");
	ck_assert_str_eq(json_string_value(json_object_get(json, "levels")), "w");
	json_decref(json);
	free(text);
}
END_TEST

START_TEST(levels_have_names)
{
	ck_assert_int_eq(cbd_log_level_parse("trace"), 10);
	ck_assert_int_eq(cbd_log_level_parse("Fatal"), 60);
	ck_assert_int_eq(cbd_log_level_parse("loud"), 0);
	ck_assert_int_eq(cbd_log_level_parse(""), 0);
	ck_assert_str_eq(cbd_log_level_name(CHATTERBOX_LOG_INFO), "INFO");
	ck_assert_str_eq(cbd_log_level_name((enum chatterbox_log_level)35), "INFO");
	ck_assert_str_eq(cbd_log_level_name((enum chatterbox_log_level)1), "TRACE");
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("log_line");

	tcase_add_test(tcase, bunyan_has_its_members_in_order);
	tcase_add_test(tcase, pretty_is_for_people);
	tcase_add_loop_test(tcase, nothing_breaks_out, 0, sizeof(texts) / sizeof(texts[0]));
	tcase_add_test(tcase, fields_do_not_shadow);
	tcase_add_test(tcase, levels_have_names);
	suite_add_tcase(suite, tcase);
}
