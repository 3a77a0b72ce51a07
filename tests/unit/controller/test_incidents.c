// SPDX-License-Identifier: MIT
/* Incidents are opened and told once: after a take-over at any moment, and when the answer to a
 * commit is lost; which systems fall silent (contract 9.3). */
#include "road_world.h"

#include <stdio.h>
#include <string.h>

static struct cbx_incident_keeper *keeper(void)
{
	return &world.poller.incidents;
}

static void turn(void)
{
	world_pass(1);
	cbx_incident_keeper_turn(keeper());
}

/* Another instance leads, which knows what SQL knows, and has asked nobody yet */
static void take_over(void)
{
	struct cbx_system_entry *const *entries = cbx_systems_all(road->systems);
	size_t i;

	for (i = 0; i < cbx_systems_count(road->systems); i++) {
		entries[i]->timeouts = 0;
		entries[i]->silent = entries[i]->stands = false;
	}
	cbx_incident_keeper_close(keeper());
	turn();
}

static void set_up(void)
{
	world_set_up();
	world_lead();
	cbx_incident_keeper_init(keeper(), road);
	turn();
}

static void tear_down(void)
{
	cbx_incident_keeper_close(keeper());
	world_tear_down();
}

/* Recorded, and noted unless the leader dies in between */
static void breaks_job(int system, int64_t job_id, bool note)
{
	char name[32];
	const struct cbx_error_row row = { .system = name,
					   .job_id = job_id,
					   .code = "disk_full",
					   .message = "m",
					   .origin = "user" };

	snprintf(name, sizeof(name), "ABC%d", system);
	ck_assert_int_eq(cbx_errors_store(&world.poller.errors, &row, 1), 0);
	if (note)
		cbx_incident_keeper_note_errors(keeper(), &row, 1);
}

static void breaks(int system, bool note)
{
	breaks_job(system, 17, note);
}

#define ROWS                                                                           \
	"select coalesce(group_concat(kind || ' ' || systems || ' ' || (closed_at is " \
	"null), ', '), '') from incidents"
#define TOLD "select count(*) from outbox where name = 'incident'"

START_TEST(it_is_opened_once_by_two_leaders)
{
	int i;

	for (i = 1; i <= 3; i++)
		breaks(i, true);
	turn();
	world_expect(ROWS, "");
	take_over();
	breaks(4, true);
	/* recorded, and its leader dies before it is grouped */
	breaks(5, false);
	world_expect(ROWS, "");
	take_over();
	turn();
	world_expect(ROWS, "error_code 5 1");
	world_expect(TOLD, "1");
	world_expect("select count(*) from errors where incident = 1", "5");
	take_over();
	breaks(1, true);
	breaks(6, true);
	turn();
	turn();
	world_expect(ROWS, "error_code 6 1");
	world_expect(TOLD, "1");
	for (i = 7; i <= 10; i++)
		breaks(i, true);
	take_over();
	turn();
	/* the failures that were noted and not written were recorded */
	world_expect(ROWS, "error_code 10 1");
	world_expect(TOLD, "2");
	world_expect("select count(*) from incident_members", "10");
}
END_TEST

START_TEST(it_is_closed_once_by_two_leaders)
{
	int i;

	for (i = 1; i <= 5; i++)
		breaks(i, true);
	turn();
	take_over();
	world_pass(901);
	turn();
	world_expect(ROWS, "error_code 5 0");
	world_expect(TOLD, "2");
	take_over();
	turn();
	world_expect(TOLD, "2");
	/* those errors belong to a closed one; new ones are another incident */
	for (i = 1; i <= 5; i++)
		breaks(i, true);
	turn();
	world_expect(ROWS, "error_code 5 0, error_code 5 1");
	world_expect("select count(*) from errors where incident = 2", "5");
}
END_TEST

START_TEST(an_error_belongs_to_what_tells_more)
{
	int i;

	for (i = 1; i <= 10; i++)
		breaks_job(1, i, true);
	for (i = 2; i <= 5; i++)
		breaks(i, true);
	turn();
	world_expect(ROWS, "system 1 1, error_code 5 1");
	world_expect("select count(*) from errors e join incidents i on i.id = e.incident where "
		     "i.kind = 'error_code'",
		     "14");
}
END_TEST

