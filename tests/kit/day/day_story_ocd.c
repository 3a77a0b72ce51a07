// SPDX-License-Identifier: MIT
/* day_story_ocd.c - what OCD does: rows, the interval, discovery on demand; and load */
#include "day.h"

#define INTERVAL "nl-ocd.event.update_time_till_next_check"

static struct day *a_day_with(const char *system, const char *check_database)
{
	struct day *day = day_of_suite();

	day_sql(day, "create table connections (actor_id text)");
	day_sql(day, "insert into connections values ('%s')", system);
	if (check_database)
		day_set(day, "time_till_next_check", check_database);
	return day;
}

/* OCD announces a job: it is asked about, and is nothing until somebody has heard of it */
START_TEST(ocd_inserts_a_row)
{
	struct day *day = a_day_with("OCD1", NULL);

	day_begin(day);
	day_sql(day, "insert into status_monitor (system, job_id, job_type, status) values "
		     "('OCD1', 31, 'playlist', 'Running') on conflict (system, job_id) do update "
		     "set origin = 'ocd'");
	day_forget_questions(day);
	day_pass(day, 10);
	day_pass(day, 10);
	day_pass(day, 40);
	day_was_asked(day, "OCD1", "job_status 31; job_status 31; job_status 31");
	day_told_nothing_more(day);
	day_redis_shows_nothing(day, "OCD1", 31);
	day_monitor_holds(day, "OCD1", 31, "Running/0/ocd");
	day_told_figures(day, "{\"job_count\":0,\"activte_jobs\":0,\"total_download_speed\":0,"
			      "\"active_ocd_jobs\":0,\"total_ocd_jobs\":0}");

	/* the first report makes it 1, though the text is that of the row */
	day_system_says(day, "OCD1", 31, "Running", "\"job_type\":\"playlist\"");
	day_pass(day, 60);
	day_told(day, "OCD1", 31, 1, "Running", NULL, "ocd");
	day_told_nothing_more(day);
	day_redis_shows(day, "OCD1", 31, "Running", NULL);
	day_monitor_holds(day, "OCD1", 31, "Running/1/ocd");
	day_told_figures(day, "{\"job_count\":1,\"activte_jobs\":1,\"total_download_speed\":0,"
			      "\"active_ocd_jobs\":1,\"total_ocd_jobs\":1}");
}
END_TEST

/* What OCD has planned is OCD's from its first report; what it plans later turns without an event
 */
START_TEST(ocd_schedules_a_job)
{
	struct day *day = a_day_with("OCD2", NULL);

	day_system_says(day, "OCD2", 1, "Running", NULL);
	day_begin(day);
	day_told(day, "OCD2", 1, 1, "Running", NULL, "user");
	day_sql(day, "insert into scheduled_jobs (system, job_id) values ('OCD2', 9)");
	day_system_says(day, "OCD2", 9, "Running", NULL);
	day_event(day, "nl-ocd.event.update_database", "null");
	day_told(day, "OCD2", 9, 1, "Running", NULL, "ocd");
	day_told_nothing_more(day);
	day_monitor_holds(day, "OCD2", 1, "Running/1/user");
	day_monitor_holds(day, "OCD2", 9, "Running/1/ocd");

	day_sql(day, "insert into scheduled_jobs (system, job_id) values ('OCD2', 1)");
	day_pass(day, 10);
	day_told_nothing_more(day);
	day_system_says(day, "OCD2", 1, "Checking", NULL);
	day_pass(day, 10);
	day_told(day, "OCD2", 1, 2, "Checking", "Running", "ocd");
	day_told_nothing_more(day);
	day_monitor_holds(day, "OCD2", 1, "Checking/2/ocd");
}
END_TEST

/* The interval comes with the event, or is read from Redis; a bad one changes nothing */
START_TEST(ocd_sets_the_interval)
{
	struct day *day = a_day_with("OCD3", "86400");

	day_system_says(day, "OCD3", 4, "Running", NULL);
	day_begin(day);
	day_interval_is(day, 10, 10, NULL);
	day_event(day, INTERVAL, "{\"info\":\"\\\"30\\\"\"}");
	day_interval_is(day, 30, 30, NULL);
	day_sql_says(day, "select info from server_conf where name = 'check_job_status_time'",
		     "30");
	day_forget_questions(day);
	day_pass(day, 15);
	day_was_asked(day, "OCD3", "");
	day_pass(day, 20);
	day_was_asked(day, "OCD3", "job_status 4");

	day->world->set_interval(day, "\"120\"");
	day_event(day, INTERVAL, "{}");
	day_interval_is(day, 120, 120, NULL);
	day_pass(day, 100);
	day_was_asked(day, "OCD3", "");
	day_event(day, INTERVAL, "{\"info\":\"soon\"}");
	day_event(day, INTERVAL, "{\"info\":\"86401\"}");
	day_interval_is(day, 120, 120, NULL);
	day_sql_says(day, "select info from server_conf where name = 'check_job_status_time'",
		     "120");

	/* on demand it is asked for everything, now */
	day_event(day, "nl-ocd.event.update_database", "{\"any\":\"thing\"}");
	day_was_asked(day, "OCD3", "job_list");
}
END_TEST

static void loaded_round(struct day *day, double after, double current)
{
	day_system_is_slow(day, 3);
	day_pass(day, after);
	day_interval_is(day, 10, current, "reply_time");
}

/* Load stretches the interval by half each round, to its bound; calm takes it back to the base */
START_TEST(load_stretches_the_interval)
{
	struct day *day = a_day_with("LOAD1", "86400");

	day_set(day, "load.max_interval", "60");
	day_system_says(day, "LOAD1", 6, "Running", NULL);
	day_begin(day);
	loaded_round(day, 10, 15);
	loaded_round(day, 15, 22.5);
	loaded_round(day, 23, 33.75);
	loaded_round(day, 34, 50.625);
	loaded_round(day, 51, 60);
	loaded_round(day, 60, 60);
	day_pass(day, 60);
	day_interval_is(day, 10, 40, NULL);
	/* before they are over, nobody is asked */
	day_forget_questions(day);
	day_pass(day, 30);
	day_was_asked(day, "LOAD1", "");
	day_pass(day, 10);
	day_interval_is(day, 10, 40 / 1.5, NULL);

	/* OCD's new base ends the stretch */
	day_event(day, INTERVAL, "{\"info\":\"20\"}");
	day_interval_is(day, 20, 20, NULL);
	day_system_is_slow(day, 3);
	day_pass(day, 20);
	day_interval_is(day, 20, 30, "reply_time");
	day_pass(day, 30);
	day_interval_is(day, 20, 20, NULL);
}
END_TEST

void day_suite_ocd(TCase *tcase)
{
	tcase_add_test(tcase, ocd_inserts_a_row);
	tcase_add_test(tcase, ocd_schedules_a_job);
	tcase_add_test(tcase, ocd_sets_the_interval);
	tcase_add_test(tcase, load_stretches_the_interval);
}
