// SPDX-License-Identifier: MIT
/* Which value wins: defaults, file, environment, options; and within each the overlay. */
#include "config_kit.h"

#include <unistd.h>

/* Each row lays some of the six places that can give log.level, in a mixed order */
struct ladder {
	const char *file;
	const char *variable;
	const char *overlay_variable;
	const char *option;
	const char *value;
	const char *from;
};

static const struct ladder ladders[] = {
	{ NULL, NULL, NULL, NULL, "\"info\"", "default" },
	{ "{\"log\":{\"level\":\"warn\"}}", NULL, NULL, NULL, "\"warn\"", "file /t.json" },
	{ "{\"chatterbox\":{\"log\":{\"level\":\"error\"}},\"log\":{\"level\":\"warn\"}}", NULL,
	  NULL, NULL, "\"error\"", "file /t.json" },
	{ "{\"log\":{\"level\":\"warn\"},\"chatterbox\":{\"log\":{\"level\":\"error\"}}}", NULL,
	  NULL, NULL, "\"error\"", "file /t.json" },
	{ "{\"log\":{\"level\":\"warn\"}}", "NLCONF_LOG__LEVEL=debug", NULL, NULL, "\"debug\"",
	  "environment NLCONF_LOG__LEVEL" },
	/* who sets a variable for this process means this process */
	{ "{\"chatterbox\":{\"log\":{\"level\":\"error\"}}}", "NLCONF_LOG__LEVEL=debug", NULL, NULL,
	  "\"debug\"", "environment NLCONF_LOG__LEVEL" },
	{ "{\"chatterbox\":{\"log\":{\"level\":\"error\"}}}", "NLCONF_LOG__LEVEL=debug",
	  "NLCONF_CHATTERBOX__LOG__LEVEL=trace", NULL, "\"trace\"",
	  "environment NLCONF_CHATTERBOX__LOG__LEVEL" },
	{ "{\"chatterbox\":{\"log\":{\"level\":\"error\"}}}", "NLCONF_LOG__LEVEL=debug",
	  "NLCONF_CHATTERBOX__LOG__LEVEL=trace", "fatal", "\"fatal\"", "option --log-level" },
	{ NULL, NULL, NULL, "warn", "\"warn\"", "option --log-level" },
	/* a wrong value changes nothing */
	{ "{\"log\":{\"level\":\"warn\"}}", "NLCONF_LOG__LEVEL=loud", NULL, NULL, "\"warn\"",
	  "file /t.json" },
};

static void lay_ladder(struct chatterbox_config *config, const struct ladder *row, bool upwards)
{
	int step;

	for (step = 0; step < 4; step++) {
		int at = upwards ? step : 3 - step;

		if (at == 0 && row->file)
			ck_assert_int_eq(config_lay(config, row->file), 0);
		if (at == 1 && row->variable)
			config_env(config, row->variable);
		if (at == 2 && row->overlay_variable)
			config_env(config, row->overlay_variable);
		if (at == 3 && row->option)
			ck_assert_int_eq(chatterbox_config_set(config, "log.level", row->option,
							       "--log-level"),
					 0);
	}
}

START_TEST(the_higher_rung_wins)
{
	struct chatterbox_config *config = config_new();
	struct chatterbox_config *backwards = config_new();

	lay_ladder(config, &ladders[_i], true);
	config_check_shown(config, "log.level", ladders[_i].value, ladders[_i].from);
	lay_ladder(backwards, &ladders[_i], false);
	config_check_shown(backwards, "log.level", ladders[_i].value, ladders[_i].from);
	chatterbox_config_unref(config);
	chatterbox_config_unref(backwards);
}
END_TEST

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
	{ "", 0, "guest", NULL },
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
	ck_assert_str_eq(chatterbox_config_text(config, "rmq.pass"), files[_i].value);
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

START_TEST(the_empty_text_takes_a_key_back)
{
	struct chatterbox_config *config =
		config_of("{\"redis\":{\"password\":\"x\",\"host\":\"cache\"},"
			  "\"chatterbox\":{\"redis\":{\"host\":\"\"}}}");

	ck_assert_str_eq(chatterbox_config_text(config, "redis.password"), "x");
	config_env(config, "NLCONF_REDIS__PASSWORD=");
	ck_assert_ptr_null(chatterbox_config_text(config, "redis.password"));
	config_check_shown(config, "redis.password", "null", "default");
	config_check_shown(config, "redis.host", "\"127.0.0.1\"", "default");
	chatterbox_config_unref(config);
}
END_TEST

static const struct {
	const char *file;
	const char *variables[2];
	bool on;
} switches[] = {
	{ "{}", { NULL }, false },
	{ "{\"rmq\":{\"tls\":true}}", { NULL }, true },
	{ "{\"rmq\":{\"tls\":{}}}", { NULL }, true },
	{ "{\"rmq\":{\"tls\":{\"ca\":\"/ca\"}}}", { NULL }, true },
	{ "{\"rmq\":{\"tls\":{\"ca\":\"/ca\"}},\"chatterbox\":{\"rmq\":{\"tls\":false}}}",
	  { NULL },
	  false },
	{ "{\"rmq\":{\"tls\":{\"ca\":\"/ca\"}}}", { "NLCONF_RMQ__TLS=false" }, false },
	{ "{}", { "NLCONF_RMQ__TLS__CA=/ca" }, true },
	{ "{}", { "NLCONF_RMQ__TLS=false", "NLCONF_RMQ__TLS__CA=/ca" }, false },
	{ "{}", { "NLCONF_RMQ__TLS__CA=/ca", "NLCONF_RMQ__TLS=false" }, false },
	{ "{\"rmq\":{\"tls\":false}}", { "NLCONF_RMQ__TLS__CA=/ca" }, true },
	{ "{}", { "NLCONF_RMQ__TLS__CA=" }, false },
};

