// SPDX-License-Identifier: MIT
/* sql_suite_outbox.c - of each key the oldest untold event, and nothing forgotten */
#include "sql_suite.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void expect_wish(const struct cbx_outbox_wish *wish, const char *expected)
{
	struct cbx_text text = { 0 };
	int r = sql->outbox->heads(sql, wish, sql_note_event, &text);

	ck_assert_msg(!r, "%d %s", r, sql->error);
	sql_expect_text(&text, expected);
}

static void expect_heads(enum cbx_outbox_side side, size_t limit, const char *expected)
{
	expect_wish(&(struct cbx_outbox_wish){ .side = side, .limit = limit }, expected);
}

static void expect_heads_without(const char *const *keys, size_t count, size_t limit,
				 const char *expected)
{
	struct cbx_outbox_wish wish = {
		.side = CBX_TO_BROKER, .limit = limit, .without = keys, .without_count = count
	};

	expect_wish(&wish, expected);
}

static void expect_unstreamed(size_t limit, int result, const char *expected)
{
	struct cbx_text text = { 0 };

	ck_assert_int_eq(sql->outbox->unstreamed(sql, limit, sql_note_event, &text), result);
	sql_expect_text(&text, expected);
}

static int64_t id_of(const char *message_id)
{
	struct cbx_text text = { 0 };
	int64_t id;
	char *found;

	cbx_text_printf(&text, "select id from outbox where message_id = '%s'", message_id);
	found = sql_world->ask(text.bytes);
	id = atoll(found);
	free(found);
	cbx_text_free(&text);
	return id;
}

static void tell(enum cbx_outbox_side side, const char *message_id)
{
	int64_t id = id_of(message_id);

	ck_assert_int_eq(sql->outbox->told(sql, &sql_guard, side, &id, 1), 0);
}

static void put_three_keys(void)
{
	struct cbx_batch batch = { 0 };

	sql_put_event(&batch, "a", "a1");
	sql_put_event(&batch, "a", "a2");
	sql_put_event(&batch, "b", "b1");
	sql_put_event(&batch, "a", "a3");
	sql_put_event(&batch, "c", "c1");
	sql_put_event(&batch, "b", "b2");
	sql_record(&batch, 0);
}

/* 16 MiB at once: large payloads must not pile up in memory */
START_TEST(heads_are_few_when_they_are_large)
{
	struct cbx_batch batch = { 0 };
	size_t size = (size_t)6 << 20;
	const char *keys[] = { "a", "b", "c", "d" };
	size_t i;

	for (i = 0; i < CBX_COUNT(keys); i++) {
		struct cbx_event *event = sql_put_event(&batch, keys[i], keys[i]);

		event->payload = realloc(event->payload, size + 1);
		ck_assert_ptr_nonnull(event->payload);
		memset(event->payload, 'x', size);
		event->payload[size] = '\0';
	}
	sql_record(&batch, 0);
	expect_heads(CBX_TO_BROKER, 10, "a b c ");
	expect_unstreamed(10, 1, "a b c ");
	tell(CBX_TO_BROKER, "a");
	tell(CBX_TO_BROKER, "b");
	expect_heads(CBX_TO_BROKER, 10, "c d ");
}
END_TEST

START_TEST(heads_are_the_oldest_of_each_key)
{
	put_three_keys();
	expect_heads(CBX_TO_BROKER, 10, "a1 b1 c1 ");
	expect_heads(CBX_TO_BROKER, 2, "a1 b1 ");
	tell(CBX_TO_BROKER, "b1");
	expect_heads(CBX_TO_BROKER, 10, "a1 c1 b2 ");
	/* each side goes its own pace */
	expect_heads(CBX_TO_STREAM, 10, "a1 b1 c1 ");
	tell(CBX_TO_BROKER, "b2");
	expect_heads(CBX_TO_BROKER, 10, "a1 c1 ");
}
END_TEST

