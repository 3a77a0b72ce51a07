// SPDX-License-Identifier: MIT
/* What the broker delivers again (contract 3.4), from the listener to the record */
#include "listener_world.h"
#include "status_texts.h"

#include <stdio.h>
#include <string.h>

#define STATUS "nl-hdms.event.content.job_status"

/* A status of job 1 of ABC1, as its publisher would send it again: with nothing of its own */
static void push(const char *status)
{
	char body[120];

	snprintf(body, sizeof(body), "{\"system\":\"ABC1\",\"job_id\":1,\"status\":\"%s\"}",
		 status);
	say(STATUS, body);
}

static void set_up(void)
{
	listener_set_up();
	listen_for(2);
}

/* The connection is lost, and there is a new one */
static void lose(void)
{
	listener_lose();
	listen_for(1);
}

static const char *job_is(const char *status, int revision)
{
	static char text[64];

	snprintf(text, sizeof(text), "ABC1/1 %s r%d live user\n", status, revision);
	return text;
}

/* ABC1 answers a question that is asked now */
static void answer(const char *words)
{
	struct cbx_status *statuses[4];
	struct cbx_report report = { .kind = CBX_LIST_ANSWER,
				     .system = "ABC1",
				     .at = cbx_now(road->clock),
				     .statuses = statuses };

	report.count = statuses_of("ABC1", words, statuses, 4);
	ck_assert_int_eq(cbx_road_receive(road, &report, NULL), 0);
	while (report.count)
		cbx_status_unref(statuses[--report.count]);
	ck_assert_int_eq(cbx_road_commit(road), 0);
}

START_TEST(what_was_recorded_is_acknowledged_alone)
{
	push("Queued");
	push("Waiting");
	listen_for(2);
	poll_once();
	/* the acknowledgements get lost */
	lose();
	ck_assert_int_eq(waiting(), 0);
	listen_for(4);
	poll_once();
	listen_for(1);
	world_expect_outbox("ABC1/1/1 ABC1/1/2");
	world_expect_jobs(job_is("Waiting", 2));
	listener_lose();
	ck_assert_int_eq(waiting(), 0);
}
END_TEST

START_TEST(what_was_not_recorded_is_recorded_once)
{
	push("Queued");
	listen_for(1);
	poll_once();
	push("Waiting");
	push("Queued");
	listen_for(2);
	faults_add(&world.sql_faults, "record", CHATTERBOX_E_TIMEOUT);
	ck_assert_int_eq(cbx_road_drain_inbox(road), 0);
	ck_assert_int_lt(cbx_road_commit(road), 0);
	world_connect();
	lose();
	listen_for(5);
	poll_once();
	world_expect_outbox("ABC1/1/1 ABC1/1/2 ABC1/1/3");
	world_expect_jobs(job_is("Queued", 3));
}
END_TEST

START_TEST(a_run_waits_for_its_end)
{
	push("Queued");
	push("Waiting");
	listen_for(2);
	lose();
	listen_for(1);
	/* those of the old connection, which the poller did not look at */
	ck_assert_uint_eq(cbx_mailbox_count(road->inbox), 2);
	ck_assert_uint_eq(listener.run_count, 2);
	ck_assert(!listener.caught_up);
	/* an unmarked one ends it */
	push("Queued");
	listen_for(1);
	ck_assert_uint_eq(listener.run_count, 0);
	ck_assert_uint_eq(cbx_mailbox_count(road->inbox), 5);
	ck_assert(listener.caught_up);
	poll_once();
	world_expect_outbox("ABC1/1/1 ABC1/1/2 ABC1/1/3");
}
END_TEST

START_TEST(a_second_without_another_one_ends_a_run)
{
	push("Queued");
	listen_for(1);
	ck_assert_int_eq(cbx_road_drain_inbox(road), 0);
	lose();
	ck_assert_uint_eq(listener.run_count, 1);
	listen_for(1);
	ck_assert_uint_eq(listener.run_count, 0);
	ck_assert_uint_eq(cbx_mailbox_count(road->inbox), 1);
	ck_assert(listener.caught_up);
}
END_TEST

