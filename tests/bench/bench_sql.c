// SPDX-License-Identifier: MIT
/*
 * bench_sql.c - rows per second of record(), and how heads() fares with a long outbox
 *
 *	bench_sql sqlite FILE
 *	tests/kit/servers/servers.sh run bench_sql postgres
 *
 * 20 batches of 1000 changes of 20 000 jobs, each with an event of 400 bytes: first inserts, then
 * updates of the same rows, without and with history. Then the outbox holds WAITING rows: of as
 *many keys, and of 20 keys.
 */
#include "adapter/postgres/postgres.h"
#include "adapter/sqlite/sqlite.h"
#include "common/cleanup.h"
#include "port/history.h"
#include "port/lease.h"
#include "port/ledger.h"
#include "port/outbox.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define BATCH 1000
#define BATCHES 20
#define WAITING 100000
#define HEADS 256

static struct cbx_sql *sql;
static struct cbx_guard guard = { "bench", "bench", 0 };
static struct cbx_status statuses[BATCH];
static struct cbx_job jobs[BATCH];
static struct cbx_change changes[BATCH];
static struct cbx_event events[BATCH];
static char keys[BATCH][64];
static char ids[BATCH][64];
static char systems[BATCH][32];
static char payload[400];
static int64_t heads[HEADS];
static size_t head_count;

static double seconds(void)
{
	return (double)cbx_now(cbx_system_clock()) / 1e9;
}

static uint64_t in(unsigned s)
{
	return cbx_now(cbx_system_clock()) + s * CBX_SECOND;
}

static void check(const char *what, int result)
{
	if (result >= 0)
		return;
	fprintf(stderr, "%s: %d %s\n", what, result, sql ? sql->error : "");
	exit(EXIT_FAILURE);
}

static void open_database(const char *kind, const char *file)
{
	const char *port = getenv("CBX_TEST_PG_PORT");
	struct cbx_postgres_options options = {
		.host = "127.0.0.1",
		.port = port ? atoi(port) : 5432,
		.database = getenv("CBX_TEST_PG_DATABASE"),
		.username = getenv("CBX_TEST_PG_USER"),
		.app_name = "bench",
	};
	struct cbx_lease_state held;
	int applied;

	if (!strcmp(kind, "postgres"))
		check("new", cbx_postgres_new(&options, cbx_system_clock(), NULL, &sql));
	else
		check("new", cbx_sqlite_new(file ? file : "", cbx_system_clock(), &sql));
	check("connect", sql->ops->connect(sql, in(10)));
	check("migrate", sql->ops->migrate(sql, &applied));
	check("take", sql->lease->take(sql, guard.name, guard.holder, 600, &guard.epoch, &held));
}

static struct cbx_batch make_batch(int from, int64_t revision)
{
	size_t i;

	for (i = 0; i < BATCH; i++) {
		int job = from + (int)i;

		snprintf(systems[i], sizeof(systems[i]), "SYS%05d", job / 4);
		snprintf(keys[i], sizeof(keys[i]), "%s/%d", systems[i], job % 4);
		snprintf(ids[i], sizeof(ids[i]), "%s/%" PRId64, keys[i], revision);
		statuses[i] = (struct cbx_status){ .system = systems[i],
						   .job_id = job % 4,
						   .text = revision % 2 ? "Running" : "Paused",
						   .percent_text = "42.5",
						   .speed_text = "1.5M",
						   .job_type = "movie",
						   .downloaded = 17,
						   .total_files = 40 };
		jobs[i] = (struct cbx_job){ .status = &statuses[i], .revision = revision };
		changes[i] = (struct cbx_change){ .job = &jobs[i],
						  .transition = true,
						  .source = "answer" };
		events[i] = (struct cbx_event){ .name = "update_job_status",
						.key = keys[i],
						.message_id = ids[i],
						.origin = "user",
						.payload = payload };
	}
	return (struct cbx_batch){
		.changes = changes, .change_count = BATCH, .events = events, .event_count = BATCH
	};
}