START_TEST(rows_go_when_both_sides_have_them)
{
	put_three_keys();
	tell(CBX_TO_BROKER, "a1");
	sql_expect("select count(*) from outbox", "6");
	tell(CBX_TO_STREAM, "a1");
	sql_expect("select count(*) from outbox", "5");
	tell(CBX_TO_STREAM, "b1");
	tell(CBX_TO_STREAM, "b1");
	sql_expect("select count(*) from outbox", "5");
	tell(CBX_TO_BROKER, "b1");
	sql_expect("select count(*) from outbox", "4");
	/* a row that has gone already */
	ck_assert_int_eq(sql->outbox->told(sql, &sql_guard, CBX_TO_BROKER,
					   (const int64_t[]){ 1, 999 }, 2),
			 0);
}
END_TEST

START_TEST(an_older_id_committed_later_is_found)
{
	put_three_keys();
	tell(CBX_TO_BROKER, "c1");
	sql_world->run("insert into outbox (id, key, name, message_id, payload) values "
		       "(-5, 'd', 'status', 'd0', '{}'), (-4, 'a', 'status', 'a0', '{}')");
	expect_heads(CBX_TO_BROKER, 10, "d0 a0 b1 ");
}
END_TEST

START_TEST(message_ids_are_made_of_the_id)
{
	struct cbx_batch batch = { 0 };
	struct cbx_event *event;

	event = sql_put_event(&batch, "ABC1", NULL);
	event->tag = "errors";
	event->origin = NULL;
	sql_put_event(&batch, "ABC1", NULL);
	sql_put_event(&batch, "ABC2", "given");
	sql_record(&batch, 0);
	sql_expect("select count(*) from outbox where message_id = 'ABC1/errors/' || id", "1");
	sql_expect("select count(*) from outbox where message_id = 'ABC1/status/' || id", "1");
	sql_expect("select count(*) from outbox where message_id = 'given'", "1");
	sql_expect("select count(*) from outbox where origin is null", "1");
}
END_TEST

START_TEST(ids_are_never_given_out_again)
{
	struct cbx_batch batch = { 0 };
	struct cbx_text id = { 0 };
	char *first;

	sql_put_event(&batch, "ABC1", NULL);
	sql_record(&batch, 0);
	first = sql_world->ask("select message_id from outbox");
	tell(CBX_TO_BROKER, first);
	tell(CBX_TO_STREAM, first);
	sql_expect("select count(*) from outbox", "0");
	sql_put_event(&batch, "ABC1", NULL);
	sql_record(&batch, 0);
	cbx_text_printf(&id, "select count(*) from outbox where message_id <> '%s'", first);
	sql_expect(id.bytes, "1");
	cbx_text_free(&id);
	free(first);
}
END_TEST

static int check_row(void *user, const struct cbx_outbox_row *row)
{
	(void)user;
	ck_assert_str_eq(row->key, "ABC1/17");
	ck_assert_str_eq(row->name, "update_job_status");
	ck_assert_str_eq(row->message_id, "ABC1/17/1");
	ck_assert_str_eq(row->previous_status, "Läuft");
	ck_assert_str_eq(row->origin, "user");
	ck_assert_str_eq(row->payload, "{\"a\":\"\\u00e9 ü\"}");
	return 55;
}

START_TEST(heads_carry_everything)
{
	struct cbx_batch batch = { 0 };
	struct cbx_event *event = sql_put_event(&batch, "ABC1/17", "ABC1/17/1");

	event->previous_status = strdup("Läuft");
	free(event->payload);
	event->payload = strdup("{\"a\":\"\\u00e9 ü\"}");
	sql_record(&batch, 0);
	ck_assert_int_eq(
		sql->outbox->heads(sql,
				   &(struct cbx_outbox_wish){ .side = CBX_TO_STREAM, .limit = 1 },
				   check_row, NULL),
		55);
}
END_TEST

START_TEST(one_key_does_not_hide_the_others)
{
	struct cbx_batch batch = { 0 };
	char id[32];
	int i;

	for (i = 0; i < 5000; i++) {
		snprintf(id, sizeof(id), "hog%d", i);
		sql_put_event(&batch, "hog", id);
	}
	sql_put_event(&batch, "z", "z1");
	sql_put_event(&batch, "b", "b1");
	sql_put_event(&batch, "z", "z2");
	sql_record(&batch, 0);
	expect_heads(CBX_TO_BROKER, 10, "hog0 z1 b1 ");
	expect_heads(CBX_TO_BROKER, 2, "hog0 z1 ");
	tell(CBX_TO_BROKER, "hog0");
	tell(CBX_TO_BROKER, "z1");
	expect_heads(CBX_TO_BROKER, 10, "hog1 b1 z2 ");
}
END_TEST

