/* SPDX-License-Identifier: MIT */
/*
 * reload_kit.h - rows of keys that a SIGHUP may change: { key, thread that reads it, new value, how
 * to see it }
 *
 * The engine runs, the key is changed, and what others see changes with it. tests/style/reload.py
 * looks that every such pair of key and thread has a row, or a test in daemon_reload.test.mjs.
 */
#ifndef CBX_TESTS_RELOAD_KIT_H
#define CBX_TESTS_RELOAD_KIT_H

#include "day.h"
#include "unit.h"

#include "common/cleanup.h"

#include <stdio.h>
#include <string.h>

struct row {
	const char *key;
	const char *thread;
	const char *value;
	/* Begins the day, sees how it was, calls reload(), sees how it is */
	void (*play)(struct day *day);
};

static const struct row *row;
static struct day *day;

static inline void reload(void)
{
	day_reload(day, row->key, row->value);
}

/* A condition that comes by itself, soon */
#define UNTIL(condition)                                                           \
	do {                                                                       \
		uint64_t patience = day_deadline();                                \
                                                                                   \
		while (!(condition)) {                                             \
			ck_assert_msg(cbx_now(cbx_system_clock()) < patience,      \
				      "not in time: " #condition);                 \
			nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL); \
		}                                                                  \
	} while (0)

/* A day with a running job of system A */
static inline void begin(void)
{
	day_system_says(day, "A", 1, "Running", NULL);
	day_sql(day, "create table connections (actor_id text)");
	day_sql(day, "insert into connections values ('A')");
	day_begin(day);
	day_forget_questions(day);
}

static inline void reload_play(const struct row *of)
{
	row = of;
	day = day_break(&day_embedded);
	row->play(day);
	day_end(day);
}

#endif
