// SPDX-License-Identifier: MIT
/* redis_refusals.c - a server that is there and says no: out of memory, a replica, a wrong password
 */
#include "redis_kit.h"

#include <chatterbox/error.h>
#include <stdio.h>
#include <string.h>

static struct redis_own own;
static struct cbx_state *state;

static void open_own(void)
{
	redis_own_start(&own);
	state = redis_open_at(own.path, 0, NULL, NULL);
	ck_assert_msg(state->ops->connect(state, redis_deadline(10000)) == 0, "%s", state->error);
}

static void close_own(void)
{
	cbx_state_free(cbx_steal(state));
	redis_own_stop(&own);
}

static int write_fields(uint64_t number, bool whole, bool live, const char *value, bool *applied)
{
	const struct cbx_field field = { "1", value, value ? strlen(value) : 0 };
	struct cbx_state_write write = { .system = "S",
					 .number = number,
					 .whole = whole,
					 .live = live,
					 .scored = live,
					 .changed_ms = 1,
					 .fields = &field,
					 .field_count = 1 };
	int error = state->ops->write_jobs(state, &write, 1);

	*applied = write.applied;
	return error;
}

static void limit_memory(const char *bytes)
{
	ck_assert_str_eq(redis_look_in(own.eye, "CONFIG SET maxmemory %s", bytes), "OK");
}

/* All or nothing, and what only deletes gets through */
START_TEST(full_server_refuses_and_stays)
{
	const struct cbx_stream_entry entries[] = { { "status", "1", "{}", 2, NULL, NULL },
						    { "status", "2", "{}", 2, NULL, NULL } };
	bool applied = false;

	ck_assert_int_eq(write_fields(1, true, true, "old", &applied), 0);
	limit_memory("1");
	ck_assert_int_eq(write_fields(2, true, true, "new", &applied), CHATTERBOX_E_REFUSED);
	ck_assert(!applied);
	ck_assert_msg(strstr(state->error, APP ":jobs:{S}: OOM"), "%s", state->error);
	ck_assert_str_eq(redis_look_in(own.eye, "HGETALL " APP ":jobs:{S}"), "[1 old]");
	ck_assert_str_eq(redis_look_in(own.eye, "GET " APP ":rev:{S}"), "1");
	ck_assert_int_eq(write_fields(2, false, true, "new", &applied), CHATTERBOX_E_REFUSED);
	ck_assert_int_eq(state->ops->append_events(state, 0, entries, 2, 100),
			 CHATTERBOX_E_REFUSED);
	ck_assert_msg(strstr(state->error, APP ":events: OOM"), "%s", state->error);
	ck_assert_int_eq(state->ops->write_jobs_data(state, 0, "{}", 2), CHATTERBOX_E_REFUSED);
	ck_assert(state->ops->is_up(state));
	ck_assert_int_eq(state->ops->ping(state), 0);
	ck_assert_int_eq(write_fields(3, false, false, NULL, &applied), 0);
	ck_assert(applied);
	ck_assert_str_eq(redis_look_in(own.eye, "EXISTS " APP ":jobs:{S} " APP ":active_systems"),
			 "0");
	ck_assert_int_eq(state->ops->claim(state, 1), 0);
	ck_assert_str_eq(redis_look_in(own.eye, "GET " APP ":rev"), "1");
	limit_memory("0");
	ck_assert_int_eq(write_fields((1ULL << 32) + 4, true, true, "new", &applied), 0);
	ck_assert_int_eq(state->ops->append_events(state, 1, entries, 2, 100), 0);
	ck_assert_str_eq(redis_look_in(own.eye, "XLEN " APP ":events"), "2");
}
END_TEST

START_TEST(replica_is_down)
{
	const struct cbx_field field = { "A", "a", 1 };
	bool applied = true;

	ck_assert_int_eq(write_fields(1, true, true, "old", &applied), 0);
	ck_assert_str_eq(redis_look_in(own.eye, "REPLICAOF 127.0.0.1 1"), "OK");
	ck_assert_int_eq(write_fields(2, true, true, "new", &applied), CHATTERBOX_E_DOWN);
	ck_assert(!applied && !state->ops->is_up(state));
	ck_assert_msg(strstr(state->error, "READONLY"), "%s", state->error);
	ck_assert_int_eq(state->ops->connect(state, redis_deadline(10000)), 0);
	ck_assert_int_eq(state->ops->write_systems(state, 0, CBX_ONLINE_SYSTEMS, &field, 1),
			 CHATTERBOX_E_DOWN);
	ck_assert(!state->ops->is_up(state));
	ck_assert_str_eq(redis_look_in(own.eye, "CONFIG SET replica-serve-stale-data no"), "OK");
	ck_assert_int_eq(state->ops->connect(state, redis_deadline(10000)), CHATTERBOX_E_DOWN);
	ck_assert_msg(strstr(state->error, "MASTERDOWN"), "%s", state->error);
	ck_assert_str_eq(redis_look_in(own.eye, "REPLICAOF NO ONE"), "OK");
	ck_assert_int_eq(state->ops->connect(state, redis_deadline(10000)), 0);
	ck_assert_int_eq(write_fields(2, true, true, "new", &applied), 0);
}
END_TEST

