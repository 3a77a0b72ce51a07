// SPDX-License-Identifier: MIT
/*
 * foreign.c - what OCD's object holds besides our keys: ignored, honoured or refused
 *
 * One file serves both programs, so most of it must pass in silence. But a key that changes which
 * server OCD connects to, or how, must not: with another schema a second set of tables would grow
 * beside OCD's, with another server each of the two would see its own jobs. What Sequelize says in
 * its own words becomes a value of our key, with less weight than that key itself; what chatterbox
 * can't do is refused where the section is used, unless a source of higher precedence takes it
 * back.
 */
#include "config/slots.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define OWN "chatterbox."
#define OWN_LEN (sizeof(OWN) - 1)

/* The top level of OCD's object: near to one of ours, and right */
static const char *const ocd[] = {
	"app_meta",
	"backblaze",
	"benchmark",
	"concurrency",
	"e_tracker",
	"free_drive_space_if_full",
	"live_db",
	"live_db_write",
	"live_rep",
	"live_rmq",
	"max_download_speed",
	"max_files_in_a_download",
	"max_listeners",
	"max_systems_to_download",
	"profiling",
	"quick_check_time",
	"rpc",
	"send_csa_report",
	"spotify",
	"ws_server",
};

/* Members of shared sections that OCD's libraries read, and that change nothing for chatterbox */
static const char *const ignored[] = {
	"rmq_rpc.event_queue_bindings",
	"sequelize.benchmark",
	"sequelize.define",
	"sequelize.logging",
	"sequelize.models",
	"sequelize.native",
	"sequelize.operatorsAliases",
	"sequelize.pool",
	"sequelize.protocol",
	"sequelize.retry",
	"sequelize.timezone",
	"live_temp.benchmark",
	"live_temp.define",
	"live_temp.logging",
	"live_temp.models",
	"live_temp.native",
	"live_temp.operatorsAliases",
	"live_temp.pool",
	"live_temp.protocol",
	"live_temp.retry",
	"live_temp.timezone",
};

enum meaning {
	ENTERED,  /* an object, whose members matter */
	SCHEMA,   /* a text for .schema */
	TLS,      /* true, false or an object, for .sslmode */
	VERIFIED, /* true or false, for .sslmode */
	NOTHING,
	REFUSED,
};

/* Members of sequelize and live_temp; ".*" is whatever lies in it. The first that fits counts. */
static const struct saying {
	const char *path;
	enum meaning meaning;
	unsigned implied; /* of two that say the same, Sequelize heeds the smaller */
} sayings[] = {
	{ "define", ENTERED, 0 },
	{ "define.schema", SCHEMA, 1 },
	{ "ssl", TLS, 2 },
	{ "ssl.rejectUnauthorized", VERIFIED, 2 },
	{ "ssl.require", NOTHING, 0 },
	{ "ssl.*", REFUSED, 0 },
	{ "dialectOptions", ENTERED, 0 },
	{ "dialectOptions.ssl", TLS, 1 },
	{ "dialectOptions.ssl.rejectUnauthorized", VERIFIED, 1 },
	{ "dialectOptions.ssl.require", NOTHING, 0 },
	{ "dialectOptions.*", REFUSED, 0 },
	{ "replication", REFUSED, 0 },
};

#define FILES                                                                       \
	"chatterbox reads certificates from files: set chatterbox's sslmode, with " \
	"sslrootcert, sslcert and sslkey"
#define OF_DATABASE(section)                                                                       \
	{ section, section ".dialectOptions.ssl", section ".sslmode", FILES },                     \
		{ section, section ".ssl", section ".sslmode", FILES },                            \
		{ section, section ".dialectOptions", NULL,                                        \
		  "chatterbox knows dialectOptions.ssl alone: if it can do without the rest, set " \
		  "chatterbox." section ".dialectOptions to null" },                               \
	{                                                                                          \
		section, section ".replication", section ".host",                                  \
			"chatterbox reads and writes at one server: name it in "                   \
			"chatterbox." section ".host"                                              \
	}
#define NO_CERTIFICATE "chatterbox shows Redis no certificate: let stunnel carry the connection"

