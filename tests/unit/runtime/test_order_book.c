// SPDX-License-Identifier: MIT
/* Orders until they are rows: none waits for SQL, none is lost while there is room */
#include "common/cleanup.h"
#include "domain/status.h"
#include "fake_clock.h"
#include "runtime/call.h"
#include "unit.h"

#include <string.h>

static struct cbx_order_book book;
static struct fake_clock fake;
static struct cbx_order_copy copies[8];

static void set_up(void)
{
	fake_clock_init(&fake);
	cbx_order_book_init(&book, &fake.clock);
}

static void tear_down(void)
{
	cbx_order_book_close(&book);
}

static struct cbx_order *note(const char *event, int64_t job_id)
{
	const struct cbx_asker asker = { .door = "http", .who = "me" };
	const struct cbx_order_about about = { event, "ABC1", job_id, "" };

	return cbx_order_note(&book, &asker, &about);
}

START_TEST(one_that_has_ended_is_written_once)
{
	cbx_order_end(&book, note("pause", 17), "ok", NULL);
	ck_assert_uint_eq(cbx_order_book_copy(&book, copies, 8, false), 1);
	ck_assert_str_eq(copies[0].row.system, "ABC1");
	ck_assert_int_eq(copies[0].row.job_id, 17);
	ck_assert_str_eq(copies[0].row.outcome, "ok");
	ck_assert_str_eq(copies[0].row.who, "me");
	ck_assert_ptr_null(copies[0].row.detail);
	ck_assert_uint_eq(strlen(copies[0].row.key), CBX_UUID_TEXT - 1);
	/* it could not be written: it stays, with the time at which it came */
	fake_clock_pass(&fake, 3 * CBX_SECOND);
	ck_assert_uint_eq(cbx_order_book_copy(&book, copies, 8, false), 1);
	ck_assert_int_eq(copies[0].row.age_ms, 3000);
	cbx_order_book_written(&book, copies, 1);
	ck_assert_uint_eq(cbx_order_book_copy(&book, copies, 8, true), 0);
	ck_assert_uint_eq(book.count, 0);
}
END_TEST

START_TEST(one_that_takes_long_is_written_twice)
{
	struct cbx_order *order = note("pause", 17);

	ck_assert_uint_eq(cbx_order_book_copy(&book, copies, 8, false), 0);
	fake_clock_pass(&fake, CBX_SECOND);
	ck_assert_uint_eq(cbx_order_book_copy(&book, copies, 8, false), 1);
	ck_assert_ptr_null(copies[0].row.outcome);
	/* it ends while it is being written */
	cbx_order_end(&book, order, "nl-hdms is silent", NULL);
	cbx_order_book_written(&book, copies, 1);
	ck_assert_uint_eq(cbx_order_book_copy(&book, copies, 8, false), 1);
	ck_assert_str_eq(copies[0].row.outcome, "nl-hdms is silent");
	cbx_order_book_written(&book, copies, 1);
	ck_assert_uint_eq(book.count, 0);
}
END_TEST

START_TEST(the_oldest_that_ended_makes_room)
{
	struct cbx_order *first = note("first", 1);
	size_t i;

	cbx_order_end(&book, note("second", 2), "ok", NULL);
	for (i = 2; i < CBX_ORDERS_WAIT; i++)
		ck_assert_ptr_nonnull(note("more", 3));
	ck_assert_ptr_nonnull(note("last", 4));
	ck_assert_uint_eq(book.count, CBX_ORDERS_WAIT);
	ck_assert_uint_eq(book.lost, 1);
	/* none has ended now: the new one is not noted, and nobody is told that it was */
	ck_assert_ptr_null(note("too many", 5));
	ck_assert_uint_eq(book.lost, 2);
	cbx_order_end(&book, NULL, "ok", NULL);
	cbx_order_end(&book, first, "ok", NULL);
	ck_assert_uint_eq(cbx_order_book_copy(&book, copies, 8, false), 1);
	ck_assert_str_eq(copies[0].row.event, "first");
	cbx_order_forget(&book, first);
	ck_assert_uint_eq(book.count, CBX_ORDERS_WAIT - 1);
}
END_TEST

START_TEST(a_closed_book_notes_nothing)
{
	book.closed = true;
	ck_assert_ptr_null(note("pause", 17));
	ck_assert_uint_eq(book.lost, 0);
}
END_TEST

