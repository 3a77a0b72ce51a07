// SPDX-License-Identifier: MIT
/* Answers, reports and lists of systems: both envelopes, malformed documents, limits. */
#include "common/cleanup.h"
#include "common/text.h"
#include "common/utf8.h"
#include "decode/decode.h"
#include "unit.h"

#include <chatterbox/error.h>
#include <string.h>

#define VERB(event) "\"verb\":{\"event_category\":\"request_system\",\"event\":\"" event "\"}"
#define JOB "{\"system\":\"A\",\"job_id\":1,\"status\":\"x\"}"
#define LIST "{" VERB("job_list") ",\"object\":{\"jobs\":[" JOB "],\"systems\":[\"A\"]}}"

static const struct cbx_decode_limits limits = { 4096, 3 };

/* Answers: what they say, as "event count systems offline code", or NULL when refused */
static const struct {
	const char *in, *says;
} answers[] = {
	{ LIST, "job_list 1 [A] -" },
	{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":" LIST "}", "job_list 1 [A] -" },
	{ "{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"params\":" LIST "}", "job_list 1 [A] -" },
	{ "{\"result\":" LIST ",\"jsonrpc\":\"2.0\",\"error\":null}", "job_list 1 [A] -" },
	{ "{\"id\":null,\"result\":" LIST "}", "job_list 1 [A] -" },
	{ "{\"object\":{\"jobs\":[" JOB "]}," VERB("job_list") "}", "job_list 1 - -" },
	{ "{\"object\":{\"jobs\":[]}}", " 0 - -" },
	{ "{" VERB("job_list") ",\"object\":{\"jobs\":[],\"systems\":[{\"system\":\"B\"},\" A "
			       "\",\"B\"],"
			       "\"offline\":[\"C\"]}}",
	  "job_list 0 [A,B] [C]" },
	{ "{" VERB("job_status") ",\"object\":{\"offline\":[\"C\"]}}", "job_status 0 - [C]" },
	{ "{" VERB("job_list") ",\"object\":{\"jobs\":[],\"systems\":[]}}", "job_list 0 [] -" },
	{ "{" VERB("job_pause") ",\"object\":{}}", "job_pause 0 - -" },
	{ "{" VERB("job_list") ",\"object\":{\"jobs\":[],\"systems\":null}}", "job_list 0 - -" },
	{ "{" VERB("error") ",\"object\":{\"code\":\"system_offline\",\"message\":\"gone\"}}",
	  "error 0 - - system_offline:gone" },
	{ "{\"object\":{\"message\":\"gone\",\"code\":17},\"verb\":{\"event\":\"error\"}}",
	  "error 0 - - 17:gone" },
	{ "{\"verb\":{\"event\":\"error\"}}", "error 0 - - :" },
	{ "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-32000,\"message\":\"m\"}}",
	  " 0 - - -32000:m" },
	{ "{\"jsonrpc\":\"2.0\",\"error\":{\"data\":{\"code\":\"system_offline\"},\"code\":-1,"
	  "\"message\":\"m\"}}",
	  " 0 - - system_offline:m" },
	{ "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-1,\"data\":{\"code\":\"system_offline\"}}}",
	  " 0 - - system_offline:" },
	{ "{\"jsonrpc\":\"2.0\",\"error\":{\"code\":-1,\"data\":\"x\"}}", " 0 - - -1:" },
	/* no answer's shape */
	{ "{}", NULL },
	{ "[]", NULL },
	{ "17", NULL },
	{ "17 ", NULL },
	{ "\"x\"", NULL },
	{ "null", NULL },
	{ LIST "\"x", NULL },
	{ LIST "x", NULL },
	{ "{\"jsonrpc\":\"2.0\"}", NULL },
	{ "{\"jsonrpc\":\"2.0\",\"result\":true}", NULL },
	{ "{\"jsonrpc\":\"2.0\",\"result\":null}", NULL },
	{ "{\"jsonrpc\":\"2.0\",\"error\":\"no\"}", NULL },
	{ "{\"jsonrpc\":\"2.0\",\"result\":" LIST ",\"params\":" LIST "}", NULL },
	{ "{" VERB("job_list") "}", NULL },
	{ "{" VERB("job_list") ",\"object\":{}}", NULL },
	{ "{" VERB("job_status") ",\"object\":{\"jobs\":null}}", NULL },
	{ "{" VERB("job_list") ",\"object\":[]}", NULL },
	{ "{" VERB("job_list") ",\"object\":null}", NULL },
	{ "{" VERB("job_list") ",\"object\":{\"jobs\":{}}}", NULL },
	{ "{" VERB("job_list") ",\"object\":{\"jobs\":\"none\"}}", NULL },
	{ "{" VERB("job_list") ",\"object\":{\"jobs\":[],\"systems\":\"A\"}}", NULL },
	{ "{" VERB("job_list") ",\"object\":{\"jobs\":[],\"jobs\":[]}}", NULL },
	{ "{" VERB("job_list") ",\"object\":{\"jobs\":[]},\"object\":{\"jobs\":[]}}", NULL },
	/* no JSON */
	{ "", NULL },
	{ " ", NULL },
	{ "{", NULL },
	{ LIST LIST, NULL },
	{ LIST ",", NULL },
	{ "\xef\xbb\xbf" LIST, NULL },
	{ "\f" LIST, NULL },
	{ "{\v\"object\":{\"jobs\":[]}}", NULL },
	{ "{\"object\":{\"jobs\":[],\"x\":NaN}}", NULL },
	{ "{\"object\":{\"jobs\":[],\"x\":-Infinity}}", NULL },
	{ "{\"object\":{\"jobs\":[],\"x\":01}}", NULL },
	{ "{\"object\":{\"jobs\":[],\"x\":1.}}", NULL },
	{ "{\"object\":{\"jobs\":[],\"x\":+1}}", NULL },
	{ "{\"object\":{\"jobs\":[],}}", NULL },
	{ "{\"object\":{\"jobs\":[,]}}", NULL },
	{ "{\"object\":{\"jobs\":[]},/**/\"x\":1}", NULL },
	{ "{\"object\":{\"jobs\":[]},\"x\":'a'}", NULL },
	{ "{\"object\":{\"jobs\":[]},\"x\":\"a\nb\"}", NULL },
	{ "{\"object\":{\"jobs\":[]},\"x\":\"\\x\"}", NULL },
	{ "{\"object\":{\"jobs\":[]},\"x\":\"\\u12g4\"}", NULL },
	{ "{\"object\":{\"jobs\":[]},\"x\":\"\xc0\x80\"}", NULL },
	{ "{\"object\":{\"jobs\":[]},\"x\":\"\xed\xa0\x80\"}", NULL },
	{ "{\"object\":{\"jobs\":[]},\"x\":\"\xf4\x90\x80\x80\"}", NULL },
	{ "{\"object\":{\"jobs\":[]},\"x\":\"\xff\"}", NULL },
	{ "{\"object\":{\"jobs\":[]},\"x\":17", NULL },
	{ "{\"object\":{\"jobs\":[]},\"x\":\"tru", NULL },
	{ "{\"object\":{\"jobs\":[]},\"x\":tru", NULL },
};

