// SPDX-License-Identifier: MIT
/* What crosses a network unprotected is warned of, by its key; what stays on this machine is not.
 */
#include "config_kit.h"

static const struct {
	const char *host;
	bool near;
} hosts[] = {
	{ "127.0.0.1", true },
	{ "127.8.9.10", true },
	{ "::1", true },
	{ "localhost", true },
	{ "LOCALHOST", true },
	{ "/run/redis/redis.sock", true },
	{ "128.0.0.1", false },
	{ "10.0.0.1", false },
	{ "0.0.0.0", false },
	{ "::", false },
	{ "fe80::1", false },
	{ "127.0.0.1.example", false },
	{ "[::1]", true },
	{ "::1,127.0.0.1, localhost", true },
	{ "127.0.0.1,db", false },
	{ "127.1", false },
	{ "localhost.example", false },
	{ "db", false },
};

START_TEST(near_is_what_can_only_be_this_machine)
{
	ck_assert_int_eq(cbx_config_host_is_near(hosts[_i].host), hosts[_i].near);
	ck_assert(cbx_config_host_is_near(NULL));
}
END_TEST

/* @keys: which are named, in this order */
static const struct {
	const char *json;
	const char *keys[4];
} cases[] = {
	{ "{}", { 0 } },
	{ "{\"redis\":{\"host\":\"r\"}}", { "redis.host" } },
	{ "{\"redis\":{\"host\":\"r\"},\"chatterbox\":{\"store\":\"memory\"}}", { 0 } },
	{ "{\"redis\":{\"host\":\"/r\"}}", { 0 } },
	{ "{\"redis\":{\"host\":\"r\",\"name\":\"m\",\"sentinels\":[\"::1\"]}}", { 0 } },
	{ "{\"redis\":{\"name\":\"m\",\"sentinels\":[\"::1\",\"s\"]}}", { "redis.sentinels" } },
	{ "{\"rmq\":{\"host\":\"m\"}}", { "rmq.host", "rmq.user" } },
	{ "{\"rmq\":{\"host\":\"m\",\"user\":\"u\"}}", { "rmq.host" } },
	{ "{\"rmq\":{\"host\":\"m\",\"tls\":true}}", { "rmq.user" } },
	{ "{\"rmq\":{\"host\":\"m\",\"tls\":true,\"user\":\"u\"}}", { 0 } },
	{ "{\"rmq\":{\"host\":\"m\"},\"chatterbox\":{\"bus\":\"memory\"}}", { 0 } },
	{ "{\"sequelize\":{\"host\":\"s\"}}", { "sequelize.sslmode" } },
	{ "{\"sequelize\":{\"host\":\"s\",\"sslmode\":\"require\"}}", { "sequelize.sslmode" } },
	{ "{\"sequelize\":{\"host\":\"s\",\"sslmode\":\"verify-ca\"}}", { 0 } },
	{ "{\"sequelize\":{\"host\":\"s\",\"sslmode\":\"verify-full\"}}", { 0 } },
	{ "{\"live_temp\":{\"host\":\"t\"}}", { "live_temp.sslmode" } },
	{ "{\"live_temp\":{\"host\":\"127.0.0.1\"}}", { 0 } },
	{ "{\"redis\":{\"host\":\"r\"},\"rmq\":{\"host\":\"m\",\"user\":\"u\"},"
	  "\"sequelize\":{\"host\":\"s\"},\"live_temp\":{\"host\":\"t\"}}",
	  { "redis.host", "rmq.host", "sequelize.sslmode", "live_temp.sslmode" } },
};

START_TEST(an_insecure_setting_is_named)
{
	struct chatterbox_config *config = config_of(cases[_i].json);
	enum chatterbox_problem_kind kind;
	size_t count = 0;
	size_t i;

	while (count < 4 && cases[_i].keys[count])
		count++;
	ck_assert_uint_eq(chatterbox_config_problem_count(config), count);
	for (i = 0; i < count; i++) {
		const char *text = chatterbox_config_problem_at(config, i, &kind);
		size_t len = strlen(cases[_i].keys[i]);

		ck_assert_int_eq(kind, CHATTERBOX_PROBLEM_WARNING);
		ck_assert_msg(!strncmp(text, cases[_i].keys[i], len) && text[len] == ':', "%s",
			      text);
		ck_assert_msg(config_is_of_warn_insecure(text), "%s", text);
	}
	ck_assert_int_eq(chatterbox_config_check(config, NULL), 0);
	chatterbox_config_unref(config);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("config_doors");

	tcase_add_loop_test(tcase, near_is_what_can_only_be_this_machine, 0,
			    sizeof(hosts) / sizeof(hosts[0]));
	tcase_add_loop_test(tcase, an_insecure_setting_is_named, 0,
			    sizeof(cases) / sizeof(cases[0]));
	suite_add_tcase(suite, tcase);
}
