// SPDX-License-Identifier: MIT
/* Percent-decoding is strict: it lets only text through, and exactly the text of the client. */
#include "http/uri.h"
#include "unit.h"

#include <errno.h>
#include <string.h>

static const struct {
	const char *text;
	int result;
	const char *decoded;
} cases[] = {
	{ "", 0, "" },
	{ "ABC1", 4, "ABC1" },
	{ "a%20b", 3, "a b" },
	{ "a+b", 3, "a+b" },
	{ "%41%42", 2, "AB" },
	{ "%2f%2F", 2, "//" },
	{ "%c3%a9", 2, "\xc3\xa9" },
	{ "%2541", 3, "%41" },
	{ "1234567", 7, "1234567" },
	{ "12345678", -ENAMETOOLONG, NULL },
	{ "%", -EILSEQ, NULL },
	{ "%4", -EILSEQ, NULL },
	{ "%4g", -EILSEQ, NULL },
	{ "% 1", -EILSEQ, NULL },
	{ "%00", -EILSEQ, NULL },
	{ "%c3", -EILSEQ, NULL },
	{ "%c0%80", -EILSEQ, NULL },
	{ "%ed%a0%80", -EILSEQ, NULL },
	{ "%f4%90%80%80", -EILSEQ, NULL },
	{ "\xff", -EILSEQ, NULL },
};

START_TEST(decodes)
{
	char out[8];

	ck_assert_int_eq(cbd_uri_decode(cases[_i].text, strlen(cases[_i].text), out, sizeof(out)),
			 cases[_i].result);
	if (cases[_i].decoded)
		ck_assert_str_eq(out, cases[_i].decoded);
}
END_TEST

START_TEST(reads_no_further_than_told)
{
	char out[8];

	/* the escape goes on behind what belongs to this segment */
	ck_assert_int_eq(cbd_uri_decode("a%41", 2, out, sizeof(out)), -EILSEQ);
	ck_assert_int_eq(cbd_uri_decode("a%41", 1, out, sizeof(out)), 1);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("uri");

	tcase_add_loop_test(tcase, decodes, 0, sizeof(cases) / sizeof(cases[0]));
	tcase_add_test(tcase, reads_no_further_than_told);
	suite_add_tcase(suite, tcase);
}
