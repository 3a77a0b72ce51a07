// SPDX-License-Identifier: MIT
/*
 * day_story.c - a job's life from its discovery to its clean-up after a day or two
 *
 * Times are seconds after the start; each part says when it begins, since the tasks of 600 s, a
 * minute and a day fall into them.
 */
#include "day.h"

#include "metric_value.h"
#include "unit.h"

#define SLOW_JOB \
	"\"job_type\":\"playlist\",\"percent_completed\":\"10\",\"download_speed\":\"1 MB/s\""
#define PLAYLIST(percent)                                            \
	"\"job_type\":\"playlist\",\"percent_completed\":\"" percent \
	"\",\"download_speed\":\"1 MB/s\""

static const struct day_world *world_of_suite;

static struct day *today;

struct day *day_of_suite(void)
{
	today = day_break(world_of_suite);
	day_set(today, "progress_checkpoint", "40");
	return today;
}

/* Also after a failure: its engine must not live on beside the next day's */
static void nightfall(void)
{
	if (today)
		day_end(cbx_steal(today));
}

/* From 0: ABC1 is found, with both its jobs */
static void discovery(struct day *day)
{
	day_sql(day, "create table connections (actor_id text)");
	day_sql(day, "insert into connections values (' ABC1 ')");
	day_system_says(day, "ABC1", 17, "Running", SLOW_JOB);
	day_system_says(day, "ABC1", 18, "Queued", "\"job_type\":\"video\",\"x-box\":[1,2]");
	day_begin(day);

	day_was_asked(day, "ABC1", "job_list");
	day_told(day, "ABC1", 17, 1, "Running", NULL, "user");
	day_told(day, "ABC1", 18, 1, "Queued", NULL, "user");
	day_told_nothing_more(day);
	day_redis_shows(day, "ABC1", 17, "Running", SLOW_JOB);
	day_redis_shows(day, "ABC1", 18, "Queued", "\"x-box\":[1,2]");
	day_redis_system(day, CBX_ONLINE_SYSTEMS, "ABC1", "online");
	day_monitor_holds(day, "ABC1", 17, "Running/1/user");
	day_monitor_holds(day, "ABC1", 18, "Queued/1/user");
	day_sql_says(day, "select count(*) from recently_checked where system = 'ABC1'", "1");
}

/* To 72: only the shared state follows at once; nobody is told, SQL has it once in 40 s */
static void progress(struct day *day)
{
	day_system_says(day, "ABC1", 17, "Running", PLAYLIST("20"));
	day_pass(day, 10);
	day_was_asked(day, "ABC1", "job_status 17,18");
	day_told_nothing_more(day);
	day_redis_shows(day, "ABC1", 17, "Running", "\"percent_completed\":\"20\"");
	day_monitor_percent(day, "ABC1", 17, "10");

	day_system_says(day, "ABC1", 17, "Running", PLAYLIST("30"));
	day_pass(day, 60);
	day_told_nothing_more(day);
	day_redis_shows(day, "ABC1", 17, "Running", "\"percent_completed\":\"30\"");
	day_monitor_percent(day, "ABC1", 17, "30");
	day_monitor_holds(day, "ABC1", 17, "Running/1/user");
	day_told_figures(day, "{\"job_count\":2,\"activte_jobs\":1,"
			      "\"total_download_speed\":1048576,\"active_ocd_jobs\":0,"
			      "\"total_ocd_jobs\":0}");
	day_told_statuses(day, 2);
}

/* To 92: its group is paused with it, and goes on with it; the other one does not care. What a push
 * told within the interval is not asked about. */
static void pause_and_resume(struct day *day)
{
	day_system_says(day, "ABC1", 17, "Paused", PLAYLIST("30"));
	day_pass(day, 10);
	day_told(day, "ABC1", 17, 2, "Paused", "Running", "user");
	day_told_paused(day, "ABC1", "playlist", true);
	day_told_nothing_more(day);
	day_redis_shows(day, "ABC1", 17, "Paused", NULL);
	day_monitor_holds(day, "ABC1", 17, "Paused/2/user");

	day_pass(day, 5);
	day_system_says(day, "ABC1", 17, "Running", PLAYLIST("40"));
	day_system_pushes(day, "ABC1", 17, "Running", PLAYLIST("40"));
	day_told(day, "ABC1", 17, 3, "Running", "Paused", "user");
	day_told_paused(day, "ABC1", "playlist", false);
	day_redis_shows(day, "ABC1", 17, "Running", "\"percent_completed\":\"40\"");
	day_forget_questions(day);
	day_pass(day, 5);
	day_was_asked(day, "ABC1", "job_status 18");
	day_told_nothing_more(day);
}

/* To 112: an errored job stays in status_monitor, is not asked about, and is no news any more */
static void failure(struct day *day)
{
	static const char why[] = "\"job_type\":\"video\",\"error_code\":\"disk_full\","
				  "\"error_message\":\"no space left\"";

	day_system_says(day, "ABC1", 18, "Errored", why);
	day_pass(day, 10);
	day_told(day, "ABC1", 18, 2, "Errored", "Queued", "user");
	day_told_error(day, "ABC1", 18, "disk_full", "no space left");
	day_told_nothing_more(day);
	day_redis_shows_nothing(day, "ABC1", 18);
	day_monitor_holds(day, "ABC1", 18, "Errored/2/user");
	day_completed_holds(day, "ABC1", 18, "");
	day_error_is(day, "ABC1", 18, "disk_full/1");

	day_forget_questions(day);
	day_pass(day, 10);
	day_was_asked(day, "ABC1", "job_status 17");
	day_told_nothing_more(day);
}

