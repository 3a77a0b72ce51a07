// SPDX-License-Identifier: MIT
/* Problems of a configuration: each is one line that names the place, and no secret. */
#include "config_kit.h"

#include <unistd.h>

/* OCD's own configuration object, as it prints it */
static const char ocd[] =
	"{\"app_meta\":{\"name\":\"\",\"version\":\"1.11.5\",\"namespace\":\"ocd\"},"
	"\"backblaze\":{\"key\":\"\",\"id\":\"\"},\"benchmark\":{\"incremental\":false},"
	"\"check_job_status_time\":10,\"concurrency\":4,"
	"\"e_tracker\":{\"username\":\"\",\"password\":\"\",\"host\":\"\"},"
	"\"free_drive_space_if_full\":true,\"http_server\":{\"port\":3041},"
	"\"live_db\":{\"username\":\"\",\"password\":\"\",\"host\":\"\"},"
	"\"live_db_write\":{\"password\":\"\",\"host\":\"\",\"database\":\"hdmslive2\"},"
	"\"live_rep\":{\"password\":\"\",\"host\":\"\",\"database\":\"hdmslive_rep\"},"
	"\"live_rmq\":{\"vhost\":\"rmq-sm\"},"
	"\"live_temp\":{\"password\":\"\",\"host\":\"\",\"database\":\"hdmslive_tmp\"},"
	"\"log\":{\"pretty\":false,\"level\":\"info\",\"path\":\"stdout.log\"},"
	"\"max_download_speed\":\"250K\",\"max_files_in_a_download\":500,\"max_listeners\":100,"
	"\"max_systems_to_download\":100,\"pausedKey\":\"Paused\","
	"\"profiling\":{\"enabled\":false,\"interval\":\"5s\"},\"quick_check_time\":60,"
	"\"recheck_system_time\":86400000,\"redis\":{\"host\":\"\"},"
	"\"rmq\":{\"host\":\"\",\"vhost\":\"rmq-sm\",\"pass\":\"\"},"
	"\"rmq_rpc\":{\"rpc_timeout\":\"5m\",\"event_queue_bindings\":{\"default\":[\"a\"]}},"
	"\"rpc\":{\"skeletor_benchmark\":false},\"runningKey\":\"Running\","
	"\"send_csa_report\":604800000,"
	"\"sequelize\":{\"database\":\"\",\"username\":\"\",\"password\":\"\"},"
	"\"spotify\":{\"password\":\"\",\"host\":\"\",\"database\":\"nl_spotify\"},"
	"\"time_till_next_check\":600,\"ws_server\":{}}";

START_TEST(of_ocds_own_object_the_empty_hosts_are_named)
{
	static const char *const paths[] = { "http_server.port", "log.path",
					     "redis.host",       "rmq.host",
					     "sequelize.host",   "http_server.host",
					     "live_temp.host" };
	struct chatterbox_config *config = config_of(ocd);
	char line[64];
	size_t i;

	for (i = 0; i < CBX_COUNT(paths); i++) {
		snprintf(line, sizeof(line), "warning %s: ", paths[i]);
		ck_assert_msg(strstr(config_problems(config), line), "%s", paths[i]);
	}
	ck_assert_uint_eq(chatterbox_config_problem_count(config), CBX_COUNT(paths));
	ck_assert_int_eq(chatterbox_config_check(config, NULL), 0);
	config_check_shown(config, "rmq.vhost", "\"rmq-sm\"", "file /t.json");
	config_check_shown(config, "log.path", "\"stdout.log\"", "file /t.json");
	/* hosts that are left empty are those of the default */
	config_check_shown(config, "redis.host", "\"127.0.0.1\"", "default");
	ck_assert_ptr_null(chatterbox_config_get_text(config, "live_temp.host"));
	chatterbox_config_unref(config);
}
END_TEST

/* A whole file and all that is said of it */
#define WRONG_BASE                                                                            \
	"error http_server.base_path: takes a path as \"/chatterbox\": with a / before each " \
	"part, "                                                                              \
	"none at the end, of letters, digits and -._~ (from file /t.json)\n"