static const struct cbx_incidents_ops *real;
static bool carried_out;

static int lose(struct cbx_sql *sql, const struct cbx_guard *guard,
		const struct cbx_incident_write *writes, size_t count,
		const struct cbx_batch *events)
{
	if (carried_out)
		ck_assert_int_eq(real->write(sql, guard, writes, count, events), 0);
	sql->incidents = real;
	return CHATTERBOX_E_DOWN;
}

static void lose_answer(bool really)
{
	static struct cbx_incidents_ops losing;

	real = road->sql->incidents;
	carried_out = really;
	losing = *real;
	losing.write = lose;
	road->sql->incidents = &losing;
}

START_TEST(a_lost_answer_tells_nothing_twice)
{
	int i;

	for (i = 1; i <= 5; i++)
		breaks(i, true);
	lose_answer(_i);
	turn();
	world_connect();
	breaks(6, true);
	turn();
	turn();
	world_expect(ROWS, "error_code 6 1");
	world_expect(TOLD, "1");
	world_expect("select count(*) from incident_members", "6");
	/* the same when it closes */
	world_pass(901);
	lose_answer(_i);
	turn();
	world_connect();
	turn();
	turn();
	world_expect(ROWS, "error_code 6 0");
	world_expect(TOLD, "2");
}
END_TEST

static void round_ends(void)
{
	road->last_cycle.finished_ms++;
	turn();
}

static struct cbx_system_entry *entry_of(int system)
{
	char name[32];
	struct cbx_system_entry *entry;

	snprintf(name, sizeof(name), "ABC%d", system);
	entry = cbx_systems_get(road->systems, name);
	ck_assert_ptr_nonnull(entry);
	return entry;
}

static void fall_silent(int from, int to, unsigned timeouts)
{
	for (; from <= to; from++)
		entry_of(from)->timeouts = timeouts;
}

START_TEST(systems_that_fall_silent_are_one_incident)
{
	int i;

	fall_silent(1, 100, 0);
	round_ends();
	fall_silent(1, 10, 1);
	round_ends();
	fall_silent(1, 9, 2);
	round_ends();
	world_expect(ROWS, "");
	fall_silent(10, 10, 2);
	round_ends();
	turn();
	world_expect(ROWS, "silence 10 1");
	/* they stay silent, and a new leader has heard of nobody yet */
	take_over();
	round_ends();
	fall_silent(1, 10, 2);
	round_ends();
	turn();
	world_expect(TOLD, "1");
	world_expect("select updated_at - opened_at from incidents", "0");
	world_pass(901);
	turn();
	world_expect(ROWS, "silence 10 0");
	take_over();
	fall_silent(1, 10, 2);
	round_ends();
	turn();
	world_expect(ROWS, "silence 10 0");
	/* who has reported can fall silent again */
	for (i = 1; i <= 10; i++) {
		entry_of(i)->timeouts = 0;
		entry_of(i)->reported_at = cbx_now(road->clock);
	}
	round_ends();
	fall_silent(1, 10, 2);
	round_ends();
	turn();
	world_expect(ROWS, "silence 10 0, silence 10 1");
}
END_TEST

START_TEST(the_gauge_is_the_leaders)
{
	int i;

	for (i = 1; i <= 5; i++)
		breaks(i, true);
	turn();
	ck_assert_double_eq(world_count(world.counters.incidents, "error_code", NULL), 1);
	ck_assert_double_eq(world_count(world.counters.incidents, "stall", NULL), 0);
	world_pass(901);
	turn();
	turn();
	ck_assert_double_eq(world_count(world.counters.incidents, "error_code", NULL), 0);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("incidents");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, it_is_opened_once_by_two_leaders);
	tcase_add_test(tcase, it_is_closed_once_by_two_leaders);
	tcase_add_test(tcase, an_error_belongs_to_what_tells_more);
	tcase_add_loop_test(tcase, a_lost_answer_tells_nothing_twice, 0, 2);
	tcase_add_test(tcase, systems_that_fall_silent_are_one_incident);
	tcase_add_test(tcase, the_gauge_is_the_leaders);
	suite_add_tcase(suite, tcase);
}