/* What SQL would refuse would keep all others from being written, too */
START_TEST(texts_are_such_that_sql_takes_them)
{
	struct cbx_asker asker = { .door = "amqp" };
	char long_one[200];
	size_t i;

	cbx_asker_name(&asker, "a\nb\x7f\xff\xc3\xa4");
	ck_assert_str_eq(asker.who, "a?b??\xc3\xa4");
	cbx_asker_name(&asker, "\xc3\xa4\xf0\x9f\x98\x80");
	ck_assert_str_eq(asker.who, "\xc3\xa4\xf0\x9f\x98\x80");
	for (i = 0; i + 1 < sizeof(long_one); i += 2)
		memcpy(long_one + i, "\xc3\xa4", 2);
	long_one[1] = '\xa4';
	memmove(long_one + 1, long_one, sizeof(long_one) - 1);
	long_one[0] = 'x';
	long_one[sizeof(long_one) - 1] = '\0';
	cbx_asker_name(&asker, long_one);
	ck_assert_uint_eq(strlen(asker.who), 127);
	ck_assert(!strncmp(asker.who, long_one, 127));
	cbx_asker_name(&asker, NULL);
	ck_assert_str_eq(asker.who, "");
}
END_TEST

static const struct {
	const char *params, *detail;
} details[] = {
	{ "{}", "" },
	{ "{\"system\":\"A\",\"job_id\":1,\"token\":\"secret\"}", "" },
	{ "{\"seconds\":30}", "{\"seconds\":30}" },
	{ "{\"seconds\":\"a text is not kept\",\"older_than\":5}", "{\"older_than\":5}" },
	{ "{\"id\":7,\"dry_run\":false}", "{\"id\":7}" },
	{ "{\"discovery\":true,\"ids\":[1,2,3]}", "{\"discovery\":true,\"ids\":3}" },
};

START_TEST(of_parameters_numbers_are_kept)
{
	json_t *params = json_loads(details[_i].params, 0, NULL);
	char detail[CBX_ORDER_DETAIL];

	cbx_order_detail(params, detail);
	ck_assert_str_eq(detail, details[_i].detail);
	json_decref(params);
}
END_TEST

static void free_call(struct cbx_call *call)
{
	cbx_call_free(call);
}

static struct cbx_method method = { .name = "nl-ocd.content.job.pauseAll", .order = true };

static struct cbx_call *call_with(const char *params)
{
	struct cbx_calls calls = { .book = &book };
	struct cbx_call *call = NULL;

	ck_assert_int_eq(cbx_call_new(&method, json_loads(params, 0, NULL), free_call, NULL, &call),
			 0);
	call->asker = (struct cbx_asker){ .door = "c" };
	cbx_calls_note(&calls, call);
	cbx_calls_note(&calls, call);
	return call;
}

START_TEST(a_call_is_noted_with_its_outcome)
{
	struct cbx_text text = { 0 };
	struct cbx_call *call = call_with("{\"system\":\" ABC1 \",\"older_than\":3}");

	cbx_text_puts(&text, "{\"jobs\":2}");
	cbx_call_done(call, &text);
	call = call_with("{}");
	snprintf(call->data, sizeof(call->data), "busy");
	cbx_call_fail(call, CBX_CALL_HDMS, "try later");
	ck_assert_uint_eq(cbx_order_book_copy(&book, copies, 8, false), 2);
	ck_assert_str_eq(copies[0].row.event, "nl-ocd.content.job.pauseAll");
	ck_assert_str_eq(copies[0].row.system, "ABC1");
	ck_assert_str_eq(copies[0].row.outcome, "ok");
	ck_assert_str_eq(copies[0].row.detail, "{\"older_than\":3,\"jobs\":2}");
	ck_assert_ptr_null(copies[1].row.system);
	ck_assert_int_eq(copies[1].row.job_id, CBX_NO_COUNT);
	ck_assert_str_eq(copies[1].row.outcome, "busy: try later");
}
END_TEST

START_TEST(what_another_instance_notes_is_not_noted_here)
{
	struct cbx_call *call = call_with("{}");

	call->carried = true;
	cbx_call_fail(call, CBX_CALL_TIMEOUT, "no answer");
	/* neither is a question, nor what names nothing that can be */
	cbx_call_fail(call_with("{\"dry_run\":true}"), CBX_CALL_DOWN, "");
	cbx_call_fail(call_with("{\"system\":\"a/b\"}"), CBX_CALL_PARAMS, "");
	cbx_call_fail(call_with("{\"job_id\":-1}"), CBX_CALL_PARAMS, "");
	ck_assert_uint_eq(book.count, 0);
}
END_TEST

UNIT_SUITE(suite)
{
	const TTest *const tests[] = {
		one_that_has_ended_is_written_once,
		one_that_takes_long_is_written_twice,
		the_oldest_that_ended_makes_room,
		a_closed_book_notes_nothing,
		texts_are_such_that_sql_takes_them,
		a_call_is_noted_with_its_outcome,
		what_another_instance_notes_is_not_noted_here,
	};
	TCase *tcase = tcase_create("order_book");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_loop_test(tcase, of_parameters_numbers_are_kept, 0, (int)CBX_COUNT(details));
	unit_add(tcase, tests, CBX_COUNT(tests));
	suite_add_tcase(suite, tcase);
}