/* What is refused, with all that lies in it; the first that fits counts */
static const struct refusal {
	const char *section;
	const char *path;
	const char
		*instead; /* our key for it: where that has more precedence, nothing is refused */
	const char *advice;
} refusals[CBX_REFUSALS] = {
	OF_DATABASE("sequelize"),
	OF_DATABASE("live_temp"),
	{ "redis", "redis.tls.cert", NULL, NO_CERTIFICATE },
	{ "redis", "redis.tls.key", NULL, NO_CERTIFICATE },
};

/* A value that is being applied */
struct given {
	const char *path;  /* as it was written */
	const char *plain; /* without "chatterbox." */
	bool overlay;
	const json_t *json; /* NULL: bytes that are no UTF-8 */
	const struct cbx_value_source *from;
};

static bool is_in_list(const char *path, const char *const *list, size_t count, bool fold)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (cbx_path_is_within(path, list[i], fold))
			return true;
	return false;
}

bool cbx_key_is_foreign(const char *path, bool fold)
{
	char first[CBX_KEY_PATH];
	char near[CBX_KEY_PATH];
	size_t len = strcspn(path, ".");

	if (is_in_list(path, ignored, CBX_COUNT(ignored), fold))
		return true;
	if (len >= sizeof(first))
		return true;
	memcpy(first, path, len);
	first[len] = '\0';
	if (cbx_key_is_section(first, fold))
		return false;
	return is_in_list(first, ocd, CBX_COUNT(ocd), fold) || !cbx_key_suggest_top(first, near);
}

static bool is_nothing(const json_t *json)
{
	return json_is_null(json) || json_is_false(json) ||
	       (json_is_object(json) && !json_object_size(json)) ||
	       (json_is_array(json) && !json_array_size(json));
}

/* Notes it in the slot of @refusal, unless something of higher precedence is there */
static int put(struct cbx_refused *slot, const struct given *given, const char *advice)
{
	cbx_auto(cbx_freep) char *text = NULL;
	unsigned rank = cbx_value_rank(given->from, given->overlay);

	if (rank < slot->rank)
		return 0;
	if (advice &&
	    asprintf(&text, "%s: %s (from %s)", given->path, advice, given->from->name) < 0) {
		text = NULL;
		return -ENOMEM;
	}
	free(slot->text);
	slot->text = cbx_steal(text);
	slot->rank = rank;
	return 0;
}

/* Takes back what lies in it and was refused before, with less precedence */
static void take_back(struct chatterbox_config *config, const struct given *given)
{
	size_t i;

	for (i = 0; i < CBX_REFUSALS; i++)
		if (cbx_path_is_within(refusals[i].path, given->plain, given->from->fold))
			put(&config->refused[i], given, NULL);
}

static int refuse(struct chatterbox_config *config, const struct given *given,
		  enum cbx_foreign_kind *kind)
{
	size_t i;

	for (i = 0; i < CBX_REFUSALS; i++) {
		if (!cbx_path_is_within(given->plain, refusals[i].path, given->from->fold))
			continue;
		*kind = CBX_FOREIGN_IGNORED;
		return put(&config->refused[i], given,
			   is_nothing(given->json) ? NULL : refusals[i].advice);
	}
	return 0;
}

static void becomes(const struct given *given, const struct saying *saying, const char *member,
		    const char *text, struct cbx_foreign *out)
{
	out->kind = CBX_FOREIGN_VALUE;
	out->implied = saying->implied;
	out->text = text;
	snprintf(out->path, sizeof(out->path), "%.*s.%s", (int)strcspn(given->plain, "."),
		 given->plain, member);
}

static void takes(const char *text, struct cbx_foreign *out)
{
	out->kind = CBX_FOREIGN_WRONG;
	out->text = text;
}

/* In Sequelize true and an object check the certificate by the system's authorities */
static void read_tls(const struct given *given, const struct saying *saying,
		     struct cbx_foreign *out)
{
	if (json_is_boolean(given->json) || json_is_object(given->json))
		becomes(given, saying, "sslmode",
			json_is_false(given->json) ? "disable" : "verify-full", out);
	else if (!json_is_null(given->json))
		takes("true, false or an object", out);
	out->enter = json_is_object(given->json);
}

