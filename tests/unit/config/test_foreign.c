// SPDX-License-Identifier: MIT
/* What OCD's object says in Sequelize's words is honoured or refused, never passed over */
#include "config_kit.h"

#define IN(section, members) "{\"" section "\":{" members "}}"
#define SQL(members) IN("sequelize", members)
#define OVER(members, over) \
	"{\"sequelize\":{" members "},\"chatterbox\":{\"sequelize\":{" over "}}}"

/* One value that follows */
static const struct {
	const char *json;
	const char *path;
	const char *value;
} honoured[] = {
	{ SQL("\"ssl\":true"), "sequelize.sslmode", "verify-full" },
	{ SQL("\"ssl\":false"), "sequelize.sslmode", "disable" },
	{ SQL("\"ssl\":null"), "sequelize.sslmode", "prefer" },
	{ SQL("\"ssl\":{}"), "sequelize.sslmode", "verify-full" },
	{ SQL("\"ssl\":{\"require\":true,\"rejectUnauthorized\":false}"), "sequelize.sslmode",
	  "require" },
	{ SQL("\"dialectOptions\":{\"ssl\":true}"), "sequelize.sslmode", "verify-full" },
	{ SQL("\"dialectOptions\":{\"ssl\":{\"rejectUnauthorized\":true}}"), "sequelize.sslmode",
	  "verify-full" },
	/* the words of Heroku's guide, in either order */
	{ SQL("\"ssl\":true,\"dialectOptions\":{\"ssl\":{\"rejectUnauthorized\":false}}"),
	  "sequelize.sslmode", "require" },
	{ SQL("\"dialectOptions\":{\"ssl\":{\"rejectUnauthorized\":false}},\"ssl\":true"),
	  "sequelize.sslmode", "require" },
	/* our own key is heeded most, and what is inside "chatterbox" more than what is not */
	{ SQL("\"sslmode\":\"verify-ca\",\"ssl\":false"), "sequelize.sslmode", "verify-ca" },
	{ OVER("\"sslmode\":\"verify-ca\"", "\"ssl\":true"), "sequelize.sslmode", "verify-full" },
	{ OVER("\"ssl\":true", "\"sslmode\":\"disable\""), "sequelize.sslmode", "disable" },
	{ IN("live_temp", "\"dialectOptions\":{\"ssl\":{}}"), "live_temp.sslmode", "verify-full" },
	{ SQL("\"schema\":\"ocd\""), "sequelize.schema", "ocd" },
	{ SQL("\"define\":{\"schema\":\"ocd\",\"timestamps\":true}"), "sequelize.schema", "ocd" },
	{ SQL("\"schema\":\"a\",\"define\":{\"schema\":\"b\"}"), "sequelize.schema", "a" },
	{ IN("live_temp", "\"schema\":\"temp\""), "live_temp.schema", "temp" },
};

START_TEST(it_becomes_our_key)
{
	struct chatterbox_config *config = config_of(honoured[_i].json);

	ck_assert_str_eq(config_problems(config), "");
	ck_assert_str_eq(chatterbox_config_get_text(config, honoured[_i].path), honoured[_i].value);
	chatterbox_config_unref(config);
}
END_TEST

START_TEST(print_config_says_where_it_comes_from)
{
	struct chatterbox_config *config = config_of(SQL("\"dialectOptions\":{\"ssl\":true}"));

	config_check_shown(config, "sequelize.sslmode", "\"verify-full\"",
			   "file /t.json, sequelize.dialectOptions.ssl");
	chatterbox_config_unref(config);
}
END_TEST

