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

#define CLUSTER(value) "{\"redis\":{\"cluster\":" value "}}"

/* @error: how its text begins, NULL: it is taken */
static const struct {
	const char *json;
	const char *shown;
	const char *error;
} clusters[] = {
	{ CLUSTER("true"), "true", NULL },
	{ CLUSTER("false"), "[]", NULL },
	{ CLUSTER("null"), "[]", NULL },
	{ CLUSTER("[]"), "[]", NULL },
	{ CLUSTER("[{\"host\":\"c\"},\"d:7\"]"), "[\"c:6379\",\"d:7\"]", NULL },
	{ CLUSTER("\"true\""), "[]", "redis.cluster: got " },
	{ CLUSTER("[true]"), "[]", "redis.cluster: got " },
	{ CLUSTER("{\"host\":\"c\"}"), "[]", "redis.cluster: got " },
	{ "{\"redis\":{\"cluster\":true,\"db\":1}}", "true", "redis.db: got 1, takes 0, " },
	{ "{\"redis\":{\"cluster\":false,\"db\":1}}", "[]", NULL },
	{ "{\"redis\":{\"cluster\":true,\"name\":\"m\",\"sentinels\":[\"s\"]}}", "true",
	  "redis.cluster: got nodes, takes none, " },
	{ "{\"redis\":{\"cluster\":true,\"db\":1},\"chatterbox\":{\"store\":\"memory\"}}", "true",
	  NULL },
	{ "{\"redis\":{\"cluster\":true},\"chatterbox\":{\"redis\":{\"cluster\":false}}}", "[]",
	  NULL },
	{ SENTINELS("true"), "[]", "redis.sentinels: got " },
};

START_TEST(a_cluster_is_named_or_just_there)
{
	struct chatterbox_config *config = config_of(clusters[_i].json);
	cbx_auto(cbx_freep) char *text = NULL;
	cbx_auto(cbx_freep) char *expected = NULL;

	ck_assert_int_eq(chatterbox_config_to_json(config, &text), 0);
	ck_assert(asprintf(&expected, "\"redis.cluster\": {\"value\": %s,", clusters[_i].shown) >
		  0);
	ck_assert_msg(strstr(text, expected), "%s in %s", expected, text);
	ck_assert_int_eq(chatterbox_config_check(config, NULL),
			 clusters[_i].error ? CHATTERBOX_E_CONFIG : 0);
	if (clusters[_i].error)
		ck_assert_ptr_nonnull(strstr(config_problems(config), clusters[_i].error));
	else
		ck_assert_ptr_null(strstr(config_problems(config), "redis."));
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
	tcase_add_loop_test(tcase, a_cluster_is_named_or_just_there, 0, (int)CBX_COUNT(clusters));
	suite_add_tcase(suite, tcase);
}