START_TEST(while_more_is_on_its_way_a_run_does_not_end)
{
	push("Queued");
	listen_for(1);
	lose();
	listener.bus->receiving = true;
	listen_for(40);
	ck_assert_uint_eq(listener.run_count, 1);
	listener.bus->receiving = false;
	listener.backlog = 1;
	listener.run_at = cbx_now(road->clock);
	listen_for(13);
	ck_assert_uint_eq(listener.run_count, 1);
	listen_for(40);
	ck_assert_uint_eq(listener.run_count, 0);
}
END_TEST

static void expect_arrival(bool run_ends, uint64_t at)
{
	cbx_auto(cbx_inbound_freep) struct cbx_inbound *inbound = cbx_mailbox_take(road->inbox);

	ck_assert(inbound && inbound->redelivered && inbound->run_ends == run_ends);
	ck_assert_uint_eq(inbound->at, at);
}

START_TEST(it_counts_from_its_first_arrival)
{
	uint64_t at;
	uint64_t lost_at;

	push("Queued");
	listen_for(1);
	at = cbx_now(road->clock);
	world_pass(5);
	push("Waiting"); /* delivered, but not taken from the connection */
	lost_at = listener.bus->alive_at;
	listener_lose();
	listen_for(4);
	cbx_inbound_free(cbx_mailbox_take(road->inbox));
	expect_arrival(false, at);
	expect_arrival(true, lost_at);
}
END_TEST

/* An answer that was asked for after it arrived is younger, though it is recorded before */
START_TEST(it_does_not_win_over_a_younger_answer)
{
	push("Queued");
	listen_for(1);
	lose();
	world_pass(1);
	answer("1 Waiting");
	listen_for(3);
	ck_assert_int_eq(cbx_road_drain_inbox(road), 0);
	ck_assert_int_eq(cbx_road_commit(road), 0);
	world_expect_jobs(job_is("Waiting", 1));
	ck_assert_double_eq(world_count(world.counters.late_statuses, "push", NULL), 1);
}
END_TEST

/* The link is dead since @status was pushed; ten seconds later that is noticed, and meanwhile an
 * answer came. What waits is not marked as delivered again. */
static void wait_for_a_new_connection(const char *status, const char *answered)
{
	push("Queued");
	listen_for(1);
	poll_once();
	listen_for(1);
	listener_lose();
	push(status);
	world_pass(5);
	answer(answered);
	world_pass(5);
	listen_for(4);
	poll_once();
}

START_TEST(what_waited_does_not_win_over_a_younger_answer)
{
	wait_for_a_new_connection("Waiting", "1 Running");
	world_expect_jobs(job_is("Running", 2));
	world_expect_outbox("ABC1/1/1 ABC1/1/2");
	ck_assert_double_eq(world_count(world.counters.late_statuses, "push", NULL), 1);
	/* the next one did not wait */
	push("Waiting");
	listen_for(1);
	poll_once();
	world_expect_jobs(job_is("Waiting", 3));
}
END_TEST

/* Lost again before all of it came: the rest waits since the first loss, as far as is known */
START_TEST(what_still_waits_counts_from_the_loss_before)
{
	cbx_auto(cbx_inbound_freep) struct cbx_inbound *inbound = NULL;
	uint64_t before = listener.bus->alive_at;

	world_pass(5);
	listen_for(1);
	listener.backlog = 1;
	listener.waits_since = before;
	listener_lose();
	push("Queued");
	listen_for(2);
	inbound = cbx_mailbox_take(road->inbox);
	ck_assert(inbound && !inbound->redelivered);
	ck_assert_uint_eq(inbound->at, before);
}
END_TEST

START_TEST(an_end_that_waited_is_applied)
{
	wait_for_a_new_connection("Completed", "1 Running");
	world_expect_jobs("ABC1/1 Completed r3 ended user\n");
	world_expect_outbox("ABC1/1/1 ABC1/1/2 ABC1/1/3");
}
END_TEST