/* @path: what the only error begins with; NULL: there is none */
static const struct {
	const char *json;
	const char *path;
} cases[] = {
	{ SQL("\"replication\":{\"read\":[]}"), "sequelize.replication: " },
	{ SQL("\"replication\":null"), NULL },
	{ SQL("\"replication\":false"), NULL },
	{ OVER("\"replication\":{\"read\":[]}", "\"replication\":false"), NULL },
	{ OVER("\"replication\":{\"read\":[]}", "\"host\":\"/run\""), NULL },
	{ SQL("\"replication\":{\"read\":[]},\"host\":\"/run\""), "sequelize.replication: " },
	{ OVER("\"replication\":null", "\"replication\":{\"write\":{}}"),
	  "chatterbox.sequelize.replication: " },
	{ SQL("\"dialectOptions\":{\"options\":\"-c role=x\"}"),
	  "sequelize.dialectOptions.options: " },
	{ SQL("\"dialectOptions\":{\"ssl\":true,\"keepAlive\":true}"),
	  "sequelize.dialectOptions.keepAlive: " },
	{ SQL("\"dialectOptions\":{}"), NULL },
	{ OVER("\"dialectOptions\":{\"socketPath\":\"/x\"}", "\"dialectOptions\":null"), NULL },
	{ SQL("\"dialectOptions\":{\"ssl\":{\"ca\":\"-----BEGIN\"}}"),
	  "sequelize.dialectOptions.ssl.ca: " },
	{ OVER("\"dialectOptions\":{\"ssl\":{\"ca\":\"-----BEGIN\"}}", "\"sslmode\":\"verify-ca\""),
	  NULL },
	{ SQL("\"ssl\":{\"servername\":\"x\"}"), "sequelize.ssl.servername: " },
	{ SQL("\"ssl\":\"yes\""), "sequelize.ssl: got a text, takes true, false or an object" },
	{ SQL("\"ssl\":{\"rejectUnauthorized\":1}"),
	  "sequelize.ssl.rejectUnauthorized: got a number, takes true or false" },
	{ SQL("\"dialectOptions\":[1]"), "sequelize.dialectOptions: got a list, takes an object" },
	{ SQL("\"define\":{\"schema\":5}"), "sequelize.schema: got 5, takes a text" },
	{ IN("live_temp", "\"replication\":{\"read\":[]}"), NULL }, /* it is not used */
	{ IN("live_temp", "\"host\":\"/run\",\"replication\":{\"read\":[]}"),
	  "live_temp.replication: " },
	{ "{\"sequelize\":{\"replication\":{\"read\":[]}},"
	  "\"chatterbox\":{\"sql\":\"sqlite\",\"sqlite_path\":\"/tmp/x\"}}",
	  NULL },
	{ "{\"redis\":{\"tls\":{\"cert\":\"/c\"}},\"chatterbox\":{\"store\":\"memory\"}}", NULL },
};

static void check_only_error(const struct chatterbox_config *config, const char *begins)
{
	enum chatterbox_problem_kind kind;
	const char *found = NULL;
	size_t i;

	for (i = 0; i < chatterbox_config_problem_count(config); i++) {
		const char *text = chatterbox_config_problem_at(config, i, &kind);

		if (kind != CHATTERBOX_PROBLEM_ERROR)
			continue;
		ck_assert_msg(!found, "%s and %s", found, text);
		found = text;
	}
	ck_assert_msg(!found == !begins, "%s", found ? found : "no error");
	if (found)
		ck_assert_msg(!strncmp(found, begins, strlen(begins)), "%s", found);
}

START_TEST(what_cant_be_done_is_refused_by_name)
{
	struct chatterbox_config *config = config_of(cases[_i].json);

	check_only_error(config, cases[_i].path);
	ck_assert_int_eq(chatterbox_config_check(config, NULL),
			 cases[_i].path ? CHATTERBOX_E_CONFIG : 0);
	chatterbox_config_unref(config);
}
END_TEST

START_TEST(variables_say_it_too)
{
	struct chatterbox_config *config = config_of(SQL("\"ssl\":true"));

	config_env(config, "NLCONF_SEQUELIZE__SSL__REJECTUNAUTHORIZED=false");
	ck_assert_str_eq(chatterbox_config_get_text(config, "sequelize.sslmode"), "require");
	config_env(config, "NLCONF_SEQUELIZE__DIALECTOPTIONS={\"ssl\":false}");
	ck_assert_str_eq(chatterbox_config_get_text(config, "sequelize.sslmode"), "disable");
	check_only_error(config, NULL);
	config_env(config, "NLCONF_SEQUELIZE__REPLICATION={\"read\":[]}");
	check_only_error(config, "sequelize.replication: ");
	config_env(config, "NLCONF_CHATTERBOX__SEQUELIZE__REPLICATION=null");
	check_only_error(config, NULL);
	config_env(config, "NLCONF_REDIS__TLS__CERT=/c");
	check_only_error(config, "redis.tls.cert: ");
	chatterbox_config_unref(config);
}
END_TEST

START_TEST(a_slip_in_a_variable_is_warned_of)
{
	struct chatterbox_config *config = config_new();

	config_env(config, "NLCONF_CHECK_JOB_STATUS_TME=5");
	config_env(config, "NLCONF_REDDIS__HOST=x");
	config_env(config, "NLCONF_RPC__SKELETOR=1");
	ck_assert_str_eq(config_problems(config),
			 "warning check_job_status_tme: unknown key, did you mean "
			 "check_job_status_time? (from environment NLCONF_CHECK_JOB_STATUS_TME)\n"
			 "warning reddis.host: unknown key, did you mean redis.host? (from "
			 "environment NLCONF_REDDIS__HOST)\n");
	chatterbox_config_unref(config);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("config_foreign");
	const TTest *const tests[] = {
		print_config_says_where_it_comes_from,
		variables_say_it_too,
		a_slip_in_a_variable_is_warned_of,
	};

	unit_add(tcase, tests, CBX_COUNT(tests));
	tcase_add_loop_test(tcase, it_becomes_our_key, 0, (int)CBX_COUNT(honoured));
	tcase_add_loop_test(tcase, what_cant_be_done_is_refused_by_name, 0, (int)CBX_COUNT(cases));
	suite_add_tcase(suite, tcase);
}
