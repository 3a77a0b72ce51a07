// SPDX-License-Identifier: MIT
/* One status: what is taken, dropped, rejected and counted, and its canonical bytes. */
#include "common/cleanup.h"
#include "common/text.h"
#include "decode/decode.h"
#include "unit.h"

#include <chatterbox/error.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define HEAD "\"system\":\"A\",\"job_id\":1,\"status\":\"x\""

static const struct cbx_decode_limits limits = { 1 << 20, 10000 };

static struct cbx_reply *report(const char *text)
{
	struct cbx_reply *reply = NULL;

	ck_assert_msg(cbx_decode_report(text, strlen(text), &limits, &reply) == 0, "%s", text);
	return reply;
}

/* A kept status and what it becomes; counted names the member that is counted once, or NULL */
static const struct {
	const char *in, *out, *counted;
} kept[] = {
	{ "{" HEAD "}", "{" HEAD "}", NULL },
	{ " { \"status\" : \"x\" , \"job_id\" : 1 ,\n\t\"system\" : \"A\" } ", "{" HEAD "}", NULL },
	{ "{\"syst\\u0065m\":\"\\u0041\",\"job_id\":\"1\",\"status\":\"\\u0078\"}", "{" HEAD "}",
	  NULL },
	{ "{\"system\":\" A\\n\",\"job_id\":1.0,\"status\":\"x\"}", "{" HEAD "}", NULL },
	{ "{\"system\":\"A\",\"job_id\":1e0,\"status\":\"x\"}", "{" HEAD "}", NULL },
	{ "{\"system\":\"A\",\"job_id\":\"0017\",\"status\":\" x \"}",
	  "{\"system\":\"A\",\"job_id\":17,\"status\":\" x \"}", NULL },
	{ "{\"system\":\"A\",\"job_id\":9007199254740991,\"status\":\"x\"}",
	  "{\"system\":\"A\",\"job_id\":9007199254740991,\"status\":\"x\"}", NULL },
	/* percent_completed */
	{ "{" HEAD ",\"percent_completed\":42.50}", "{" HEAD ",\"percent_completed\":\"42.5\"}",
	  NULL },
	{ "{" HEAD ",\"percent_completed\":\" 42.5 %\"}",
	  "{" HEAD ",\"percent_completed\":\"42.5\"}", NULL },
	{ "{" HEAD ",\"percent_completed\":1e2}", "{" HEAD ",\"percent_completed\":\"100\"}",
	  NULL },
	{ "{" HEAD ",\"percent_completed\":-0.0}", "{" HEAD ",\"percent_completed\":\"0\"}", NULL },
	{ "{" HEAD ",\"percent_completed\":\"NaN\"}", "{" HEAD "}", "percent_completed" },
	{ "{" HEAD ",\"percent_completed\":-1}", "{" HEAD "}", "percent_completed" },
	{ "{" HEAD ",\"percent_completed\":100.5}", "{" HEAD "}", "percent_completed" },
	{ "{" HEAD ",\"percent_completed\":1e400}", "{" HEAD "}", "percent_completed" },
	{ "{" HEAD ",\"percent_completed\":null}", "{" HEAD "}", "percent_completed" },
	{ "{" HEAD ",\"percent_completed\":[42]}", "{" HEAD "}", "percent_completed" },
	/* counts */
	{ "{" HEAD ",\"total_files\":\"17\",\"downloaded\":0}",
	  "{" HEAD ",\"downloaded\":0,\"total_files\":17}", NULL },
	{ "{" HEAD ",\"downloaded\":5.0,\"total_files\":1e3}",
	  "{" HEAD ",\"downloaded\":5,\"total_files\":1000}", NULL },
	{ "{" HEAD ",\"downloaded\":9007199254740992}", "{" HEAD "}", "downloaded" },
	{ "{" HEAD ",\"downloaded\":9223372036854775808}", "{" HEAD "}", "downloaded" },
	{ "{" HEAD ",\"total_files\":-1}", "{" HEAD "}", "total_files" },
	{ "{" HEAD ",\"total_files\":1.5}", "{" HEAD "}", "total_files" },
	{ "{" HEAD ",\"total_files\":\"5.0\"}", "{" HEAD "}", "total_files" },
	{ "{" HEAD ",\"total_files\":\" 5\"}", "{" HEAD "}", "total_files" },
	{ "{" HEAD ",\"total_files\":true}", "{" HEAD "}", "total_files" },
	/* texts */
	{ "{" HEAD ",\"download_speed\":\"250 KB/s\"}",
	  "{" HEAD ",\"download_speed\":\"250 KB/s\"}", NULL },
	{ "{" HEAD ",\"download_speed\":1048576.50}", "{" HEAD ",\"download_speed\":\"1048576.5\"}",
	  NULL },
	{ "{" HEAD ",\"download_speed\":1e3}", "{" HEAD ",\"download_speed\":\"1000\"}", NULL },
	{ "{" HEAD ",\"download_speed\":-5}", "{" HEAD "}", "download_speed" },
	{ "{" HEAD ",\"download_speed\":1e400}", "{" HEAD "}", "download_speed" },
	{ "{" HEAD ",\"download_speed\":9223372036854775808}", "{" HEAD "}", "download_speed" },
	{ "{" HEAD ",\"download_speed\":\"\"}", "{" HEAD "}", "download_speed" },
	{ "{" HEAD ",\"job_type\":\"\\ud83d\\ude00\"}",
	  "{" HEAD ",\"job_type\":\"\xf0\x9f\x98\x80\"}", NULL },
	{ "{" HEAD ",\"job_type\":\"a\\\"\\\\\\/\\n\"}",
	  "{" HEAD ",\"job_type\":\"a\\\"\\\\/\\n\"}", NULL },
	{ "{" HEAD ",\"job_type\":7}", "{" HEAD "}", "job_type" },
	{ "{" HEAD ",\"job_type\":\"a\\u0000b\"}", "{" HEAD "}", "job_type" },
	{ "{" HEAD ",\"job_type\":\"\\ud800\"}", "{" HEAD "}", "job_type" },
	{ "{" HEAD ",\"job_type\":\"\\udc00\"}", "{" HEAD "}", "job_type" },
	{ "{" HEAD ",\"job_type\":\"\\ud800\\u0041\"}", "{" HEAD "}", "job_type" },
	{ "{" HEAD ",\"job_type\":\"\\ud800\\ud800\"}", "{" HEAD "}", "job_type" },
	{ "{" HEAD ",\"job_type\":\"\\ud800x\"}", "{" HEAD "}", "job_type" },
	{ "{" HEAD ",\"job_type\":\"\\\\ud800\"}", "{" HEAD ",\"job_type\":\"\\\\ud800\"}", NULL },
	/* files_downloading */
	{ "{" HEAD ",\"files_downloading\": [ \"a\\/b\" ,\t1e400, {\"x\" : [ ]} ] }",
	  "{" HEAD ",\"files_downloading\":[ \"a\\/b\" ,\t1e400, {\"x\" : [ ]} ]}", NULL },
	{ "{" HEAD ",\"files_downloading\":{}}", "{" HEAD "}", "files_downloading" },
	{ "{" HEAD ",\"files_downloading\":\"a\"}", "{" HEAD "}", "files_downloading" },
	/* anything else, as it is */
	{ "{\"z\" : 1.50e+7,\"job_id\":1,\"a\\u0062\":\"\\ud800\\u0000\",\"system\":\"A\","
	  "\"n\":null,\"o\":{ \"system\":\"B\", \"o\":[[1]] },\"status\":\"x\",\"t\":true}",
	  "{" HEAD ",\"z\":1.50e+7,\"a\\u0062\":\"\\ud800\\u0000\",\"n\":null,"
	  "\"o\":{ \"system\":\"B\", \"o\":[[1]] },\"t\":true}",
	  NULL },
	{ "{\"b\":1,\"files_downloading\":[]," HEAD ",\"a\":2}",
	  "{" HEAD ",\"files_downloading\":[],\"b\":1,\"a\":2}", NULL },
	{ "{\"params\":{\"system\":\"B\"},\"result\":[]," HEAD "}",
	  "{" HEAD ",\"params\":{\"system\":\"B\"},\"result\":[]}", NULL },
	/* repeated members: the last wins, whether it is good or bad */
	{ "{" HEAD ",\"job_type\":7,\"job_type\":\"t\"}", "{" HEAD ",\"job_type\":\"t\"}",
	  "duplicate" },
	{ "{\"status\":\"old\"," HEAD "}", "{" HEAD "}", "duplicate" },
	{ "{" HEAD ",\"u\":1,\"v\":2,\"\\u0075\":[3]}", "{" HEAD ",\"u\":[3],\"v\":2}",
	  "duplicate" },
	{ "{" HEAD ",\"\\ud800\":1,\"\\ud801\":2,\"?\":3}",
	  "{" HEAD ",\"\\ud800\":1,\"\\ud801\":2,\"?\":3}", NULL },
	{ "{" HEAD ",\"\":1}", "{" HEAD ",\"\":1}", NULL },
};

