// SPDX-License-Identifier: MIT
/* Well-formed UTF-8, held against the table of Unicode (3-7), and what a log line leaves out of it.
 */
#include "common/cleanup.h"
#include "common/utf8.h"
#include "unit.h"

#include <string.h>

static size_t sequence(const unsigned char *p, size_t left)
{
	static const struct {
		unsigned char low, high, second_low, second_high, len;
	} forms[] = {
		{ 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 },
		{ 0xe1, 0xec, 0x80, 0xbf, 3 }, { 0xed, 0xed, 0x80, 0x9f, 3 },
		{ 0xee, 0xef, 0x80, 0xbf, 3 }, { 0xf0, 0xf0, 0x90, 0xbf, 4 },
		{ 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
	};
	size_t i;
	size_t k;

	if (p[0] < 0x80)
		return 1;
	for (i = 0; i < CBX_COUNT(forms); i++) {
		if (p[0] < forms[i].low || p[0] > forms[i].high)
			continue;
		if (left < forms[i].len || p[1] < forms[i].second_low ||
		    p[1] > forms[i].second_high)
			return 0;
		for (k = 2; k < forms[i].len; k++)
			if (p[k] >> 6 != 2)
				return 0;
		return forms[i].len;
	}
	return 0;
}

static bool well_formed(const unsigned char *p, size_t len)
{
	size_t step;

	for (; len; p += step, len -= step) {
		step = sequence(p, len);
		if (!step)
			return false;
	}
	return true;
}

START_TEST(valid_up_to_three_bytes)
{
	unsigned char b[4];
	unsigned long n;

	/* all there are, and behind an ASCII word as well */
	for (n = 0; n < 1UL << 24; n += n < 1UL << 16 ? 1 : 7) {
		size_t len = n < 1UL << 8 ? 1 : n < 1UL << 16 ? 2 : 3;

		b[0] = (unsigned char)(n >> (len - 1) * 8);
		b[1] = (unsigned char)(n >> (len == 3 ? 8 : 0));
		b[2] = (unsigned char)n;
		ck_assert_msg(cbx_utf8_valid((char *)b, len) == well_formed(b, len), "%06lx", n);
	}
}
END_TEST

START_TEST(valid_four_bytes_and_in_place)
{
	static const struct {
		const char *bytes;
		bool valid;
	} cases[] = {
		{ "\xf0\x90\x80\x80", true },
		{ "\xf0\x8f\xbf\xbf", false },
		{ "\xf4\x8f\xbf\xbf", true },
		{ "\xf4\x90\x80\x80", false },
		{ "\xf5\x80\x80\x80", false },
		{ "\xf0\x9f\x98", false },
		{ "\xf0\x9f\x98\x80", true },
		{ "\xf0\x9f\x98\xc0", false },
		{ "\xc3\xa9", true },
		{ "\xc0\x80", false },
		{ "\xed\xa0\x80", false },
		{ "\xff", false },
		{ "", true },
	};
	char text[64];
	size_t before;
	size_t i;

	for (i = 0; i < CBX_COUNT(cases); i++) {
		for (before = 0; before < 20; before++) {
			size_t len = before + strlen(cases[i].bytes);

			memset(text, 'a', before);
			memcpy(text + before, cases[i].bytes, strlen(cases[i].bytes));
			ck_assert_int_eq(cbx_utf8_valid(text, len), cases[i].valid);
			memset(text + len, 'z', 10);
			ck_assert_int_eq(cbx_utf8_valid(text, len + 10), cases[i].valid);
		}
	}
}
END_TEST

START_TEST(a_step_gives_its_character)
{
	static const struct {
		const char *bytes;
		size_t len;
		uint32_t code;
		bool control;
	} cases[] = {
		{ "a", 1, 'a', false },
		{ "\n", 1, '\n', true },
		{ "\x7f", 1, 0x7f, true },
		{ "\xc2\x85", 2, 0x85, true },
		{ "\xc2\xa0", 2, 0xa0, false },
		{ "\xe2\x80\xa7", 3, 0x2027, false },
		{ "\xe2\x80\xa8", 3, 0x2028, true },
		{ "\xe2\x80\xa9", 3, 0x2029, true },
		{ "\xf4\x8f\xbf\xbf", 4, 0x10ffff, false },
	};
	uint32_t code;
	size_t i;

	for (i = 0; i < CBX_COUNT(cases); i++) {
		code = 0;
		ck_assert_uint_eq(cbx_utf8_next(cases[i].bytes, 4, &code), cases[i].len);
		ck_assert_uint_eq(code, cases[i].code);
		ck_assert_int_eq(cbx_utf8_control(code), cases[i].control);
		ck_assert_uint_eq(cbx_utf8_next(cases[i].bytes, cases[i].len - 1, &code) *
					  (cases[i].len > 1),
				  0);
	}
}
END_TEST

UNIT_TESTS(valid_up_to_three_bytes, valid_four_bytes_and_in_place, a_step_gives_its_character)
