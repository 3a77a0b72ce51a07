// SPDX-License-Identifier: MIT
/*
 * Each key of contract 8.2, one row each: its default, a good value, and values that are refused;
 * set by the file, by the overlay of "chatterbox", and by its environment variable.
 */
#include "config_kit.h"

#include <ctype.h>

struct row {
	const char *path;
	const char *initial; /* as --print-config shows it */
	const char *good;    /* as JSON; shown the same unless it is a secret */
	const char *wrong;   /* another type */
	const char *beyond;  /* out of range; NULL = there is none */
	bool reload;
};

#define LONG_TEXT "\"ppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppp\"" /* 65 */
#define TEXTS(path, initial)                                              \
	{                                                                 \
		path, initial, "\"some text\"", "7", "\"\\u0000\"", false \
	}
#define SECRET(path, initial)                                  \
	{                                                      \
		path, initial, "\"hunter2\"", "7", "{}", false \
	}
#define DATABASE(at, host)                                                                        \
	TEXTS(at ".host", host), { at ".port", "5432", "6432", "\"5432\"", "65536", false },      \
		TEXTS(at ".database", "null"), TEXTS(at ".username", "null"),                     \
		SECRET(at ".password", "null"),                                                   \
		{ at ".dialect", "\"postgres\"", "\"postgres\"", "1", "\"mysql\"", false },       \
		{ at ".sslmode", "\"prefer\"", "\"verify-full\"", "true", "\"Require\"", false }, \
		TEXTS(at ".sslrootcert", "null"), TEXTS(at ".sslcert", "null"),                   \
		TEXTS(at ".sslkey", "null"), TEXTS(at ".schema", "null")