static int read_saying(struct chatterbox_config *config, const struct given *given,
		       const struct saying *saying, struct cbx_foreign *out)
{
	out->kind = CBX_FOREIGN_IGNORED;
	switch (saying->meaning) {
	case ENTERED:
		out->enter = json_is_object(given->json);
		if (!out->enter && !is_nothing(given->json))
			takes("an object", out);
		break;
	case TLS:
		read_tls(given, saying, out);
		break;
	case SCHEMA:
		becomes(given, saying, "schema", NULL, out);
		break;
	case VERIFIED:
		if (json_is_boolean(given->json))
			becomes(given, saying, "sslmode",
				json_is_true(given->json) ? "verify-full" : "require", out);
		else
			takes("true or false", out);
		break;
	case REFUSED:
		return refuse(config, given, &out->kind);
	case NOTHING:
	default:
		break;
	}
	if (is_nothing(given->json) || json_is_boolean(given->json))
		take_back(config, given);
	return 0;
}

static bool fits(const char *path, const char *pattern, bool fold)
{
	char section[CBX_KEY_PATH];
	size_t len = strlen(pattern);

	if (pattern[len - 1] != '*')
		return cbx_path_is(path, pattern, fold);
	snprintf(section, sizeof(section), "%.*s", (int)len - 2, pattern);
	return cbx_path_is_within(path, section, fold);
}

static const struct saying *find_saying(const struct given *given)
{
	static const char *const sections[] = { "sequelize", "live_temp" };
	const char *member = strchr(given->plain, '.');
	size_t i;

	if (!member || !is_in_list(given->plain, sections, CBX_COUNT(sections), given->from->fold))
		return NULL;
	for (i = 0; i < CBX_COUNT(sayings); i++)
		if (fits(member + 1, sayings[i].path, given->from->fold))
			return &sayings[i];
	return NULL;
}

int cbx_foreign_read(struct chatterbox_config *config, const char *path, const json_t *json,
		     const struct cbx_value_source *from, struct cbx_foreign *out)
{
	struct given given = { .path = path, .plain = path, .json = json, .from = from };
	const struct saying *saying;
	int r;

	*out = (struct cbx_foreign){ .kind = CBX_FOREIGN_UNKNOWN };
	given.overlay = cbx_path_is_within(path, "chatterbox", from->fold) && strchr(path, '.');
	if (given.overlay)
		given.plain += OWN_LEN;
	saying = find_saying(&given);
	/* a variable may have written it in small letters */
	if (saying)
		snprintf(out->section, sizeof(out->section), "%.*s.%s",
			 (int)(strchr(given.plain, '.') - path), path, saying->path);
	r = saying ? read_saying(config, &given, saying, out) : refuse(config, &given, &out->kind);
	out->overlay = given.overlay;
	if (!r && out->kind == CBX_FOREIGN_UNKNOWN && cbx_key_is_foreign(path, from->fold))
		out->kind = CBX_FOREIGN_IGNORED;
	return r;
}

static bool is_used(const struct chatterbox_config *config, const char *section)
{
	if (!strcmp(section, "redis"))
		return !strcmp(chatterbox_config_get_text(config, "chatterbox.store"), "redis");
	if (strcmp(chatterbox_config_get_text(config, "chatterbox.sql"), "postgres") != 0)
		return false;
	return strcmp(section, "live_temp") != 0 ||
	       chatterbox_config_get_text(config, "live_temp.host");
}

static bool is_overruled(const struct chatterbox_config *config, size_t refusal)
{
	const char *instead = refusals[refusal].instead;
	bool overlay;

	return instead &&
	       cbx_rank_is_above(
		       config->slots[cbx_key_find(instead, false, &overlay) - cbx_keys].rank,
		       config->refused[refusal].rank);
}

int cbx_config_refuse_foreign(struct chatterbox_config *config)
{
	size_t i;
	int r = 0;

	for (i = 0; i < CBX_REFUSALS && !r; i++)
		if (config->refused[i].text && is_used(config, refusals[i].section) &&
		    !is_overruled(config, i))
			r = cbx_problem_add(&config->crossed, CHATTERBOX_PROBLEM_ERROR, "%s",
					    config->refused[i].text);
	return r;
}
