// SPDX-License-Identifier: MIT
/*
 * test_reload.c - each key that a SIGHUP may change takes effect, in each thread that reads it
 *
 * The engine runs, the key is changed, and what others see changes with it. tests/style/reload.py
 * looks that every such pair of key and thread has a row here, or a test in daemon_reload.test.mjs.
 */
#include "day.h"
#include "unit.h"

#include "common/cleanup.h"

#include <chatterbox/error.h>
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

static void reload(void)
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

static bool was_asked(const char *question)
{
	bool found = false;
	size_t i;

	pthread_mutex_lock(&day->systems.lock);
	for (i = 0; i < day->systems.question_count; i++)
		found = found || !strcmp(day->systems.questions[i], question);
	pthread_mutex_unlock(&day->systems.lock);
	day_forget_questions(day);
	return found;
}

/* A day with a running job of system A */
static void begin(void)
{
	day_system_says(day, "A", 1, "Running", NULL);
	day_sql(day, "create table connections (actor_id text)");
	day_sql(day, "insert into connections values ('A')");
	day_begin(day);
	day_forget_questions(day);
}

/* --- the poller --- */

static double shown_base(void)
{
	struct cbx_snapshot *snapshot = cbx_snapshot_slot_get(&day->box->slot);
	double base = cbx_seconds(snapshot->interval_base_ns);

	cbx_snapshot_unref(snapshot);
	return base;
}

static void base_interval(struct day *of)
{
	(void)of;
	begin();
	ck_assert_double_eq(shown_base(), 10);
	reload();
	UNTIL(shown_base() == 25);
	day_pass(day, 15);
	ck_assert(!was_asked("A job_status 1"));
	day_pass(day, 10);
	ck_assert(was_asked("A job_status 1"));
}

static void update_interval(struct day *of)
{
	(void)of;
	begin();
	day_pass(day, 61);
	ck_assert(!was_asked("A job_list"));
	reload();
	day_pass(day, 1);
	ck_assert(was_asked("A job_list"));
}

static void internal_systems(struct day *of)
{
	begin();
	day_redis_writes_system(of, "I", 100);
	day_pass(day, 6);
	day_redis_system(day, CBX_INTERNAL_SYSTEMS, "I", "internal");
	reload();
	day_pass(day, 6);
	day_redis_system(day, CBX_INTERNAL_SYSTEMS, "I", NULL);
}

static void syncing_systems(struct day *of)
{
	begin();
	ck_assert_int_eq(chatterbox_errors_add_syncing(of->box, "A"), 0);
	day_pass(day, 61);
	ck_assert_int_eq(chatterbox_errors_is_syncing(of->box, "A"), 1);
	reload();
	day_pass(day, 61);
	ck_assert_int_eq(chatterbox_errors_is_syncing(of->box, "A"), 0);
}

/* day_pass() waits for a task, which does not run while they are paused */
static void a_pause_ends(struct day *of)
{
	begin();
	reload();
	ck_assert_int_eq(engine_call(of->box, "chatterbox.scheduler.pause", json_object(), NULL),
			 0);
	day_pass(day, 6);
}

static void errored_jobs_go(struct day *of)
{
	begin();
	/* the Job Errors Task runs now, and in a day */
	day_pass(day, 10);
	day_pass(day, 200);
	day_system_says(of, "A", 1, "Errored", NULL);
	day_pass(day, 10);
	day_monitor_holds(day, "A", 1, "Errored/2/user");
	reload();
	day_pass_until(day, 86415);
	day_monitor_holds(day, "A", 1, "");
	day_error_is(day, "A", 1, "");
}

static void offline_jobs_end(struct day *of)
{
	begin();
	day_system_is(of, "A", DAY_SAYS_OFFLINE);
	day_pass(day, 10);
	day_pass(day, 100);
	day_monitor_holds(day, "A", 1, "Running/1/user");
	reload();
	day_pass(day, 10);
	day_error_is(day, "A", 1, "system_offline/1");
}

