// SPDX-License-Identifier: MIT
/* sql_suite_pushes.c - which pushes were recorded: with their batch, in order, the last ones only
 */
#include "sql_suite.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void expect_pushes(const char *expected)
{
	struct cbx_text text = { 0 };
	int r = sql->ledger->pushes(sql, sql_note_push, &text);

	ck_assert_msg(!r, "pushes: %d (%s)", r, sql->error);
	sql_expect_text(&text, expected);
}

START_TEST(pushes_are_read_in_the_order_of_their_record)
{
	struct cbx_batch batch = { 0 };

	expect_pushes("");
	sql_put_push(&batch, 4611686018427387904, "b");
	sql_put_push(&batch, 7, "a");
	sql_record(&batch, 0);
	sql_put(&batch, "ABC1", 17, "Running", 1);
	sql_put_push(&batch, 7, "");
	sql_record(&batch, 0);
	expect_pushes("4611686018427387904:b 7:a 7: ");
}
END_TEST

START_TEST(a_push_is_remembered_only_with_its_batch)
{
	struct cbx_batch batch = { 0 };
	struct cbx_guard zombie = sql_guard;

	sql_put(&batch, "ABC1", 17, "Running", 5);
	sql_put_push(&batch, 1, "first");
	sql_record(&batch, 0);
	sql_put(&batch, "ABC1", 17, "Paused", 2);
	sql_put_push(&batch, 1, "never");
	sql_record(&batch, CHATTERBOX_E_FENCED);
	zombie.epoch--;
	sql_put_push(&batch, 1, "never");
	ck_assert_int_eq(sql->ledger->record(sql, &zombie, &batch, sql_soon()),
			 CHATTERBOX_E_FENCED);
	sql_batch_free(&batch);
	sql_put_push(&batch, 1, "second");
	sql_record(&batch, 0);
	expect_pushes("1:first 1:second ");
}
END_TEST

START_TEST(the_last_ones_are_kept)
{
	struct cbx_batch batch = { 0 };
	char identity[16];
	int i;

	/* failed transactions use no ids up */
	for (i = 0; i < 3; i++) {
		sql_put(&batch, "ABC1", 17, "Running", 3 - i);
		sql_put_push(&batch, 1, "old");
		sql_record(&batch, i ? CHATTERBOX_E_FENCED : 0);
	}
	for (i = 0; i < CBX_PUSH_LOG - 1; i++) {
		snprintf(identity, sizeof(identity), "%d", i);
		sql_put_push(&batch, 2, identity);
	}
	sql_record(&batch, 0);
	sql_expect("select count(*) from push_log", "1024");
	sql_expect("select identities from push_log order by id limit 1", "old");
	sql_put_push(&batch, 3, "one");
	sql_put_push(&batch, 3, "two");
	sql_record(&batch, 0);
	sql_expect("select count(*) from push_log", "1024");
	sql_expect("select identities from push_log order by id limit 1", "1");
	sql_expect("select identities from push_log order by id desc limit 1", "two");
}
END_TEST

static int stop_at_first(void *user, int64_t connection, const char *identities)
{
	char *seen = user;

	(void)connection;
	strcat(seen, identities);
	return -ECANCELED;
}

START_TEST(a_read_can_be_stopped)
{
	struct cbx_batch batch = { 0 };
	char seen[16] = "";

	sql_put_push(&batch, 1, "a");
	sql_put_push(&batch, 1, "b");
	sql_record(&batch, 0);
	ck_assert_int_eq(sql->ledger->pushes(sql, stop_at_first, seen), -ECANCELED);
	ck_assert_str_eq(seen, "a");
	expect_pushes("1:a 1:b ");
}
END_TEST

START_TEST(a_large_push_is_kept_whole)
{
	enum { SIZE = 5 << 20 };
	struct cbx_batch batch = { 0 };
	char *large = malloc(SIZE + 1);
	char length[16];

	ck_assert_ptr_nonnull(large);
	memset(large, 'f', SIZE);
	large[SIZE] = '\0';
	sql_put_push(&batch, 1, large);
	sql_put_push(&batch, 1, "after");
	sql_record(&batch, 0);
	free(large);
	snprintf(length, sizeof(length), "%d", SIZE);
	sql_expect("select length(identities) from push_log order by id limit 1", length);
	sql_expect("select identities from push_log order by id desc limit 1", "after");
}
END_TEST

START_TEST(an_older_database_gets_the_table)
{
	int applied = 0;

	sql_world->run("drop table push_log");
	sql_world->run("delete from chatterbox_migrations where number > 2");
	ck_assert_int_eq(sql->ops->check_schema(sql), CHATTERBOX_E_SCHEMA);
	ck_assert_msg(!sql->ops->migrate(sql, &applied), "%s", sql->error);
	ck_assert_int_gt(applied, 0);
	ck_assert_msg(!sql->ops->check_schema(sql), "%s", sql->error);
	expect_pushes("");
}
END_TEST

void sql_suite_pushes(Suite *suite)
{
	const TTest *const tests[] = {
		pushes_are_read_in_the_order_of_their_record,
		a_push_is_remembered_only_with_its_batch,
		the_last_ones_are_kept,
		a_read_can_be_stopped,
		a_large_push_is_kept_whole,
		an_older_database_gets_the_table,
	};

	sql_add(suite, "pushes", tests, CBX_COUNT(tests));
}