START_TEST(keeps)
{
	cbx_auto(cbx_reply_freep) struct cbx_reply *reply = report(kept[_i].in);
	cbx_auto(cbx_status_unrefp) struct cbx_status *again = NULL;
	unsigned m;

	ck_assert_uint_eq(reply->count, 1);
	ck_assert_str_eq(reply->statuses[0]->json, kept[_i].out);
	for (m = 0; m < CBX_MEMBERS; m++)
		ck_assert_msg(reply->rejects[m] == (kept[_i].counted &&
						    !strcmp(kept[_i].counted, cbx_member_name(m))),
			      "%s: %s %u", kept[_i].in, cbx_member_name(m), reply->rejects[m]);
	/* canonical text is its own canonical text */
	ck_assert_int_eq(cbx_decode_status(reply->statuses[0]->json, reply->statuses[0]->json_len,
					   &again),
			 0);
	ck_assert(cbx_status_equal(reply->statuses[0], again));
}
END_TEST

#define LONG64 "aaaaaaaabbbbbbbbccccccccddddddddeeeeeeeeffffffffgggggggghhhhhhhh"

/* Statuses that are rejected, each counted once, by this member; and the job that each may be
 * about: its system, if that can be read, and its job_id; any = neither can be read */
static const struct {
	const char *in, *counted, *rejected;
} rejected[] = {
	{ "{}", "system", "any" },
	{ "{\"job_id\":1,\"status\":\"x\"}", "system", "/1" },
	{ "{\"system\":17,\"job_id\":1,\"status\":\"x\"}", "system", "/1" },
	{ "{\"system\":\"\",\"job_id\":1,\"status\":\"x\"}", "system", "/1" },
	{ "{\"system\":\" \",\"job_id\":1,\"status\":\"x\"}", "system", "/1" },
	{ "{\"system\":\"a/b\",\"job_id\":1,\"status\":\"x\"}", "system", "/1" },
	{ "{\"system\":\"a\\u0007\",\"job_id\":1,\"status\":\"x\"}", "system", "/1" },
	{ "{\"system\":\"a\\u0000\",\"job_id\":1,\"status\":\"x\"}", "system", "/1" },
	{ "{\"system\":\"a\\u0085b\",\"job_id\":1,\"status\":\"x\"}", "system", "/1" },
	{ "{\"system\":\"" LONG64 "i\",\"job_id\":1,\"status\":\"x\"}", "system", "/1" },
	{ "{\"system\":\"a/b\",\"job_id\":-1,\"status\":\"\",\"job_type\":1}", "system", "any" },
	{ "{\"system\":\"A\",\"status\":\"x\"}", "job_id", "A/" },
	{ "{\"system\":\"A\",\"job_id\":-1,\"status\":\"x\"}", "job_id", "A/" },
	{ "{\"system\":\"A\",\"job_id\":1.5,\"status\":\"x\"}", "job_id", "A/" },
	{ "{\"system\":\"A\",\"job_id\":\"x\",\"status\":\"x\"}", "job_id", "A/" },
	{ "{\"system\":\"A\",\"job_id\":\"\",\"status\":\"x\"}", "job_id", "A/" },
	{ "{\"system\":\"A\",\"job_id\":9007199254740992,\"status\":\"x\"}", "job_id", "A/" },
	{ "{\"system\":\"A\",\"job_id\":1e400,\"status\":\"x\"}", "job_id", "A/" },
	{ "{\"system\":\"A\",\"job_id\":null,\"status\":\"x\"}", "job_id", "A/" },
	{ "{\"system\":\"A\",\"job_id\":1}", "status", "A/1" },
	{ "{\"system\":\"A\",\"job_id\":1,\"status\":\"\"}", "status", "A/1" },
	{ "{\"system\":\"A\",\"job_id\":1,\"status\":3}", "status", "A/1" },
	{ "{\"system\":\"A\",\"job_id\":1,\"status\":\"\\ud800\"}", "status", "A/1" },
	{ "{\"system\":\"A\",\"job_id\":1,\"status\":\"" LONG64 "i\"}", "status", "A/1" },
};

