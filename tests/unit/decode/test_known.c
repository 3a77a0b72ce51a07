// SPDX-License-Identifier: MIT
/* Statuses that are known already, recognised by their bytes (cbx_decode_reply_knowing()). */
#include "common/text.h"
#include "decode/decode.h"
#include "unit.h"

#include <chatterbox/error.h>

#define JOB "{\"system\":\"A\",\"job_id\":1,\"status\":\"x\"}"

static struct cbx_status *same(void *user, const char *at, size_t left)
{
	(void)at;
	(void)left;
	return user;
}

/* A known status is taken only where its very bytes stand, and is an element like all others */
START_TEST(what_is_known_is_not_read_again)
{
	static const char other[] = "{\"system\":\"A\",\"job_id\":2,\"status\":\"x\"}";
	const char *const jobs[] = { JOB, other,
				     "{ \"system\":\"A\",\"job_id\":1,\"status\":\"x\"}" };
	const struct cbx_decode_limits most[] = { { 4096, 1 }, { 4096, 0 } };
	cbx_auto(cbx_status_unrefp) struct cbx_status *status = NULL;
	struct cbx_known known = { .find = same };
	struct cbx_text text = { 0 };
	struct cbx_reply *reply = NULL;
	int which;

	ck_assert_int_eq(cbx_decode_status(JOB, sizeof(JOB) - 1, &status), 0);
	known.user = status;
	for (which = 0; which < 3; which++) {
		cbx_text_clear(&text);
		cbx_text_printf(&text, "{\"object\":{\"jobs\":[%s]}}", jobs[which]);
		ck_assert_int_eq(cbx_decode_reply_knowing(text.bytes, text.len, &most[0], &known,
							  &reply),
				 0);
		ck_assert_uint_eq(reply->count, 1);
		ck_assert((reply->statuses[0] == status) == (which == 0));
		cbx_reply_free(cbx_steal(reply));
		ck_assert_int_eq(cbx_decode_reply_knowing(text.bytes, text.len, &most[1], &known,
							  &reply),
				 CHATTERBOX_E_LIMIT);
	}
	/* cut off in it */
	ck_assert_int_eq(cbx_decode_reply_knowing(text.bytes, text.len - 4, &most[0], &known,
						  &reply),
			 CHATTERBOX_E_DECODE);
	cbx_text_free(&text);
}
END_TEST

UNIT_TESTS(what_is_known_is_not_read_again)
