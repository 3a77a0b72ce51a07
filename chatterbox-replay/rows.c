// SPDX-License-Identifier: MIT
/*
 * rows.c - lets SQL say what it said when the recording was made
 *
 * Most of what SQL knows chatterbox wrote itself, and SQLite holds it here, too. What others wrote,
 * or what is older than the recording, is in the rows that it holds.
 */
#include "world.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct replay_row {
	struct replay_row *next;
	struct cbx_row row;
	char texts[];
};

static const char *keep(char **at, const char *text)
{
	char *copy = *at;

	if (!text)
		return NULL;
	*at = stpcpy(copy, text) + 1;
	return copy;
}

static size_t size_of(const char *text)
{
	return text ? strlen(text) + 1 : 0;
}

static struct replay_row **list_of(struct replay_rows *rows, enum replay_table table)
{
	switch (table) {
	case REPLAY_MONITOR:
		return &rows->unreported;
	case REPLAY_COMPLETED:
		return &rows->completed;
	case REPLAY_OCD:
		break;
	}
	return &rows->ocd;
}

int replay_rows_add(struct replay_rows *rows, enum replay_table table, const struct cbx_row *row)
{
	struct replay_row **last = list_of(rows, table);
	struct replay_row *copy =
		calloc(1, sizeof(*copy) + size_of(row->system) + size_of(row->job_type) +
				  size_of(row->status) + size_of(row->percent_completed) +
				  size_of(row->download_speed) + size_of(row->origin));
	char *at;

	if (!copy)
		return -ENOMEM;
	at = copy->texts;
	copy->row = *row;
	copy->row.system = keep(&at, row->system);
	copy->row.job_type = keep(&at, row->job_type);
	copy->row.status = keep(&at, row->status);
	copy->row.percent_completed = keep(&at, row->percent_completed);
	copy->row.download_speed = keep(&at, row->download_speed);
	copy->row.origin = keep(&at, row->origin);
	while (*last)
		last = &(*last)->next;
	*last = copy;
	return 0;
}

void replay_rows_clear(struct replay_rows *rows, enum replay_table table)
{
	struct replay_row **first = list_of(rows, table);

	while (*first) {
		struct replay_row *row = *first;

		*first = row->next;
		free(row);
	}
}

/* --- the ledger's answers --- */

static struct replay_world *world_of(struct cbx_sql *sql)
{
	return (struct replay_world *)((char *)(uintptr_t)sql->ledger -
				       offsetof(struct replay_world, ledger));
}

static bool is_asked(const struct cbx_row *row, const struct cbx_job_key *keys, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (keys[i].job_id == row->job_id && !strcmp(keys[i].system, row->system))
			return true;
	return false;
}

static int give(const struct replay_row *row, const struct cbx_job_key *keys, size_t count,
		cbx_row_fn each, void *user)
{
	int result = 0;

	for (; !result && row; row = row->next)
		if (!keys || is_asked(&row->row, keys, count))
			result = each(user, &row->row);
	return result;
}

static int unreported(struct cbx_sql *sql, cbx_row_fn each, void *user)
{
	return give(world_of(sql)->rows.unreported, NULL, 0, each, user);
}

static int completed(struct cbx_sql *sql, const struct cbx_job_key *keys, size_t count,
		     cbx_row_fn each, void *user)
{
	struct replay_world *world = world_of(sql);
	int result = world->sqlite->completed(sql, keys, count, each, user);

	return result ? result : give(world->rows.completed, keys, count, each, user);
}

static int ocd_jobs(struct cbx_sql *sql, const struct cbx_job_key *keys, size_t count,
		    cbx_row_fn each, void *user)
{
	struct replay_world *world = world_of(sql);
	int result = world->sqlite->ocd_jobs(sql, keys, count, each, user);

	return result ? result : give(world->rows.ocd, keys, count, each, user);
}

void replay_rows_answer(struct replay_world *world)
{
	struct cbx_sql *sql = world->road.sql;

	world->sqlite = sql->ledger;
	world->ledger = *sql->ledger;
	world->ledger.unreported = unreported;
	world->ledger.completed = completed;
	world->ledger.ocd_jobs = ocd_jobs;
	sql->ledger = &world->ledger;
}