static void completed_jobs_go(struct day *of)
{
	begin();
	day_system_says(of, "A", 1, "Completed", NULL);
	day_pass(day, 10);
	day_completed_holds(day, "A", 1, "Completed/2/user");
	reload();
	day_pass_until(day, 86420);
	day_completed_holds(day, "A", 1, "");
}

static void progress_is_written(struct day *of)
{
	begin();
	day_system_says(of, "A", 1, "Running", "\"percent_completed\":\"20\"");
	day_pass(day, 10);
	day_monitor_percent(day, "A", 1, "");
	reload();
	day_system_says(of, "A", 1, "Running", "\"percent_completed\":\"30\"");
	day_pass(day, 10);
	day_monitor_percent(day, "A", 1, "30");
}

#define ACCESS "select access from content_server_access where system = 'A'"

static void access_is_written(struct day *of)
{
	begin();
	day_system_says(of, "A", 1, "Completed", NULL);
	day_pass(day, 10);
	day_pass(day, 2);
	day_sql_says(day, ACCESS, "");
	reload();
	day_pass(day, 2);
	day_sql_says(day, ACCESS, "ok");
}

static void queue_depth(struct day *of)
{
	begin();
	reload();
	pthread_mutex_lock(&of->systems.lock);
	of->systems.clog = 8;
	pthread_mutex_unlock(&of->systems.lock);
	day_pass(day, 10);
	day_interval_is(day, 10, 15, "queue");
}

static void reply_time(struct day *of)
{
	begin();
	day_system_is_slow(of, 1);
	day_pass(day, 10);
	day_interval_is(day, 10, 10, NULL);
	reload();
	day_system_is_slow(of, 1);
	day_pass(day, 10);
	day_interval_is(day, 10, 15, "reply_time");
}

static void the_bound_of_the_stretch(struct day *of)
{
	begin();
	day_system_is_slow(of, 3);
	day_pass(day, 10);
	day_interval_is(day, 10, 15, "reply_time");
	reload();
	day_system_is_slow(of, 3);
	day_pass(day, 15);
	day_interval_is(day, 10, 12, "reply_time");
}

static double malformed(void)
{
	return cbx_metric_get(day->box->counters.rpc_requests, "job_status", "malformed");
}

/* An answer about six jobs, of more than 1024 bytes */
static void large_answers(struct day *of)
{
	char more[200];
	int64_t job;

	memset(more, 'x', sizeof(more));
	memcpy(more, "\"note\":\"", 8);
	strcpy(more + sizeof(more) - 2, "\"");
	begin();
	for (job = 1; job <= 6; job++)
		day_system_says(of, "A", job, "Running", more);
	day_event(day, "nl-ocd.event.update_database", "null");
	day_pass(day, 10);
	ck_assert_double_eq(malformed(), 0);
	day_redis_shows(day, "A", 6, "Running", NULL);
	reload();
	for (job = 1; job <= 6; job++)
		day_system_says(of, "A", job, "Paused", more);
	day_pass(day, 10);
	day_pass(day, 11);
	ck_assert_double_gt(malformed(), 0);
	day_redis_shows(day, "A", 6, "Running", NULL);
}

static void many_jobs_in_an_answer(struct day *of)
{
	begin();
	day_system_says(of, "A", 2, "Running", NULL);
	day_event(day, "nl-ocd.event.update_database", "null");
	day_pass(day, 10);
	ck_assert_double_eq(malformed(), 0);
	day_redis_shows(day, "A", 2, "Running", NULL);
	reload();
	day_system_says(of, "A", 2, "Paused", NULL);
	day_pass(day, 10);
	day_pass(day, 11);
	ck_assert_double_gt(malformed(), 0);
	day_redis_shows(day, "A", 2, "Running", NULL);
}

