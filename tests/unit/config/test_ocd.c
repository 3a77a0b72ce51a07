// SPDX-License-Identifier: MIT
/*
 * OCD's own configuration object, filled with values: one file serves both programs, and means the
 * same to both.
 */
#include "config_kit.h"

/* OCD's own configuration object; where it is not known, a likely value */
static const char ocd[] =
	"{\"app_meta\":{\"name\":\"nl-ocd\",\"version\":\"1.11.5\",\"namespace\":\"ocd\"},"
	"\"backblaze\":{\"key\":\"K0\",\"id\":\"b2\"},\"benchmark\":{\"incremental\":false},"
	"\"check_job_status_time\":15,\"concurrency\":4,"
	"\"e_tracker\":{\"username\":\"e\",\"password\":\"p\",\"host\":\"tracker\"},"
	"\"free_drive_space_if_full\":true,\"http_server\":{\"port\":3042},"
	"\"live_db\":{\"username\":\"l\",\"password\":\"p\",\"host\":\"live\"},"
	"\"live_db_write\":{\"password\":\"p\",\"host\":\"livew\",\"database\":\"hdmslive2\"},"
	"\"live_rep\":{\"password\":\"p\",\"host\":\"rep\",\"database\":\"hdmslive_rep\"},"
	"\"live_rmq\":{\"vhost\":\"rmq-sm\"},"
	"\"live_temp\":{\"username\":\"t\",\"password\":\"tp\",\"host\":\"temp.example\","
	"\"database\":\"hdmslive_tmp\"},"
	"\"log\":{\"pretty\":true,\"level\":\"warn\",\"path\":\"stdout.log\"},"
	"\"max_download_speed\":\"250K\",\"max_files_in_a_download\":500,\"max_listeners\":100,"
	"\"max_systems_to_download\":100,\"pausedKey\":\"On hold\","
	"\"profiling\":{\"enabled\":false,\"interval\":\"5s\"},\"quick_check_time\":60,"
	"\"recheck_system_time\":43200000,\"redis\":{\"host\":\"redis.example\"},"
	"\"rmq\":{\"host\":\"rmq.example\",\"vhost\":\"rmq-sm\",\"user\":\"ocd\",\"pass\":\"rp\"},"
	"\"rmq_rpc\":{\"rpc_timeout\":\"4m\",\"event_queue_bindings\":{\"default\":["
	"\"nl-hdms.event.control.system_online\",\"nl-ocd-chatterbox.event.update_job_status\"]}},"
	"\"rpc\":{\"skeletor_benchmark\":false},\"runningKey\":\"Downloading\","
	"\"send_csa_report\":604800000,"
	"\"sequelize\":{\"database\":\"ocd\",\"username\":\"o\",\"password\":\"sp\","
	"\"host\":\"sql.example\",\"dialect\":\"postgres\"},"
	"\"spotify\":{\"password\":\"p\",\"host\":\"s\",\"database\":\"nl_spotify\"},"
	"\"time_till_next_check\":900,\"ws_server\":{\"port\":3043}}";

static const struct {
	const char *path;
	const char *value;
} taken[] = {
	{ "check_job_status_time", "15" },
	{ "time_till_next_check", "900" },
	{ "recheck_system_time", "43200000" },
	{ "pausedKey", "\"On hold\"" },
	{ "runningKey", "\"Downloading\"" },
	{ "http_server.port", "3042" },
	{ "log.pretty", "true" },
	{ "log.level", "\"warn\"" },
	{ "log.path", "\"stdout.log\"" },
	{ "redis.host", "\"redis.example\"" },
	{ "rmq.host", "\"rmq.example\"" },
	{ "rmq.vhost", "\"rmq-sm\"" },
	{ "rmq.user", "\"ocd\"" },
	{ "rmq.pass", "\"***\"" },
	{ "rmq_rpc.rpc_timeout", "\"4m\"" },
	{ "sequelize.host", "\"sql.example\"" },
	{ "sequelize.database", "\"ocd\"" },
	{ "sequelize.username", "\"o\"" },
	{ "sequelize.password", "\"***\"" },
	{ "sequelize.dialect", "\"postgres\"" },
	{ "live_temp.host", "\"temp.example\"" },
	{ "live_temp.database", "\"hdmslive_tmp\"" },
	{ "live_temp.username", "\"t\"" },
	{ "live_temp.password", "\"***\"" },
};

START_TEST(each_shared_key_is_taken)
{
	struct chatterbox_config *config = config_of(ocd);

	config_check_shown(config, taken[_i].path, taken[_i].value, "file /t.json");
	chatterbox_config_unref(config);
}
END_TEST

START_TEST(only_what_both_would_use_is_named)
{
	struct chatterbox_config *config = config_of(ocd);

	ck_assert_str_eq(config_problems(config),
			 "warning http_server.port: OCD listens there: on one host "
			 "chatterbox.http_server.port has to be another (from file /t.json)\n"
			 "warning log.path: OCD writes this file: chatterbox.log.path has to be "
			 "another, or \"\" for stdout (from file /t.json)\n"
			 "warning http_server.host: nobody on another host reaches the API and the "
			 "metrics: chatterbox.http_server.host \"::\" lets them (from default)\n");
	ck_assert_int_eq(chatterbox_config_check(config, NULL), 0);
	ck_assert_ptr_nonnull(chatterbox_config_get_text(config, "live_temp.host"));
	ck_assert_str_eq(chatterbox_config_get_text(config, "sequelize.password"), "sp");
	chatterbox_config_unref(config);
}
END_TEST

/* What is OCD's own must not become chatterbox's: its bindings, its name */
START_TEST(what_is_ocds_own_stays_its_own)
{
	static const char key[] = "chatterbox.rmq_rpc.event_queue_bindings.default";
	struct chatterbox_config *config = config_of(ocd);

	ck_assert_str_eq(chatterbox_config_get_text(config, "chatterbox.app_name"),
			 "nl-ocd-chatterbox");
	ck_assert_uint_eq(chatterbox_config_list_count(config, key), 5);
	ck_assert_str_eq(chatterbox_config_list_at(config, key, 4), "nl-ocd.event.update_database");
	chatterbox_config_unref(config);
}
END_TEST

/* The same file, with a section for chatterbox that wins where it speaks */
START_TEST(its_own_section_is_laid_over_it)
{
	char both[sizeof(ocd) + 128];
	struct chatterbox_config *config;

	snprintf(both, sizeof(both),
		 "%.*s,\"chatterbox\":{\"log\":{\"path\":\"\"},\"http_server\":{\"host\":\"::\","
		 "\"port\":3141}}}",
		 (int)sizeof(ocd) - 2, ocd);
	config = config_of(both);
	ck_assert_str_eq(config_problems(config), "");
	config_check_shown(config, "log.path", "\"\"", "file /t.json");
	config_check_shown(config, "log.level", "\"warn\"", "file /t.json");
	config_check_shown(config, "http_server.port", "3141", "file /t.json");
	chatterbox_config_unref(config);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("config_ocd");
	const TTest *const tests[] = {
		only_what_both_would_use_is_named,
		what_is_ocds_own_stays_its_own,
		its_own_section_is_laid_over_it,
	};

	unit_add(tcase, tests, CBX_COUNT(tests));
	tcase_add_loop_test(tcase, each_shared_key_is_taken, 0, (int)CBX_COUNT(taken));
	suite_add_tcase(suite, tcase);
}