static void try_login(const char *username, const char *password, const char *text)
{
	struct cbx_state *other = redis_open_at(own.path, 0, username, password);
	int error = other->ops->connect(other, redis_deadline(10000));

	ck_assert_int_eq(error, text ? CHATTERBOX_E_DOWN : 0);
	if (text)
		ck_assert_msg(strstr(other->error, text) && strstr(other->error, "redis.password"),
			      "%s", other->error);
	ck_assert_ptr_null(strstr(other->error, "secret"));
	cbx_state_free(other);
}

START_TEST(passwords_are_asked_for)
{
	/* no password is set on the server, and one is given */
	try_login(NULL, "some secret", "redis.username");
	ck_assert_str_eq(redis_look_in(own.eye, "CONFIG SET requirepass the-secret"), "OK");
	ck_assert_str_eq(redis_look_in(own.eye, "ACL SETUSER box on >box-secret ~* +@all"), "OK");
	try_login(NULL, NULL, "NOAUTH");
	try_login("", "", "NOAUTH");
	try_login(NULL, "wrong secret", "WRONGPASS");
	try_login("box", "wrong secret", "WRONGPASS");
	try_login("nobody", "box-secret", "WRONGPASS");
	try_login(NULL, "the-secret", NULL);
	try_login("box", "box-secret", NULL);
	try_login("default", "the-secret", NULL);
}
END_TEST

START_TEST(a_poor_user_is_told_what_is_missing)
{
	struct cbx_state *poor = redis_open_at(own.path, 0, "poor", "p");

	redis_look_in(own.eye, "ACL SETUSER poor on >p ~other:* +get +set +ping +auth "
			       "+evalsha +script|load");
	ck_assert_int_eq(poor->ops->connect(poor, redis_deadline(10000)), 0);
	ck_assert_int_eq(poor->ops->write_mark(poor, 1, &(struct cbx_mark){ "", 30, true }),
			 CHATTERBOX_E_REFUSED);
	ck_assert_msg(strstr(poor->error, APP ":state: NOPERM"), "%s", poor->error);
	ck_assert(poor->ops->is_up(poor));
	cbx_state_free(poor);
}
END_TEST

static int fail_login(const struct cbx_redis_options *options, const char *text)
{
	struct cbx_state *other = NULL;
	int error = cbx_redis_state_new(options, cbx_system_clock(), NULL, &other);

	if (error)
		return error;
	error = other->ops->connect(other, redis_deadline(10000));
	ck_assert_msg(strstr(other->error, text), "%s", other->error);
	cbx_state_free(other);
	return error;
}

static void keep_message(void *user, enum chatterbox_log_level level,
			 const struct chatterbox_log_field *fields, size_t count,
			 const char *message)
{
	(void)level;
	(void)fields;
	(void)count;
	snprintf(user, 128, "%s", message);
}

START_TEST(wrong_options_are_named)
{
	char message[128] = "";
	const struct cbx_log log = { .sink = keep_message, .user = message };
	struct cbx_redis_options options = { .host = own.path, .db = 99, .app_name = APP };
	struct cbx_state *none = NULL;

	ck_assert_int_eq(fail_login(&options, "redis.db: ERR DB index is out of range"),
			 CHATTERBOX_E_CONFIG);
	options.tls = true;
#ifdef CBX_REDIS_TLS
	options.tls_ca = "/nonexistent";
	ck_assert_int_eq(fail_login(&options, "TLS: redis.tls.ca: cannot read"), CHATTERBOX_E_DOWN);
	return;
#endif
	ck_assert_int_eq(cbx_redis_state_new(&options, cbx_system_clock(), &log, &none),
			 CHATTERBOX_E_CONFIG);
	ck_assert_ptr_null(none);
	ck_assert_ptr_nonnull(strstr(message, "redis.tls"));
}
END_TEST

void redis_refusals_add(Suite *suite)
{
	TCase *tcase = tcase_create("refusals");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, open_own, close_own);
	tcase_add_test(tcase, full_server_refuses_and_stays);
	tcase_add_test(tcase, replica_is_down);
	tcase_add_test(tcase, passwords_are_asked_for);
	tcase_add_test(tcase, a_poor_user_is_told_what_is_missing);
	tcase_add_test(tcase, wrong_options_are_named);
	suite_add_tcase(suite, tcase);
}