static void measure_record(const char *what, int64_t revision)
{
	double begin = seconds();
	double took;
	int i;

	for (i = 0; i < BATCHES; i++) {
		struct cbx_batch batch = make_batch(i * BATCH, revision);

		check("record", sql->ledger->record(sql, &guard, &batch, in(60)));
	}
	took = seconds() - begin;
	printf("record, %s: %.0f changes/s with their events, %.1f ms a batch of %d\n", what,
	       BATCH * BATCHES / took, took / BATCHES * 1e3, BATCH);
}

static int count_row(void *user, const struct cbx_history_row *row)
{
	(void)row;
	++*(size_t *)user;
	return 0;
}

static void measure_history(void)
{
	double begin = seconds();
	int64_t gone = 0;
	size_t rows = 0;
	int i;

	for (i = 0; i < 100; i++)
		check("page",
		      sql->history->page(sql, systems[i], CBX_NO_COUNT, 0, 101, count_row, &rows));
	printf("history, a page of a system with %zu rows: %.2f ms\n", rows / 100,
	       (seconds() - begin) / 100 * 1e3);
	begin = seconds();
	check("expire", sql->history->expire(sql, &guard, 0, 1000, &gone));
	printf("history, %" PRId64 " old rows removed: %.1f ms\n", gone, (seconds() - begin) * 1e3);
}

static int note_head(void *user, const struct cbx_outbox_row *row)
{
	(void)user;
	heads[head_count++] = row->id;
	return 0;
}

static size_t read_heads(enum cbx_outbox_side side)
{
	struct cbx_outbox_wish wish = { .side = side, .limit = HEADS };

	head_count = 0;
	check("heads", sql->outbox->heads(sql, &wish, note_head, NULL));
	return head_count;
}

static void measure_heads(const char *what)
{
	double begin = seconds();
	int64_t rows;
	double age;
	int i;

	check("pending", sql->outbox->pending(sql, &rows, &age));
	printf("pending, %" PRId64 " rows: %.1f ms\n", rows, (seconds() - begin) * 1e3);
	begin = seconds();
	for (i = 0; i < 10; i++)
		read_heads(CBX_TO_BROKER);
	printf("heads, %s: %.2f ms a call that gives %zu\n", what, (seconds() - begin) / 10 * 1e3,
	       head_count);
}

static void drain(void)
{
	double begin = seconds();
	size_t told = 0;

	while (read_heads(CBX_TO_BROKER)) {
		check("told", sql->outbox->told(sql, &guard, CBX_TO_BROKER, heads, head_count));
		check("told", sql->outbox->told(sql, &guard, CBX_TO_STREAM, heads, head_count));
		told += head_count;
	}
	printf("heads and told on both sides: %.0f events/s (%zu)\n",
	       (double)told / (seconds() - begin), told);
}

static void fill(int distinct)
{
	int i;
	size_t k;

	for (i = 0; i < WAITING / BATCH; i++) {
		struct cbx_batch batch = make_batch(0, 1000 + i);

		batch.change_count = 0;
		for (k = 0; k < BATCH; k++) {
			int number = i * BATCH + (int)k;

			snprintf(keys[k], sizeof(keys[k]), "key%d", number % distinct);
			snprintf(ids[k], sizeof(ids[k]), "fill%d/%d", distinct, number);
		}
		check("fill", sql->ledger->record(sql, &guard, &batch, in(60)));
	}
}

int main(int argc, char **argv)
{
	int i;

	if (argc < 2)
		return 64;
	memset(payload, 'x', sizeof(payload) - 1);
	payload[0] = payload[sizeof(payload) - 2] = '"';
	open_database(argv[1], argv[2]);
	sql->no_history = true;
	measure_record("inserts", 1);
	for (i = 2; i < 8; i++) {
		sql->no_history = i % 2 == 0;
		measure_record(i % 2 ? "updates with history" : "updates", i);
		drain();
	}
	measure_history();
	fill(WAITING);
	measure_heads("each of its own key");
	drain();
	fill(20);
	measure_heads("of 20 keys");
	cbx_sql_free(sql);
	return EXIT_SUCCESS;
}
