// SPDX-License-Identifier: MIT
/* redis_faults.c - the server dies, freezes, forgets its scripts, or is no Redis at all */
#include "redis_kit.h"
#include "servers.h"
#include "state_rows.h"

#include <chatterbox/error.h>
#include <stdio.h>
#include <string.h>

static struct cbx_state *state;

static void open_state(void)
{
	servers_cont("redis"); /* a test that failed may have left it frozen */
	redis_look("FLUSHALL");
	state = redis_up();
}

static void close_state(void)
{
	cbx_state_free(cbx_steal(state));
}

#define MANY 300

/* Writes that many systems in one call; 0 when each was applied */
static int write_many(uint64_t number)
{
	static struct cbx_state_write writes[MANY];
	static char names[MANY][16];
	const struct cbx_field field = { "1", "x", 1 };
	size_t i;
	int error;

	for (i = 0; i < MANY; i++) {
		snprintf(names[i], sizeof(names[i]), "S%zu", i);
		writes[i] = (struct cbx_state_write){ .system = names[i],
						      .number = number,
						      .whole = true,
						      .live = true,
						      .scored = true,
						      .fields = &field,
						      .field_count = 1 };
	}
	error = state->ops->write_jobs(state, writes, MANY);
	for (i = 0; i < MANY && !error; i++)
		ck_assert(writes[i].applied);
	return error;
}

static uint64_t elapsed_ms(uint64_t since)
{
	return (cbx_now(cbx_system_clock()) - since) / CBX_MS;
}

START_TEST(killed_server_is_noticed_and_written_anew)
{
	int64_t epoch = 9;

	ck_assert_int_eq(write_many(1), 0);
	servers_kill("redis");
	ck_assert_int_eq(write_many(2), CHATTERBOX_E_DOWN);
	ck_assert(!state->ops->is_up(state));
	ck_assert_int_eq(state->ops->connect(state, redis_deadline(500)), CHATTERBOX_E_DOWN);
	ck_assert_msg(!strncmp(state->error, "redis 127.0.0.1:", 16) &&
			      strstr(state->error, "Connection refused"),
		      "%s", state->error);
	servers_up("redis");
	redis_eye_close();
	ck_assert_int_eq(write_many(2), CHATTERBOX_E_DOWN);
	ck_assert_int_eq(state->ops->connect(state, redis_deadline(10000)), 0);
	ck_assert_int_eq(state->ops->read_epoch(state, &epoch), 0);
	/* the new server knows none of the scripts */
	ck_assert_int_eq(write_many(2), 0);
	ck_assert_str_eq(redis_look("ZCARD " APP ":active_systems"), "300");
}
END_TEST

/* After the silence no reply of the frozen command may answer a later one */
START_TEST(frozen_server_is_noticed_within_a_second)
{
	const char *system = "S7";
	struct state_rows rows = { 0 };
	uint64_t since;

	ck_assert_int_eq(write_many(1), 0);
	servers_pause("redis");
	since = cbx_now(cbx_system_clock());
	ck_assert_int_eq(state->ops->write_jobs_data(state, 0, "{}", 2), CHATTERBOX_E_DOWN);
	ck_assert_uint_ge(elapsed_ms(since), 900);
	ck_assert_uint_le(elapsed_ms(since), 10000);
	ck_assert_ptr_nonnull(strstr(state->error, "no answer within a second"));
	ck_assert(!state->ops->is_up(state));
	since = cbx_now(cbx_system_clock());
	ck_assert_int_eq(state->ops->connect(state, redis_deadline(300)), CHATTERBOX_E_DOWN);
	ck_assert_uint_le(elapsed_ms(since), 10000);
	servers_cont("redis");
	ck_assert_int_eq(state->ops->ping(state), CHATTERBOX_E_DOWN);
	ck_assert_int_eq(state->ops->connect(state, redis_deadline(10000)), 0);
	ck_assert_int_eq(state->ops->read_jobs(state, &system, 1, state_rows_add, NULL, &rows), 0);
	ck_assert_str_eq(state_rows_text(&rows), "S7 1=x\n");
	state_rows_free(&rows);
}
END_TEST

/* What the kernel still takes counts as progress, so this lasts a few seconds; but it ends */
START_TEST(large_write_to_a_frozen_server_ends)
{
	const size_t len = 64 * 1024 * 1024;
	char *large = malloc(len);
	uint64_t since;

	ck_assert_ptr_nonnull(large);
	memset(large, 'x', len);
	servers_pause("redis");
	since = cbx_now(cbx_system_clock());
	ck_assert_int_eq(state->ops->write_jobs_data(state, 0, large, len), CHATTERBOX_E_DOWN);
	ck_assert_uint_le(elapsed_ms(since), 30000);
	servers_cont("redis");
	free(large);
}
END_TEST

