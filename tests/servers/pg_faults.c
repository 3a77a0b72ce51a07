// SPDX-License-Identifier: MIT
/* pg_faults.c - the server is killed, frozen, made read-only, or ends a session */
#include "pg_faults.h"

#include "pg_kit.h"
#include "servers.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

static int record_one(int64_t revision)
{
	struct cbx_batch batch = { 0 };
	int r;

	sql_put(&batch, "ABC1", 17, "Running", revision);
	r = sql->ledger->record(sql, &sql_guard, &batch, sql_soon());
	sql_batch_free(&batch);
	return r;
}

static void connect_again(void)
{
	int r = sql->ops->connect(sql, sql_soon());

	ck_assert_msg(!r, "%d %s", r, sql->error);
}

START_TEST(a_killed_server_comes_back)
{
	ck_assert_int_eq(record_one(1), 0);
	servers_kill("pg");
	ck_assert_int_eq(record_one(2), CHATTERBOX_E_DOWN);
	ck_assert(!sql->ops->is_up(sql));
	ck_assert_int_eq(sql->ops->connect(sql, sql_soon()), CHATTERBOX_E_DOWN);
	ck_assert_int_ne(sql->error[0], 0);
	ck_assert_ptr_null(strchr(sql->error, '\n'));
	servers_up("pg");
	ck_assert_int_eq(sql->ledger->resolve(sql, sql_soon()), 0);
	connect_again();
	sql_expect("select revision from status_monitor", "1");
	ck_assert_int_eq(record_one(2), 0);
}
END_TEST

START_TEST(a_frozen_server_is_noticed)
{
	struct cbx_sql *other = NULL;
	uint64_t before;
	uint64_t took;
	int r;

	ck_assert_int_eq(sql_world->open(&other), 0);
	/* the postmaster and its children: the session's own backend too */
	servers_pause("pg");
	before = cbx_now(cbx_system_clock());
	r = other->ops->connect(other, before + CBX_SECOND);
	took = cbx_now(cbx_system_clock()) - before;
	/* before anything can fail: nobody else would let it go on */
	servers_cont("pg");
	ck_assert_int_eq(r, CHATTERBOX_E_DOWN);
	ck_assert_uint_lt(took, 15 * CBX_SECOND);
	ck_assert_msg(strstr(other->error, "deadline"), "%s", other->error);
	cbx_sql_free(other);
	connect_again();
	ck_assert_int_eq(sql->ops->ping(sql), 0);
}
END_TEST

START_TEST(an_unanswered_statement_ends_the_connection)
{
	struct cbx_postgres_options options = pg_options();
	struct pg_proxy *proxy = pg_proxy_start();
	struct cbx_sql *through = NULL;
	uint64_t before;
	uint64_t took;
	int64_t ms;

	options.port = pg_proxy_port(proxy);
	ck_assert_int_eq(cbx_postgres_new(&options, cbx_system_clock(), NULL, &through), 0);
	ck_assert_msg(!through->ops->connect(through, sql_soon()), "%s", through->error);
	pg_proxy_stall(proxy, true);
	before = cbx_now(cbx_system_clock());
	ck_assert_int_eq(through->ops->now(through, &ms), CHATTERBOX_E_DOWN);
	took = cbx_now(cbx_system_clock()) - before;
	ck_assert_uint_gt(took, 5 * CBX_SECOND);
	ck_assert_uint_lt(took, 25 * CBX_SECOND);
	ck_assert(!through->ops->is_up(through));
	cbx_sql_free(through);
	pg_proxy_stop(proxy);
}
END_TEST

START_TEST(a_terminated_session_is_noticed)
{
	ck_assert_int_eq(record_one(1), 0);
	pg_run("select pg_terminate_backend(pid) from pg_stat_activity "
	       "where application_name = 'chatterbox-test'");
	ck_assert_int_eq(record_one(2), CHATTERBOX_E_DOWN);
	ck_assert(!sql->ops->is_up(sql));
	ck_assert_int_eq(sql->ledger->resolve(sql, sql_soon()), 0);
	connect_again();
	ck_assert_int_eq(record_one(2), 0);
}
END_TEST

static void set_read_only(const char *value)
{
	char text[128];
	uint64_t end = sql_soon();
	char *now = NULL;

	snprintf(text, sizeof(text), "alter system set default_transaction_read_only = %s", value);
	pg_run(text);
	pg_run("select pg_reload_conf()");
	do {
		free(now);
		now = sql_world->ask("show default_transaction_read_only");
	} while (strcmp(now, value) != 0 && cbx_now(cbx_system_clock()) < end);
	ck_assert_str_eq(now, value);
	free(now);
}

START_TEST(a_read_only_server_is_down_for_us)
{
	struct cbx_postgres_options options = pg_options();
	struct cbx_sql *reader = NULL;
	uint64_t end = sql_soon();
	int r;

	ck_assert_int_eq(record_one(1), 0);
	set_read_only("on");
	do
		r = record_one(2);
	while (!r && cbx_now(cbx_system_clock()) < end);
	ck_assert_int_eq(r, CHATTERBOX_E_DOWN);
	ck_assert_msg(strstr(sql->error, "25006"), "%s", sql->error);
	ck_assert(!sql->ops->is_up(sql));
	ck_assert_int_eq(sql->ops->connect(sql, sql_soon()), CHATTERBOX_E_DOWN);
	/* good enough to look something up */
	options.read_only = true;
	ck_assert_int_eq(cbx_postgres_new(&options, cbx_system_clock(), NULL, &reader), 0);
	ck_assert_int_eq(reader->ops->connect(reader, sql_soon()), 0);
	ck_assert_int_eq(reader->ops->ping(reader), 0);
	cbx_sql_free(reader);
	set_read_only("off");
	connect_again();
	ck_assert_int_eq(record_one(3), 0);
}
END_TEST