#define WRONG_ORIGIN                                                                            \
	"error http_server.cors_origins: takes origins as \"https://noc.example\": scheme and " \
	"host, "                                                                                \
	"a port, no path, not even a / (from file /t.json)\n"

static const struct {
	const char *json;
	const char *problems;
} said[] = {
	{ "{}", "" },
	/* a URL may hold a password: its text is not repeated */
	{ "{\"redis\":{\"host\":\"redis://:c4n4ry@127.0.0.1:6379/0\"}}",
	  "error redis.host: got a URL or a port with it, takes the host alone; what else a URL "
	  "holds has keys of "
	  "its "
	  "own (from file /t.json)\n" },
	{ "{\"rmq\":{\"host\":\"ocd:c4n4ry@rabbit\"}}",
	  "error rmq.host: got a URL or a port with it, takes the host alone; what else a URL "
	  "holds has keys of its "
	  "own "
	  "(from file /t.json)\n" },
	{ "{\"chatterbox\":{\"sequelize\":{\"host\":\"postgres://ocd:c4n4ry@db/ocd\"}}}",
	  "error chatterbox.sequelize.host: got a URL or a port with it, takes the host alone; "
	  "what else a URL holds "
	  "has "
	  "keys of its own (from file /t.json)\n" },
	{ "{\"live_temp\":{\"host\":\"postgres://ocd:c4n4ry@db/tmp\"}}",
	  "error live_temp.host: got a URL or a port with it, takes the host alone; what else a "
	  "URL holds has keys "
	  "of its "
	  "own (from file /t.json)\n" },
	{ "{\"http_server\":{\"host\":\"http://127.0.0.1\"}}",
	  "error http_server.host: got a URL or a port with it, takes the host alone; what else a "
	  "URL holds has keys "
	  "of "
	  "its own (from file /t.json)\n" },
	{ "{\"redis\":{\"hots\":\"x\"}}",
	  "warning redis.hots: unknown key, did you mean redis.host? (from file /t.json)\n" },
	{ "{\"redis\":{\"pass\":\"hunter2\"}}",
	  "warning redis.pass: unknown key, did you mean redis.password? (from file /t.json)\n" },
	{ "{\"rmq\":{\"password\":\"hunter2\"}}",
	  "warning rmq.password: unknown key, did you mean rmq.pass? (from file /t.json)\n" },
	{ "{\"rmq\":{\"zzz\":1}}", "warning rmq.zzz: unknown key (from file /t.json)\n" },
	{ "{\"rmq\":{\"tls\":{\"sni\":1}}}",
	  "warning rmq.tls.sni: unknown key (from file /t.json)\n" },
	{ "{\"chatterbox\":{\"reddis\":{\"host\":\"x\"}}}",
	  "warning chatterbox.reddis: unknown key, did you mean chatterbox.redis? "
	  "(from file /t.json)\n" },
	{ "{\"chatterbox\":{\"redis\":{\"prot\":1}}}",
	  "warning chatterbox.redis.prot: unknown key, did you mean chatterbox.redis.port? "
	  "(from file /t.json)\n" },
	{ "{\"chatterbox\":{\"e_tracker\":{}}}",
	  "warning chatterbox.e_tracker: unknown key (from file /t.json)\n" },
	{ "{\"chatterbox\":{\"chatterbox\":{\"store\":\"memory\"}}}",
	  "warning chatterbox.chatterbox: unknown key (from file /t.json)\n" },
	{ "{\"chatterbox\":{\"rmq_rpc\":{\"event_queue_bindings\":{\"other\":[]}}}}",
	  "warning chatterbox.rmq_rpc.event_queue_bindings.other: unknown key "
	  "(from file /t.json)\n" },
	{ "{\"chatterbox\":{\"sequelize\":{\"logging\":false}}}",
	  "warning chatterbox.sequelize.logging: unknown key (from file /t.json)\n" },
	{ "{\"sequelize\":{\"logging\":false,\"pool\":{\"max\":5}},\"paused_time\":1}", "" },
	{ "{\"pausedkey\":1}",
	  "warning pausedkey: unknown key, did you mean pausedKey? (from file /t.json)\n" },
	{ "{\"check_job_status_tme\":5,\"reids\":{\"host\":\"x\"},\"chaterbox\":{}}",
	  "warning check_job_status_tme: unknown key, did you mean check_job_status_time? "
	  "(from file /t.json)\n"
	  "warning reids: unknown key, did you mean redis? (from file /t.json)\n"
	  "warning chaterbox: unknown key, did you mean chatterbox? (from file /t.json)\n" },
	{ "{\"rmq\":{\"host\":\"rabbit:5672\"}}", "error rmq.host: got a URL or a port with it, "
						  "takes the host alone; what else a URL holds has "
						  "keys of its own (from file /t.json)\n" },
	{ "{\"redis\":{\"host\":\"a,[::1]:6379\"}}",
	  "error redis.host: got a URL or a port with it, takes the host alone; what else a URL "
	  "holds has "
	  "keys of its own (from file /t.json)\n" },
	{ "{\"redis\":{\"host\":\"[::1]\"},\"rmq\":{\"host\":\"::1, 127.0.0.1\"},"
	  "\"sequelize\":{\"host\":\"/run/a:b\"}}",
	  "" },
	{ "{\"sequelize\":{\"database\":\"postgres://ocd:c4n4ry@db/ocd\"}}",
	  "error sequelize.database: got a URL with a user in it; what it holds has keys of its "
	  "own "
	  "(from file /t.json)\n" },
	{ "{\"redis.host\":\"x\"}",
	  "warning redis.host: unknown key: a dot in a name does not nest, write an object in an "
	  "object (from file /t.json)\n" },
	{ "{\"foo.bar\":\"x\",\"\":1}", "" },
	{ "{\"redis\":{\"\":1}}", "warning redis.: unknown key (from file /t.json)\n" },
	{ "{\"redis\":{\"a\\nerror x\":1}}",
	  "warning redis.a?error x: unknown key (from file /t.json)\n" },
	{ "{\"redis\":null,\"chatterbox\":null}", "" },
	{ "{\"redis\":\"redis://:hunter2@cache\"}",
	  "error redis: got a text, takes an object (from file /t.json)\n" },
	{ "{\"chatterbox\":[]}",
	  "error chatterbox: got a list, takes an object (from file /t.json)\n" },
	{ "{\"chatterbox\":{\"lease\":{\"ttl\":\"ten\"}}}",
	  "error chatterbox.lease.ttl: got \"ten\", takes an integer 1..3600 (s) "
	  "(from file /t.json)\n" },
	{ "{\"redis\":{\"password\":12345}}",
	  "error redis.password: got a number, takes a text of 1..4096 bytes "
	  "(from file /t.json)\n" },
	{ "{\"http_server\":{\"token\":[\"hunter2\"]}}",
	  "error http_server.token: got a list, takes a text of 1..4096 bytes "
	  "(from file /t.json)\n" },
	{ "{\"sequelize\":{\"dialect\":\"mysql\"}}",
	  "error sequelize.dialect: got \"mysql\", takes postgres (from file /t.json)\n" },
	{ "{\"chatterbox\":{\"app_name\":\"a/b\"}}",
	  "error chatterbox.app_name: got \"a/b\", takes 1..64 of the characters A-Z a-z 0-9 . _ - "
	  "(from file /t.json)\n" },
	{ "{\"rmq_rpc\":{\"poll_timeout\":\"10m\"}}",
	  "warning rmq_rpc.poll_timeout: got 600000 ms, takes at most rmq_rpc.rpc_timeout: lowered "
	  "to 300000 ms (from file /t.json)\n" },
	{ "{\"rmq_rpc\":{\"rpc_timeout\":\"2s\"}}", "" },
	{ "{\"chatterbox\":{\"sql\":\"sqlite\"}}",
	  "error chatterbox.sqlite_path: got nothing, takes the path of the database file, since "
	  "chatterbox.sql is sqlite (from file /t.json)\n" },
	{ "{\"chatterbox\":{\"sql\":\"sqlite\",\"sqlite_path\":\"/x\"}}", "" },
	{ "{\"http_server\":{\"tls\":{\"cert\":\"/c\"}}}",
	  "error http_server.tls.key: got nothing, takes the path of a PEM file, since "
	  "http_server.tls is on (from file /t.json)\n" },
	{ "{\"http_server\":{\"tls\":{\"cert\":\"/c\",\"key\":\"/k\"}}}", "" },
	{ "{\"http_server\":{\"base_path\":\"/a/b-1._~\",\"cors_origins\":[\"*\","
	  "\"https://a.example\",\"http://[::1]:8080\"]}}",
	  "" },
	{ "{\"http_server\":{\"base_path\":\"/a/\"}}", WRONG_BASE },
	{ "{\"http_server\":{\"base_path\":\"a\"}}", WRONG_BASE },
	{ "{\"http_server\":{\"base_path\":\"//a\"}}", WRONG_BASE },
	{ "{\"http_server\":{\"base_path\":\"/a/../b\"}}", WRONG_BASE },
	{ "{\"http_server\":{\"base_path\":\"/./b\"}}", WRONG_BASE },
	{ "{\"http_server\":{\"base_path\":\"/a b\"}}", WRONG_BASE },
	{ "{\"http_server\":{\"base_path\":\"/a%20b\"}}", WRONG_BASE },
	{ "{\"http_server\":{\"cors_origins\":[\"https://a.example/\"]}}", WRONG_ORIGIN },
	{ "{\"http_server\":{\"cors_origins\":[\"a.example\"]}}", WRONG_ORIGIN },
	{ "{\"http_server\":{\"cors_origins\":[\"https://\"]}}", WRONG_ORIGIN },
	{ "{\"http_server\":{\"cors_origins\":[\"null\"]}}", WRONG_ORIGIN },
	{ "{\"http_server\":{\"cors_origins\":[\"https://a.example\\nhttps://b\"]}}",
	  WRONG_ORIGIN },
	{ "{\"redis\":{\"tls\":true},\"chatterbox\":{\"store\":\"memory\"}}", "" },
	{ "{\"killedKey\":\"running\"}", "error killedKey: got the text of runningKey, takes one "
					 "of its own (from file /t.json)\n" },
	{ "{\"runningKey\":\"Paused\",\"pausedKey\":\"Running\"}", "" },
	{ "{\"pausedKey\":"
	  "\"pppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp"
	  "pppppppppppppp\"}",
	  "error pausedKey: got "
	  "\"pppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp..., "
	  "takes "
	  "a text of 1..64 bytes (from file /t.json)\n" },
};

