// SPDX-License-Identifier: MIT
/* test_reload_poller.c - the keys that the poller reads: its tasks, its questions, its answers */
#include "metric_value.h"
#include "reload_kit.h"

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
	ck_assert_int_eq(chatterbox_syncing_add(of->box, "A", NULL, NULL, NULL), 0);
	day_pass(day, 61);
	ck_assert_int_eq(chatterbox_syncing_has(of->box, "A", NULL, NULL, NULL), 1);
	reload();
	day_pass(day, 61);
	ck_assert_int_eq(chatterbox_syncing_has(of->box, "A", NULL, NULL, NULL), 0);
}

/* day_pass() waits for a task, which does not run while they are paused */
static void a_pause_ends(struct day *of)
{
	begin();
	reload();
	ck_assert_int_eq(chatterbox_pause_tasks(of->box, 0, NULL, NULL, NULL), 0);
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

#define HISTORY "select count(*) from job_history where system = 'A' and job_id = 1"

static void old_history_goes(struct day *of)
{
	(void)of;
	begin();
	day_pass(day, 130);
	day_sql_says(day, HISTORY, "1");
	reload();
	day_pass(day, 61);
	day_sql_says(day, HISTORY, "0");
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

static bool shows_stalled(void)
{
	char *json = NULL;
	bool stalled;

	ck_assert_int_eq(chatterbox_query(day->box, CHATTERBOX_TOPIC_JOB,
					  "{\"system\":\"A\",\"job_id\":1}", NULL, NULL, &json,
					  NULL),
			 0);
	stalled = strstr(json, "\"stalled\":true") != NULL;
	free(json);
	return stalled;
}

static void stalled_jobs(struct day *of)
{
	begin();
	day_system_says(of, "A", 1, "Running", "\"percent_completed\":\"50\"");
	day_pass(day, 10);
	day_pass(day, 120);
	ck_assert(!shows_stalled());
	reload();
	ck_assert(shows_stalled());
}

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
	return metric_value(day->box->counters.rpc_requests, "job_status", "malformed");
}

/* An answer about six jobs, of more than 1024 bytes */
static void large_answers(struct day *of)
{
	char more[200];
	int64_t job;

	snprintf(more, sizeof(more), "\"note\":\"%0190d\"", 0);
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
	begin();
	reload();
	/* whatever is answered to that: the question has gone out */
	chatterbox_pause_job(of->box, "A", 1, NULL, NULL, NULL);
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

/* A job of A that is paused, and a list that it waits for, to be activated so many seconds from now
 */
static void begin_outlook(int seconds)
{
	char statement[256];

	begin();
	day_system_says(day, "A", 1, "Paused", "\"job_type\":\"lists\"");
	day_pass(day, 20);
	snprintf(statement, sizeof(statement),
		 "insert into list_activation_schedule (system, list_id, activate_at) select 'A', "
		 "'L', max(updated_at) + %d from status_monitor",
		 seconds * 1000);
	day_sql(day, "%s", statement);
	day_pass(day, 61);
}

static void shows_outlook(const char *part)
{
	char *json = NULL;

	ck_assert_int_eq(chatterbox_query(day->box, CHATTERBOX_TOPIC_OUTLOOK, "{}", NULL, NULL,
					  &json, NULL),
			 0);
	ck_assert_msg(strstr(json, part) != NULL, "%s is not in %s", part, json);
	free(json);
}

static void outlook_horizon(struct day *of)
{
	(void)of;
	begin_outlook(3600);
	shows_outlook("\"state\":\"at_risk\"");
	reload();
	/* a new leader takes nothing back for 180 s, and what is better holds for 120 s first */
	day_pass(day, 180);
	day_pass(day, 121);
	shows_outlook("\"state\":\"unknown\"");
}

static void outlook_ignored_types(struct day *of)
{
	(void)of;
	begin_outlook(3600);
	shows_outlook("\"jobs\":[1]");
	reload();
	day_pass(day, 10);
	shows_outlook("\"jobs\":[]");
}

static void outlook_is_kept(struct day *of)
{
	(void)of;
	begin_outlook(120);
	day_pass(day, 120);
	day_pass(day, 31);
	shows_outlook("\"state\":\"late\"");
	reload();
	day_pass(day, 10);
	shows_outlook("\"outlook\":[]");
}

/* A tenth every 20 s: the rest takes a minute or two, half an hour before it is needed */
static void outlook_margin(struct day *of)
{
	int percent;
	char members[64];

	begin_outlook(1800);
	for (percent = 20; percent <= 50; percent += 10) {
		snprintf(members, sizeof(members), "\"percent_completed\":\"%d\"", percent);
		day_system_says(of, "A", 1, "Running", members);
		day_pass(day, 20);
	}
	day_pass(day, 130);
	shows_outlook("\"state\":\"on_time\"");
	reload();
	/* what is worse holds for 30 s first */
	day_pass(day, 10);
	day_pass(day, 31);
	shows_outlook("\"state\":\"at_risk\"");
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
	{ "history_retention", "poller", "60", old_history_goes },
	{ "progress_checkpoint", "poller", "0", progress_is_written },
	{ "stall_after", "poller", "60", stalled_jobs },
	{ "outlook.margin", "poller", "3600", outlook_margin },
	{ "outlook.horizon", "poller", "60", outlook_horizon },
	{ "outlook.keep", "poller", "0", outlook_is_kept },
	{ "outlook.ignore_types", "poller", "[\"lists\"]", outlook_ignored_types },
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
};

START_TEST(a_reload_takes_effect)
{
	reload_play(&rows[_i]);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("reload_poller");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, a_reload_takes_effect, 0, (int)CBX_COUNT(rows));
	suite_add_tcase(suite, tcase);
}