/* A key whose event is refused waits with all its rows, and costs no room in the read */
START_TEST(keys_that_are_left_out)
{
	const char *const odd[] = { "a", "b\"{,}\\ ü'", "" };
	struct cbx_batch batch = { 0 };
	char id[32];
	int i;

	put_three_keys();
	sql_put_event(&batch, odd[1], "odd1");
	sql_record(&batch, 0);
	expect_heads_without(odd, 1, 10, "b1 c1 odd1 ");
	expect_heads_without(odd, 3, 10, "b1 c1 ");
	expect_heads_without(odd, 1, 1, "b1 ");
	expect_heads_without((const char *const[]){ "a", "b", "c" }, 3, 10, "odd1 ");
	for (i = 0; i < 5000; i++) {
		snprintf(id, sizeof(id), "hog%d", i);
		sql_put_event(&batch, i % 2 ? "hog" : "a", id);
	}
	sql_put_event(&batch, "z", "z1");
	sql_record(&batch, 0);
	expect_heads_without((const char *const[]){ "a", "hog" }, 2, 10, "b1 c1 odd1 z1 ");
	expect_heads_without(odd, 1, 10, "b1 c1 odd1 hog1 z1 ");
}
END_TEST

/* A key's later ones, too: who begins to lead hands them to its host */
START_TEST(all_that_the_stream_has_not_got)
{
	expect_unstreamed(10, 0, "");
	put_three_keys();
	expect_unstreamed(10, 0, "a1 a2 b1 a3 c1 b2 ");
	tell(CBX_TO_BROKER, "a1");
	tell(CBX_TO_STREAM, "a2");
	expect_unstreamed(5, 0, "a1 b1 a3 c1 b2 ");
	expect_unstreamed(4, 1, "a1 b1 a3 c1 ");
}
END_TEST

START_TEST(pending_counts_and_ages)
{
	struct cbx_text text = { 0 };
	double oldest = -1;
	int64_t rows = -1;

	ck_assert_int_eq(sql->outbox->pending(sql, &rows, &oldest), 0);
	ck_assert_int_eq(rows, 0);
	ck_assert(fabs(oldest) < 0.001);
	put_three_keys();
	cbx_text_printf(&text, "update outbox set created_at = %s where message_id = 'b1'",
			sql_world->past);
	sql_world->run(text.bytes);
	cbx_text_free(&text);
	ck_assert_int_eq(sql->outbox->pending(sql, &rows, &oldest), 0);
	ck_assert_int_eq(rows, 6);
	ck_assert(oldest >= 60 && oldest < 90);
}
END_TEST

START_TEST(telling_is_guarded)
{
	struct cbx_guard zombie = sql_guard;
	int64_t id;

	put_three_keys();
	id = id_of("a1");
	zombie.epoch--;
	ck_assert_int_eq(sql->outbox->told(sql, &zombie, CBX_TO_BROKER, &id, 1),
			 CHATTERBOX_E_FENCED);
	expect_heads(CBX_TO_BROKER, 10, "a1 b1 c1 ");
	ck_assert_int_eq(sql->outbox->told(sql, &sql_guard, CBX_TO_BROKER, NULL, 0), 0);
}
END_TEST

void sql_suite_outbox(Suite *suite)
{
	const TTest *const tests[] = {
		heads_are_the_oldest_of_each_key,
		heads_are_few_when_they_are_large,
		rows_go_when_both_sides_have_them,
		an_older_id_committed_later_is_found,
		message_ids_are_made_of_the_id,
		ids_are_never_given_out_again,
		heads_carry_everything,
		one_key_does_not_hide_the_others,
		keys_that_are_left_out,
		all_that_the_stream_has_not_got,
		pending_counts_and_ages,
		telling_is_guarded,
	};

	sql_add(suite, "outbox", tests, CBX_COUNT(tests));
}