START_TEST(each_slip_is_told)
{
	struct chatterbox_config *config = config_of(said[_i].json);

	ck_assert_str_eq(config_problems(config), said[_i].problems);
	ck_assert_int_eq(chatterbox_config_check(config, NULL),
			 strstr(said[_i].problems, "error ") == said[_i].problems &&
					 said[_i].problems[0]
				 ? CHATTERBOX_E_CONFIG
				 : 0);
	chatterbox_config_unref(config);
}
END_TEST

START_TEST(poll_timeout_is_never_above_rpc_timeout)
{
	struct chatterbox_config *config = config_of("{\"rmq_rpc\":{\"poll_timeout\":\"1m\"}}");

	ck_assert_int_eq(chatterbox_config_set(config, "rmq_rpc.rpc_timeout", "2s", "-t"), 0);
	ck_assert_int_eq(chatterbox_config_check(config, NULL), 0);
	ck_assert_int_eq(chatterbox_config_get_integer(config, "rmq_rpc.poll_timeout"), 2000);
	config_check_shown(config, "rmq_rpc.poll_timeout", "\"2s\"", "rmq_rpc.rpc_timeout");
	/* what is applied later counts: the warning goes with its cause */
	ck_assert_int_eq(chatterbox_config_set(config, "rmq_rpc.rpc_timeout", "2m", "-t"), 0);
	ck_assert_int_eq(chatterbox_config_get_integer(config, "rmq_rpc.poll_timeout"), 60000);
	config_check_shown(config, "rmq_rpc.poll_timeout", "\"1m\"", "file /t.json");
	ck_assert_str_eq(config_problems(config), "");
	chatterbox_config_unref(config);
}
END_TEST

