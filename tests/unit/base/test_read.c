// SPDX-License-Identifier: MIT
/* The readings that every input shares: UTF-8, counts, names of systems, times, ids. */
#include "base/read.h"
#include "common/cleanup.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

START_TEST(counts)
{
	static const struct {
		const char *text;
		int64_t value;
	} cases[] = {
		{ "0", 0 },
		{ "17", 17 },
		{ "0017", 17 },
		{ "9007199254740991", 9007199254740991 },
		{ "9007199254740992", -1 },
		{ "99999999999999999999999999", -1 },
		{ "", -1 },
		{ "-1", -1 },
		{ "+1", -1 },
		{ " 1", -1 },
		{ "1 ", -1 },
		{ "1.0", -1 },
		{ "1e3", -1 },
		{ "0x1", -1 },
	};
	size_t i;

	for (i = 0; i < CBX_COUNT(cases); i++) {
		int64_t value = -1;

		ck_assert_int_eq(cbx_parse_count(cases[i].text, strlen(cases[i].text), &value),
				 cases[i].value >= 0);
		ck_assert_int_eq(value, cases[i].value);
	}
}
END_TEST

#define LONG64 "aaaaaaaabbbbbbbbccccccccddddddddeeeeeeeeffffffffgggggggghhhhhhhh"

START_TEST(system_names)
{
	static const struct {
		const char *text, *name; /* NULL: none */
	} cases[] = {
		{ "ABC1", "ABC1" },
		{ " \t\r\n\v\fABC1 \n", "ABC1" },
		{ "a b", "a b" },
		{ "\xc3\xa9", "\xc3\xa9" },
		{ LONG64, LONG64 },
		{ " " LONG64 " ", LONG64 },
		{ LONG64 "i", NULL },
		{ "", NULL },
		{ "  ", NULL },
		{ "a/b", NULL },
		{ "/", NULL },
		{ "a\nb", NULL },
		{ "a\x01", NULL },
		{ "a\x7f", NULL },
		{ "\xc2\x80", NULL },
		{ "a\xc2\x9f", NULL },
		{ "\xc2\xa0", NULL },
		{ "\xc2\xa0"
		  "ABC1\xc2\x85",
		  "ABC1" },
		{ "\xef\xbb\xbf"
		  "ABC1 \xe2\x80\x8a",
		  "ABC1" },
		{ "\xe1\x9a\x80 \xe3\x80\x80"
		  "ABC1\xe2\x80\xa8\xe2\x80\xaf",
		  "ABC1" },
		{ "a\xc2\xa0"
		  "b",
		  "a\xc2\xa0"
		  "b" },
		{ "\xe2\x80\x8b"
		  "a",
		  "\xe2\x80\x8b"
		  "a" },                    /* no White_Space: zero width space */
		{ "\xc3\xa0", "\xc3\xa0" }, /* ends as a no-break space does */
		{ "\xc3\x80", "\xc3\x80" },
		{ "\xff", NULL },
		{ "\xed\xa0\x80", NULL },
	};
	size_t i;

	for (i = 0; i < CBX_COUNT(cases); i++) {
		const char *name = cases[i].text;
		size_t len = strlen(name);
		char trimmed[80];

		ck_assert_str_eq(cbx_system_trim(name, trimmed), cases[i].name ?: name);
		ck_assert_msg(cbx_system_name(&name, &len) == (cases[i].name != NULL), "%s",
			      cases[i].text);
		if (!cases[i].name) {
			ck_assert_ptr_eq(name, cases[i].text);
			continue;
		}
		ck_assert_uint_eq(len, strlen(cases[i].name));
		ck_assert_mem_eq(name, cases[i].name, len);
	}
}
END_TEST

START_TEST(time_texts)
{
	static const struct {
		int64_t ms;
		const char *text;
	} cases[] = {
		{ 0, "1970-01-01T00:00:00.000Z" },
		{ 1795457420123, "2026-11-23T18:10:20.123Z" },
		{ -1, "1969-12-31T23:59:59.999Z" },
		{ 951782400000, "2000-02-29T00:00:00.000Z" },
		{ 253402300799999, "9999-12-31T23:59:59.999Z" },
	};
	char text[CBX_TIME_TEXT];
	int64_t ms;
	size_t i;

	cbx_time_text(INT64_MAX, text);
	ck_assert_str_eq(text, cases[0].text); /* no time that has a text */
	for (i = 0; i < CBX_COUNT(cases); i++) {
		cbx_time_text(cases[i].ms, text);
		ck_assert_str_eq(text, cases[i].text);
		ck_assert(cbx_time_parse(text, &ms));
		ck_assert_int_eq(ms, cases[i].ms);
	}
}
END_TEST

START_TEST(time_forms)
{
	static const struct {
		const char *text;
		int64_t ms; /* -1: none */
	} cases[] = {
		{ "1970-01-01T00:00:01Z", 1000 },
		{ "-970-01-01T00:00:01Z", -1 },
		{ " 970-01-01T00:00:01Z", -1 },
		{ "1970-+1-01T00:00:01Z", -1 },
		{ "1970-01-01T00:00:01+01:-1", -1 },
		{ "1970-01-01T00:00:01+24", -1 },
		{ "0000-01-01T00:00:00+01", -1 }, /* before the year 0 */
		{ "1970-01-01 00:00:01", 1000 },
		{ "1970-01-01 00:00:01+00", 1000 },
		{ "1970-01-01 02:00:01.5+02", 1500 },
		{ "1970-01-01T05:30:01.123456+05:30", 1123 },
		{ "1969-12-31T23:00:01.001-01", 1001 },
		{ "1970-01-01T00:00:60Z", 60000 }, /* a leap second */
		{ "1970-01-01", -1 },
		{ "1970-01-01T00:00", -1 },
		{ "1970-01-01T00:00:01X", -1 },
		{ "1970-01-01x00:00:01Z", -1 },
		{ "1970-01-01T00:00:01Zx", -1 },
		{ "1970-01-01T00:00:01+", -1 },
		{ "1970-01-01T00:00:01+02:00x", -1 },
		{ "1970-13-01T00:00:01Z", -1 },
		{ "1970-00-01T00:00:01Z", -1 },
		{ "1970-01-32T00:00:01Z", -1 },
		{ "1970-01-01T24:00:01Z", -1 },
		{ "1970-01-01T00:60:01Z", -1 },
		{ "1970-01-01T00:00:61Z", -1 },
		{ "1970-01-01T-1:00:01Z", -1 },
		{ "yesterday", -1 },
		{ "", -1 },
	};
	size_t i;

	for (i = 0; i < CBX_COUNT(cases); i++) {
		int64_t ms = -1;

		ck_assert_msg(cbx_time_parse(cases[i].text, &ms) == (cases[i].ms >= 0), "%s",
			      cases[i].text);
		ck_assert_msg(ms == cases[i].ms, "%s", cases[i].text);
	}
}
END_TEST

START_TEST(uuids)
{
	char a[CBX_UUID_TEXT];
	char b[CBX_UUID_TEXT];
	size_t i;

	cbx_uuid(a);
	cbx_uuid(b);
	ck_assert_str_ne(a, b);
	ck_assert_uint_eq(strlen(a), 36);
	ck_assert_int_eq(a[14], '4');
	ck_assert_ptr_nonnull(strchr("89ab", a[19]));
	for (i = 0; i < 36; i++)
		ck_assert_ptr_nonnull(strchr(
			i == 8 || i == 13 || i == 18 || i == 23 ? "-" : "0123456789abcdef", a[i]));
}
END_TEST

UNIT_TESTS(counts, system_names, time_texts, time_forms, uuids)
