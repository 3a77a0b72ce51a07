// SPDX-License-Identifier: MIT
/* What is no recording, or a broken one, is refused with its line and first byte; what comes before
 * it was compared. */
#include "replay_kit.h"
#include "unit.h"

#include <chatterbox/error.h>
#include <stdio.h>
#include <string.h>

#define HEADER "{\"chatterbox_recording\":1,\"version\":\"0.1.0\",\"anonymous\":false}\n"
#define STATE                                                                           \
	"{\"what\":\"state\",\"at\":100.000000000,\"wall_ms\":1795456800000,"           \
	"\"db_ms\":1795456800000,\"systems\":1,\"settings\":{\"pausedKey\":\"Paused\"," \
	"\"offline_job_ttl\":86400,\"a.key.of.tomorrow\":1}}\n"
#define SYSTEM                                                                            \
	"{\"what\":\"system\",\"system\":\"ABC1\",\"state\":\"online\",\"checked_ms\":0," \
	"\"reported\":99.000000000}\n"
#define BEGIN "{\"what\":\"begin\",\"at\":100.000000000}\n"
#define PUSH                                                                     \
	"{\"what\":\"push\",\"at\":101.000000000,\"event\":\"job_status\","      \
	"\"arrived\":101.000000000,\"body\":{\"system\":\"ABC1\",\"job_id\":17," \
	"\"status\":\"Running\"}}\n"
#define COMMIT "{\"what\":\"commit\",\"at\":101.500000000}\n"
#define TOLD                                                                       \
	"{\"what\":\"told\",\"at\":101.500000000,\"event\":\"update_job_status\"," \
	"\"origin\":\"user\",\"body\":{\"system\":\"ABC1\",\"job_id\":17,"         \
	"\"status\":\"Running\"}}\n"
#define WHOLE HEADER STATE SYSTEM BEGIN PUSH COMMIT TOLD

START_TEST(a_whole_one_agrees)
{
	struct replayed replayed = replay_bytes(WHOLE, strlen(WHOLE));

	ck_assert_msg(!replayed.result, "%s", replayed.error);
	ck_assert_uint_eq(replayed.agreed, 1);
	ck_assert_uint_eq(replayed.differ, 0);
	free(replayed.said);
}
END_TEST

/* How it goes on after WHOLE, or all of it; and what is said of it */
static const struct {
	const char *bytes, *error;
	bool alone;
} broken[] = {
	{ "", "line 0 (byte 0): is no recording: it is empty", true },
	{ "\x7f"
	  "ELF\n",
	  "line 1 (byte 0): is no recording of chatterboxd --record", true },
	{ "[1]\n", "line 1 (byte 0): is no recording of", true },
	{ "{\"name\":\"chatterboxd\",\"level\":30}\n", "line 1 (byte 0): is no recording of",
	  true },
	{ "{\"chatterbox_recording\":2}\n", "has format 2, this chatterbox-replay knows 1", true },
	{ HEADER, "line 1 (byte 63): is the last one, and no state has begun", true },
	{ HEADER STATE, "line 2 (byte 237): is the last one, in the middle of a state", true },
	{ HEADER STATE PUSH, "line 3", true },
	{ HEADER SYSTEM, "line 2 (byte 63): belongs to a state that has not begun", true },
	{ HEADER "{\"what\":\"state\",\"at\":1.000000000}\n", "line 2 (byte 63): has no good db_ms",
	  true },
	{ "{\"what\":\"push\",\"at\":102.000", "line 8", false },
	{ "{\"what\":\"push\",\"at\":102.000", "is cut off: it has 27 bytes and no end", false },
	{ "nonsense\n", "line 8", false },
	{ "nonsense\n", "is no JSON object", false },
	{ "{\"what\":\"commit\",\"at\":102}\n", "has no good time", false },
	{ "{\"what\":\"commit\",\"at\":-1.000000000}\n", "has no good time", false },
	{ "{\"what\":\"commit\",\"at\":99.000000000}\n", "is earlier than the line before it",
	  false },
	{ "{\"what\":\"answer\",\"at\":102.000000000}\n", "has no good sent", false },
	{ "{\"what\":\"answer\",\"at\":102.000000000,\"sent\":103.000000000}\n", "has no good sent",
	  false },
	{ "{\"what\":\"answer\",\"at\":102.000000000,\"sent\":101.000000000,\"asked\":[]}\n",
	  "has no good asked", false },
	{ "{\"what\":\"answer\",\"at\":102.000000000,\"sent\":101.000000000,"
	  "\"asked\":[{\"system\":\"A/B\"}]}\n",
	  "has no good asked", false },
	{ "{\"what\":\"answer\",\"at\":102.000000000,\"sent\":101.000000000,"
	  "\"asked\":[{\"system\":\"ABC1\",\"jobs\":[2,1]}]}\n",
	  "has no good asked", false },
	{ "{\"what\":\"push\",\"at\":102.000000000,\"event\":\"job_status\"}\n",
	  "has no good event or arrived", false },
	{ "{\"what\":\"push\",\"at\":102.000000000,\"event\":\"job_status\","
	  "\"arrived\":102.000000000,\"body\":5}\n",
	  "has no good body", false },
	{ "{\"what\":\"row\",\"at\":102.000000000,\"system\":\"ABC1\"}\n", "has no good row",
	  false },
	{ "{\"what\":\"row\",\"at\":102.000000000,\"system\":\"ABC1\",\"job_id\":1,"
	  "\"revision\":1,\"table\":\"lease\"}\n",
	  "has no good table", false },
	{ "{\"what\":\"told\",\"at\":102.000000000}\n", "has no event or body", false },
	{ "{\"what\":\"told\",\"at\":102.000000000,\"event\":\"status\",\"body\":{}}\n",
	  "has no good body", false },
	{ "{\"what\":\"connection\",\"at\":102.000000000,\"system\":5}\n", "has no good system",
	  false },
	{ "{\"what\":\"cleared\",\"at\":102.000000000}\n", "has no good job", false },
};