START_TEST(redis_tls_needs_a_hiredis_that_has_it)
{
	struct chatterbox_config *config = config_of("{\"redis\":{\"tls\":true}}");

#ifdef CBX_REDIS_TLS
	ck_assert_str_eq(config_problems(config), "");
#else
	ck_assert_int_eq(chatterbox_config_check(config, NULL), CHATTERBOX_E_CONFIG);
	ck_assert_ptr_nonnull(strstr(config_problems(config), "error redis.tls: "));
	ck_assert_ptr_nonnull(strstr(config_problems(config), "Unix socket"));
	ck_assert_ptr_nonnull(strstr(config_problems(config), "stunnel"));
#endif
	chatterbox_config_unref(config);
}
END_TEST

START_TEST(an_option_that_nobody_knows_is_an_error)
{
	struct chatterbox_config *config = config_new();

	ck_assert_int_eq(chatterbox_config_set(config, "log.levl", "info", "--x"), 0);
	ck_assert_int_eq(chatterbox_config_set(config, "e_tracker.host", "x", "--y"), 0);
	ck_assert_str_eq(config_problems(config),
			 "error log.levl: unknown key, did you mean log.level? (from option --x)\n"
			 "error e_tracker.host: unknown key (from option --y)\n");
	ck_assert_ptr_null(chatterbox_config_problem_at(config, 2, NULL));
	chatterbox_config_unref(config);
}
END_TEST

