/* SPDX-License-Identifier: MIT */
/*
 * day.h - a day at OCD: what the systems report, what time it is, what is published
 *
 * The whole engine runs, with its threads, by a clock that is ahead of the machine's: day_pass()
 * moves it further ahead and returns when everything that came due has run, is recorded and
 * published. The database goes by the same time: SQLite asks our clock, and PostgreSQL's now() is
 * hidden behind one that is as far ahead (test_day.c of the servers). So offline_job_ttl and the
 * retentions are tested at their real lengths, and no row's time is set back. Only the lease goes
 * by real time: who leads is not part of the day.
 *
 * The systems are scripted: a thread answers nl-hdms.request as they were told to. All other calls
 * belong to the test's thread, and end the test when something is wrong.
 */
#ifndef CBX_TESTS_DAY_H
#define CBX_TESTS_DAY_H

#include "engine/internal.h"

#include <check.h>
#include <jansson.h>

#define DAY_MESSAGES 256
#define DAY_JOBS 16
#define DAY_KEYS 16
#define DAY_TEXT 512
#define HOUR 3600.0

struct day;

/* Servers, or what stands in for them */
struct day_world {
	const char *name;
	/* Empty servers, and the configuration's keys that lead there */
	void (*begin)(struct day *day);
	void (*end)(struct day *day);
	/* SQL, past the adapter; ask() gives the first column of the first row, "" without any */
	void (*run)(const char *sql);
	char *(*ask)(const char *sql);
	/* Puts the database's clock ahead by that much; NULL when it goes by ours */
	void (*skip)(uint64_t ms);
	/* What OCD writes into Redis: the text of update_time_till_next_check; NULL = nothing */
	void (*set_interval)(struct day *day, const char *text);
	/* A copy of the last jobs_data in Redis */
	char *(*jobs_data)(struct day *day);
	/* Calls day_note_streamed() for the stream's entries, from number day->streamed_count on */
	void (*read_stream)(struct day *day);
};

/* day_embedded.c */
extern const struct day_world day_embedded;

struct day_clock {
	struct cbx_clock clock;
	_Atomic uint64_t ahead; /* ns */
};

/* An event as it was published; owns its texts */
struct day_message {
	char *name, *id, *previous, *origin;
	json_t *params;
};

enum day_manner { DAY_ANSWERS, DAY_SAYS_OFFLINE, DAY_SAYS_NOTHING };

struct day_job {
	char system[32];
	int64_t id;
	char status[48];
	char more[256]; /* further members, `"percent_completed":"42"`; "" = none */
};

/* The systems: day_systems.c */
struct day_systems {
	struct day *day;
	struct cbx_bus *bus;
	struct cbx_thread thread;
	_Atomic bool stop;
	pthread_mutex_t lock; /* of what follows */
	struct day_job jobs[DAY_JOBS];
	size_t job_count;
	struct {
		char system[32];
		enum day_manner manner;
	} manners[8];
	size_t manner_count;
	double slow;                      /* the next question takes that many seconds, once */
	char pushed[DAY_TEXT];            /* sent before the next answer, once */
	char questions[DAY_MESSAGES][96]; /* "ABC1 job_status 17,18" */
	size_t question_count;
	/* Of the requests: systems in the last one, its expiration, and how many waited for an
	 * answer at a time, which is looked at only when that is asked for */
	size_t batch;
	int64_t expiration_ms;
	bool count_waiting;
	unsigned most_waiting;
	unsigned clog; /* so many messages come into the queue before the next answer … */
	bool clogged;  /* … and stay there */
	char failure[DAY_TEXT];
};

struct day {
	const struct day_world *world;
	struct day_clock clock;
	struct chatterbox_config *config;
	char keys[DAY_KEYS][2][64]; /* path and value of what was set in it */
	size_t key_count;
	struct chatterbox *box;
	_Atomic unsigned debug_lines; /* in the log */
	char app[64];
	double passed; /* s */
	/* what every thread has to be done with before day_pass() returns: a last task */
	struct cbx_task last_task;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned runs_of_last_task;
	int call_code;
	bool call_finished;
	struct day_systems systems;
	/* what was published: day_told.c */
	struct cbx_bus *bus;
	struct cbx_state *state;
	char queue[96];
	uint64_t marker;
	struct day_message told[DAY_MESSAGES];
	size_t told_count;
	struct day_message streamed[DAY_MESSAGES]; /* those that the broker has not brought yet */
	size_t streaming, streamed_count;
	char *jobs_data;
	json_t *job_status; /* the last chunk, and how many there were */
	unsigned job_status_chunks;
};