START_TEST(a_member_of_tls_turns_it_on)
{
	struct chatterbox_config *config = config_of(switches[_i].file);
	size_t i;

	for (i = 0; i < 2 && switches[_i].variables[i]; i++)
		config_env(config, switches[_i].variables[i]);
	ck_assert_int_eq(chatterbox_config_flag(config, "rmq.tls"), switches[_i].on);
	ck_assert_str_eq(config_problems(config), "");
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
	ck_assert_int_eq(config_lay(config, json), 0);
	ck_assert_int_eq(chatterbox_config_check(config), want < 0 ? CHATTERBOX_E_CONFIG : 0);
	ck_assert_int_eq(chatterbox_config_integer(config, "rmq_rpc.rpc_timeout"),
			 want < 0 ? 300000 : want);
	chatterbox_config_unref(config);
}
END_TEST

START_TEST(demo_wins_over_file_and_variables)
{
	struct chatterbox_config *config = config_of("{\"redis\":{\"tls\":true},\"chatterbox\":{"
						     "\"store\":\"redis\",\"role\":\"observer\"}}");

	config_env(config, "NLCONF_CHATTERBOX__BUS=rmq");
	ck_assert_int_eq(chatterbox_config_demo(config, "/tmp/demo.sqlite"), 0);
	config_check_shown(config, "chatterbox.store", "\"memory\"", "option --demo");
	config_check_shown(config, "chatterbox.bus", "\"memory\"", "option --demo");
	config_check_shown(config, "chatterbox.sql", "\"sqlite\"", "option --demo");
	config_check_shown(config, "chatterbox.sqlite_path", "\"/tmp/demo.sqlite\"",
			   "option --demo");
	config_check_shown(config, "chatterbox.role", "\"auto\"", "option --demo");
	/* what only Redis cares for does not stop a demo without it */
	ck_assert_str_eq(config_problems(config), "");
	ck_assert_int_eq(chatterbox_config_set(config, "log.level", "debug", "--log-level"), 0);
	ck_assert_int_eq(chatterbox_config_check(config), 0);
	chatterbox_config_unref(config);
}
END_TEST

START_TEST(lists_and_live_temp_are_asked_for)
{
	struct chatterbox_config *config =
		config_of("{\"rmq_rpc\":{\"event_queue_bindings\":{\"default\":[\"ocd.only\"]}},"
			  "\"live_temp\":{\"host\":\"\",\"database\":\"hdmslive_tmp\"}}");
	const char *path = "chatterbox.rmq_rpc.event_queue_bindings.default";

	/* the shared bindings are OCD's own */
	ck_assert_uint_eq(chatterbox_config_list_count(config, path), 5);
	ck_assert_str_eq(chatterbox_config_list_at(config, path, 4),
			 "nl-ocd.event.update_database");
	ck_assert(!chatterbox_config_has_live_temp(config));
	config_env(config, "NLCONF_LIVE_TEMP__HOST=db");
	ck_assert(chatterbox_config_has_live_temp(config));
	config_env(config, "NLCONF_CHATTERBOX__RMQ_RPC__EVENT_QUEUE_BINDINGS__DEFAULT=[\"a\"]");
	ck_assert_uint_eq(chatterbox_config_list_count(config, path), 1);
	ck_assert_str_eq(chatterbox_config_list_at(config, path, 0), "a");
	ck_assert_str_eq(config_problems(config), "");
	chatterbox_config_unref(config);
}
END_TEST

START_TEST(a_config_is_counted)
{
	struct chatterbox_config *config = config_new();

	ck_assert_ptr_eq(chatterbox_config_ref(config), config);
	ck_assert_ptr_null(chatterbox_config_unref(config));
	ck_assert_str_eq(chatterbox_config_text(config, "log.level"), "info");
	ck_assert_ptr_null(chatterbox_config_unref(config));
	ck_assert_ptr_null(chatterbox_config_unref(NULL));
}
END_TEST

START_TEST(the_option_names_the_file_first)
{
	ck_assert_str_eq(chatterbox_config_path("/a", "/b"), "/a");
	ck_assert_str_eq(chatterbox_config_path(NULL, "/b"), "/b");
	if (access("/etc/chatterbox/chatterbox.json", F_OK) == 0) {
		ck_assert_str_eq(chatterbox_config_path(NULL, ""),
				 "/etc/chatterbox/chatterbox.json");
		return;
	}
	ck_assert_ptr_null(chatterbox_config_path(NULL, NULL));
	ck_assert_ptr_null(chatterbox_config_path(NULL, ""));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("config_layers");
	TCase *tcase = tcase_create("config_layers");
	const TTest *const tests[] = {
		a_file_that_is_not_there_is_an_error_without_its_name,
		a_value_and_its_file_are_one_too_many,
		the_empty_text_takes_a_key_back,
		demo_wins_over_file_and_variables,
		lists_and_live_temp_are_asked_for,
		a_config_is_counted,
		the_option_names_the_file_first,
	};

	unit_add(tcase, tests, CBX_COUNT(tests));
	tcase_add_loop_test(tcase, the_higher_rung_wins, 0, (int)CBX_COUNT(ladders));
	tcase_add_loop_test(tcase, a_variable_names_its_key, 0, (int)CBX_COUNT(variables));
	tcase_add_loop_test(tcase, a_variable_may_name_a_file, 0, (int)CBX_COUNT(files));
	tcase_add_loop_test(tcase, a_member_of_tls_turns_it_on, 0, (int)CBX_COUNT(switches));
	tcase_add_loop_test(tcase, durations_are_read_in_ms, 0, (int)CBX_COUNT(durations));
	suite_add_tcase(suite, tcase);
	return unit_run(suite);
}
