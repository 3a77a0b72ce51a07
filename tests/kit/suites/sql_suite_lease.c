// SPDX-License-Identifier: MIT
/* sql_suite_lease.c - one holder at a time, an epoch that only grows */
#include "sql_suite.h"

#include <pthread.h>
#include <string.h>

static struct cbx_lease_state held;

static void expire(const char *name)
{
	struct cbx_text text = { 0 };

	cbx_text_printf(&text, "update lease set expires_at = %s where name = '%s'",
			sql_world->past, name);
	sql_world->run(text.bytes);
	cbx_text_free(&text);
}

START_TEST(first_taker_has_it)
{
	struct cbx_sql *other = sql_open();
	int64_t epoch = 0;

	ck_assert_int_eq(sql->lease->read(sql, "L", &held), 0);
	ck_assert_str_eq(held.holder, "");
	ck_assert_int_eq(held.epoch, 0);
	ck_assert(held.expired);
	ck_assert_int_eq(sql->lease->take(sql, "L", "one", 60, &epoch, &held), 0);
	ck_assert_int_eq(epoch, 1);
	ck_assert_int_eq(other->lease->take(other, "L", "two", 60, &epoch, &held), 1);
	ck_assert_str_eq(held.holder, "one");
	ck_assert_int_eq(held.epoch, 1);
	ck_assert(!held.expired);
	/* the same holder, started again */
	ck_assert_int_eq(other->lease->take(other, "L", "one", 60, &epoch, &held), 0);
	ck_assert_int_eq(epoch, 2);
	ck_assert_int_eq(sql->lease->read(sql, "L", &held), 0);
	ck_assert_int_eq(held.epoch, 2);
	cbx_sql_free(other);
}
END_TEST

START_TEST(expired_lease_is_taken_over)
{
	const struct cbx_guard one = { "L", "one", 1 };
	const struct cbx_guard two = { "L", "two", 2 };
	struct cbx_sql *other = sql_open();
	struct cbx_batch batch = { 0 };
	int64_t epoch = 0;

	ck_assert_int_eq(sql->lease->take(sql, "L", "one", 60, &epoch, &held), 0);
	expire("L");
	ck_assert_int_eq(other->lease->read(other, "L", &held), 0);
	ck_assert(held.expired);
	ck_assert_str_eq(held.holder, "one");
	/* nobody took it: it may be renewed, and holds again */
	ck_assert_int_eq(sql->lease->renew(sql, &one, 60), 0);
	ck_assert_int_eq(other->lease->take(other, "L", "two", 60, &epoch, &held), 1);
	expire("L");
	ck_assert_int_eq(other->lease->take(other, "L", "two", 60, &epoch, &held), 0);
	ck_assert_int_eq(epoch, 2);
	ck_assert_int_eq(sql->lease->renew(sql, &one, 60), CHATTERBOX_E_FENCED);
	ck_assert_int_eq(other->lease->renew(other, &two, 60), 0);
	/* the old holder writes nothing, nor does it give away what is not its own */
	sql_guard = one;
	sql_put(&batch, "ABC1", 17, "Running", 1);
	sql_record(&batch, CHATTERBOX_E_FENCED);
	ck_assert_int_eq(sql->lease->give_back(sql, &one), 0);
	ck_assert_int_eq(other->lease->read(other, "L", &held), 0);
	ck_assert_str_eq(held.holder, "two");
	ck_assert(!held.expired);
	cbx_sql_free(other);
}
END_TEST

START_TEST(lease_ends_by_the_clock)
{
	struct cbx_sql *other = sql_open();
	uint64_t end = sql_soon();
	int64_t epoch = 0;
	int r;

	ck_assert_int_eq(sql->lease->take(sql, "L", "one", 1, &epoch, &held), 0);
	do
		r = other->lease->take(other, "L", "two", 1, &epoch, &held);
	while (r == 1 && cbx_now(cbx_system_clock()) < end);
	ck_assert_int_eq(r, 0);
	ck_assert_int_eq(epoch, 2);
	cbx_sql_free(other);
}
END_TEST

START_TEST(given_back_it_is_free_at_once)
{
	const struct cbx_guard one = { "L", "one", 1 };
	struct cbx_sql *other = sql_open();
	struct cbx_batch batch = { 0 };
	int64_t epoch = 0;

	ck_assert_int_eq(sql->lease->take(sql, "L", "one", 60, &epoch, &held), 0);
	ck_assert_int_eq(sql->lease->give_back(sql, &one), 0);
	ck_assert_int_eq(other->lease->read(other, "L", &held), 0);
	ck_assert_str_eq(held.holder, "");
	ck_assert_int_eq(held.epoch, 1);
	ck_assert(held.expired);
	/* what it covered is covered no longer */
	sql_guard = one;
	sql_put(&batch, "ABC1", 17, "Running", 1);
	sql_record(&batch, CHATTERBOX_E_FENCED);
	ck_assert_int_eq(sql->lease->renew(sql, &one, 60), CHATTERBOX_E_FENCED);
	ck_assert_int_eq(other->lease->take(other, "L", "two", 60, &epoch, &held), 0);
	ck_assert_int_eq(epoch, 2);
	cbx_sql_free(other);
}
END_TEST

