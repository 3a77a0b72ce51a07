// SPDX-License-Identifier: MIT
/* Lists of servers: what ioredis takes is taken, and shown as one text a server; all else is
 * refused by its key, and not repeated. */
#include "config_kit.h"

#define SENTINELS(list) "{\"redis\":{\"name\":\"m\",\"sentinels\":" list "}}"

/* @shown NULL: refused */
static const struct {
	const char *json;
	const char *shown;
} lists[] = {
	{ SENTINELS("[]"), "[]" },
	{ SENTINELS("null"), "[]" },
	{ SENTINELS("[{\"host\":\"s\"}]"), "[\"s:26379\"]" },
	{ SENTINELS("[{\"host\":\"s\",\"port\":1},{\"host\":\"::1\",\"port\":65535,\"family\":6}]"),
	  "[\"s:1\",\"[::1]:65535\"]" },
	{ SENTINELS("[\"s\",\"s:7\",\"::1\",\"[::1]\",\"[::1]:7\"]"),
	  "[\"s:26379\",\"s:7\",\"[::1]:26379\",\"[::1]:26379\",\"[::1]:7\"]" },
	{ SENTINELS("{}"), NULL },
	{ SENTINELS("[{}]"), NULL },
	{ SENTINELS("[{\"host\":\"\"}]"), NULL },
	{ SENTINELS("[{\"host\":7}]"), NULL },
	{ SENTINELS("[{\"host\":\"a,b\"}]"), NULL },
	{ SENTINELS("[{\"host\":\"s\",\"port\":0}]"), NULL },
	{ SENTINELS("[{\"host\":\"s\",\"port\":\"26379\"}]"), NULL },
	{ SENTINELS("[{\"host\":\"s\",\"port\":65536}]"), NULL },
	{ SENTINELS("[{\"host\":\"s\",\"password\":\"hunter2\"}]"), NULL },
	{ SENTINELS("[\"redis://:hunter2@s\"]"), NULL },
	{ SENTINELS("[\"hunter2@s:7\"]"), NULL },
	{ SENTINELS("[\"s:\"]"), NULL },
	{ SENTINELS("[\"s:1e2\"]"), NULL },
	{ SENTINELS("[\"[::1]7\"]"), NULL },
	{ SENTINELS("[\"\"]"), NULL },
	{ SENTINELS("[7]"), NULL },
};

START_TEST(servers_are_read)
{
	struct chatterbox_config *config = config_of(lists[_i].json);

	config_check_shown(config, "redis.sentinels", lists[_i].shown ? lists[_i].shown : "[]",
			   lists[_i].shown && strcmp(lists[_i].json, SENTINELS("null")) != 0
				   ? "file /t.json"
				   : "default");
	ck_assert_int_eq(chatterbox_config_check(config, NULL),
			 lists[_i].shown ? 0 : CHATTERBOX_E_CONFIG);
	if (!lists[_i].shown)
		ck_assert_ptr_nonnull(strstr(config_problems(config), "redis.sentinels: got "));
	ck_assert_ptr_null(strstr(config_problems(config), "hunter2"));
	chatterbox_config_unref(config);
}
END_TEST

START_TEST(a_variable_takes_them)
{
	struct chatterbox_config *config = config_new();

	config_env(config, "NLCONF_REDIS__SENTINELS=[{\"host\":\"s\",\"port\":7}]");
	ck_assert_str_eq(chatterbox_config_list_at(config, "redis.sentinels", 0), "s:7");
	chatterbox_config_unref(config);
}
END_TEST

START_TEST(sentinels_want_the_masters_name)
{
	struct chatterbox_config *config = config_of("{\"redis\":{\"sentinels\":[\"::1\"]}}");

	ck_assert_str_eq(
		config_problems(config),
		"error redis.name: got nothing, takes what the Sentinels call the master, since "
		"redis.sentinels is set (from file /t.json)\n");
	config_env(config, "NLCONF_CHATTERBOX__STORE=memory");
	ck_assert_str_eq(config_problems(config), "");
	chatterbox_config_unref(config);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("config_nodes");
	const TTest *const tests[] = {
		a_variable_takes_them,
		sentinels_want_the_masters_name,
	};

	unit_add(tcase, tests, CBX_COUNT(tests));
	tcase_add_loop_test(tcase, servers_are_read, 0, (int)CBX_COUNT(lists));
	suite_add_tcase(suite, tcase);
}
