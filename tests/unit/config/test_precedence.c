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

static void apply_ladder(struct chatterbox_config *config, const struct ladder *row, bool upwards)
{
	int step;

	for (step = 0; step < 4; step++) {
		int at = upwards ? step : 3 - step;

		if (at == 0 && row->file)
			ck_assert_int_eq(config_apply(config, row->file), 0);
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

	apply_ladder(config, &ladders[_i], true);
	config_check_shown(config, "log.level", ladders[_i].value, ladders[_i].from);
	apply_ladder(backwards, &ladders[_i], false);
	config_check_shown(backwards, "log.level", ladders[_i].value, ladders[_i].from);
	chatterbox_config_unref(config);
	chatterbox_config_unref(backwards);
}
END_TEST

START_TEST(the_empty_text_takes_a_key_back)
{
	struct chatterbox_config *config =
		config_of("{\"redis\":{\"password\":\"x\",\"host\":\"cache\"},"
			  "\"chatterbox\":{\"redis\":{\"host\":\"\"}}}");

	ck_assert_str_eq(chatterbox_config_get_text(config, "redis.password"), "x");
	config_env(config, "NLCONF_REDIS__PASSWORD=");
	ck_assert_ptr_null(chatterbox_config_get_text(config, "redis.password"));
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
	ck_assert_int_eq(chatterbox_config_get_flag(config, "rmq.tls"), switches[_i].on);
	ck_assert_str_eq(config_problems(config), "");
	chatterbox_config_unref(config);
}
END_TEST

START_TEST(demo_wins_over_file_and_variables)
{
	struct chatterbox_config *config = config_of("{\"redis\":{\"tls\":true},\"chatterbox\":{"
						     "\"store\":\"redis\",\"role\":\"observer\"}}");

	config_env(config, "NLCONF_CHATTERBOX__BUS=rmq");
	ck_assert_int_eq(chatterbox_config_use_embedded(config, "/tmp/demo.sqlite"), 0);
	config_check_shown(config, "chatterbox.store", "\"memory\"", "option --demo");
	config_check_shown(config, "chatterbox.bus", "\"memory\"", "option --demo");
	config_check_shown(config, "chatterbox.sql", "\"sqlite\"", "option --demo");
	config_check_shown(config, "chatterbox.sqlite_path", "\"/tmp/demo.sqlite\"",
			   "option --demo");
	config_check_shown(config, "chatterbox.role", "\"auto\"", "option --demo");
	/* what only Redis cares for does not stop a demo without it */
	ck_assert_str_eq(config_problems(config), "");
	ck_assert_int_eq(chatterbox_config_set(config, "log.level", "debug", "--log-level"), 0);
	ck_assert_int_eq(chatterbox_config_check(config, NULL), 0);
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
	ck_assert_ptr_null(chatterbox_config_get_text(config, "live_temp.host"));
	config_env(config, "NLCONF_LIVE_TEMP__HOST=db");
	ck_assert_ptr_nonnull(chatterbox_config_get_text(config, "live_temp.host"));
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
	ck_assert_str_eq(chatterbox_config_get_text(config, "log.level"), "info");
	ck_assert_ptr_null(chatterbox_config_unref(config));
	ck_assert_ptr_null(chatterbox_config_unref(NULL));
}
END_TEST

START_TEST(the_option_names_the_file_first)
{
	ck_assert_str_eq(chatterbox_config_find_file("/a", "/b"), "/a");
	ck_assert_str_eq(chatterbox_config_find_file(NULL, "/b"), "/b");
	if (access("/etc/chatterbox/chatterbox.json", F_OK) == 0) {
		ck_assert_str_eq(chatterbox_config_find_file(NULL, ""),
				 "/etc/chatterbox/chatterbox.json");
		return;
	}
	ck_assert_ptr_null(chatterbox_config_find_file(NULL, NULL));
	ck_assert_ptr_null(chatterbox_config_find_file(NULL, ""));
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("config_layers");
	const TTest *const tests[] = {
		the_empty_text_takes_a_key_back,   demo_wins_over_file_and_variables,
		lists_and_live_temp_are_asked_for, a_config_is_counted,
		the_option_names_the_file_first,
	};

	unit_add(tcase, tests, CBX_COUNT(tests));
	tcase_add_loop_test(tcase, the_higher_rung_wins, 0, (int)CBX_COUNT(ladders));
	tcase_add_loop_test(tcase, a_member_of_tls_turns_it_on, 0, (int)CBX_COUNT(switches));
	suite_add_tcase(suite, tcase);
}
