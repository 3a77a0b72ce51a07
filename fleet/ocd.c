// SPDX-License-Identifier: MIT
/*
 * ocd.c - writes into the embedded profile's database what OCD writes into PostgreSQL
 *
 * A connection of its own, as OCD has one. Nothing that it writes is worth a flush to the disk.
 */
#include "fleet/ocd.h"

#include "common/array.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#define WAIT_MS 500
#define AGAIN_LATER_MS (6 * 3600 * 1000)
#define PASSED_MS (30 * 60 * 1000)

enum kind { STARTED, CONNECTED, DISCONNECTED, ACTIVATES };

/* ?1 the system, ?2 a number, ?3 a text */
static const char *const statements[] = {
	[STARTED] = "insert into status_monitor (system, job_id, job_type, status, origin) values "
		    "(?1, ?2, ?3, '', 'ocd') on conflict (system, job_id) do update set "
		    "origin = 'ocd'",
	[CONNECTED] = "insert into connections (actor_id) values (?1) on conflict do nothing",
	[DISCONNECTED] = "delete from connections where actor_id = ?1",
	[ACTIVATES] = "insert into list_activation_schedule (system, activate_at, list_id) values "
		      "(?1, ?2, ?3) on conflict (system, list_id) do update set "
		      "activate_at = excluded.activate_at",
};

struct row {
	enum kind kind;
	char system[72];
	char text[32];
	int64_t number;
	bool waits; /* its table is not there yet */
};

struct cbx_ocd {
	sqlite3 *db;
	struct row *rows;
	size_t count;
	size_t capacity;
};

int cbx_ocd_open(const char *sqlite_path, struct cbx_ocd **out)
{
	cbx_auto(cbx_ocd_freep) struct cbx_ocd *ocd = calloc(1, sizeof(*ocd));

	if (!ocd)
		return -ENOMEM;
	if (sqlite3_open(sqlite_path, &ocd->db) != SQLITE_OK)
		return -EIO;
	sqlite3_busy_timeout(ocd->db, WAIT_MS);
	if (sqlite3_exec(ocd->db,
			 "pragma journal_mode = wal; pragma synchronous = off;"
			 "create table if not exists connections (actor_id text primary key)",
			 NULL, NULL, NULL) != SQLITE_OK)
		return -EIO;
	*out = cbx_steal(ocd);
	return 0;
}

void cbx_ocd_free(struct cbx_ocd *ocd)
{
	if (!ocd)
		return;
	sqlite3_close(ocd->db);
	free(ocd->rows);
	free(ocd);
}

static void keep(struct cbx_ocd *ocd, enum kind kind, const char *system, int64_t number,
		 const char *text)
{
	struct row *row;

	if (cbx_grow(ocd->rows, ocd->capacity, ocd->count + 1))
		return;
	row = &ocd->rows[ocd->count++];
	*row = (struct row){ .kind = kind, .number = number };
	snprintf(row->system, sizeof(row->system), "%s", system);
	snprintf(row->text, sizeof(row->text), "%s", text);
}

void cbx_ocd_started(struct cbx_ocd *ocd, const char *system, int64_t job_id, const char *type)
{
	keep(ocd, STARTED, system, job_id, type);
}

void cbx_ocd_connected(struct cbx_ocd *ocd, const char *system, bool online)
{
	keep(ocd, online ? CONNECTED : DISCONNECTED, system, 0, "");
}

void cbx_ocd_activates(struct cbx_ocd *ocd, const char *system, const char *list, int64_t at_ms)
{
	keep(ocd, ACTIVATES, system, at_ms, list);
}

static int write_row(sqlite3_stmt *statement, const struct row *row)
{
	int result;

	sqlite3_bind_text(statement, 1, row->system, -1, SQLITE_STATIC);
	if (row->kind == STARTED || row->kind == ACTIVATES) {
		sqlite3_bind_int64(statement, 2, row->number);
		sqlite3_bind_text(statement, 3, row->text, -1, SQLITE_STATIC);
	}
	result = sqlite3_step(statement);
	sqlite3_reset(statement);
	return result == SQLITE_DONE ? 0 : -EAGAIN;
}

/* In the order in which they were kept, since a system may have come and gone meanwhile */
static int write_rows(struct cbx_ocd *ocd)
{
	sqlite3_stmt *prepared[CBX_COUNT(statements)] = { NULL };
	int result = 0;
	size_t i;

	for (i = 0; i < ocd->count && !result; i++) {
		enum kind kind = ocd->rows[i].kind;

		ocd->rows[i].waits = false;
		if (prepared[kind] || sqlite3_prepare_v2(ocd->db, statements[kind], -1,
							 &prepared[kind], NULL) == SQLITE_OK)
			result = write_row(prepared[kind], &ocd->rows[i]);
		else
			ocd->rows[i].waits = true;
	}
	for (i = 0; i < CBX_COUNT(prepared); i++)
		sqlite3_finalize(prepared[i]);
	return result;
}

/* Keeps those that wait for their table */
static void forget_written(struct cbx_ocd *ocd)
{
	size_t kept = 0;
	size_t i;

	for (i = 0; i < ocd->count; i++)
		if (ocd->rows[i].waits)
			ocd->rows[kept++] = ocd->rows[i];
	ocd->count = kept;
}

int cbx_ocd_write(struct cbx_ocd *ocd)
{
	if (!ocd->count)
		return 0;
	if (sqlite3_exec(ocd->db, "begin immediate", NULL, NULL, NULL) != SQLITE_OK)
		return -EAGAIN;
	if (!write_rows(ocd) && sqlite3_exec(ocd->db, "commit", NULL, NULL, NULL) == SQLITE_OK) {
		forget_written(ocd);
		return ocd->count ? -EAGAIN : 0;
	}
	sqlite3_exec(ocd->db, "rollback", NULL, NULL, NULL);
	return -EAGAIN;
}

void cbx_ocd_plan_again(struct cbx_ocd *ocd, int64_t now_ms)
{
	char text[160];

	/* when others write just now, the next call does it */
	snprintf(text, sizeof(text),
		 "update list_activation_schedule set activate_at = activate_at + %d "
		 "where activate_at < %lld",
		 AGAIN_LATER_MS, (long long)now_ms - PASSED_MS);
	sqlite3_exec(ocd->db, text, NULL, NULL, NULL);
}
