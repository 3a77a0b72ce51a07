// SPDX-License-Identifier: MIT
/* Which key a variable names, what its text is read as, and the files of _FILE; durations too. */
#include "config_kit.h"

#include <unistd.h>

/* One variable, what it makes of which key; the problem that it may cause */
static const struct {
	const char *entry;
	const char *path;
	const char *value;
	const char *problem;
} variables[] = {
	{ "NLCONF_RMQ__HOST=rabbit", "rmq.host", "\"rabbit\"", NULL },
	{ "NLCONF_rmq__Host=rabbit", "rmq.host", "\"rabbit\"", NULL },
	{ "NLCONF_RMQ__HOST=\"rabbit\"", "rmq.host", "\"rabbit\"", NULL },
	{ "NLCONF_RMQ__USER=12345", "rmq.user", "\"12345\"", NULL },
	{ "NLCONF_RMQ__USER=true", "rmq.user", "\"true\"", NULL },
	{ "NLCONF_RMQ__USER=null", "rmq.user", "\"null\"", NULL },
	{ "NLCONF_RMQ__USER={\"a\":1}", "rmq.user", "\"{\\\"a\\\":1}\"", NULL },
	{ "NLCONF_RMQ__USER=a=b", "rmq.user", "\"a=b\"", NULL },
	{ "NLCONF_RMQ__USER= a ", "rmq.user", "\" a \"", NULL },
	{ "NLCONF_RMQ__USER=", "rmq.user", "\"guest\"", NULL },
	{ "NLCONF_RMQ__USER=\xff", "rmq.user", "\"guest\"",
	  "error rmq.user: got bytes that are no" },
	{ "NLCONF_HTTP_SERVER__PORT=8080", "http_server.port", "8080", NULL },
	{ "NLCONF_HTTP_SERVER__PORT=", "http_server.port", "3041",
	  "error http_server.port: got \"\"," },
	{ "NLCONF_HTTP_SERVER__PORT=\"8080\"", "http_server.port", "3041",
	  "error http_server.port: got \"8080\", takes an integer 0..65535 (from environment "
	  "NLCONF_HTTP_SERVER__PORT)" },
	{ "NLCONF_HTTP_SERVER__PORT=80 80", "http_server.port", "3041",
	  "error http_server.port: got \"80 80\"" },
	{ "NLCONF_HTTP_SERVER__PORT=99999999999999999999", "http_server.port", "3041",
	  "error http_server.port: got \"99999999999999999999\"" },
	{ "NLCONF_CHECK_JOB_STATUS_TIME=30", "check_job_status_time", "30", NULL },
	{ "NLCONF_PAUSEDKEY=Pause", "pausedKey", "\"Pause\"", NULL },
	{ "NLCONF_CHATTERBOX__CHECK_JOB_STATUS_TIME=30", "check_job_status_time", "30", NULL },
	{ "NLCONF_CHATTERBOX__LOG__PRETTY=true", "log.pretty", "true", NULL },
	{ "NLCONF_RMQ_RPC__RPC_TIMEOUT=90s", "rmq_rpc.rpc_timeout", "\"90s\"", NULL },
	{ "NLCONF_RMQ_RPC__RPC_TIMEOUT=60000", "rmq_rpc.rpc_timeout", "\"1m\"", NULL },
	{ "NLCONF_REDIS={\"host\":\"cache\",\"port\":1}", "redis.host", "\"cache\"", NULL },
	{ "NLCONF_REDIS=cache", "redis.host", "\"127.0.0.1\"",
	  "error redis: got a text, takes an object" },
	{ "NLCONF_REDIS={\"Host\":\"cache\"}", "redis.host", "\"127.0.0.1\"",
	  "warning redis.Host: unknown key, did you mean redis.host?" },
	{ "NLCONF_REDIS__HOTS=x", "redis.host", "\"127.0.0.1\"",
	  "warning redis.hots: unknown key, did you mean redis.host? (from environment "
	  "NLCONF_REDIS__HOTS)" },
	{ "NLCONF_CHATTERBOX__STROE=x", "chatterbox.store", "\"redis\"",
	  "warning chatterbox.stroe: unknown key, did you mean chatterbox.store?" },
	/* OCD's own, and what is no name of ours */
	{ "NLCONF_E_TRACKER__HOST=x", "rmq.host", "\"127.0.0.1\"", NULL },
	{ "NLCONF_E_TRACKER__HOST_FILE=/nonexistent", "rmq.host", "\"127.0.0.1\"", NULL },
	{ "NLCONF_RMQ_RPC__EVENT_QUEUE_BINDINGS__DEFAULT=[]", "rmq.host", "\"127.0.0.1\"", NULL },
	{ "NLCONF_SEQUELIZE__POOL__MAX=5", "rmq.host", "\"127.0.0.1\"", NULL },
	{ "NLCONF_MAX_LISTENERS=5", "rmq.host", "\"127.0.0.1\"", NULL },
	{ "NLCONF_=5", "rmq.host", "\"127.0.0.1\"", NULL },
	{ "NLCONF_RMQ__HOST", "rmq.host", "\"127.0.0.1\"", NULL },
	{ "XNLCONF_RMQ__HOST=x", "rmq.host", "\"127.0.0.1\"", NULL },
	{ "RMQ__HOST=x", "rmq.host", "\"127.0.0.1\"", NULL },
};

