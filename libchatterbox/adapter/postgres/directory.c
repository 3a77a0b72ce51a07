// SPDX-License-Identifier: MIT
/* directory.c - reads tables that OCD keeps; only valid names of systems are returned, trimmed */
#include "adapter/postgres/internal.h"
#include "base/read.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct names {
	cbx_name_fn each;
	void *user;
};

static int give_names(struct postgres *self, const PGresult *page, const PGresult *previous,
		      void *user)
{
	const struct names *names = user;
	int i;
	int r = 0;

	(void)previous;
	for (i = 0; !r && i < PQntuples(page); i++) {
		const char *name = cbx_pg_text(page, i, 0);
		size_t len = name ? strlen(name) : 0;
		unsigned rejected = self->sql.rejected_times;
		int64_t ms = cbx_pg_time(self, page, i, 1);
		char trimmed[65];

		if (!name || !cbx_system_name(&name, &len) || self->sql.rejected_times != rejected)
			continue;
		snprintf(trimmed, sizeof(trimmed), "%.*s", (int)len, name);
		r = names->each(names->user, trimmed, ms);
	}
	return r;
}

/* Rows of (name, ms) */
static int each_name(struct cbx_sql *sql, const char *text, cbx_name_fn each, void *user)
{
	struct names names = { each, user };

	return cbx_pg_read_pages(cbx_pg_of(sql), text, give_names, &names);
}

#define CONNECTIONS(trimmed) \
	"select distinct " trimmed " collate \"C\", 0 from connections order by 1"

/* In live_temp, which others made, whatever its encoding: only in UTF8 SQL can name all that is
 * trimmed */
static int postgres_online_systems(struct cbx_sql *sql, cbx_name_fn each, void *user)
{
	const PGconn *conn = cbx_pg_of(sql)->conn;
	const char *encoding = conn ? PQparameterStatus(conn, "server_encoding") : NULL;
	bool is_utf8 = !encoding || !strcmp(encoding, "UTF8");
	int r = each_name(sql,
			  is_utf8 ? CONNECTIONS(SQL_TRIM("actor_id::text"))
				  : CONNECTIONS("btrim(actor_id::text, E' \\t\\n\\x0b\\f\\r')"),
			  each, user);

	/* undefined_table */
	if (r == CHATTERBOX_E_REFUSED && !strcmp(cbx_pg_of(sql)->sqlstate, "42P01"))
		return 1;
	return r;
}

static int postgres_read_conf(struct cbx_sql *sql, const char *name, char **info)
{
	cbx_auto(PQclearp) PGresult *result = NULL;
	cbx_auto(cbx_freep) char *copy = NULL;
	struct cbx_pg_args args = { 0 };
	int r;

	cbx_pg_arg_text(&args, name);
	r = cbx_pg_read(cbx_pg_of(sql), "select info::text from server_conf where name = $1", &args,
			&result);
	if (r)
		return r;
	if (PQntuples(result) && cbx_pg_text(result, 0, 0)) {
		copy = strdup(cbx_pg_text(result, 0, 0));
		if (!copy)
			return -ENOMEM;
	}
	*info = cbx_steal(copy);
	return 0;
}

/* clang-format off */
#define WRITE_CONF                                                                              \
	"insert into server_conf (name, info, updated_at" CBX_PG_STAMPS ") values ($1, $2, "    \
	"now()" CBX_PG_STAMPED ") on conflict (name) do update set info = excluded.info, "      \
	"updated_at = excluded.updated_at" CBX_PG_STAMP_ANEW
/* clang-format on */

static int postgres_write_conf(struct cbx_sql *sql, const struct cbx_guard *guard, const char *name,
			       const char *info)
{
	struct postgres *self = cbx_pg_of(sql);
	struct cbx_pg_args args = { 0 };
	int r = cbx_pg_begin(self, guard, NULL);

	cbx_pg_arg_text(&args, name);
	cbx_pg_arg_text(&args, info);
	return r ? r
		 : cbx_pg_end(self,
			      cbx_pg_write_stamped(self, "server_conf", WRITE_CONF, &args, NULL));
}

/* clang-format off */
#define KEEP_CONF                                                                            \
	"insert into server_conf (name, info, updated_at" CBX_PG_STAMPS ") values ($1, $2, " \
	"now()" CBX_PG_STAMPED ") on conflict (name) do nothing"
/* clang-format on */

static int postgres_keep_conf(struct cbx_sql *sql, const char *name, const char *info, char **kept)
{
	struct postgres *self = cbx_pg_of(sql);
	struct cbx_pg_args args = { 0 };
	int r = postgres_read_conf(sql, name, kept);

	if (r || *kept)
		return r;
	r = cbx_pg_begin(self, NULL, NULL);
	if (r)
		return r;
	cbx_pg_arg_text(&args, name);
	cbx_pg_arg_text(&args, info);
	r = cbx_pg_end(self, cbx_pg_write_stamped(self, "server_conf", KEEP_CONF, &args, NULL));
	return r ? r : postgres_read_conf(sql, name, kept);
}

/* clang-format off */
#define CHECKED                                                                    \
	"select " SQL_TRIM("system") " collate \"C\", " SQL_MS("max(checked_at)")  \
	" as checked_at from recently_checked group by 1 order by 1"
#define ACTIVATIONS                                                                \
	"select " SQL_TRIM("system") " collate \"C\", " SQL_MS("min(activate_at)") \
	" as activate_at from list_activation_schedule where activate_at >= now() "  \
	"group by 1 order by 1"
/* clang-format on */

static int postgres_recently_checked(struct cbx_sql *sql, cbx_name_fn each, void *user)
{
	return each_name(sql, CHECKED, each, user);
}

static int postgres_next_activations(struct cbx_sql *sql, cbx_name_fn each, void *user)
{
	return each_name(sql, ACTIVATIONS, each, user);
}

const struct cbx_directory_ops cbx_pg_directory_ops = {
	.online_systems = postgres_online_systems,
	.read_conf = postgres_read_conf,
	.write_conf = postgres_write_conf,
	.keep_conf = postgres_keep_conf,
	.recently_checked = postgres_recently_checked,
	.next_activations = postgres_next_activations,
	.find_job = cbx_pg_find_job,
	.jobs_with = cbx_pg_jobs_with,
	.ended_jobs = cbx_pg_ended_jobs,
};
