// SPDX-License-Identifier: MIT
/* The SQL suite over SQLite: a file in a directory of its own, looked at by a connection of its
 * own. */
#include "adapter/sqlite/sqlite.h"
#include "sql_suite.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

static char directory[] = "/tmp/chatterbox-sqlite-XXXXXX";
static char path[64];
static sqlite3 *holder;

static int world_open(struct cbx_sql **out)
{
	return cbx_sqlite_new(path, cbx_system_clock(), out);
}

static void world_reset(void)
{
	static const char *const ends[] = { "", "-wal", "-shm", "-journal" };
	char name[80];
	size_t i;

	for (i = 0; i < CBX_COUNT(ends); i++) {
		snprintf(name, sizeof(name), "%s%s", path, ends[i]);
		unlink(name);
	}
}

static sqlite3 *raw_open(void)
{
	sqlite3 *db = NULL;

	ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
	sqlite3_busy_timeout(db, 5000);
	return db;
}

static void raw_run(sqlite3 *db, const char *text)
{
	char *error = NULL;

	sqlite3_exec(db, text, NULL, NULL, &error);
	ck_assert_msg(!error, "%s: %s", text, error);
}

static void world_run(const char *text)
{
	sqlite3 *db = raw_open();

	raw_run(db, text);
	ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
}

static char *world_ask(const char *text)
{
	sqlite3 *db = raw_open();
	sqlite3_stmt *statement = NULL;
	char *value = NULL;
	int code = sqlite3_prepare_v2(db, text, -1, &statement, NULL);

	ck_assert_msg(code == SQLITE_OK, "%s: %s", text, sqlite3_errmsg(db));
	if (sqlite3_step(statement) == SQLITE_ROW)
		value = (char *)(uintptr_t)sqlite3_column_text(statement, 0);
	value = strdup(value ?: "");
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return value;
}

static void world_hold(void)
{
	holder = raw_open();
	raw_run(holder, "begin immediate");
}

static void world_release(void)
{
	sqlite3_close(holder);
	holder = NULL;
}

#define MS(seconds)                                                                          \
	"cast(round((julianday('now', '" seconds " seconds') - 2440587.5) * 86400000.0) as " \
	"integer)"

static const struct sql_world world = {
	.name = "sqlite",
	.open = world_open,
	.reset = world_reset,
	.run = world_run,
	.ask = world_ask,
	.hold = world_hold,
	.release = world_release,
	.now = MS("+0"),
	.past = MS("-60"),
	.future = MS("+60"),
	.beyond = "253402300800000",
	.number = "integer",
	.time = "integer",
};

int main(void)
{
	Suite *suite = suite_create(world.name);
	int r;

	if (!mkdtemp(directory))
		return EXIT_FAILURE;
	snprintf(path, sizeof(path), "%s/chatterbox.db", directory);
	sql_suite(&world, suite);
	r = unit_run(suite);
	world_reset();
	rmdir(directory);
	return r;
}