START_TEST(a_system_that_waited_to_be_online_is_online)
{
	listener_lose();
	say("nl-hdms.event.control.system_online", "\"ABC1\"");
	world_pass(5);
	ck_assert_int_eq(cbx_road_note_report(road, cbx_systems_get(road->systems, "ABC1"),
					      cbx_now(road->clock), CBX_OFFLINE, "answer", false),
			 0);
	world_pass(5);
	listen_for(4);
	poll_once();
	ck_assert_int_eq(cbx_systems_find(road->systems, "ABC1")->system->state, CBX_ONLINE);
}
END_TEST

START_TEST(while_sql_can_not_be_asked_a_run_waits)
{
	push("Queued");
	listen_for(1);
	poll_once();
	lose();
	listen_for(3);
	push("Waiting");
	listen_for(1);
	faults_add_nth(&world.sql_faults, "pushes", CHATTERBOX_E_TIMEOUT, 1, 3);
	ck_assert_int_eq(cbx_road_drain_inbox(road), CHATTERBOX_E_TIMEOUT);
	world_connect();
	ck_assert_int_eq(cbx_road_drain_inbox(road), CHATTERBOX_E_TIMEOUT);
	ck_assert_uint_eq(cbx_mailbox_count(road->inbox), 1);
	world_connect();
	poll_once();
	world_expect_outbox("ABC1/1/1 ABC1/1/2");
}
END_TEST

/* The broker delivers again what another instance had, or this one in another life */
START_TEST(a_successor_knows_it_from_the_log)
{
	push("Queued");
	push("Waiting");
	listen_for(2);
	poll_once();
	listener_lose();
	world_lead();
	memset(&listener.arrivals, 0, sizeof(listener.arrivals));
	listener.connection = 0;
	memset(&road->pushes, 0, sizeof(road->pushes));
	listen_for(4);
	poll_once();
	world_expect_outbox("ABC1/1/1 ABC1/1/2");
	world_expect_jobs(job_is("Waiting", 2));
}
END_TEST

/* A leader before us is frozen, or was killed: the broker notices late, and what that one had comes
 * to us, after answers to what we asked meanwhile */
static void get_what_another_had(const char *pushed, const char *answered)
{
	struct cbx_bus_event event = { 0 };
	struct cbx_bus *other = NULL;

	push("Queued");
	listen_for(1);
	poll_once();
	listen_for(1);
	listener_lose();
	ck_assert_int_eq(cbx_memory_bus_new(world.broker, &other), 0);
	ck_assert_int_eq(other->ops->connect(other, false, UINT64_MAX), 0);
	ck_assert_int_eq(
		other->ops->consume(other, "nl-ocd-chatterbox.default.event", 9, UINT64_MAX), 0);
	push(pushed);
	ck_assert_int_eq(other->ops->take(other, -1, UINT64_MAX, &event), 0);
	ck_assert_int_eq(event.type, CBX_BUS_DELIVERY);
	cbx_bus_event_clear(&event);
	listen_for(1);
	/* a new leader has lost nothing */
	memset(&listener.arrivals, 0, sizeof(listener.arrivals));
	cbx_arrivals_begin(&listener.arrivals, cbx_now(road->clock));
	world_pass(1);
	if (answered)
		answer(answered);
	world_pass(1);
	cbx_bus_free(other);
	listen_for(14);
	poll_once();
}

START_TEST(what_another_had_does_not_win_over_a_younger_answer)
{
	get_what_another_had("Waiting", "1 Running");
	world_expect_jobs(job_is("Running", 2));
	world_expect_outbox("ABC1/1/1 ABC1/1/2");
	ck_assert_double_eq(world_count(world.counters.late_statuses, "push", NULL), 1);
}
END_TEST

START_TEST(what_another_had_is_not_lost)
{
	get_what_another_had("Waiting", NULL);
	world_expect_jobs(job_is("Waiting", 2));
	world_expect_outbox("ABC1/1/1 ABC1/1/2");
}
END_TEST

START_TEST(an_end_that_another_had_is_applied)
{
	get_what_another_had("Completed", "1 Running");
	world_expect_jobs("ABC1/1 Completed r3 ended user\n");
	world_expect_outbox("ABC1/1/1 ABC1/1/2 ABC1/1/3");
}
END_TEST