START_TEST(a_full_disk_is_refused_by_name)
{
	/* the same class of error, without a full disk */
	pg_run("create function full_disk() returns trigger language plpgsql as $$ begin "
	       "raise exception 'no space left on device' using errcode = '53100'; end $$;"
	       "create trigger full_disk before insert on status_monitor for each row "
	       "execute function full_disk()");
	ck_assert_int_eq(record_one(1), CHATTERBOX_E_REFUSED);
	ck_assert_msg(strstr(sql->error, "53100 no space left on device"), "%s", sql->error);
	ck_assert(sql->ops->is_up(sql));
	pg_run("drop trigger full_disk on status_monitor");
	ck_assert_int_eq(record_one(1), 0);
}
END_TEST

START_TEST(serialization_failures_are_tried_again)
{
	/* the first three tries fail; sequences are not rolled back */
	pg_run("create sequence tries; create function fail_thrice() returns trigger "
	       "language plpgsql as $$ begin if nextval('tries') <= 3 then "
	       "raise exception 'again' using errcode = '40P01'; end if; return new; end $$;"
	       "create trigger fail_thrice before insert on status_monitor for each row "
	       "execute function fail_thrice()");
	ck_assert_int_eq(record_one(1), 0);
	sql_expect("select last_value from tries", "4");
	pg_run("alter sequence tries minvalue -100 restart with -50");
	ck_assert_int_eq(record_one(2), CHATTERBOX_E_TIMEOUT);
	sql_expect("select last_value from tries", "-46");
	sql_expect("select revision from status_monitor", "1");
	ck_assert(sql->ops->is_up(sql));
}
END_TEST

/* A record that has passed its guard and waits for a table, two seconds at most */
struct flight {
	pthread_t thread;
	int result;
	atomic_bool landed;
};

static void *fly(void *arg)
{
	struct flight *flight = arg;

	flight->result = record_one(1);
	flight->landed = true;
	return NULL;
}

static bool in_flight(void)
{
	char *count = sql_world->ask("select count(*) from pg_stat_activity where "
				     "application_name = 'chatterbox-test' and "
				     "wait_event_type = 'Lock'");
	bool waits = strcmp(count, "0") != 0;

	free(count);
	return waits;
}

static void take_off(struct flight *flight)
{
	*flight = (struct flight){ 0 };
	ck_assert_int_eq(pthread_create(&flight->thread, NULL, fly, flight), 0);
	while (!flight->landed && !in_flight())
		;
}

static int land(struct flight *flight)
{
	pthread_join(flight->thread, NULL);
	return flight->result;
}

/* On a busy machine the record may be over by the time that the renewal is: then again */
START_TEST(a_renewal_does_not_wait_for_a_record_in_flight)
{
	struct cbx_sql *other = sql_open();
	bool overtaken = false;
	int tries;
	int renewed;

	sql_world->hold();
	for (tries = 0; tries < 10 && !overtaken; tries++) {
		struct flight flight;

		take_off(&flight);
		renewed = other->lease->renew(other, &sql_guard, 60);
		overtaken = !flight.landed;
		ck_assert_int_eq(land(&flight), CHATTERBOX_E_TIMEOUT);
		ck_assert_int_eq(renewed, 0);
	}
	sql_world->release();
	ck_assert(overtaken);
	cbx_sql_free(other);
}
END_TEST

START_TEST(a_take_over_waits_for_a_record_in_flight)
{
	struct cbx_sql *other = sql_open();
	struct cbx_lease_state held;
	struct flight flight;
	int64_t epoch = 0;
	bool waits;
	int taken;

	sql_world->hold();
	take_off(&flight);
	pg_run("update lease set expires_at = now() - interval '1 minute'");
	taken = other->lease->take(other, "leader", "you", 60, &epoch, &held);
	waits = in_flight();
	ck_assert_int_eq(land(&flight), CHATTERBOX_E_TIMEOUT);
	ck_assert_int_eq(taken, 0);
	ck_assert(!waits);
	sql_world->release();
	ck_assert_int_eq(record_one(1), CHATTERBOX_E_FENCED);
	cbx_sql_free(other);
}
END_TEST

void pg_suite_faults(Suite *suite)
{
	const TTest *const tests[] = {
		a_killed_server_comes_back,
		a_frozen_server_is_noticed,
		an_unanswered_statement_ends_the_connection,
		a_terminated_session_is_noticed,
		a_read_only_server_is_down_for_us,
		a_full_disk_is_refused_by_name,
		serialization_failures_are_tried_again,
		a_renewal_does_not_wait_for_a_record_in_flight,
		a_take_over_waits_for_a_record_in_flight,
	};

	sql_add(suite, "faults", tests, CBX_COUNT(tests));
}