START_TEST(a_variable_names_its_key)
{
	struct chatterbox_config *config = config_new();
	const char *problem = variables[_i].problem;
	char want[512];

	snprintf(want, sizeof(want), "{\"value\":%s,", variables[_i].value);
	config_env(config, variables[_i].entry);
	ck_assert_msg(!strncmp(config_shown(config, variables[_i].path), want, strlen(want)),
		      "%s: %s", variables[_i].entry, config_shown(config, variables[_i].path));
	if (problem)
		ck_assert_msg(!strncmp(config_problems(config), problem, strlen(problem)), "%s",
			      config_problems(config));
	else
		ck_assert_str_eq(config_problems(config), "");
	chatterbox_config_unref(config);
}
END_TEST

static void write_file(const char *path, const char *bytes, size_t len)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(bytes, 1, len, file), len);
	ck_assert_int_eq(fclose(file), 0);
}

static const struct {
	const char *bytes;
	size_t len; /* 0 = strlen */
	const char *value;
	const char *problem;
} files[] = {
	{ "plain", 0, "plain", NULL },
	{ "line\n", 0, "line", NULL },
	{ "line\r\n", 0, "line", NULL },
	{ "two\n\n", 0, "two\n", NULL }, /* one trailing newline is cut, no more */
	{ "12345\n", 0, "12345", NULL },
	{ "", 0, "guest", "error rmq.pass: the file that NLCONF_RMQ__PASS_FILE names: is empty" },
	{ "\n", 0, "guest", "error rmq.pass: the file that NLCONF_RMQ__PASS_FILE names: is empty" },
	{ "a\0b", 3, "guest",
	  "error rmq.pass: the file that NLCONF_RMQ__PASS_FILE names: holds a NUL" },
	{ "\xc0\x80", 0, "guest", "error rmq.pass: got bytes that are no UTF-8, takes a text" },
};

START_TEST(a_variable_may_name_a_file)
{
	struct chatterbox_config *config = config_new();
	char path[] = "/tmp/chatterbox-test-XXXXXX";
	char entry[128];
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	close(fd);
	write_file(path, files[_i].bytes, files[_i].len ?: strlen(files[_i].bytes));
	snprintf(entry, sizeof(entry), "NLCONF_RMQ__PASS_FILE=%s", path);
	config_env(config, entry);
	ck_assert_str_eq(chatterbox_config_get_text(config, "rmq.pass"), files[_i].value);
	if (files[_i].problem)
		ck_assert_msg(!strncmp(config_problems(config), files[_i].problem,
				       strlen(files[_i].problem)),
			      "%s", config_problems(config));
	else
		ck_assert_str_eq(config_problems(config), "");
	unlink(path);
	chatterbox_config_unref(config);
}
END_TEST