static int64_t expiration(void)
{
	int64_t ms;

	pthread_mutex_lock(&day->systems.lock);
	ms = day->systems.expiration_ms;
	pthread_mutex_unlock(&day->systems.lock);
	return ms;
}

static void poll_deadline(struct day *of)
{
	(void)of;
	begin();
	ck_assert_int_eq(expiration(), 10000);
	reload();
	day_pass(day, 10);
	ck_assert_int_eq(expiration(), 3000);
}

static void order_deadline(struct day *of)
{
	json_t *params = json_pack("{s:s,s:i}", "system", "A", "job_id", 1);

	begin();
	reload();
	/* whatever is answered to that: the question has gone out */
	engine_call(of->box, "nl-ocd.content.job.pause", params, NULL);
	ck_assert_int_eq(expiration(), 20000);
}

/* Two systems with a job each, asked in one go */
static void two_systems(void)
{
	day_system_says(day, "B", 1, "Running", NULL);
	begin();
	day_sql(day, "insert into connections values ('B')");
	day_event(day, "nl-hdms.event.control.system_online", "\"B\"");
	day_pass(day, 10);
}

static size_t batch(void)
{
	size_t systems;

	pthread_mutex_lock(&day->systems.lock);
	systems = day->systems.batch;
	pthread_mutex_unlock(&day->systems.lock);
	return systems;
}

static void systems_in_a_request(struct day *of)
{
	(void)of;
	two_systems();
	ck_assert_uint_eq(batch(), 1);
	reload();
	day_pass(day, 11);
	ck_assert_uint_eq(batch(), 2);
}

static unsigned most_waiting(void)
{
	unsigned most;

	pthread_mutex_lock(&day->systems.lock);
	day->systems.count_waiting = true;
	day->systems.most_waiting = 0;
	pthread_mutex_unlock(&day->systems.lock);
	day_pass(day, 11);
	pthread_mutex_lock(&day->systems.lock);
	most = day->systems.most_waiting;
	pthread_mutex_unlock(&day->systems.lock);
	return most;
}

static void questions_in_flight(struct day *of)
{
	(void)of;
	two_systems();
	ck_assert_uint_eq(most_waiting(), 2);
	reload();
	ck_assert_uint_eq(most_waiting(), 1);
}

/* --- the teller --- */

static void chunks(struct day *of)
{
	day_system_says(of, "A", 2, "Running", NULL);
	begin();
	day_pass(day, 61);
	UNTIL((day_gather(day), day->job_status_chunks == 1));
	ck_assert_uint_eq(json_array_size(day->job_status), 2);
	reload();
	day_pass(day, 61);
	UNTIL((day_gather(day), day->job_status_chunks == 2));
	ck_assert_uint_eq(json_array_size(day->job_status), 1);
}

static int count_entry(void *user, const struct cbx_stream_entry *entry)
{
	(void)entry;
	++*(size_t *)user;
	return 0;
}

static size_t stream_length(void)
{
	size_t count = 0;

	ck_assert_int_eq(cbx_memory_store_events(day->box->store, count_entry, &count), 0);
	return count;
}

static void the_stream_is_trimmed(struct day *of)
{
	static const char *const statuses[] = { "Paused", "Running", "Paused", "Running" };
	size_t i;

	begin();
	for (i = 0; i < 3; i++) {
		day_system_says(of, "A", 1, statuses[i], NULL);
		day_pass(day, 10);
	}
	ck_assert_uint_gt(stream_length(), 3);
	reload();
	day_system_says(of, "A", 1, statuses[i], NULL);
	ck_assert_int_eq(chatterbox_poll_now(of->box, false), 0);
	UNTIL(stream_length() == 2);
}

/* --- the listener --- */

static double rejected(void)
{
	return cbx_metric_get(day->box->counters.events_consumed, "unknown", "rejected");
}