static const struct row rows[] = {
	{ "check_job_status_time", "10", "86400", "\"10\"", "0", true },
	{ "time_till_next_check", "600", "60", "true", "604801", true },
	{ "pausedKey", "\"Paused\"", "\"Pausiert\"", "1", LONG_TEXT, false },
	{ "runningKey", "\"Running\"", "\"L\u00e4uft\"", "[]", LONG_TEXT, false },
	{ "completedKey", "\"Completed\"", "\"Fertig\"", "{}", LONG_TEXT, false },
	{ "erroredKey", "\"Errored\"", "\"Kaputt\"", "null", LONG_TEXT, false },
	{ "killedKey", "\"Killed\"", "\"Tot\"", "false", LONG_TEXT, false },
	{ "recheck_system_time", "86400000", "1000", "\"1d\"", "0", true },
	{ "maxSyncTime", "3600000", "1", "1.5", "-1", true },
	{ "pausedTimeOut", "600000", "5000", "null", "0", true },
	{ "error_retention", "86400", "3600", "{}", "0", true },
	{ "offline_job_ttl", "86400", "3600", "[]", "0", true },
	{ "completed_retention", "0", "3600", "\"\"", "-1", true },
	{ "history_retention", "2592000", "0", "\"30d\"", "-1", true },
	{ "progress_checkpoint", "60", "0", "\"60\"", "86401", true },
	{ "stall_after", "900", "60", "\"15m\"", "0", true },
	{ "incident.window", "900", "60", "\"15m\"", "0", true },
	{ "incident.systems", "5", "2", "\"5\"", "1", true },
	{ "incident.jobs", "10", "2", "null", "1", true },
	{ "outlook.margin", "600", "0", "\"10m\"", "86401", true },
	{ "outlook.horizon", "21600", "3600", "[]", "604801", true },
	{ "outlook.keep", "86400", "0", "true", "-1", true },
	{ "outlook.ignore_types", "[\"upload\"]", "[]", "\"upload\"", NULL, true },
	{ "csaTimer", "15", "1", "\"15\"", "0", true },
	{ "max_jobs_per_event", "500", "1", "\"500\"", "0", true },
	{ "events.max_length", "100000", "10", "null", "0", true },
	{ "load.queue_depth", "1000", "1", "1.0", "0", true },
	{ "load.reply_ms", "2000", "1", "\"2s\"", "0", true },
	{ "load.max_interval", "600", "10", "\"10m\"", "86401", true },
	{ "limits.reply_bytes", "1048576", "134217728", "\"1M\"", "1023", true },
	{ "limits.jobs_per_reply", "10000", "1", "{}", "0", true },
	{ "lease.ttl", "10", "1", "\"ten\"", "3601", false },
	TEXTS("redis.host", "\"127.0.0.1\""),
	{ "redis.port", "6379", "65535", "\"6379\"", "0", false },
	TEXTS("redis.username", "null"),
	SECRET("redis.password", "null"),
	{ "redis.db", "0", "15", "\"0\"", "-1", false },
	{ "redis.tls", "false", "false", "\"off\"", "0", false },
	{ "redis.sentinels", "[]", "[\"s-1:26379\",\"[::1]:26380\"]", "\"s-1\"", "[\"s:0\"]",
	  false },
	TEXTS("redis.name", "null"),
	TEXTS("redis.sentinelUsername", "null"),
	SECRET("redis.sentinelPassword", "null"),
	{ "redis.cluster", "[]", "[\"c-1:6379\",\"[::1]:6380\"]", "\"c-1\"", "[\"c:0\"]", false },
	TEXTS("redis.tls.ca", "null"),
	TEXTS("rmq.host", "\"127.0.0.1\""),
	{ "rmq.port", "5672", "5671", "5672.0", "65536", false },
	{ "rmq.vhost", "\"/\"", "\"rmq-sm\"", "1", NULL, false },
	TEXTS("rmq.user", "\"guest\""),
	SECRET("rmq.pass", "\"***\""),
	{ "rmq.tls", "false", "true", "1", "\"true\"", false },
	TEXTS("rmq.tls.ca", "null"),
	TEXTS("rmq.tls.cert", "null"),
	TEXTS("rmq.tls.key", "null"),
	{ "rmq_rpc.rpc_timeout", "\"5m\"", "\"24h\"", "true", "\"25h\"", true },
	{ "rmq_rpc.poll_timeout", "\"10s\"", "\"250ms\"", "[]", "0", true },
	{ "rmq_rpc.envelope", "\"jsonrpc\"", "\"bare\"", "1", "\"JSONRPC\"", false },
	{ "rmq_rpc.request_exchange", "\"\"", "\"rpc\"", "null", NULL, false },
	{ "rmq_rpc.event_exchange", "\"amq.topic\"", "\"events\"", "1", NULL, false },
	{ "rmq_rpc.systems_per_request", "1", "50", "\"1\"", "0", true },
	{ "rmq_rpc.in_flight", "256", "1", "\"256\"", "65536", true },
	DATABASE("sequelize", "\"127.0.0.1\""),
	DATABASE("live_temp", "null"),
	{ "http_server.host", "\"127.0.0.1\"", "\"0.0.0.0\"", "0", NULL, false },
	{ "http_server.port", "3041", "0", "\"3041\"", "65536", false },
	{ "http_server.token", "null", "\"hunter2\"", "7", "{}", true },
	{ "http_server.read_token", "null", "\"hunter2\"", "7", "{}", true },
	{ "http_server.base_path", "\"\"", "\"/noc/chatterbox\"", "1", NULL, false },
	{ "http_server.cors_origins", "[]", "[\"https://noc.example\",\"*\"]",
	  "\"https://noc.example\"", "[\"\"]", true },
	{ "http_server.tls", "false", "false", "\"on\"", "null", false },
	TEXTS("http_server.tls.cert", "null"),
	TEXTS("http_server.tls.key", "null"),
	{ "log.level", "\"info\"", "\"trace\"", "30", "\"INFO\"", true },
	{ "log.path", "\"\"", "\"stdout.log\"", "1", NULL, true },
	{ "log.pretty", "false", "true", "\"yes\"", "1", true },
	{ "chatterbox.store", "\"redis\"", "\"memory\"", "1", "\"file\"", false },
	{ "chatterbox.bus", "\"rmq\"", "\"memory\"", "null", "\"kafka\"", false },
	{ "chatterbox.sql", "\"postgres\"", "\"postgres\"", "[]", "\"sqlite3\"", false },
	TEXTS("chatterbox.sqlite_path", "null"),
	{ "chatterbox.role", "\"auto\"", "\"observer\"", "1", "\"leader\"", false },
	{ "chatterbox.app_name", "\"nl-ocd-chatterbox\"", "\"A.b_c-9\"", "1", "\"a b\"", false },
	{ "chatterbox.startup_timeout", "60", "1", "\"60\"", "0", false },
	{ "chatterbox.shutdown_timeout", "10", "3600", "\"10s\"", "0", false },
	TEXTS("chatterbox.record.path", "null"),
	{ "chatterbox.record.limit", "256", "1", "\"1G\"", "0", false },
	{ "chatterbox.record.anonymous", "false", "true", "\"yes\"", "1", false },
	{ "chatterbox.rmq_rpc.event_queue_bindings.default",
	  "[\"nl-hdms.event.control.system_online\",\"nl-hdms.event.control.system_offline\","
	  "\"nl-hdms.event.content.job_status\",\"nl-ocd.event.update_time_till_next_check\","
	  "\"nl-ocd.event.update_database\"]",
	  "[\"a.*\",\"#\"]", "\"#\"", "[\"\"]", false },
};