/* --- day.c: time --- */

/* Servers are empty, systems are there, the engine does not run yet */
struct day *day_break(const struct day_world *world);
void day_set(struct day *day, const char *path, const char *value); /* configuration */
/* While it runs, as by SIGHUP; returns at once */
void day_reload(struct day *day, const char *path, const char *value);
/* Starts the engine; returns after the first Update Database Task */
void day_begin(struct day *day);
void day_pass(struct day *day, double seconds);
/* Until that many seconds after the start */
void day_pass_until(struct day *day, double seconds);
void day_end(struct day *day);
uint64_t day_deadline(void); /* for whatever has to happen soon, by the day's clock */

/* --- day_systems.c: the systems --- */

void day_systems_start(struct day *day);
void day_systems_stop(struct day *day);
/* From now on, when asked. @more: further members without braces, or NULL. */
void day_system_says(struct day *day, const char *system, int64_t job, const char *status,
		     const char *more);
void day_system_forgets(struct day *day, const char *system, int64_t job);
void day_system_is(struct day *day, const char *system, enum day_manner manner);
/* The next question takes @seconds, once */
void day_system_is_slow(struct day *day, double seconds);
/* A push, by nl-hdms.event.content.job_status; a second passes */
void day_system_pushes(struct day *day, const char *system, int64_t job, const char *status,
		       const char *more);
/* The same, between the next question and its answer */
void day_system_pushes_when_asked(struct day *day, const char *system, int64_t job,
				  const char *status, const char *more);
/* What @system was asked since the last look: "job_list", "job_status 17,18", joined by "; " */
void day_was_asked(struct day *day, const char *system, const char *questions);
void day_forget_questions(struct day *day);
/* An event in, by its routing key; a second passes */
void day_event(struct day *day, const char *key, const char *body);

/* --- day_told.c: what was published, to the broker and to the stream --- */

void day_note_streamed(struct day *day, const struct cbx_stream_entry *entry);
void day_gather(struct day *day);
/* update_job_status of that revision; @previous NULL = there is none. It must be the oldest one of
 * that job not yet looked at. */
void day_told(struct day *day, const char *system, int64_t job, int64_t revision,
	      const char *status, const char *previous, const char *origin);
void day_told_paused(struct day *day, const char *system, const char *job_type, bool paused);
/* user_job_errors of one job */
void day_told_error(struct day *day, const char *system, int64_t job, const char *code,
		    const char *message);
void day_told_nothing_more(struct day *day);
void day_told_open(struct day *day);
void day_told_close(struct day *day);
/* The last jobs_data: on the broker, and in the shared state */
void day_told_figures(struct day *day, const char *jobs_data);
/* The last job_status event held as many jobs */
void day_told_statuses(struct day *day, size_t count);

/* --- day_holds.c: what Redis and SQL hold --- */

/* @members: some of the Status's, `"percent_completed":"20"`, or NULL */
void day_redis_shows(struct day *day, const char *system, int64_t job, const char *status,
		     const char *members);
void day_redis_shows_nothing(struct day *day, const char *system, int64_t job);
/* @status NULL = not there */
void day_redis_system(struct day *day, enum cbx_state_hash hash, const char *system,
		      const char *status);
/* OCD writes an internal system there, checked @seconds_ago */
void day_redis_writes_system(struct day *day, const char *system, double seconds_ago);
/* "Running/1/user", or "" = no row */
void day_monitor_holds(struct day *day, const char *system, int64_t job, const char *expected);
void day_monitor_percent(struct day *day, const char *system, int64_t job, const char *expected);
void day_completed_holds(struct day *day, const char *system, int64_t job, const char *expected);
/* "disk_full/1": code and occurrences, "" = no row */
void day_error_is(struct day *day, const char *system, int64_t job, const char *expected);
void day_sql_says(struct day *day, const char *sql, const char *expected);
void day_sql(struct day *day, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The Job Status Task's interval; @reason NULL = not under load */
void day_interval_is(struct day *day, double base, double current, const char *reason);

/* --- the story: day_story*.c --- */

void day_suite(Suite *suite, const struct day_world *world);
void day_suite_night(TCase *tcase);
void day_suite_ocd(TCase *tcase);
/* day_break() of the world of this program; it ends with the test */
struct day *day_of_suite(void);

#endif
