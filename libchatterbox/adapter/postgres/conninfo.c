// SPDX-License-Identifier: MIT
/*
 * conninfo.c - makes a connection string of the options and libpq's built-in defaults
 *
 * A library can't clear its host's environment, so every key that libpq would take from a PG*
 * variable is set here, to our value or to libpq's default. Not covered are PGTZ, PGDATESTYLE and
 * PGGEQO, which change nothing (times are sent as numbers), and PGSERVICE, which at worst makes a
 * connection fail.
 */
#include "adapter/postgres/conninfo.h"

#include "common/cleanup.h"
#include "common/text.h"

#include <errno.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <string.h>

#define SYSTEM_CA "/etc/ssl/certs/ca-certificates.crt"

/* More than all keys of the configuration together */
#define CONNINFO_BYTES 32768

struct setting {
	const char *key;
	const char *value;
};

static void add(struct cbx_text *text, const char *key, const char *value)
{
	cbx_text_printf(text, "%s='", key);
	for (; *value; value++) {
		if (*value == '\'' || *value == '\\')
			cbx_text_putc(text, '\\');
		cbx_text_putc(text, *value);
	}
	cbx_text_puts(text, "' ");
}

static bool is_set(const struct setting *settings, size_t count, const char *key)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!strcmp(settings[i].key, key) && settings[i].value && *settings[i].value)
			return true;
	return false;
}

const char *cbx_pg_rootcert(const struct cbx_postgres_options *options)
{
	const char *mode = options->sslmode ?: "";

	if (options->sslrootcert && *options->sslrootcert)
		return options->sslrootcert;
	/* libpq would look into the home directory */
	return strncmp(mode, "verify-", strlen("verify-")) != 0 ? NULL : SYSTEM_CA;
}

int cbx_pg_conninfo(const struct cbx_postgres_options *options, char **out)
{
	char port[16];
	const struct setting settings[] = {
		{ "port", port },
		{ "dbname", options->database },
		{ "user", options->username },
		{ "password", options->password },
		{ "sslmode", options->sslmode },
		{ "sslrootcert", cbx_pg_rootcert(options) },
		{ "sslcert", options->sslcert },
		{ "sslkey", options->sslkey },
		{ "application_name", options->app_name },
		{ "client_encoding", "UTF8" },
		/* notice a dead peer while waiting (keepalives) and while sending (the rest) */
		{ "keepalives", "1" },
		{ "keepalives_idle", "10" },
		{ "keepalives_interval", "3" },
		{ "keepalives_count", "3" },
		{ "tcp_user_timeout", "10000" },
		{ "target_session_attrs", options->read_only ? "any" : "read-write" },
		{ "gssencmode", "disable" },
	};
	PQconninfoOption *known = PQconndefaults();
	const PQconninfoOption *option;
	struct cbx_text text = { 0 };
	size_t i;

	if (!known)
		return -ENOMEM;
	/* once: growing would leave copies of the password behind */
	cbx_text_reserve(&text, CONNINFO_BYTES);
	snprintf(port, sizeof(port), "%d", options->port ? options->port : 5432);
	for (i = 0; i < CBX_COUNT(settings); i++)
		if (settings[i].value && *settings[i].value)
			add(&text, settings[i].key, settings[i].value);
	/* even an empty service key would be looked up */
	for (option = known; option->keyword; option++)
		if (option->envvar && strcmp(option->keyword, "service") != 0 &&
		    !is_set(settings, CBX_COUNT(settings), option->keyword))
			add(&text, option->keyword, option->compiled ?: "");
	PQconninfoFree(known);
	return cbx_text_take(&text, out, NULL);
}
