// SPDX-License-Identifier: MIT
/* Nights of 200 venues, and the truth: what was foretold of each, and what became of it */
#include "night.h"
#include "unit.h"

#define MINUTE 60
#define MARGIN (10 * MINUTE)
#define NIGHTS 5

static struct night night;

static void play(int seed)
{
	night_begin(&night, 200, (uint64_t)seed + 1, NIGHT_STEP_S);
	night_play(&night);
}

/* Where the pace was steady in the last 30 minutes nothing that was told as on time comes late by
 * more than the margin */
static void check_promise(const struct venue *venue)
{
	int64_t at = venue->activate_s;

	if (!venue_is_steady(venue, at, 30 * MINUTE) || !venue_is_late(venue, MARGIN))
		return;
	ck_assert_msg(venue_told_at(venue, at) != CBX_ON_TIME,
		      "%s (%s) was told as on time, and is %lld s late", venue->name,
		      venue_kind_name(venue->kind), (long long)(venue->done_s - at));
}

/* What comes late at a pace that was the same for an hour is told half an hour ahead */
static void check_warning(const struct venue *venue)
{
	int64_t at = venue->activate_s - 30 * MINUTE;

	if (!venue_is_steady(venue, venue->activate_s, 60 * MINUTE) || !venue_is_late(venue, 0))
		return;
	ck_assert_msg(venue_told_at(venue, at) >= CBX_AT_RISK,
		      "%s (%s) comes late, and half an hour before %s was told", venue->name,
		      venue_kind_name(venue->kind),
		      cbx_outlook_state_name(venue_told_at(venue, at)));
}

START_TEST(a_night_keeps_its_promises)
{
	size_t late = 0;
	size_t steady = 0;
	size_t i;

	play(_i);
	for (i = 0; i < night.count; i++) {
		const struct venue *venue = &night.venues[i];

		ck_assert_uint_gt(venue->change_count, 0);
		check_promise(venue);
		check_warning(venue);
		late += venue_is_late(venue, 0);
		steady += venue_told_at(venue, venue->activate_s - 1) == CBX_ON_TIME;
	}
	/* the night had both */
	ck_assert_uint_gt(late, 20);
	ck_assert_uint_gt(steady, 60);
	night_end(&night);
}
END_TEST

START_TEST(a_steady_venue_does_not_flap)
{
	size_t i;

	play(_i);
	for (i = 0; i < night.count; i++)
		if (night.venues[i].kind == STEADY || night.venues[i].kind == SLOW)
			ck_assert_msg(venue_most_changes(&night.venues[i]) <= 2,
				      "%s changed %zu times in an hour", night.venues[i].name,
				      venue_most_changes(&night.venues[i]));
	night_end(&night);
}
END_TEST

/* Nothing is waited for: it is on time from the first on, and nothing else is told */
START_TEST(an_activation_without_jobs_is_on_time)
{
	size_t i;

	play(_i);
	for (i = 0; i < night.count; i++) {
		const struct venue *venue = &night.venues[i];

		if (venue->kind != WITHOUT_JOBS)
			continue;
		ck_assert_uint_eq(venue->change_count, 1);
		ck_assert_int_eq(venue->changes[0].state, CBX_ON_TIME);
	}
	night_end(&night);
}
END_TEST

/* Who is offline, or has a job that errored or vanished for good, is at risk or late when the time
 * comes */
START_TEST(trouble_that_stays_is_told)
{
	size_t i;

	play(_i);
	for (i = 0; i < night.count; i++) {
		const struct venue *venue = &night.venues[i];

		if (venue->kind < STALLED || venue->kind > VANISHING ||
		    venue->trouble_to_s <= venue->activate_s ||
		    venue->trouble_from_s > venue->activate_s - 30 * MINUTE ||
		    venue->done_s <= venue->activate_s)
			continue;
		ck_assert_int_ge(venue_told_at(venue, venue->activate_s - 1), CBX_AT_RISK);
	}
	night_end(&night);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("outlook_night");

	tcase_set_timeout(tcase, 240);
	tcase_add_loop_test(tcase, a_night_keeps_its_promises, 0, NIGHTS);
	tcase_add_loop_test(tcase, a_steady_venue_does_not_flap, 0, NIGHTS);
	tcase_add_loop_test(tcase, an_activation_without_jobs_is_on_time, 0, 1);
	tcase_add_loop_test(tcase, trouble_that_stays_is_told, 0, NIGHTS);
	suite_add_tcase(suite, tcase);
}