static void say_names(struct cbx_text *text, char **names, size_t count, bool has)
{
	size_t i;

	cbx_text_puts(text, has ? " [" : " -");
	for (i = 0; i < count; i++)
		cbx_text_printf(text, "%s%s", i ? "," : "", names[i]);
	cbx_text_puts(text, has ? "]" : "");
}

START_TEST(answer)
{
	struct cbx_text says = { 0 };
	struct cbx_reply *reply = NULL;
	int result = cbx_decode_reply(answers[_i].in, strlen(answers[_i].in), &limits, &reply);

	if (!answers[_i].says) {
		ck_assert_msg(result == CHATTERBOX_E_DECODE, "%s", answers[_i].in);
		ck_assert_ptr_null(reply);
		return;
	}
	ck_assert_msg(!result, "%s", answers[_i].in);
	cbx_text_printf(&says, "%s %zu", reply->event, reply->count);
	say_names(&says, reply->systems, reply->system_count, reply->has_systems);
	say_names(&says, reply->offline, reply->offline_count, reply->offline_count > 0);
	if (reply->is_error)
		cbx_text_printf(&says, " %s:%s", reply->code, reply->message);
	else
		ck_assert(!reply->code[0] && !reply->message[0]);
	ck_assert_str_eq(says.bytes, answers[_i].says);
	ck_assert_int_eq(reply->has_jobs, strstr(answers[_i].in, "\"jobs\":[") != NULL);
	cbx_text_free(&says);
	cbx_reply_free(reply);
}
END_TEST

START_TEST(every_cut_is_refused)
{
	static const char *const wholes[] = {
		"{\"jsonrpc\":\"2.0\",\"result\":{" VERB(
			"job_list") ",\"object\":{\"jobs\":[{\"system\":\"A\",\"job_id\":17,"
				    "\"status\":"
				    "\"\\u0041\",\"total_files\":170,\"x\":[true,{}]}],\"systems\":"
				    "[\"A\"]"
				    "}}}",
		"{" VERB("error") ",\"object\":{\"code\":17,\"message\":false}}",
	};
	size_t len;

	for (len = 0; len < strlen(wholes[_i]); len++) {
		/* without a byte behind it, for the sanitizer */
		char *exact = malloc(len ? len : 1);
		struct cbx_reply *reply = NULL;

		memcpy(exact, wholes[_i], len);
		ck_assert_int_eq(cbx_decode_reply(exact, len, &limits, &reply),
				 CHATTERBOX_E_DECODE);
		free(exact);
	}
}
END_TEST