static bool is_secret(const struct row *row)
{
	return strstr(row->good, "hunter2") != NULL;
}

static const char *shown(const struct row *row)
{
	return is_secret(row) ? "\"***\"" : row->good;
}

/* {"a":{"b":VALUE}} of "a.b"; "rmq.tls.ca" is in the object that "rmq.tls" then is */
static char *nest(const char *prefix, const char *path, const char *value)
{
	char *text = calloc(1, 2048);
	char full[256];
	size_t depth = 0;
	char *part;
	char *rest = full;

	ck_assert_ptr_nonnull(text);
	snprintf(full, sizeof(full), "%s%s", prefix, path);
	while ((part = strsep(&rest, "."))) {
		snprintf(text + strlen(text), 300, "{\"%s\":", part);
		depth++;
	}
	strcat(text, value);
	while (depth--)
		strcat(text, "}");
	return text;
}

static void variable_of(const char *path, char out[256])
{
	size_t n = (size_t)snprintf(out, 256, "NLCONF_");

	for (; *path; path++) {
		if (*path == '.')
			out[n++] = '_';
		out[n++] = *path == '.' ? '_' : (char)toupper((unsigned char)*path);
	}
	out[n] = '\0';
}

static void check_no_error(const struct chatterbox_config *config, const struct row *row)
{
	/* what these ask for besides themselves has tests of its own */
	static const char *const ask[] = { "redis.sentinels",  "redis.cluster", "redis.tls.ca",
					   "http_server.tls.", "rmq.tls.cert",  "rmq.tls.key",
					   ".sslcert",         ".sslkey" };
	size_t i;

	for (i = 0; i < CBX_COUNT(ask); i++)
		if (strstr(row->path, ask[i]))
			return;
	ck_assert_str_eq(config_problems(config), "");
}

START_TEST(has_its_default)
{
	const struct row *row = &rows[_i];
	struct chatterbox_config *config = config_new();

	config_check_shown(config, row->path, row->initial, "default");
	chatterbox_config_unref(config);
}
END_TEST

static void check_taken(const struct row *row, const char *prefix)
{
	char *json = nest(prefix, row->path, row->good);
	struct chatterbox_config *config = config_of(json);

	config_check_shown(config, row->path, shown(row), "file /t.json");
	check_no_error(config, row);
	chatterbox_config_unref(config);
	free(json);
}

START_TEST(takes_a_good_value_of_the_file_and_of_the_overlay)
{
	check_taken(&rows[_i], "");
	if (strncmp(rows[_i].path, "chatterbox.", 11) != 0)
		check_taken(&rows[_i], "chatterbox.");
}
END_TEST