START_TEST(a_broken_one_is_refused)
{
	struct cbx_text text = { 0 };
	struct replayed replayed;

	cbx_text_printf(&text, "%s%s", broken[_i].alone ? "" : WHOLE, broken[_i].bytes);
	replayed = replay_of(&text);
	ck_assert_int_eq(replayed.result, CHATTERBOX_E_DECODE);
	ck_assert_msg(strstr(replayed.error, broken[_i].error) != NULL, "%d: '%s', not '%s'", _i,
		      replayed.error, broken[_i].error);
	/* what came before is not in vain */
	ck_assert_uint_eq(replayed.agreed, broken[_i].alone ? 0 : 1);
	free(replayed.said);
	cbx_text_free(&text);
}
END_TEST

/* Wherever it is cut, it ends with an error or with what was whole */
START_TEST(a_truncated_one_says_where)
{
	size_t len;

	for (len = 0; len < strlen(WHOLE); len++) {
		struct replayed replayed = replay_bytes(WHOLE, len);
		bool whole_line = len && WHOLE[len - 1] == '\n';

		if (!whole_line)
			ck_assert_int_eq(replayed.result, CHATTERBOX_E_DECODE);
		ck_assert(!replayed.result || strstr(replayed.error, "(byte "));
		/* nor does an event differ whose line is not there yet */
		ck_assert_msg(!replayed.differ, "at %zu: %s", len, replayed.said);
		free(replayed.said);
	}
}
END_TEST

static const char *const later[] = {
	"{\"what\":\"of tomorrow\",\"at\":102.000000000,\"x\":[1,{}]}\n",
	"{\"what\":\"unanswered\",\"at\":102.000000000}\n",
	"{\"what\":\"told\",\"at\":102.000000000,\"event\":\"jobs_data\",\"body\":{}}\n",
	"{\"what\":\"end\",\"why\":\"stopped\"}\n",
	"{\"what\":\"break\",\"at\":102.000000000,\"why\":\"discarded\"}\n" PUSH,
};

START_TEST(what_it_need_not_know_is_passed_over)
{
	struct cbx_text text = { 0 };
	struct replayed replayed;

	cbx_text_printf(&text, "%s%s", WHOLE, later[_i]);
	if (_i == 4) /* a line of later than the break */
		replay_alter(&text, "discarded", "101.000000000", "103.000000000");
	replayed = replay_of(&text);
	ck_assert_msg(!replayed.result && !replayed.differ, "%s%s", replayed.error, replayed.said);
	free(replayed.said);
	cbx_text_free(&text);
}
END_TEST

#define GAP "{\"what\":\"gap\",\"at\":102.000000000,\"lines\":1}\n"
#define LOOK "{\"what\":\"look\",\"at\":102.000000000,\"discovery\":false}\n"

/* Of an event that should have been told: its line may be among those that were dropped, and is
 * missing where the recording went on */
START_TEST(what_a_gap_took_is_not_compared)
{
	static const char GAPPED[] = HEADER STATE SYSTEM BEGIN PUSH COMMIT GAP;
	static const char UNTOLD[] = HEADER STATE SYSTEM BEGIN PUSH COMMIT LOOK;
	struct replayed gapped = replay_bytes(GAPPED, strlen(GAPPED));
	struct replayed untold = replay_bytes(UNTOLD, strlen(UNTOLD));

	ck_assert_msg(!gapped.result && !gapped.differ, "%s%s", gapped.error, gapped.said);
	ck_assert_msg(!untold.result && untold.differ == 1, "%s%s", untold.error, untold.said);
	free(gapped.said);
	free(untold.said);
}
END_TEST

/* Who reads it has a terminal */
START_TEST(what_differs_moves_no_cursor)
{
	struct cbx_text text = { 0 };
	struct replayed replayed;

	cbx_text_puts(&text, WHOLE);
	replay_alter(&text, "\"told\"", "Running", "\\u001bm");
	replayed = replay_of(&text);
	ck_assert_uint_eq(replayed.differ, 1);
	ck_assert_msg(strstr(replayed.said, "recorded: ?m at first (user)") != NULL, "%s",
		      replayed.said);
	ck_assert_ptr_null(strchr(replayed.said, '\x1b'));
	free(replayed.said);
	cbx_text_free(&text);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("lines");

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, a_whole_one_agrees);
	tcase_add_loop_test(tcase, a_broken_one_is_refused, 0, (int)CBX_COUNT(broken));
	tcase_add_test(tcase, a_truncated_one_says_where);
	tcase_add_loop_test(tcase, what_it_need_not_know_is_passed_over, 0, (int)CBX_COUNT(later));
	tcase_add_test(tcase, what_a_gap_took_is_not_compared);
	tcase_add_test(tcase, what_differs_moves_no_cursor);
	suite_add_tcase(suite, tcase);
}
