// SPDX-License-Identifier: MIT
/* day_story_night.c - systems go offline for a night and for longer; what says which are online */
#include "day.h"

#define TOWN "\"job_type\":\"playlist\",\"percent_completed\":\"60\""
#define ONLINE "nl-hdms.event.control.system_online"
#define OFFLINE "nl-hdms.event.control.system_offline"

static void evening(struct day *day)
{
	day_sql(day, "create table connections (actor_id text)");
	day_sql(day, "insert into connections values ('NIGHT1'), ('TOWN1')");
	day_system_says(day, "NIGHT1", 1, "Running", TOWN);
	day_system_says(day, "NIGHT1", 2, "Running", TOWN);
	day_system_says(day, "TOWN1", 5, "Running", TOWN);
	day_begin(day);
	day_told(day, "NIGHT1", 1, 1, "Running", NULL, "user");
	day_told(day, "NIGHT1", 2, 1, "Running", NULL, "user");
	day_told(day, "TOWN1", 5, 1, "Running", NULL, "user");
	/* OCD takes the second one over */
	day_sql(day, "insert into status_monitor (system, job_id, status) values "
		     "('NIGHT1', 2, 'Queued') on conflict (system, job_id) do update set "
		     "origin = 'ocd'");
	day_pass(day, 10);
	day_told_nothing_more(day);
	day_monitor_holds(day, "NIGHT1", 2, "Running/1/ocd");
}

static void switch_off(struct day *day)
{
	day_system_is(day, "NIGHT1", DAY_SAYS_OFFLINE);
	day_sql(day, "delete from connections where actor_id = 'NIGHT1'");
	day_event(day, OFFLINE, "{\"system_id\":\"NIGHT1\"}");
	day_redis_system(day, CBX_ONLINE_SYSTEMS, "NIGHT1", "offline");
	day_redis_system(day, CBX_ONLINE_SYSTEMS, "TOWN1", "online");
	day_forget_questions(day);
}

static void switch_on(struct day *day)
{
	day_system_is(day, "NIGHT1", DAY_ANSWERS);
	day_sql(day, "insert into connections values ('NIGHT1')");
	day_forget_questions(day);
	day_event(day, ONLINE, "\"NIGHT1\"");
	day_was_asked(day, "NIGHT1", "job_list");
	day_redis_system(day, CBX_ONLINE_SYSTEMS, "NIGHT1", "online");
}

/* Ten hours: it is not asked about its jobs, they keep their status, nothing is published */
static void short_night(struct day *day)
{
	switch_off(day);
	day_pass(day, 10);
	day_was_asked(day, "NIGHT1", "");
	day_was_asked(day, "TOWN1", "job_status 5");

	/* the Update Database Task alone looks whether it is back, since it has live jobs */
	day_pass(day, 10 * HOUR);
	day_was_asked(day, "NIGHT1", "job_list");
	day_told_nothing_more(day);
	day_redis_shows(day, "NIGHT1", 1, "Running", TOWN);
	day_redis_shows(day, "NIGHT1", 2, "Running", TOWN);
	day_monitor_holds(day, "NIGHT1", 1, "Running/1/user");

	switch_on(day);
	day_told_nothing_more(day);
	day_redis_shows(day, "NIGHT1", 1, "Running", TOWN);
}

/* Longer than offline_job_ttl: its jobs end as errored; the user's job alone is a user's error */
static void long_night(struct day *day)
{
	switch_off(day);
	day_pass(day, 23 * HOUR);
	day_told_nothing_more(day);
	day_redis_shows(day, "NIGHT1", 1, "Running", TOWN);

	day_pass(day, 2 * HOUR);
	day_told(day, "NIGHT1", 1, 2, "Errored", "Running", "user");
	day_told(day, "NIGHT1", 2, 2, "Errored", "Running", "ocd");
	day_told_error(day, "NIGHT1", 1, "system_offline",
		       "the system is offline and the job was not reported for too long");
	day_told_nothing_more(day);
	day_redis_shows_nothing(day, "NIGHT1", 1);
	day_redis_shows_nothing(day, "NIGHT1", 2);
	day_monitor_holds(day, "NIGHT1", 1, "Errored/2/user");
	day_monitor_holds(day, "NIGHT1", 2, "Errored/2/ocd");
	day_error_is(day, "NIGHT1", 1, "system_offline/1");
	day_error_is(day, "NIGHT1", 2, "system_offline/1");
	day_redis_shows(day, "TOWN1", 5, "Running", TOWN);
}

/* One job goes on, the other one had ended meanwhile: the real end takes the concluded one's place
 */
static void late_morning(struct day *day)
{
	day_system_says(day, "NIGHT1", 2, "Completed", TOWN);
	switch_on(day);
	day_told(day, "NIGHT1", 1, 3, "Running", "Errored", "user");
	day_told(day, "NIGHT1", 2, 3, "Completed", "Errored", "ocd");
	day_told_nothing_more(day);
	day_redis_shows(day, "NIGHT1", 1, "Running", TOWN);
	day_monitor_holds(day, "NIGHT1", 1, "Running/3/user");
	day_monitor_holds(day, "NIGHT1", 2, "");
	day_completed_holds(day, "NIGHT1", 2, "Completed/3/ocd");
}