static void expect_rejected(const struct cbx_reply *reply, const char *wanted)
{
	const struct cbx_rejected *one = reply->rejected;
	char got[80] = "any";

	ck_assert_uint_eq(reply->rejected_count + reply->rejected_any, 1);
	if (one)
		snprintf(got, sizeof(got), one->job_id < 0 ? "%s/" : "%s/%lld", one->system,
			 (long long)one->job_id);
	ck_assert_str_eq(got, wanted);
}

START_TEST(rejects_one_and_keeps_its_neighbours)
{
	char text[1024];
	struct cbx_reply *reply;
	struct cbx_status *status = NULL;
	unsigned m;

	snprintf(text, sizeof(text),
		 "[{" HEAD "},%s,{\"system\":\"B\",\"job_id\":2,\"status\":\"y\"}]",
		 rejected[_i].in);
	reply = report(text);
	ck_assert_uint_eq(reply->count, 2);
	ck_assert_str_eq(reply->statuses[0]->system, "A");
	ck_assert_str_eq(reply->statuses[1]->system, "B");
	for (m = 0; m < CBX_MEMBERS; m++)
		ck_assert_msg(reply->rejects[m] ==
				      (unsigned)!strcmp(rejected[_i].counted, cbx_member_name(m)),
			      "%s: %s", rejected[_i].in, cbx_member_name(m));
	expect_rejected(reply, rejected[_i].rejected);
	cbx_reply_free(reply);
	ck_assert_int_eq(cbx_decode_status(rejected[_i].in, strlen(rejected[_i].in), &status),
			 CHATTERBOX_E_DECODE);
	ck_assert_ptr_null(status);
}
END_TEST