START_TEST(takes_a_good_value_of_its_variable)
{
	const struct row *row = &rows[_i];
	struct chatterbox_config *config = config_new();
	char name[256];
	char entry[2048];
	char from[300];

	variable_of(row->path, name);
	snprintf(entry, sizeof(entry), "%s=%s", name, row->good);
	snprintf(from, sizeof(from), "environment %s", name);
	config_env(config, entry);
	config_check_shown(config, row->path, shown(row), from);
	check_no_error(config, row);
	chatterbox_config_unref(config);
}
END_TEST

static void check_refused(const struct row *row, const char *value)
{
	char *json = nest("", row->path, value);
	struct chatterbox_config *config = config_new();
	char head[256];
	bool nul = strstr(value, "\\u0000") != NULL;

	snprintf(head, sizeof(head), "error %s: got ", row->path);
	ck_assert_int_eq(config_apply(config, json), nul ? CHATTERBOX_E_CONFIG : 0);
	ck_assert_int_eq(chatterbox_config_check(config, NULL), CHATTERBOX_E_CONFIG);
	config_check_shown(config, row->path, row->initial, "default");
	if (!nul) {
		ck_assert_ptr_eq(strstr(config_problems(config), head), config_problems(config));
		ck_assert_ptr_nonnull(strstr(config_problems(config), ", takes "));
		ck_assert_ptr_nonnull(strstr(config_problems(config), "(from file /t.json)"));
	}
	chatterbox_config_unref(config);
	free(json);
}

START_TEST(refuses_another_type_and_what_is_out_of_range)
{
	check_refused(&rows[_i], rows[_i].wrong);
	if (rows[_i].beyond)
		check_refused(&rows[_i], rows[_i].beyond);
}
END_TEST

static void note_restart(void *user, const char *path, bool restart)
{
	const struct row *row = user;

	if (!strcmp(path, row->path))
		ck_assert_msg(restart == !row->reload, "%s: restart %d", path, restart);
	else /* a path below tls turns tls on */
		ck_assert_msg(strstr(path, ".tls") != NULL, "%s changed", path);
}

START_TEST(tells_whether_a_change_needs_a_restart)
{
	struct row row = rows[_i];
	char *json = nest("", row.path, row.good);
	struct chatterbox_config *old = config_new();
	struct chatterbox_config *now = config_of(json);
	bool changed = is_secret(&row) || strcmp(row.good, row.initial) != 0;
	int count = chatterbox_config_compare(old, now, note_restart, &row);

	ck_assert_int_eq(count > 0, changed);
	ck_assert_int_eq(chatterbox_config_compare(now, now, NULL, NULL), 0);
	chatterbox_config_unref(old);
	chatterbox_config_unref(now);
	free(json);
}
END_TEST

START_TEST(rows_are_the_table)
{
	size_t i;

	ck_assert_uint_eq(CBX_COUNT(rows), cbx_key_count);
	for (i = 0; i < cbx_key_count; i++) {
		ck_assert_str_eq(rows[i].path, cbx_keys[i].path);
		ck_assert_uint_lt(strlen(cbx_keys[i].path) + strlen("chatterbox."), CBX_KEY_PATH);
		ck_assert_int_eq(is_secret(&rows[i]), (cbx_keys[i].flags & CBX_KEY_SECRET) != 0);
	}
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("config_keys");
	const TTest *const loops[] = {
		has_its_default,
		takes_a_good_value_of_the_file_and_of_the_overlay,
		takes_a_good_value_of_its_variable,
		refuses_another_type_and_what_is_out_of_range,
		tells_whether_a_change_needs_a_restart,
	};
	size_t i;

	for (i = 0; i < CBX_COUNT(loops); i++)
		tcase_add_loop_test(tcase, loops[i], 0, (int)CBX_COUNT(rows));
	tcase_add_test(tcase, rows_are_the_table);
	suite_add_tcase(suite, tcase);
}