START_TEST(a_system_is_offline_for_a_night)
{
	struct day *day = day_of_suite();

	evening(day);
	short_night(day);
	long_night(day);
	late_morning(day);
}
END_TEST

/* A system that does not answer loses nothing, and is asked less and less often */
START_TEST(a_system_says_nothing)
{
	struct day *day = day_of_suite();

	day_sql(day, "create table connections (actor_id text)");
	day_sql(day, "insert into connections values ('MUTE1')");
	day_system_says(day, "MUTE1", 3, "Running", NULL);
	day_begin(day);
	day_told(day, "MUTE1", 3, 1, "Running", NULL, "user");
	day_system_is(day, "MUTE1", DAY_SAYS_NOTHING);
	day_forget_questions(day);
	day_pass(day, 10);
	day_pass(day, 10);
	day_was_asked(day, "MUTE1", "job_status 3; job_status 3");
	/* twice in a row: not before four intervals have passed */
	day_pass(day, 10);
	day_was_asked(day, "MUTE1", "");
	day_told_nothing_more(day);
	day_redis_shows(day, "MUTE1", 3, "Running", NULL);
	day_redis_system(day, CBX_ONLINE_SYSTEMS, "MUTE1", "online");

	day_system_is(day, "MUTE1", DAY_ANSWERS);
	day_system_says(day, "MUTE1", 3, "Paused", NULL);
	day_pass(day, 40);
	day_was_asked(day, "MUTE1", "job_status 3");
	day_told(day, "MUTE1", 3, 2, "Paused", "Running", "user");
	day_told_paused(day, "MUTE1", "(none)", true);
	day_told_nothing_more(day);
}
END_TEST

/* `connections` says once a day who is online; empty or gone, it says nothing */
START_TEST(connections_say_who_is_online)
{
	struct day *day = day_of_suite();

	day_sql(day, "create table connections (actor_id text)");
	day_sql(day, "insert into connections values ('ONE1'), ('TWO2')");
	day_begin(day);
	day_redis_system(day, CBX_ONLINE_SYSTEMS, "ONE1", "online");
	day_redis_system(day, CBX_ONLINE_SYSTEMS, "TWO2", "online");
	day_redis_system(day, CBX_ONLINE_SYSTEMS, "NEW3", NULL);

	day_sql(day, "delete from connections where actor_id = 'TWO2'");
	day_sql(day, "insert into connections values ('NEW3')");
	day_system_is(day, "TWO2", DAY_SAYS_OFFLINE);
	day_pass(day, 24 * HOUR);
	day_redis_system(day, CBX_ONLINE_SYSTEMS, "ONE1", "online");
	day_redis_system(day, CBX_ONLINE_SYSTEMS, "TWO2", "offline");
	day_redis_system(day, CBX_ONLINE_SYSTEMS, "NEW3", "online");

	day_sql(day, "delete from connections");
	day_pass(day, 24 * HOUR);
	day_redis_system(day, CBX_ONLINE_SYSTEMS, "NEW3", "online");
	day_sql(day, "drop table connections");
	day_pass(day, 24 * HOUR);
	day_redis_system(day, CBX_ONLINE_SYSTEMS, "NEW3", "online");
	day_redis_system(day, CBX_ONLINE_SYSTEMS, "TWO2", "offline");
	day_told_nothing_more(day);
}
END_TEST

/* Internal systems are written by OCD and by us; who is not checked for a day is dropped */
START_TEST(internal_systems_expire)
{
	struct day *day = day_of_suite();

	day_begin(day);
	day_redis_writes_system(day, "OLD1", 25 * HOUR);
	day_redis_writes_system(day, "FRESH1", HOUR);
	ck_assert_int_eq(chatterbox_internal_systems_put(day->box, "OURS1", NULL, NULL, NULL), 0);
	day_pass(day, 5);
	day_redis_system(day, CBX_INTERNAL_SYSTEMS, "OLD1", NULL);
	day_redis_system(day, CBX_INTERNAL_SYSTEMS, "FRESH1", "internal");
	day_redis_system(day, CBX_INTERNAL_SYSTEMS, "OURS1", "internal");

	day_pass(day, 23 * HOUR);
	day_redis_system(day, CBX_INTERNAL_SYSTEMS, "FRESH1", NULL);
	day_redis_system(day, CBX_INTERNAL_SYSTEMS, "OURS1", "internal");
	day_redis_writes_system(day, "OURS1", 0);
	day_pass(day, 2 * HOUR);
	day_redis_system(day, CBX_INTERNAL_SYSTEMS, "OURS1", "internal");
	day_pass(day, 23 * HOUR);
	day_redis_system(day, CBX_INTERNAL_SYSTEMS, "OURS1", NULL);
}
END_TEST

void day_suite_night(TCase *tcase)
{
	tcase_add_test(tcase, a_system_is_offline_for_a_night);
	tcase_add_test(tcase, a_system_says_nothing);
	tcase_add_test(tcase, connections_say_who_is_online);
	tcase_add_test(tcase, internal_systems_expire);
}