START_TEST(who_stands_by_keeps_nothing)
{
	push("Queued");
	listen_for(1);
	ck_assert_int_eq(cbx_road_drain_inbox(road), 0);
	cbx_road_discard(road);
	ck_assert_ptr_null(road->batch.received);
	ck_assert_ptr_null(road->batch.inbounds);
	listen_for(1);
	world_pass(1);
	listen_for(3);
	poll_once();
	world_expect_outbox("ABC1/1/1");
}
END_TEST

/* A status that SQL never takes is remembered, too: else those behind it would seem new */
START_TEST(a_refused_status_is_remembered_in_its_place)
{
	world_run(
		"create trigger bad before insert on status_monitor when new.status = 'Bad' begin "
		"select raise(abort, 'bad'); end");
	world_run(
		"create trigger bad2 before update on status_monitor when new.status = 'Bad' begin "
		"select raise(abort, 'bad'); end");
	push("Queued");
	push("Bad");
	push("Waiting");
	listen_for(3);
	poll_once();
	world_expect_outbox("ABC1/1/1 ABC1/1/2");
	lose();
	listen_for(5);
	poll_once();
	world_expect_outbox("ABC1/1/1 ABC1/1/2");
	world_expect_jobs(job_is("Waiting", 2));
}
END_TEST

START_TEST(an_old_system_offline_changes_nothing)
{
	say("nl-hdms.event.control.system_offline", "\"ABC1\"");
	listen_for(1);
	poll_once();
	ck_assert_int_eq(cbx_systems_find(road->systems, "ABC1")->system->state, CBX_OFFLINE);
	say("nl-hdms.event.control.system_online", "\"ABC1\"");
	listen_for(1);
	poll_once();
	lose();
	road->ask_now_count = 0;
	cbx_systems_find(road->systems, "ABC1")->ask_now = false;
	listen_for(4);
	poll_once();
	ck_assert_int_eq(cbx_systems_find(road->systems, "ABC1")->system->state, CBX_ONLINE);
	ck_assert_uint_eq(road->ask_now_count, 0);
}
END_TEST

START_TEST(an_old_discovery_is_not_run_again)
{
	listener_bindings[0] = (char *)(uintptr_t) "nl-ocd.event.#";
	listener_lose();
	listen_for(2);
	say("nl-ocd.event.update_database", "{}");
	listen_for(1);
	poll_once();
	ck_assert(world.poller.status.update_database_task.wanted);
	world.poller.status.update_database_task.wanted = false;
	lose();
	listen_for(3);
	poll_once();
	ck_assert(!world.poller.status.update_database_task.wanted);
	/* another one is another one, though it says the same */
	say("nl-ocd.event.update_database", "{}");
	listen_for(1);
	poll_once();
	ck_assert(world.poller.status.update_database_task.wanted);
	listener_bindings[0] = (char *)(uintptr_t) "nl-hdms.event.control.#";
}
END_TEST

UNIT_TESTS_WITH(set_up, listener_tear_down, what_was_recorded_is_acknowledged_alone,
		what_was_not_recorded_is_recorded_once, a_run_waits_for_its_end,
		a_second_without_another_one_ends_a_run,
		while_more_is_on_its_way_a_run_does_not_end, it_counts_from_its_first_arrival,
		it_does_not_win_over_a_younger_answer,
		what_waited_does_not_win_over_a_younger_answer,
		what_still_waits_counts_from_the_loss_before, an_end_that_waited_is_applied,
		a_system_that_waited_to_be_online_is_online, while_sql_can_not_be_asked_a_run_waits,
		a_successor_knows_it_from_the_log,
		what_another_had_does_not_win_over_a_younger_answer, what_another_had_is_not_lost,
		an_end_that_another_had_is_applied, who_stands_by_keeps_nothing,
		a_refused_status_is_remembered_in_its_place, an_old_system_offline_changes_nothing,
		an_old_discovery_is_not_run_again)