START_TEST(cuts_long_error_texts)
{
	struct cbx_text text = { 0 };
	struct cbx_reply *reply = NULL;
	int i;

	cbx_text_puts(&text, "{\"verb\":{\"event\":\"error\"},\"object\":{\"code\":\"x");
	for (i = 0; i < 100; i++)
		cbx_text_puts(&text, "\xc3\xa9");
	cbx_text_puts(&text, "\",\"message\":\"");
	for (i = 0; i < 300; i++)
		cbx_text_puts(&text, "m");
	cbx_text_puts(&text, "\"}}");
	ck_assert_int_eq(cbx_decode_reply(text.bytes, text.len, &limits, &reply), 0);
	ck_assert_uint_eq(strlen(reply->code), 63);
	ck_assert(cbx_utf8_valid(reply->code, 63));
	ck_assert_uint_eq(strlen(reply->message), 256);
	cbx_reply_free(reply);
	cbx_text_free(&text);
}
END_TEST

START_TEST(limits_hold)
{
	static const char three[] = "[" JOB ",17,{}]";
	static const char four[] = "[" JOB ",17,{}," JOB "]";
	const struct cbx_decode_limits small = { sizeof(three) - 2, 3 };
	struct cbx_reply *reply = NULL;

	ck_assert_int_eq(cbx_decode_report(three, sizeof(three) - 1, &limits, &reply), 0);
	ck_assert_uint_eq(reply->rejects[CBX_MEMBER_REPORT], 1);
	ck_assert_uint_eq(reply->rejects[CBX_MEMBER_SYSTEM], 1);
	cbx_reply_free(cbx_steal(reply));
	ck_assert_int_eq(cbx_decode_report(four, sizeof(four) - 1, &limits, &reply),
			 CHATTERBOX_E_LIMIT);
	ck_assert_int_eq(cbx_decode_report(three, sizeof(three) - 1, &small, &reply),
			 CHATTERBOX_E_LIMIT);
	ck_assert_ptr_null(reply);
}
END_TEST

/* @depth containers in all, in a member that is passed through */
static int decode_nested(size_t depth, bool close)
{
	struct cbx_text text = { 0 };
	struct cbx_reply *reply = NULL;
	size_t i;
	int result;

	cbx_text_puts(&text, "[{\"system\":\"A\",\"job_id\":1,\"status\":\"x\",\"deep\":");
	for (i = 2; i < depth; i++)
		cbx_text_puts(&text, i % 2 ? "[" : "{\"a\":");
	cbx_text_puts(&text, "0");
	for (i = depth - 1; close && i >= 2; i--)
		cbx_text_puts(&text, i % 2 ? "]" : "}");
	cbx_text_puts(&text, close ? "}]" : "");
	result = cbx_decode_report(text.bytes, text.len, NULL, &reply);
	cbx_reply_free(reply);
	cbx_text_free(&text);
	return result;
}

START_TEST(depth_ends_at_64)
{
	ck_assert_int_eq(decode_nested(64, true), 0);
	ck_assert_int_eq(decode_nested(65, true), CHATTERBOX_E_DECODE);
	ck_assert_int_eq(decode_nested(1000, true), CHATTERBOX_E_DECODE);
	ck_assert_int_eq(decode_nested(100000, false), CHATTERBOX_E_DECODE);
}
END_TEST

/* The reader's memory is one block: the longest tokens must fit it, whole or cut off */
START_TEST(long_tokens_fit)
{
	static const size_t sizes[] = { 1, 2000, 2047, 2048, 2049, 5000, 100000, 1 << 20 };
	size_t i;

	for (i = 0; i < CBX_COUNT(sizes) * 4; i++) {
		struct cbx_text text = { 0 };
		struct cbx_reply *reply = NULL;
		size_t size = sizes[i / 4];
		size_t k;

		cbx_text_puts(&text, "[{\"system\":\"A\",\"job_id\":1,\"status\":\"x\",\"e\":\"");
		for (k = 0; k < size; k++)
			cbx_text_putc(&text, 'x');
		cbx_text_puts(&text, i & 1 ? "\\n\"" : "\"");
		cbx_text_puts(&text, ",\"error\":\"");
		for (k = 0; k < size; k++)
			cbx_text_putc(&text, 'y');
		cbx_text_puts(&text, i & 1 ? "\\n" : "");
		cbx_text_puts(&text, i & 2 ? "" : "\"}]");
		ck_assert_int_eq(cbx_decode_report(text.bytes, text.len, NULL, &reply),
				 i & 2 ? CHATTERBOX_E_DECODE : 0);
		if (reply)
			ck_assert_uint_eq(strlen(reply->statuses[0]->error_message),
					  size + (i & 1));
		cbx_reply_free(reply);
		cbx_text_free(&text);
	}
}
END_TEST

