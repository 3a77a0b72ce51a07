// SPDX-License-Identifier: MIT
/*
 * fuzz_conninfo.c - texts of the configuration on their way to libpq
 *
 * Whatever they are, libpq reads back exactly these, and takes nothing from a PG* variable. The
 * first byte says whether the connection only reads, the second one the port; the texts end with
 * NULs.
 */
#include "fuzz.h"

#include "adapter/postgres/conninfo.h"
#include "common/text.h"

#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

enum text { HOST, DATABASE, USERNAME, PASSWORD, SSLMODE, SSLROOTCERT, APP_NAME, TEXTS };

static const char *const keys[TEXTS] = {
	"host", "dbname", "user", "password", "sslmode", "sslrootcert", "application_name"
};

/* As many variables as libpq knows, each with a value that is nobody's default */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	PQconninfoOption *known = PQconndefaults();
	const PQconninfoOption *option;

	(void)argc;
	(void)argv;
	FUZZ_CHECK(known);
	for (option = known; option->keyword; option++)
		if (option->envvar && strcmp(option->keyword, "service") != 0)
			FUZZ_CHECK(!setenv(option->envvar, "of-the-environment", 1));
	PQconninfoFree(known);
	return 0;
}

/* NULL when there is no more: a key that is not set */
static char *take_text(struct fuzz_input *in)
{
	size_t len = strnlen(in->at, in->left);
	char *text;

	if (!in->left)
		return NULL;
	text = cbx_strndup(in->at, len);
	FUZZ_CHECK(text);
	len += len < in->left;
	in->at += len;
	in->left -= len;
	return text;
}

static const char *value_of(const PQconninfoOption *options, const char *key)
{
	for (; options->keyword; options++)
		if (!strcmp(options->keyword, key))
			return options->val;
	return NULL;
}

static void check_ours(const PQconninfoOption *read, const struct cbx_postgres_options *options,
		       char *const texts[TEXTS])
{
	size_t i;

	/* the host is added for each of its addresses, when it is connected to */
	for (i = 0; i < TEXTS; i++)
		if (texts[i] && *texts[i] && strcmp(keys[i], "host") != 0)
			FUZZ_CHECK(!strcmp(value_of(read, keys[i]), texts[i]));
	FUZZ_CHECK(atoi(value_of(read, "port")) == (options->port ? options->port : 5432));
	FUZZ_CHECK(!strcmp(value_of(read, "client_encoding"), "UTF8"));
	FUZZ_CHECK(!strcmp(value_of(read, "tcp_user_timeout"), "10000"));
	FUZZ_CHECK(!strcmp(value_of(read, "target_session_attrs"),
			   options->read_only ? "any" : "read-write"));
}

/* What is set neither by us nor by libpq's makers would be looked up in the environment */
static void check_others(const PQconninfoOption *read)
{
	for (; read->keyword; read++) {
		FUZZ_CHECK(!read->envvar || read->val || !strcmp(read->keyword, "service"));
		FUZZ_CHECK(!read->val || strcmp(read->keyword, "service") != 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = fuzz_input(data, size);
	bool read_only = fuzz_pick(&in, 2);
	int port = (int)fuzz_pick(&in, 256) * 257;
	char *texts[TEXTS];
	struct cbx_postgres_options options = { .port = port, .read_only = read_only };
	PQconninfoOption *read;
	char *conninfo = NULL;
	char *error = NULL;
	size_t i;

	for (i = 0; i < TEXTS; i++)
		texts[i] = take_text(&in);
	options.host = texts[HOST];
	options.database = texts[DATABASE];
	options.username = texts[USERNAME];
	options.password = texts[PASSWORD];
	options.sslmode = texts[SSLMODE];
	options.sslrootcert = texts[SSLROOTCERT];
	options.app_name = texts[APP_NAME];
	FUZZ_CHECK(!cbx_pg_conninfo(&options, &conninfo));
	read = PQconninfoParse(conninfo, &error);
	FUZZ_CHECK(read && !error);
	check_ours(read, &options, texts);
	check_others(read);
	PQconninfoFree(read);
	free(conninfo);
	for (i = 0; i < TEXTS; i++)
		free(texts[i]);
	return 0;
}