/* The members of an errored status */
static const struct {
	const char *in, *code, *message;
} errors[] = {
	{ "{" HEAD
	  ",\"error_code\":\"E1\",\"code\":\"E2\",\"error_message\":\"m1\",\"error\":\"m2\"}",
	  "E1", "m1" },
	{ "{\"code\":\"E2\",\"error\":\"m2\",\"error_code\":\"E1\",\"error_message\":\"m1\"," HEAD
	  "}",
	  "E1", "m1" },
	{ "{" HEAD ",\"code\":\"E2\",\"error\":\"m2\"}", "E2", "m2" },
	{ "{" HEAD ",\"error_code\":5,\"code\":\"E2\",\"error_message\":\"\",\"error\":\"m2\"}",
	  "E2", "m2" },
	{ "{" HEAD ",\"error_code\":\"" LONG64 "i\",\"error\":\"a\\u0000\"}", NULL, NULL },
	{ "{" HEAD ",\"error_code\":\"" LONG64 "\",\"error\":\"\\u00e9\"}", LONG64, "\xc3\xa9" },
	{ "{" HEAD ",\"error_code\":\"old\",\"error_code\":\"new\"}", "new", NULL },
	{ "{" HEAD "}", NULL, NULL },
};

START_TEST(finds_error_members)
{
	cbx_auto(cbx_reply_freep) struct cbx_reply *reply = report(errors[_i].in);

	ck_assert_uint_eq(reply->count, 1);
	ck_assert_pstr_eq(reply->statuses[0]->error_code, errors[_i].code);
	ck_assert_pstr_eq(reply->statuses[0]->error_message, errors[_i].message);
}
END_TEST