START_TEST(a_file_that_is_not_there_is_an_error_without_its_name)
{
	struct chatterbox_config *config = config_new();

	/* the secret itself, where its file's name belongs */
	config_env(config, "NLCONF_RMQ__PASS_FILE=hunter2");
	ck_assert_str_eq(config_problems(config),
			 "error rmq.pass: the file that NLCONF_RMQ__PASS_FILE names: No such file "
			 "or directory (from environment NLCONF_RMQ__PASS_FILE)\n");
	chatterbox_config_unref(config);
}
END_TEST

START_TEST(a_value_and_its_file_are_one_too_many)
{
	struct chatterbox_config *config = config_new();
	char plain[] = "NLCONF_RMQ__PASS=x";
	char file[] = "NLCONF_RMQ__PASS_FILE=/dev/null";
	char *environment[] = { plain, file, NULL };

	ck_assert_int_eq(chatterbox_config_load_environment(config, environment), 0);
	ck_assert_str_eq(config_problems(config),
			 "error rmq.pass: given twice, takes one of NLCONF_RMQ__PASS and its _FILE "
			 "(from environment NLCONF_RMQ__PASS_FILE)\n");
	chatterbox_config_unref(config);
}
END_TEST

static const struct {
	const char *text;
	int64_t ms; /* -1 = refused */
} durations[] = {
	{ "\"5m\"", 300000 },
	{ "\"10s\"", 10000 },
	{ "\"250ms\"", 250 },
	{ "\"1h\"", 3600000 },
	{ "\"1.5s\"", 1500 },
	{ "\"10 s\"", 10000 },
	{ "\"5000\"", 5000 },
	{ "5000", 5000 },
	{ "\"24h\"", 86400000 },
	{ "\"24.1h\"", -1 },
	{ "\"0s\"", -1 },
	{ "\"0.0001s\"", -1 },
	{ "\"-5s\"", -1 },
	{ "\"5M\"", -1 },
	{ "\"5 min\"", -1 },
	{ "\"s\"", -1 },
	{ "\"\"", -1 },
	{ "\".5s\"", -1 },
	{ "\"5.s\"", -1 },
	{ "1.5", -1 },
	{ "true", -1 },
	{ "\"9999999999999s\"", -1 },
	{ "\" 5s\"", -1 },
	{ "\"5s \"", -1 },
	{ "9223372036854775807", -1 },
};

START_TEST(durations_are_read_in_ms)
{
	struct chatterbox_config *config = config_new();
	char json[128];
	int64_t want = durations[_i].ms;

	snprintf(json, sizeof(json), "{\"rmq_rpc\":{\"rpc_timeout\":%s}}", durations[_i].text);
	ck_assert_int_eq(config_apply(config, json), 0);
	ck_assert_int_eq(chatterbox_config_check(config, NULL), want < 0 ? CHATTERBOX_E_CONFIG : 0);
	ck_assert_int_eq(chatterbox_config_get_integer(config, "rmq_rpc.rpc_timeout"),
			 want < 0 ? 300000 : want);
	chatterbox_config_unref(config);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("config_environment");

	tcase_add_test(tcase, a_file_that_is_not_there_is_an_error_without_its_name);
	tcase_add_test(tcase, a_value_and_its_file_are_one_too_many);
	tcase_add_loop_test(tcase, a_variable_names_its_key, 0, (int)CBX_COUNT(variables));
	tcase_add_loop_test(tcase, a_variable_may_name_a_file, 0, (int)CBX_COUNT(files));
	tcase_add_loop_test(tcase, durations_are_read_in_ms, 0, (int)CBX_COUNT(durations));
	suite_add_tcase(suite, tcase);
}
