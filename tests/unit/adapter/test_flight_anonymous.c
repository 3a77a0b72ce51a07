// SPDX-License-Identifier: MIT
/* What stays in a recording without names, and what stands in the place of names */
#include "adapter/flight/anonymous.h"
#include "common/cleanup.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

static const struct cbx_anonymous_key key = { { 0x0706050403020100, 0x0f0e0d0c0b0a0908 } };

static char *anonymous(const char *line)
{
	struct cbx_text out = { 0 };
	char *bytes = NULL;

	ck_assert_int_eq(cbx_anonymise(&key, line, strlen(line), &out), 0);
	ck_assert_int_eq(cbx_text_take(&out, &bytes, NULL), 0);
	return bytes;
}

/* NULL: as it was; * stands for a pseudonym */
static const struct {
	const char *line, *then;
} lines[] = {
	{ "{\"what\":\"answer\",\"at\":12.000000001,\"list_due\":true}", NULL },
	{ "{\"status\":\"Running\",\"job_type\":\"Music\",\"percent_completed\":\"42.5\"}", NULL },
	{ "{\"download_speed\":\"1.5 MB/s\",\"job_id\":\"17\",\"total_files\":3}", NULL },
	{ "{\"code\":\"disk_full\",\"message\":\"no room\"}",
	  "{\"code\":\"disk_full\",\"message\":*}" },
	{ "{\"system\":\"ABC\"}", "{\"system\":*}" },
	{ "{\"system\":\"1234\"}", "{\"system\":*}" },
	{ "{\"systems\":[\"ABC\",{\"system\":\"XYZ\"}]}", "{\"systems\":[*,{\"system\":*}]}" },
	{ "{\"status\":\"Loading Song.mp3\"}", "{\"status\":*}" },
	{ "{\"status\":\"Song.mp3\"}", "{\"status\":*}" },
	{ "{\"code\":\"Lucky Star 2\"}", "{\"code\":*}" },
	{ "{\"percent_completed\":\"forty\"}", "{\"percent_completed\":*}" },
	{ "{\"venue\":\"Berlin\",\"n\":4}", "{*:*,*:4}" },
	{ "{\"files_downloading\":[{\"name\":\"a\",\"size\":1e400}]}",
	  "{\"files_downloading\":[{*:*,*:1e400}]}" },
	{ "{ \"system\" : \"A\" , \"status\" : \"Paused\" }",
	  "{ \"system\": *, \"status\": \"Paused\"}" },
	/* what follows a container is no value of a member in it */
	{ "{\"x\":[{\"status\":\"Running\"},\"Berlin\"]}", "{*:[{\"status\":\"Running\"},*]}" },
	{ "{\"status\":[\"Running\",[\"a\"],\"Berlin\"]}", "{\"status\":[\"Running\",[\"a\"],*]}" },
	{ "{\"system\":\"a\\\"status\\\":\\\"Running\"}", "{\"system\":*}" },
	{ "{\"hex\":\"7b41424331\"}", "{\"hex\":*}" },
	{ "{\"system\":\"\\ud800\"}", "{\"system\":*}" },
	{ "{\"system\":\"cut", "{\"system\":*" },
	{ "{\"system\":\"cut\\", "{\"system\":*" },
};

static void with_stars(char *text)
{
	char *at = text;

	while ((at = strstr(at, "\"n"))) {
		size_t len = strspn(at + 2, "0123456789abcdef");

		if (len != 16 || at[18] != '"') {
			at++;
			continue;
		}
		*at = '*';
		memmove(at + 1, at + 19, strlen(at + 19) + 1);
	}
}

START_TEST(names_are_replaced_and_nothing_else)
{
	char *then = anonymous(lines[_i].line);

	with_stars(then);
	ck_assert_str_eq(then, lines[_i].then ?: lines[_i].line);
	free(then);
}
END_TEST

/* However it is written, and wherever it stands, it is the same name */
START_TEST(a_name_has_one_pseudonym)
{
	static const char *const same[] = { "{\"system\":\"ABC1\"}", "{\"system\":\"\\u0041BC1\"}",
					    "{\"system\":\" ABC1\\t\"}" };
	char *first = anonymous(same[0]);
	char *other;
	size_t i;

	for (i = 1; i < CBX_COUNT(same); i++) {
		other = anonymous(same[i]);
		ck_assert_str_eq(other, first);
		free(other);
	}
	other = anonymous("[\"ABC1\"]");
	ck_assert_ptr_nonnull(strstr(first, strndupa(other + 1, strlen(other) - 2)));
	free(other);
	other = anonymous("{\"system\":\"abc1\"}");
	ck_assert_str_ne(other, first);
	free(other);
	free(first);
	/* a configured status, in whatever case it comes */
	first = anonymous("{\"pausedKey\":\"In Pause\"}");
	other = anonymous("{\"status\":\"in pause\"}");
	ck_assert_str_eq(strstr(other, "\"n"), strstr(first, "\"n"));
	free(other);
	free(first);
}
END_TEST

/* The first test vectors of SipHash's authors: the key 00 01 .. 0f, and the bytes "", 00, 00 01 */
START_TEST(it_is_siphash)
{
	char *text = anonymous("[\"\"]");

	/* of no bytes; vectors_sip64[0] read as a little-endian number */
	ck_assert_str_eq(text, "[\"n726fdb47dd0e0e31\"]");
	free(text);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("anonymous");

	tcase_add_loop_test(tcase, names_are_replaced_and_nothing_else, 0, (int)CBX_COUNT(lines));
	tcase_add_test(tcase, a_name_has_one_pseudonym);
	tcase_add_test(tcase, it_is_siphash);
	suite_add_tcase(suite, tcase);
}