/* Every secret, each way it can be given, right and wrong: it is shown nowhere */
START_TEST(secrets_are_shown_nowhere)
{
	static const char *const files[] = { "{\"%s\":{\"%s\":\"hunter2\"}}",
					     "{\"chatterbox\":{\"%s\":{\"%s\":\"hunter2\"}}}",
					     "{\"%s\":{\"%s\":[\"hunter2\"]}}",
					     "{\"%s\":{\"%s\":{\"hunter2\":\"hunter2\"}}}" };
	size_t i;
	size_t k;

	for (i = 0; i < cbx_key_count; i++) {
		const char *dot = strchr(cbx_keys[i].path, '.');

		if (!(cbx_keys[i].flags & CBX_KEY_SECRET))
			continue;
		for (k = 0; k < CBX_COUNT(files); k++) {
			struct chatterbox_config *config;
			char section[64];
			char json[256];
			char *text = NULL;

			snprintf(section, sizeof(section), "%.*s", (int)(dot - cbx_keys[i].path),
				 cbx_keys[i].path);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
			snprintf(json, sizeof(json), files[k], section, dot + 1);
#pragma GCC diagnostic pop
			config = config_of(json);
			ck_assert_int_eq(chatterbox_config_to_json(config, &text), 0);
			ck_assert_ptr_null(strstr(text, "hunter2"));
			ck_assert_ptr_null(strstr(config_problems(config), "hunter2"));
			if (k < 2)
				config_check_shown(config, cbx_keys[i].path, "\"***\"",
						   "file /t.json");
			free(text);
			chatterbox_config_unref(config);
		}
	}
}
END_TEST

START_TEST(a_flood_of_slips_is_cut_but_no_error_is_lost)
{
	struct chatterbox_config *config = config_new();
	char *json = calloc(1, 200000);
	size_t used = (size_t)sprintf(json, "{\"redis\":{");
	int i;

	for (i = 0; i < 5000; i++)
		used += (size_t)sprintf(json + used, "\"slip number %d\":1,", i);
	sprintf(json + used, "\"port\":0}}");
	ck_assert_int_eq(config_apply(config, json), 0);
	ck_assert_int_eq(chatterbox_config_check(config, NULL), CHATTERBOX_E_CONFIG);
	ck_assert_uint_eq(chatterbox_config_problem_count(config), 1001);
	free(json);
	chatterbox_config_unref(config);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("config_problems");
	const TTest *const tests[] = {
		of_ocds_own_object_the_empty_hosts_are_named,
		poll_timeout_is_never_above_rpc_timeout,
		redis_tls_needs_a_hiredis_that_has_it,
		an_option_that_nobody_knows_is_an_error,
		secrets_are_shown_nowhere,
		a_flood_of_slips_is_cut_but_no_error_is_lost,
	};

	unit_add(tcase, tests, CBX_COUNT(tests));
	tcase_add_loop_test(tcase, each_slip_is_told, 0, (int)CBX_COUNT(said));
	suite_add_tcase(suite, tcase);
}