/* By who stands in the row alone; extended as by a renewal; nothing of the old epoch is written */
START_TEST(its_holder_raises_its_epoch)
{
	const struct cbx_guard one = { "L", "one", 1 };
	const struct cbx_guard raised = { "L", "one", 42 };
	const struct cbx_guard wrong[] = { { "L", "two", 1 },
					   { "L", "one", 2 },
					   { "M", "one", 1 } };
	struct cbx_batch batch = { 0 };
	int64_t epoch = 0;
	size_t i;

	ck_assert_int_eq(sql->lease->take(sql, "L", "one", 60, &epoch, &held), 0);
	for (i = 0; i < CBX_COUNT(wrong); i++)
		ck_assert_int_eq(sql->lease->raise(sql, &wrong[i], 60, 41, &epoch),
				 CHATTERBOX_E_FENCED);
	ck_assert_int_eq(epoch, 1);
	expire("L");
	ck_assert_int_eq(sql->lease->raise(sql, &one, 60, 41, &epoch), 0);
	ck_assert_int_eq(epoch, 42);
	ck_assert_int_eq(sql->lease->read(sql, "L", &held), 0);
	ck_assert_str_eq(held.holder, "one");
	ck_assert_int_eq(held.epoch, 42);
	ck_assert(!held.expired);
	sql_guard = one;
	sql_put(&batch, "ABC1", 17, "Running", 1);
	sql_record(&batch, CHATTERBOX_E_FENCED);
	ck_assert_int_eq(sql->lease->renew(sql, &one, 60), CHATTERBOX_E_FENCED);
	ck_assert_int_eq(sql->lease->renew(sql, &raised, 60), 0);
	/* it never sinks, whatever it is to be above */
	ck_assert_int_eq(sql->lease->raise(sql, &raised, 60, 7, &epoch), 0);
	ck_assert_int_eq(epoch, 43);
	expire("L");
	ck_assert_int_eq(sql->lease->take(sql, "L", "two", 60, &epoch, &held), 0);
	ck_assert_int_eq(epoch, 44);
}
END_TEST

struct taker {
	struct cbx_sql *sql;
	const char *holder;
	int64_t epochs[20];
	size_t wins;
};

/* Takes the free lease, gives it back, again and again against the other thread */
static void *take_and_give(void *arg)
{
	struct taker *taker = arg;
	uint64_t end = sql_soon();

	while (taker->wins < CBX_COUNT(taker->epochs) && cbx_now(cbx_system_clock()) < end) {
		struct cbx_guard guard = { "L", taker->holder, 0 };
		struct cbx_lease_state state;

		if (taker->sql->lease->take(taker->sql, "L", taker->holder, 60, &guard.epoch,
					    &state))
			continue;
		taker->epochs[taker->wins++] = guard.epoch;
		while (taker->sql->lease->give_back(taker->sql, &guard) &&
		       cbx_now(cbx_system_clock()) < end)
			;
	}
	return NULL;
}

START_TEST(two_takers_never_share_an_epoch)
{
	struct taker a = { .sql = sql_open(), .holder = "a" };
	struct taker b = { .sql = sql_open(), .holder = "b" };
	pthread_t thread;
	bool seen[64] = { false };
	size_t i;

	ck_assert_int_eq(pthread_create(&thread, NULL, take_and_give, &a), 0);
	take_and_give(&b);
	pthread_join(thread, NULL);
	ck_assert_uint_eq(a.wins, 20);
	ck_assert_uint_eq(b.wins, 20);
	for (i = 0; i < 40; i++) {
		int64_t epoch = i < 20 ? a.epochs[i] : b.epochs[i - 20];

		ck_assert(epoch >= 1 && epoch <= 40 && !seen[epoch]);
		seen[epoch] = true;
	}
	cbx_sql_free(a.sql);
	cbx_sql_free(b.sql);
}
END_TEST

void sql_suite_lease(Suite *suite)
{
	const TTest *const tests[] = {
		first_taker_has_it,          expired_lease_is_taken_over,
		lease_ends_by_the_clock,     given_back_it_is_free_at_once,
		its_holder_raises_its_epoch, two_takers_never_share_an_epoch,
	};

	sql_add(suite, "lease", tests, CBX_COUNT(tests));
}
