// SPDX-License-Identifier: MIT
/* test_alloc_config.c - memory runs out while the configuration is read, checked and shown */
#include "alloc_faults.h"
#include "config_kit.h"

#include <unistd.h>

static const char text[] =
	"{\"check_job_status_time\": 20, \"redis\": {\"host\": \"a-rather-long-host.example\"},"
	" \"chatterbox\": {\"lease\": {\"ttl\": \"ten\"}, \"redis\": {\"port\": 6380},"
	" \"rmq_rpc\": {\"event_queue_bindings\": {\"default\": [\"x.event.one\", "
	"\"x.event.two\"]}},"
	" \"unknown_key_here\": {\"a\": [1, 2]}}, \"rmq_rpc\": {\"rpc_timeout\": \"2m\"},"
	" \"sequelize\": {\"password\": \"correct horse battery staple\"}, \"live_temp\": 7}";

struct reading {
	struct chatterbox_config *config, *other;
	char path[64];
	char *shown;
};

static void *set_up(void)
{
	struct reading *r = calloc(1, sizeof(*r));
	int fd;

	strcpy(r->path, "/tmp/chatterbox-alloc-XXXXXX");
	fd = mkstemp(r->path);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, strlen(text)), (int)strlen(text));
	close(fd);
	r->config = config_new();
	r->other = config_new();
	return r;
}

static void tear_down(void *fixture)
{
	struct reading *r = fixture;

	unlink(r->path);
	free(r->shown);
	chatterbox_config_unref(r->config);
	chatterbox_config_unref(r->other);
	free(r);
}

static int make(void *fixture)
{
	struct chatterbox_config *config = NULL;
	int result = chatterbox_config_new(&config);

	(void)fixture;
	chatterbox_config_unref(config);
	return result;
}

static int read_file(void *fixture)
{
	struct reading *r = fixture;

	return chatterbox_config_load_file(r->config, r->path);
}

/* The second try of a failed load lays the same again: problems may then be there twice */
static void file_is_read(void *fixture)
{
	const struct chatterbox_config *config = ((struct reading *)fixture)->config;

	ck_assert_int_eq(chatterbox_config_get_integer(config, "check_job_status_time"), 20);
	ck_assert_str_eq(chatterbox_config_get_text(config, "redis.host"),
			 "a-rather-long-host.example");
	ck_assert_int_eq(chatterbox_config_get_integer(config, "redis.port"), 6380);
	ck_assert_int_eq(chatterbox_config_get_integer(config, "rmq_rpc.rpc_timeout"), 120000);
	ck_assert_uint_eq(chatterbox_config_list_count(
				  config, "chatterbox.rmq_rpc.event_queue_bindings.default"),
			  2);
	ck_assert_str_eq(chatterbox_config_get_text(config, "sequelize.password"),
			 "correct horse battery staple");
	ck_assert_int_eq(chatterbox_config_get_integer(config, "lease.ttl"), 10);
	ck_assert_int_eq(chatterbox_config_check(config, NULL), CHATTERBOX_E_CONFIG);
	ck_assert_uint_ge(chatterbox_config_problem_count(config), 3);
	ck_assert_ptr_nonnull(strstr(config_problems(config), "lease.ttl"));
	ck_assert_ptr_nonnull(strstr(config_problems(config), "unknown_key_here"));
}

static int read_variables(void *fixture)
{
	static char host[] = "NLCONF_RMQ__HOST=broker.example";
	static char level[] = "NLCONF_LOG__LEVEL=loud";
	static char port[] = "NLCONF_HTTP_SERVER__PORT=8080";
	char *environment[] = { host, level, port, NULL };

	return chatterbox_config_load_environment(((struct reading *)fixture)->config, environment);
}

static void variables_are_read(void *fixture)
{
	const struct chatterbox_config *config = ((struct reading *)fixture)->config;

	ck_assert_str_eq(chatterbox_config_get_text(config, "rmq.host"), "broker.example");
	ck_assert_int_eq(chatterbox_config_get_integer(config, "http_server.port"), 8080);
	ck_assert_ptr_nonnull(strstr(config_problems(config), "log.level"));
}

static int set_options(void *fixture)
{
	struct reading *r = fixture;
	int result = chatterbox_config_use_embedded(r->config, "/tmp/a.db");

	return result ?: chatterbox_config_set(r->config, "log.level", "debug", "--log-level");
}

static void options_are_set(void *fixture)
{
	const struct chatterbox_config *config = ((struct reading *)fixture)->config;

	ck_assert_str_eq(chatterbox_config_get_text(config, "chatterbox.sqlite_path"), "/tmp/a.db");
	ck_assert_str_eq(chatterbox_config_get_text(config, "log.level"), "debug");
}

static int show(void *fixture)
{
	struct reading *r = fixture;

	return chatterbox_config_to_json(r->config, &r->shown);
}

static void is_not_shown(void *fixture)
{
	ck_assert_ptr_null(((struct reading *)fixture)->shown);
}

static void is_shown(void *fixture)
{
	ck_assert_ptr_nonnull(strstr(((struct reading *)fixture)->shown, "\"log.level\""));
}

static int compare(void *fixture)
{
	struct reading *r = fixture;

	return chatterbox_config_compare(r->other, r->config, NULL, NULL);
}

static const struct alloc_case cases[] = {
	{ "new", NULL, make, NULL, NULL, NULL, NULL },
	{ "a file", set_up, read_file, NULL, file_is_read, tear_down, NULL },
	{ "variables", set_up, read_variables, NULL, variables_are_read, tear_down, NULL },
	{ "options", set_up, set_options, NULL, options_are_set, tear_down, NULL },
	{ "print", set_up, show, is_not_shown, is_shown, tear_down, NULL },
};

START_TEST(the_configuration_survives)
{
	ck_assert_uint_gt(alloc_faults_sweep(&cases[_i]), 0);
}
END_TEST

START_TEST(a_comparison_needs_no_memory)
{
	struct alloc_case changes = { "changes", set_up, compare, NULL, NULL, tear_down, NULL };

	ck_assert_uint_eq(alloc_faults_sweep(&changes), 0);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("alloc_config");

	tcase_add_loop_test(tcase, the_configuration_survives, 0, (int)CBX_COUNT(cases));
	tcase_add_test(tcase, a_comparison_needs_no_memory);
	suite_add_tcase(suite, tcase);
}