START_TEST(forgotten_scripts_are_taught_again)
{
	const struct cbx_field fields[] = { { "A", "a", 1 }, { "B", "b", 1 } };
	size_t removed = 0;
	uint64_t i;

	for (i = 1; i < 4; i++) {
		ck_assert_int_eq(write_many(i), 0);
		ck_assert_int_eq(
			state->ops->write_systems(state, 0, CBX_INTERNAL_SYSTEMS, fields, 2), 0);
		ck_assert_str_eq(redis_look("SCRIPT FLUSH"), "OK");
		ck_assert_int_eq(state->ops->drop_systems(state, 0, CBX_INTERNAL_SYSTEMS, fields, 2,
							  &removed),
				 0);
		ck_assert_uint_eq(removed, 2);
	}
	ck_assert_str_eq(redis_look("GET " APP ":rev:{S299}"), "3");
	ck_assert_str_eq(redis_look("ZCARD " APP ":active_systems"), "300");
}
END_TEST

/* What a server says that can't serve, or that is none; the address is a port of ours */
START_TEST(strange_servers_are_down)
{
	static const struct {
		const char *answer;
		const char *text;
	} rows[] = {
		{ "-LOADING Redis is loading the dataset in memory\r\n", "LOADING" },
		{ "-MASTERDOWN Link with MASTER is down\r\n", "MASTERDOWN" },
		{ "-CLUSTERDOWN The cluster is down\r\n", "CLUSTERDOWN" },
		{ "-BUSY Redis is busy running a script.\r\n", "BUSY" },
		{ "-ERR max number of clients reached\r\n", "max number of clients" },
		{ "-NOAUTH Authentication required.\r\n", "redis.password" },
		{ "-ERR anything\r\n", "PING: ERR anything" },
		{ "HTTP/1.1 400 Bad Request\r\n\r\n", "connection lost: Protocol error" },
		{ "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n",
		  "connection lost" },
		{ "$5\r\nab", "no answer" },
		{ "", "no answer" },
	};
	struct cbx_state *strange;
	struct redis_fake *fake;
	int port;

	fake = redis_fake_start(rows[_i].answer, &port);
	strange = redis_open_at("127.0.0.1", port, NULL, NULL);
	ck_assert_int_eq(strange->ops->connect(strange, redis_deadline(500)), CHATTERBOX_E_DOWN);
	ck_assert_msg(strstr(strange->error, rows[_i].text), "%s", strange->error);
	ck_assert(!strange->ops->is_up(strange));
	cbx_state_free(strange);
	redis_fake_stop(fake);
}
END_TEST

START_TEST(password_is_never_repeated)
{
	struct cbx_state *strange;
	struct redis_fake *fake;
	int port;

	fake = redis_fake_start(
		"-ERR unknown command `AUTH`, with args beginning with: `s3cret`\r\n", &port);
	strange = redis_open_at("127.0.0.1", port, NULL, "s3cret");
	ck_assert_int_eq(strange->ops->connect(strange, redis_deadline(500)), CHATTERBOX_E_DOWN);
	ck_assert_ptr_nonnull(strstr(strange->error, "redis.password"));
	ck_assert_ptr_null(strstr(strange->error, "s3cret"));
	cbx_state_free(strange);
	redis_fake_stop(fake);
}
END_TEST

START_TEST(unreachable_hosts_are_down)
{
	static const char *const hosts[] = { "/tmp/no-such-redis.sock", "no-such-host.invalid",
					     "127.0.0.1" };
	struct cbx_state *nobody = redis_open_at(hosts[_i], 1, NULL, NULL);

	ck_assert_int_eq(nobody->ops->connect(nobody, redis_deadline(1000)), CHATTERBOX_E_DOWN);
	ck_assert_msg(!strncmp(nobody->error, "redis ", 6) && strstr(nobody->error, hosts[_i]),
		      "%s", nobody->error);
	cbx_state_free(nobody);
}
END_TEST

void redis_faults_add(Suite *suite)
{
	TCase *tcase = tcase_create("faults");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, open_state, close_state);
	tcase_add_test(tcase, killed_server_is_noticed_and_written_anew);
	tcase_add_test(tcase, frozen_server_is_noticed_within_a_second);
	tcase_add_test(tcase, large_write_to_a_frozen_server_ends);
	tcase_add_test(tcase, forgotten_scripts_are_taught_again);
	tcase_add_loop_test(tcase, strange_servers_are_down, 0, 11);
	tcase_add_test(tcase, password_is_never_repeated);
	tcase_add_loop_test(tcase, unreachable_hosts_are_down, 0, 3);
	suite_add_tcase(suite, tcase);
}