START_TEST(later_status_of_a_job_wins)
{
	cbx_auto(cbx_reply_freep) struct cbx_reply *reply =
		report("[{\"system\":\"B\",\"job_id\":2,\"status\":\"b\"},"
		       "{\"system\":\"A\",\"job_id\":2,\"status\":\"a1\"},"
		       "{\"system\":\"A\",\"job_id\":1,\"status\":\"one\"},"
		       "{\"system\":\"A\",\"job_id\":2,\"status\":\"a2\"},"
		       "{\"system\":\" A \",\"job_id\":\"2\",\"status\":\"a3\"}]");

	ck_assert_uint_eq(reply->count, 3);
	ck_assert_str_eq(reply->statuses[0]->text, "b");
	ck_assert_str_eq(reply->statuses[1]->text, "a3");
	ck_assert_str_eq(reply->statuses[2]->text, "one");
	ck_assert_uint_eq(reply->rejects[CBX_MEMBER_DUPLICATE], 2);
}
END_TEST

START_TEST(many_names_and_jobs_do_not_take_long)
{
	enum { MANY = 60000 };
	struct cbx_text text = { 0 };
	cbx_auto(cbx_reply_freep) struct cbx_reply *reply = NULL;
	cbx_auto(cbx_reply_freep) struct cbx_reply *doubles = NULL;
	int i;

	cbx_text_puts(&text, "{" HEAD);
	for (i = 0; i < MANY; i++)
		cbx_text_printf(&text, ",\"k%d\":%d", i / 2, i);
	cbx_text_puts(&text, "}");
	ck_assert_int_eq(cbx_decode_report(text.bytes, text.len, &limits, &reply), 0);
	ck_assert_uint_eq(reply->rejects[CBX_MEMBER_DUPLICATE], MANY / 2);
	ck_assert_ptr_nonnull(strstr(reply->statuses[0]->json, ",\"k0\":1,\"k1\":3,"));
	cbx_text_clear(&text);
	for (i = 0; i < 10000; i++)
		cbx_text_printf(&text, "%c{\"system\":\"A\",\"job_id\":%d,\"status\":\"x%d\"}",
				i ? ',' : '[', i % 5000, i);
	cbx_text_puts(&text, "]");
	ck_assert_int_eq(cbx_decode_report(text.bytes, text.len, &limits, &doubles), 0);
	ck_assert_uint_eq(doubles->count, 5000);
	ck_assert_str_eq(doubles->statuses[17]->text, "x5017");
	cbx_text_free(&text);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("decode");

	tcase_add_loop_test(tcase, keeps, 0, CBX_COUNT(kept));
	tcase_add_loop_test(tcase, rejects_one_and_keeps_its_neighbours, 0, CBX_COUNT(rejected));
	tcase_add_loop_test(tcase, finds_error_members, 0, CBX_COUNT(errors));
	tcase_add_test(tcase, later_status_of_a_job_wins);
	tcase_add_test(tcase, many_names_and_jobs_do_not_take_long);
	suite_add_tcase(suite, tcase);
}