static void push(const char *params, size_t len)
{
	struct cbx_bus_message message = { .exchange = "amq.topic",
					   .routing_key = "nl-hdms.event.content.job_status",
					   .content_type = "application/json",
					   .body = params,
					   .body_len = len };

	ck_assert_int_eq(day->bus->ops->publish(day->bus, &message, NULL,
						cbx_now(day->box->clock) + 5 * CBX_SECOND),
			 0);
}

static double reported(void)
{
	return cbx_metric_get(day->box->counters.events_consumed, "job_status", "ok");
}

/* One that was published while the listener woke up may still have gone by the old limit */
static void refuses_from_now_on(const char *params)
{
	ck_assert_double_eq(rejected(), 0);
	push(params, strlen(params));
	UNTIL(reported() == 1);
	reload();
	UNTIL((push(params, strlen(params)), rejected() > 0));
}

static void large_pushes(struct day *of)
{
	char params[1200];
	size_t len =
		(size_t)snprintf(params, sizeof(params),
				 "{\"system\":\"A\",\"job_id\":1,\"status\":\"Running\",\"x\":\"");

	(void)of;
	begin();
	memset(params + len, 'x', sizeof(params) - len);
	memcpy(params + sizeof(params) - 3, "\"}", 3);
	refuses_from_now_on(params);
}

static void many_jobs_in_a_push(struct day *of)
{
	(void)of;
	begin();
	refuses_from_now_on("[{\"system\":\"A\",\"job_id\":1,\"status\":\"Running\"},"
			    "{\"system\":\"A\",\"job_id\":2,\"status\":\"Running\"}]");
}

/* --- all of them --- */

static void debug_lines(struct day *of)
{
	begin();
	day_pass(day, 10);
	ck_assert_uint_eq(of->debug_lines, 0);
	reload();
	day_pass(day, 10);
	ck_assert_uint_gt(of->debug_lines, 0);
}

static const struct row rows[] = {
	{ "check_job_status_time", "poller", "25", base_interval },
	{ "time_till_next_check", "poller", "60", update_interval },
	{ "recheck_system_time", "poller", "50000", internal_systems },
	{ "maxSyncTime", "poller", "30000", syncing_systems },
	{ "pausedTimeOut", "poller", "5000", a_pause_ends },
	{ "error_retention", "poller", "3600", errored_jobs_go },
	{ "offline_job_ttl", "poller", "60", offline_jobs_end },
	{ "completed_retention", "poller", "3600", completed_jobs_go },
	{ "progress_checkpoint", "poller", "0", progress_is_written },
	{ "csaTimer", "poller", "1", access_is_written },
	{ "load.queue_depth", "poller", "2", queue_depth },
	{ "load.reply_ms", "poller", "500", reply_time },
	{ "load.max_interval", "poller", "12", the_bound_of_the_stretch },
	{ "limits.reply_bytes", "poller", "1024", large_answers },
	{ "limits.jobs_per_reply", "poller", "1", many_jobs_in_an_answer },
	{ "rmq_rpc.poll_timeout", "poller", "3s", poll_deadline },
	{ "rmq_rpc.rpc_timeout", "poller", "20s", order_deadline },
	{ "rmq_rpc.systems_per_request", "poller", "2", systems_in_a_request },
	{ "rmq_rpc.in_flight", "poller", "1", questions_in_flight },
	{ "max_jobs_per_event", "teller", "1", chunks },
	{ "events.max_length", "teller", "2", the_stream_is_trimmed },
	{ "limits.reply_bytes", "listener", "1024", large_pushes },
	{ "limits.jobs_per_reply", "listener", "1", many_jobs_in_a_push },
	{ "log.level", "log", "debug", debug_lines },
};

START_TEST(a_reload_takes_effect)
{
	row = &rows[_i];
	day = day_break(&day_embedded);
	row->play(day);
	day_end(day);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("reload");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, a_reload_takes_effect, 0, (int)CBX_COUNT(rows));
	suite_add_tcase(suite, tcase);
}
