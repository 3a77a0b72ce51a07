/* SPDX-License-Identifier: MIT */
/*
 * sql_suite.h - what every SQL adapter must do: one suite over SQLite and PostgreSQL
 *
 * A test program gives a world: how to make a connection to a database of its own, and how to look
 * at it and change it behind the adapter's back, as OCD would.
 */
#ifndef CBX_TESTS_SQL_SUITE_H
#define CBX_TESTS_SQL_SUITE_H

#include "common/text.h"
#include "port/directory.h"
#include "port/lease.h"
#include "port/ledger.h"
#include "port/outbox.h"
#include "unit.h"

#include <chatterbox/error.h>

struct sql_world {
	const char *name;
	int (*open)(struct cbx_sql **out); /* a new object, not connected */
	void (*reset)(void);               /* an empty database */
	void (*run)(const char *text);     /* any statements */
	char *(*ask)(const char *text);    /* one value as text, "" for null; allocated */
	void (*hold)(void);                /* lock status_monitor as a foreign writer would */
	void (*release)(void);
	const char *now;  /* expressions for time columns */
	const char *past; /* a minute ago */
	const char *future;
	const char *beyond; /* the first day of the year 10000 */
	const char *number; /* type names */
	const char *time;
};

extern const struct sql_world *sql_world;
/* Of each test: connected, migrated, with a lease taken */
extern struct cbx_sql *sql;
extern struct cbx_guard sql_guard;

void sql_set_up(void);
void sql_tear_down(void);
/* Another connection, connected */
struct cbx_sql *sql_open(void);
/* The value of a query is this text */
void sql_expect(const char *query, const char *value);
uint64_t sql_soon(void);

/* A batch on the heap whose changes own their job and status */
struct cbx_change *sql_put(struct cbx_batch *batch, const char *system, int64_t job_id,
			   const char *text, int64_t revision);
struct cbx_event *sql_put_event(struct cbx_batch *batch, const char *key, const char *message_id);
struct cbx_push *sql_put_push(struct cbx_batch *batch, int64_t connection, const char *identities);
void sql_batch_free(struct cbx_batch *batch);
/* Records it, expects @result, and frees it */
void sql_record(struct cbx_batch *batch, int result);

/* Rows as text, one a line: "ABC1/17 Running ocd r2" */
int sql_note_row(void *text, const struct cbx_row *row);
int sql_note_name(void *text, const char *name, int64_t ms);
int sql_note_push(void *text, int64_t connection, const char *identities);
int sql_note_event(void *text, const struct cbx_outbox_row *row);
/* Compares and frees the text */
void sql_expect_text(struct cbx_text *text, const char *expected);

void sql_suite_ledger(Suite *suite);
void sql_suite_pushes(Suite *suite);
void sql_suite_trouble(Suite *suite);
void sql_suite_rows(Suite *suite);
void sql_suite_outbox(Suite *suite);
void sql_suite_lease(Suite *suite);
void sql_suite_schema(Suite *suite);
void sql_suite_directory(Suite *suite);
void sql_suite_errors(Suite *suite);
void sql_suite_clearing(Suite *suite);
void sql_suite_history(Suite *suite);
void sql_suite_orders(Suite *suite);
void sql_suite_incidents(Suite *suite);
void sql_suite_outlook(Suite *suite);
/* A test case with the fixture above */
void sql_add(Suite *suite, const char *name, const TTest *const *tests, size_t count);

/* Adds the whole suite; of one world in a program */
void sql_suite(const struct sql_world *world, Suite *suite);

#endif
