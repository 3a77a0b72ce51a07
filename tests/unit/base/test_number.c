// SPDX-License-Identifier: MIT
/* Numbers are read and written the same in every locale, in as few digits as name them. */
#include "base/number.h"
#include "common/cleanup.h"
#include "unit.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Digits that count, without the exponent and the zeros at both ends */
static size_t digits_of(const char *text)
{
	size_t zeros = 0;
	size_t count = 0;

	for (; *text && *text != 'e'; text++) {
		if (*text < '0' || *text > '9' || (*text == '0' && !count))
			continue;
		count++;
		zeros = *text == '0' ? zeros + 1 : 0;
	}
	return count - zeros;
}

START_TEST(plain_is_shortest)
{
	static const struct {
		const char *text, *plain;
	} cases[] = {
		{ "0", "0" },
		{ "-0", "0" },
		{ "0.0", "0" },
		{ "42", "42" },
		{ "42.50", "42.5" },
		{ "042.5", "42.5" },
		{ "4.25e1", "42.5" },
		{ "1e3", "1000" },
		{ "1E+2", "100" },
		{ "1000e-3", "1" },
		{ ".5", "0.5" },
		{ "5.", "5" },
		{ "0.001", "0.001" },
		{ "33.333333333333336", "33.333333333333336" },
		{ "42.100000000000001", "42.1" },
		{ "0.1000000000000000055511151231257827", "0.1" },
		{ "99.99999999999999", "99.99999999999999" },
		{ "1e-300", "0" },
		{ "9007199254740991", "9007199254740991" },
		{ "1048576.25", "1048576.25" },
	};
	char text[CBX_NUMBER_TEXT];
	double value;
	size_t i;

	for (i = 0; i < CBX_COUNT(cases); i++) {
		ck_assert_msg(cbx_number_plain(cases[i].text, strlen(cases[i].text), 1e17, text,
					       &value),
			      "%s", cases[i].text);
		ck_assert_str_eq(text, cases[i].plain);
		if (strcmp(cases[i].text, "1e-300") != 0)
			ck_assert(value == strtod(cases[i].text, NULL));
	}
}
END_TEST

START_TEST(plain_refuses)
{
	static const char *const bad[] = { "",      "-",    ".",   "-1",  "101",  "1e400", "NaN",
					   "Inf",   "1e",   "1e+", "1 ",  " 1",   "1,5",   "0x10",
					   "1.2.3", "1e3x", "+1",  "--1", "100.5" };
	char text[CBX_NUMBER_TEXT] = "untouched";
	size_t i;

	for (i = 0; i < CBX_COUNT(bad); i++)
		ck_assert_msg(!cbx_number_plain(bad[i], strlen(bad[i]), 100, text, NULL), "%s",
			      bad[i]);
	ck_assert_str_eq(text, "untouched");
}
END_TEST

START_TEST(integers)
{
	static const struct {
		const char *text;
		int64_t value;
	} cases[] = {
		{ "0", 0 },
		{ "-0", 0 },
		{ "5.0", 5 },
		{ "1e3", 1000 },
		{ "1.5e1", 15 },
		{ "9007199254740991", 9007199254740991 },
		{ "9007199254740992", -1 },
		{ "9223372036854775808", -1 },
		{ "18446744073709551617", -1 },
		{ "1e400", -1 },
		{ "1e16", -1 },
		{ "5.5", -1 },
		{ "1e-1", -1 },
		{ "-1", -1 },
		{ "", -1 },
		{ "x", -1 },
	};
	size_t i;

	for (i = 0; i < CBX_COUNT(cases); i++) {
		int64_t value = -1;

		cbx_number_integer(cases[i].text, strlen(cases[i].text), &value);
		ck_assert_msg(value == cases[i].value, "%s: %lld", cases[i].text, (long long)value);
	}
}
END_TEST

static uint64_t next(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

START_TEST(format_leads_back)
{
	static const struct {
		double value;
		const char *text;
	} cases[] = {
		{ 0, "0" },
		{ -0.0, "0" },
		{ 1, "1" },
		{ -17, "-17" },
		{ 0.1 + 0.2, "0.30000000000000004" },
		{ 0.25, "0.25" },
		{ -2.5, "-2.5" },
		{ 1e21, "1000000000000000000000" },
		{ 1e300, "1e300" },
		{ -1.5e-300, "-1.5e-300" },
		{ NAN, "0" },
		{ INFINITY, "0" },
	};
	char text[CBX_NUMBER_TEXT];
	uint64_t seed = 88172645463325252ULL;
	double back;
	size_t len;
	size_t i;

	for (i = 0; i < CBX_COUNT(cases); i++) {
		len = cbx_number_format(cases[i].value, text);
		ck_assert_str_eq(text, cases[i].text);
		ck_assert_uint_eq(len, strlen(text));
	}
	for (i = 0; i < 20000; i++) {
		uint64_t bits = next(&seed);
		double value;

		memcpy(&value, &bits, sizeof(value));
		if (!isfinite(value))
			continue;
		len = cbx_number_format(value, text);
		ck_assert_uint_lt(len, CBX_NUMBER_TEXT);
		ck_assert(strtod(text, NULL) == value);
		ck_assert(cbx_number_parse(text, len, &back));
		ck_assert_msg(back == value, "%s", text);
	}
}
END_TEST

START_TEST(does_not_ask_the_locale)
{
	char text[CBX_NUMBER_TEXT];
	double value;

	/* whichever of them the machine has; with none the test still holds */
	if (!setlocale(LC_NUMERIC, "de_DE.UTF-8"))
		setlocale(LC_NUMERIC, "fr_FR.UTF-8");
	cbx_number_format(0.1 + 0.2, text);
	ck_assert_str_eq(text, "0.30000000000000004");
	ck_assert(cbx_number_parse("33.333333333333336", 18, &value));
	ck_assert(value > 33.3 && value < 33.4);
	setlocale(LC_NUMERIC, "C");
}
END_TEST

/* The short way gives the text of the long one: as few digits as lead back, by printf */
START_TEST(format_is_shortest)
{
	static const double factors[] = { 1e-20, 1e-9, 1e-5, 1, 3e7, 1e14, 1e21, -1 };
	char text[CBX_NUMBER_TEXT];
	char expected[CBX_NUMBER_TEXT];
	unsigned long long seed = 4711;
	size_t k;
	int i;

	for (i = 0; i < 20000; i++) {
		double value;
		int precision;

		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		k = (seed >> 60) % 8;
		value = (double)(seed >> (11 + (i % 5) * 10)) * factors[k];
		cbx_number_format(value, text);
		for (precision = 0; precision <= 16; precision++) {
			snprintf(expected, sizeof(expected), "%.*e", precision, value);
			if (strtod(expected, NULL) == value)
				break;
		}
		ck_assert_msg(strtod(text, NULL) == value, "%s is not %s", text, expected);
		ck_assert_uint_eq(digits_of(text), digits_of(expected));
	}
}
END_TEST

UNIT_TESTS(format_is_shortest, plain_is_shortest, plain_refuses, integers, format_leads_back,
	   does_not_ask_the_locale)
