// SPDX-License-Identifier: MIT
/* day_embedded.c - the embedded profile for a day: memory bus and store, SQLite in a file */
#include "day.h"
#include "memory_servers.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

static char path[64];

static sqlite3 *raw_open(void)
{
	sqlite3 *db = NULL;

	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 5000);
	return db;
}

static void world_run(const char *sql)
{
	sqlite3 *db = raw_open();
	char *error = NULL;

	sqlite3_exec(db, sql, NULL, NULL, &error);
	ck_assert_msg(!error, "%s: %s", sql, error);
	sqlite3_close(db);
}

static char *world_ask(const char *sql)
{
	sqlite3 *db = raw_open();
	sqlite3_stmt *statement = NULL;
	const char *value = NULL;
	char *copy;
	int code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);

	ck_assert_msg(code == SQLITE_OK, "%s: %s", sql, sqlite3_errmsg(db));
	if (sqlite3_step(statement) == SQLITE_ROW)
		value = (const char *)sqlite3_column_text(statement, 0);
	copy = strdup(value ?: "");
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return copy;
}

static void world_begin(struct day *day)
{
	static unsigned number;

	snprintf(path, sizeof(path), "/tmp/chatterbox-day-%d-%u.db", (int)getpid(), ++number);
	day_set(day, "chatterbox.bus", "memory");
	day_set(day, "chatterbox.store", "memory");
	day_set(day, "chatterbox.sql", "sqlite");
	day_set(day, "chatterbox.sqlite_path", path);
}

static void world_end(struct day *day)
{
	static const char *const ends[] = { "", "-wal", "-shm", "-journal" };
	char name[80];
	size_t i;

	(void)day;
	for (i = 0; i < CBX_COUNT(ends); i++) {
		snprintf(name, sizeof(name), "%s%s", path, ends[i]);
		unlink(name);
	}
}

static void world_set_interval(struct day *day, const char *text)
{
	ck_assert_int_eq(cbx_memory_store_set_interval(day->box->store, text), 0);
}

static char *world_jobs_data(struct day *day)
{
	char *text = NULL;

	ck_assert_int_eq(cbx_memory_store_jobs_data(day->box->store, &text), 0);
	return text;
}

struct reading {
	struct day *day;
	size_t seen, skipped;
};

static int note(void *user, const struct cbx_stream_entry *entry)
{
	struct reading *reading = user;

	if (reading->seen++ >= reading->skipped)
		day_note_streamed(reading->day, entry);
	return 0;
}

static void world_read_stream(struct day *day)
{
	struct reading reading = { .day = day, .skipped = day->streamed_count };

	ck_assert_int_eq(cbx_memory_store_events(day->box->store, note, &reading), 0);
}

const struct day_world day_embedded = {
	.name = "embedded",
	.begin = world_begin,
	.end = world_end,
	.run = world_run,
	.ask = world_ask,
	.set_interval = world_set_interval,
	.jobs_data = world_jobs_data,
	.read_stream = world_read_stream,
};