/* To 143: the end is pushed while a question is on its way, whose answer then comes too late */
static void end_by_push(struct day *day)
{
	struct cbx_metric *late = day->box->counters.late_statuses;

	day_system_pushes_when_asked(day, "ABC1", 17, "Completed", PLAYLIST("100"));
	day_pass(day, 10);
	day_told(day, "ABC1", 17, 4, "Completed", "Running", "user");
	day_told_nothing_more(day);
	ck_assert(metric_value(late, "answer", NULL) > 0);
	day_redis_shows_nothing(day, "ABC1", 17);
	day_monitor_holds(day, "ABC1", 17, "");
	day_completed_holds(day, "ABC1", 17, "Completed/4/user");

	day_pass(day, 20);
	day_sql_says(day, "select access from content_server_access where system = 'ABC1'", "ok");
}

/* To 748: an end told again, by whomever and however often, changes nothing */
static void end_told_again(struct day *day)
{
	day_system_says(day, "ABC1", 17, "Completed", PLAYLIST("100"));
	day_system_pushes(day, "ABC1", 17, "Completed", PLAYLIST("100"));
	day_system_pushes(day, "ABC1", 17, "Finished", PLAYLIST("100"));
	day_forget_questions(day);
	day_pass(day, 600);
	day_was_asked(day, "ABC1", "job_list");
	day_told_nothing_more(day);
	day_completed_holds(day, "ABC1", 17, "Completed/4/user");
	day_error_is(day, "ABC1", 18, "disk_full/1");
}

/* To 752: a push alone does not bring it back, it makes us ask; the answer does */
static void return_to_life(struct day *day)
{
	day_system_pushes(day, "ABC1", 17, "Running", PLAYLIST("50"));
	day_was_asked(day, "ABC1", "job_list");
	day_told_nothing_more(day);
	day_completed_holds(day, "ABC1", 17, "Completed/4/user");

	day_system_says(day, "ABC1", 17, "Running", PLAYLIST("50"));
	day_system_pushes(day, "ABC1", 17, "Running", PLAYLIST("50"));
	day_was_asked(day, "ABC1", "job_list");
	day_told(day, "ABC1", 17, 5, "Running", "Completed", "user");
	day_told_nothing_more(day);
	day_redis_shows(day, "ABC1", 17, "Running", NULL);
	day_monitor_holds(day, "ABC1", 17, "Running/5/user");
	day_completed_holds(day, "ABC1", 17, "");
}

/* To 780: missed once is nothing, missed twice is the end; an end told late corrects it */
static void vanish(struct day *day)
{
	day_system_forgets(day, "ABC1", 17);
	day_pass(day, 10);
	day_told_nothing_more(day);
	day_redis_shows(day, "ABC1", 17, "Running", NULL);

	day_pass(day, 10);
	day_told(day, "ABC1", 17, 6, "Killed", "Running", "user");
	day_told_nothing_more(day);
	day_redis_shows_nothing(day, "ABC1", 17);
	day_completed_holds(day, "ABC1", 17, "Killed/6/user");
	day_error_is(day, "ABC1", 17, "vanished/1");

	day_system_pushes(day, "ABC1", 17, "Completed", PLAYLIST("100"));
	day_told(day, "ABC1", 17, 7, "Completed", "Killed", "user");
	day_told_nothing_more(day);
	day_completed_holds(day, "ABC1", 17, "Completed/7/user");
	day_pass(day, 10);
	day_told_nothing_more(day);
}

/* The Job Errors Task ran after 10 s, when nothing was there; it comes again each day after that */
static void clean_up(struct day *day)
{
	day_pass_until(day, 86400 + 20);
	day_monitor_holds(day, "ABC1", 18, "Errored/2/user");
	day_error_is(day, "ABC1", 18, "disk_full/1");

	day_pass(day, 86400);
	day_monitor_holds(day, "ABC1", 18, "");
	day_completed_holds(day, "ABC1", 18, "Errored/2/user");
	day_sql_says(day, "select count(*) from errors", "0");
	day_told_nothing_more(day);

	/* the memory of it stays: the same end is no news, a life is */
	day_pass(day, 600);
	day_told_nothing_more(day);
	day_system_says(day, "ABC1", 18, "Running", "\"job_type\":\"video\"");
	day_pass(day, 600);
	day_told(day, "ABC1", 18, 3, "Running", "Errored", "user");
	day_told_nothing_more(day);
	day_monitor_holds(day, "ABC1", 18, "Running/3/user");
	day_completed_holds(day, "ABC1", 18, "");
}

START_TEST(a_job_lives_and_ends)
{
	struct day *day = day_of_suite();

	discovery(day);
	progress(day);
	pause_and_resume(day);
	failure(day);
	end_by_push(day);
	end_told_again(day);
	return_to_life(day);
	vanish(day);
	clean_up(day);
}
END_TEST

void day_suite(Suite *suite, const struct day_world *world)
{
	TCase *tcase = tcase_create(world->name);

	world_of_suite = world;
	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, NULL, nightfall);
	tcase_add_test(tcase, a_job_lives_and_ends);
	day_suite_night(tcase);
	day_suite_ocd(tcase);
	suite_add_tcase(suite, tcase);
}