/* Pushed reports: how many are kept, -1 = refused */
static const struct {
	const char *in;
	int count;
} reports[] = {
	{ JOB, 1 },
	{ "[" JOB "]", 1 },
	{ "[]", 0 },
	{ "[17,null,[" JOB "]]", 0 },
	{ "{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"params\":" JOB "}", 1 },
	{ "{\"params\":[" JOB "],\"jsonrpc\":\"2.0\"}", 1 },
	{ "{\"method\":\"m\",\"params\":[" JOB "," JOB "]}", 1 },
	{ "{\"x\":{\"a\":[]},\"system\":\"A\",\"job_id\":1,\"status\":\"x\"}", 1 },
	{ "{\"error\":\"disk full\",\"params\":7,\"system\":\"A\",\"job_id\":1,\"status\":\"x\"}",
	  1 },
	{ "{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"params\":17}", -1 },
	{ "{\"jsonrpc\":\"2.0\",\"method\":\"m\"}", -1 },
	{ "{\"jsonrpc\":\"2.0\",\"error\":{}}", -1 },
	{ "\"A\"", -1 },
	{ "17", -1 },
	{ "nonsense", -1 },
};

START_TEST(pushed_report)
{
	struct cbx_reply *reply = NULL;
	int result = cbx_decode_report(reports[_i].in, strlen(reports[_i].in), &limits, &reply);

	ck_assert_msg(result == (reports[_i].count < 0 ? CHATTERBOX_E_DECODE : 0), "%s",
		      reports[_i].in);
	if (reply)
		ck_assert_int_eq((int)reply->count, reports[_i].count);
	cbx_reply_free(reply);
}
END_TEST

/* Events about systems: "names rejects", NULL = refused */
static const struct {
	const char *in, *says;
} systems[] = {
	{ "\"ABC1\"", "[ABC1] 0" },
	{ " \" ABC1 \" ", "[ABC1] 0" },
	{ "{\"system\":\"A\"}", "[A] 0" },
	{ "{\"system_id\":\"A\"}", "[A] 0" },
	{ "{\"systemID\":\"A\"}", "[A] 0" },
	{ "{\"actor_id\":\"A\",\"system\":\"B\"}", "[A] 0" },
	{ "{\"verb\":{\"event\":\"system_online\"},\"object\":{\"system\":\"A\"}}", "[A] 0" },
	{ "[\"B\",{\"object\":{\"actor_id\":\"A\"}},\"B\",{\"systemID\":\"C\"}]", "[A,B,C] 0" },
	{ "{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"params\":\"A\"}", "[A] 0" },
	{ "{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"params\":[\"A\"]}", "[A] 0" },
	{ "{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"params\":{\"object\":{\"system\":\"A\"}}}",
	  "[A] 0" },
	{ "[\"a/b\",17,{},{\"system\":null},[],\"C\"]", "[C] 5" },
	{ "{\"name\":\"A\"}", "[] 1" },
	{ "[]", "[] 0" },
	{ "17 ", NULL },
	{ "null", NULL },
	{ "{\"jsonrpc\":\"2.0\",\"method\":\"m\",\"params\":17}", NULL },
	{ "{\"jsonrpc\":\"2.0\",\"method\":\"m\"}", NULL },
	{ "ABC1", NULL },
};

START_TEST(event_of_systems)
{
	struct cbx_text says = { 0 };
	struct cbx_reply *reply = NULL;
	int result = cbx_decode_systems(systems[_i].in, strlen(systems[_i].in), &limits, &reply);

	ck_assert_msg(result == (systems[_i].says ? 0 : CHATTERBOX_E_DECODE), "%s", systems[_i].in);
	if (!reply)
		return;
	say_names(&says, reply->systems, reply->system_count, true);
	cbx_text_printf(&says, " %u", reply->rejects[CBX_MEMBER_SYSTEM]);
	ck_assert_str_eq(says.bytes + 1, systems[_i].says);
	cbx_text_free(&says);
	cbx_reply_free(reply);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("decode_frame");

	tcase_add_loop_test(tcase, answer, 0, CBX_COUNT(answers));
	tcase_add_loop_test(tcase, pushed_report, 0, CBX_COUNT(reports));
	tcase_add_loop_test(tcase, event_of_systems, 0, CBX_COUNT(systems));
	tcase_add_loop_test(tcase, every_cut_is_refused, 0, 2);
	tcase_add_test(tcase, cuts_long_error_texts);
	tcase_add_test(tcase, limits_hold);
	tcase_add_test(tcase, depth_ends_at_64);
	tcase_add_test(tcase, long_tokens_fit);
	suite_add_tcase(suite, tcase);
}
