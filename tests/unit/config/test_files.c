// SPDX-License-Identifier: MIT
/* What stands in the place of a file of certificates and can't be one is refused by its key */
#include "config_kit.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char fifo[64];

static void make_fifo(void)
{
	snprintf(fifo, sizeof(fifo), "/tmp/cbx-fifo-%d", (int)getpid());
	ck_assert_int_eq(mkfifo(fifo, 0600), 0);
}

static void remove_fifo(void)
{
	unlink(fifo);
}

static const struct {
	const char *json; /* %s: the file */
	const char *key;
} keys[] = {
	{ "{\"rmq\":{\"tls\":{\"ca\":\"%s\"}}}", "rmq.tls.ca" },
	{ "{\"rmq\":{\"tls\":{\"cert\":\"%s\",\"key\":\"/k\"}}}", "rmq.tls.cert" },
	{ "{\"rmq\":{\"tls\":{\"cert\":\"/c\",\"key\":\"%s\"}}}", "rmq.tls.key" },
	{ "{\"sequelize\":{\"sslrootcert\":\"%s\"}}", "sequelize.sslrootcert" },
	{ "{\"sequelize\":{\"sslcert\":\"%s\",\"sslkey\":\"/k\"}}", "sequelize.sslcert" },
	{ "{\"sequelize\":{\"sslcert\":\"/c\",\"sslkey\":\"%s\"}}", "sequelize.sslkey" },
	{ "{\"live_temp\":{\"host\":\"/run\",\"sslrootcert\":\"%s\"}}", "live_temp.sslrootcert" },
};

static void check_refused(const char *format, const char *path, const char *key, const char *why)
{
	const char *at = strstr(format, "%s");
	struct chatterbox_config *config;
	char json[512];
	char want[512];

	snprintf(json, sizeof(json), "%.*s%s%s", (int)(at - format), format, path, at + 2);
	snprintf(want, sizeof(want), "error %s: got \"%s\", takes a file: %s (from file /t.json)\n",
		 key, path, why);
	config = config_of(json);
	ck_assert_str_eq(config_problems(config), want);
	chatterbox_config_unref(config);
}

START_TEST(a_fifo_a_directory_and_a_device_are_refused)
{
	check_refused(keys[_i].json, fifo, keys[_i].key, "it is a FIFO");
	check_refused(keys[_i].json, "/tmp", keys[_i].key, "it is a directory");
	check_refused(keys[_i].json, "/dev/zero", keys[_i].key, "it is a device");
}
END_TEST

START_TEST(what_is_not_used_does_not_matter)
{
	struct chatterbox_config *config = config_of(
		"{\"rmq\":{\"tls\":{\"ca\":\"/tmp\"}},\"sequelize\":{\"sslkey\":\"/tmp\"},"
		"\"chatterbox\":{\"bus\":\"memory\",\"sql\":\"sqlite\",\"sqlite_path\":\"/x\"}}");

	ck_assert_str_eq(config_problems(config), "");
	chatterbox_config_unref(config);
}
END_TEST

START_TEST(an_absent_one_is_left_to_the_connection)
{
	struct chatterbox_config *config =
		config_of("{\"rmq\":{\"tls\":{\"ca\":\"/nowhere/ca.pem\"}}}");

	ck_assert_str_eq(config_problems(config), "");
	chatterbox_config_unref(config);
}
END_TEST

START_TEST(a_certificate_needs_its_key)
{
	struct chatterbox_config *config = config_of("{\"rmq\":{\"tls\":{\"cert\":\"/c\"}},"
						     "\"sequelize\":{\"sslkey\":\"/k\"}}");

	ck_assert_str_eq(
		config_problems(config),
		"error rmq.tls.key: got nothing, takes the path of a PEM file, since "
		"rmq.tls.cert is given (from file /t.json)\n"
		"error sequelize.sslcert: got nothing, takes the path of a PEM file, since "
		"sequelize.sslkey is given (from file /t.json)\n");
	chatterbox_config_unref(config);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("config_files");
	const TTest *const tests[] = {
		what_is_not_used_does_not_matter,
		an_absent_one_is_left_to_the_connection,
		a_certificate_needs_its_key,
	};

	tcase_add_unchecked_fixture(tcase, make_fifo, remove_fifo);
	unit_add(tcase, tests, CBX_COUNT(tests));
	tcase_add_loop_test(tcase, a_fifo_a_directory_and_a_device_are_refused, 0,
			    (int)CBX_COUNT(keys));
	suite_add_tcase(suite, tcase);
}
