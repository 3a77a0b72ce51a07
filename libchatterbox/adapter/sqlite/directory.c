// SPDX-License-Identifier: MIT
/* directory.c - reads tables that OCD keeps; only valid names of systems are returned, trimmed */
#include "adapter/sqlite/internal.h"
#include "base/read.h"

#include <errno.h>
#include <string.h>

/* Rows of (name, ms); @ms_param is bound as a parameter if it is not negative */
static int each_name(struct sqlite *self, const char *text, int64_t ms_param, cbx_name_fn each,
		     void *user)
{
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *s = NULL;
	int r = cbx_sqlite_prepare(self, text, &s);

	if (r)
		return r;
	if (ms_param >= 0)
		sqlite3_bind_int64(s, 1, ms_param);
	while ((r = cbx_sqlite_step(self, s)) > 0) {
		const char *name = cbx_sqlite_text(s, 0);
		size_t len = name ? strlen(name) : 0;
		unsigned rejected = self->sql.rejected_times;
		int64_t ms = cbx_sqlite_time(self, s, 1);

		if (!name || !cbx_system_name(&name, &len) || self->sql.rejected_times != rejected)
			continue;
		r = each(user, name, ms);
		if (r)
			break;
	}
	return r;
}

static int sqlite_online_systems(struct cbx_sql *sql, cbx_name_fn each, void *user)
{
	struct sqlite *self = cbx_sqlite_of(sql);
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *s = NULL;
	int r = cbx_sqlite_prepare(
		self,
		"select 1 from sqlite_master where name = 'connections' and type in "
		"('table', 'view')",
		&s);

	if (!r)
		r = cbx_sqlite_step(self, s);
	if (r <= 0)
		return r ? r : 1;
	sqlite3_reset(s);
	return each_name(self,
			 "select distinct " SQL_TRIM("actor_id") ", 0 from connections "
								 "order by 1",
			 -1, each, user);
}

static int sqlite_read_conf(struct cbx_sql *sql, const char *name, char **info)
{
	struct sqlite *self = cbx_sqlite_of(sql);
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *s = NULL;
	cbx_auto(cbx_freep) char *copy = NULL;
	int r = cbx_sqlite_prepare(self, "select info from server_conf where name = ?1", &s);

	if (r)
		return r;
	cbx_sqlite_bind_text(s, 1, name);
	r = cbx_sqlite_step(self, s);
	if (r < 0)
		return r;
	if (r && cbx_sqlite_text(s, 0)) {
		copy = strdup(cbx_sqlite_text(s, 0));
		if (!copy)
			return -ENOMEM;
	}
	*info = cbx_steal(copy);
	return 0;
}

#define INSERT \
	"insert into server_conf (name, info, updated_at) values (?1, ?2, ?3) on conflict (name) "

static int write_info(struct sqlite *self, const char *text, const char *name, const char *info)
{
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *s = NULL;
	int r = cbx_sqlite_prepare(self, text, &s);

	if (r)
		return r;
	cbx_sqlite_bind_text(s, 1, name);
	cbx_sqlite_bind_text(s, 2, info);
	sqlite3_bind_int64(s, 3, cbx_wall(self->clock));
	return cbx_sqlite_run(self, s);
}

static int sqlite_write_conf(struct cbx_sql *sql, const struct cbx_guard *guard, const char *name,
			     const char *info)
{
	struct sqlite *self = cbx_sqlite_of(sql);
	int r = cbx_sqlite_begin(self, guard);

	return r ? r
		 : cbx_sqlite_end(self, write_info(self,
						   INSERT "do update set info = excluded.info, "
							  "updated_at = excluded.updated_at",
						   name, info));
}

static int sqlite_keep_conf(struct cbx_sql *sql, const char *name, const char *info, char **kept)
{
	struct sqlite *self = cbx_sqlite_of(sql);
	int r = sqlite_read_conf(sql, name, kept);

	if (r || *kept)
		return r;
	r = cbx_sqlite_begin(self, NULL);
	if (!r)
		r = cbx_sqlite_end(self, write_info(self, INSERT "do nothing", name, info));
	return r ? r : sqlite_read_conf(sql, name, kept);
}

static int sqlite_recently_checked(struct cbx_sql *sql, cbx_name_fn each, void *user)
{
	return each_name(cbx_sqlite_of(sql),
			 "select " SQL_TRIM("system") ", max(checked_at) from recently_checked "
						      "group by 1 order by 1",
			 -1, each, user);
}

static int sqlite_next_activations(struct cbx_sql *sql, cbx_name_fn each, void *user)
{
	struct sqlite *self = cbx_sqlite_of(sql);

	return each_name(self,
			 "select " SQL_TRIM("system") ", min(activate_at) "
						      "from list_activation_schedule "
						      "where activate_at >= ?1 "
						      "group by 1 order by 1",
			 cbx_wall(self->clock), each, user);
}

const struct cbx_directory_ops cbx_sqlite_directory_ops = {
	.online_systems = sqlite_online_systems,
	.read_conf = sqlite_read_conf,
	.write_conf = sqlite_write_conf,
	.keep_conf = sqlite_keep_conf,
	.recently_checked = sqlite_recently_checked,
	.next_activations = sqlite_next_activations,
	.find_job = cbx_sqlite_find_job,
	.jobs_with = cbx_sqlite_jobs_with,
	.ended_jobs = cbx_sqlite_ended_jobs,
};
