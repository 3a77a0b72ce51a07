// SPDX-License-Identifier: MIT
/* Which jobs the rejected statuses of an answer may be about: as far as they can be read */
#include "common/text.h"
#include "decode/decode.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

#define ID(id) "\"job_id\":" #id
#define AT(system, more) "{\"system\":\"" system "\"," more "}"

/* An answer's object; of two systems: the jobs that a rejected status may be about, ascending, and
 * ? when one may be about any other */
static const struct {
	const char *in, *a, *b;
} cases[] = {
	{ "\"jobs\":[]", "", "" },
	{ "\"jobs\":[" AT("A", ID(1) ",\"status\":\"x\"") "]", "", "" },
	/* what is bad in one that is kept makes no doubt of it */
	{ "\"jobs\":[" AT("A", ID(1) ",\"status\":\"x\",\"downloaded\":-1") "]", "", "" },
	{ "\"jobs\":[" AT("A", ID(9)) "," AT("B", ID(8)) "," AT(" A", ID("7")) "," AT("C",
										      ID(1)) "]",
	  " 7 9", " 8" },
	{ "\"jobs\":[" AT("A", ID(5)) "," AT("A", ID(5)) "]", " 5 5", "" },
	{ "\"jobs\":[{" ID(3) "}," AT("B", ID("")) "," AT("/", ID(2)) "]", " 2 3", " 2 3 ?" },
	/* of a repeated member the last one counts */
	{ "\"jobs\":[" AT("A", ID(9) "," ID(4) ",\"status\":\"x\",\"status\":1") "]", " 4", "" },
	{ "\"jobs\":[" AT("A", ID(9) "," ID(-4) ",\"status\":\"x\"") "]", " ?", "" },
	{ "\"jobs\":[{\"status\":\"x\"}]", " ?", " ?" },
	{ "\"jobs\":[17]", " ?", " ?" },
	{ "\"jobs\":[[]]", " ?", " ?" },
	/* the name of a system that can't be read may be the one that was asked */
	{ "\"jobs\":[],\"offline\":[\"\\u0000\"]", " ?", " ?" },
	{ "\"jobs\":[],\"systems\":[{}]", " ?", " ?" },
	{ "\"jobs\":[],\"systems\":[\"A\"],\"offline\":[{\"system\":\"B\"}]", "", "" },
};

static void expect_jobs(const struct cbx_reply *reply, const char *system, const char *wanted)
{
	cbx_auto(cbx_text_free) struct cbx_text got = { 0 };
	cbx_auto(cbx_freep) int64_t *ids = NULL;
	size_t count = 0;
	size_t i;
	int any = cbx_reply_rejected(reply, system, &ids, &count);

	for (i = 0; i < count; i++)
		cbx_text_printf(&got, " %lld", (long long)ids[i]);
	cbx_text_puts(&got, any ? " ?" : "");
	ck_assert_str_eq(got.len ? got.bytes : "", wanted);
}

START_TEST(a_rejected_status_may_be_about_these_jobs)
{
	cbx_auto(cbx_reply_freep) struct cbx_reply *reply = NULL;
	char text[256];
	int len = snprintf(text, sizeof(text),
			   "{\"verb\":{\"event\":\"job_list\"},\"object\":{%s}}", cases[_i].in);

	ck_assert_int_eq(cbx_decode_reply(text, (size_t)len, NULL, &reply), 0);
	expect_jobs(reply, "A", cases[_i].a);
	expect_jobs(reply, "B", cases[_i].b);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("garbled");

	tcase_add_loop_test(tcase, a_rejected_status_may_be_about_these_jobs, 0,
			    (int)CBX_COUNT(cases));
	suite_add_tcase(suite, tcase);
}
