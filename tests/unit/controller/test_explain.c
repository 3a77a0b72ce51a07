// SPDX-License-Identifier: MIT
/* An order is one row however often it is delivered, and explain says who gave it; without SQL
 * nobody knows (contract 5.2, 6.2) */
#include "adapter/sqlite/sqlite.h"
#include "controller/orders.h"
#include "listener_world.h"
#include "runtime/call.h"

#include <stdio.h>
#include <string.h>

static char orders_binding[] = "nl-ocd.event.#";
static struct cbx_order_book book;
static struct cbx_request_worker worker;
static struct cbx_calls calls;
static struct faults worker_faults;
static char *kept_binding;
static enum cbx_call_code code;
static char answer[4096];

static struct cbx_order_log *order_log(void)
{
	return &world.poller.orders;
}

static void open_worker(void)
{
	worker = (struct cbx_request_worker){
		.slot = &world.slot, .clock = road->clock, .settings = &world.place, .calls = &calls
	};
	worker_faults = (struct faults){ 0 };
	pthread_mutex_init(&worker.lock, NULL);
	ck_assert_int_eq(cbx_mailbox_new(16, &worker.inbox), 0);
	ck_assert_int_eq(cbx_sqlite_new(world.path, road->clock, &worker.sql), 0);
	faults_of_sql(worker.sql, &worker_faults);
	world_link(&worker.link, WORLD_SQL, worker.sql);
}

static void set_up(void)
{
	kept_binding = listener_bindings[0];
	listener_bindings[0] = orders_binding;
	listener_set_up();
	world_push("ABC1", "17 Running");
	poll_once();
	world_expect_acknowledged("ok");
	cbx_task_scheduler_init(&world.poller.scheduler, road->clock);
	cbx_order_book_init(&book, road->clock);
	order_log()->book = &book;
	open_worker();
	calls = (struct cbx_calls){ .methods = cbx_methods,
				    .worker = worker.inbox,
				    .poller = road->inbox,
				    .leadership = &world.leadership,
				    .book = &book };
	listener.calls = &calls;
	listen_for(2);
}

static void tear_down(void)
{
	cbx_request_worker_close(&worker);
	cbx_sql_free(worker.sql);
	cbx_mailbox_free(worker.inbox, NULL);
	pthread_mutex_destroy(&worker.lock);
	listener_tear_down();
	cbx_order_book_close(&book);
	listener_bindings[0] = kept_binding;
}

/* What the poller does in a turn, once it has the lease */
static void turn(void)
{
	poll_once();
	cbx_order_log_turn(order_log(), road);
}

static void say_event(const char *name, const char *body, const char *message_id)
{
	char key[80];
	struct cbx_bus_message message = { .exchange = "amq.topic",
					   .routing_key = key,
					   .app_id = "front-end",
					   .message_id = message_id,
					   .body = body,
					   .body_len = strlen(body) };

	snprintf(key, sizeof(key), "nl-ocd.event.%s", name);
	listener_publish(&message);
	listen_for(1);
}

/* The connection goes before the acknowledgement is written */
static void deliver_again(void)
{
	listener_lose();
	listen_for(4);
	turn();
}

/* Another process leads, which remembers nothing */
static void take_over(void)
{
	*order_log() = (struct cbx_order_log){ .book = &book };
}

#define ROWS "select count(*) || ' ' || group_concat(distinct event || ' ' || who) from orders"
#define INTERVAL "nl-ocd.event.update_time_till_next_check front-end"
#define DISCOVER "nl-ocd.event.update_database front-end"

START_TEST(an_event_that_comes_again_is_one_row)
{
	say_event("update_time_till_next_check", "{\"info\":\"30\"}", NULL);
	turn();
	world_expect(ROWS, "1 " INTERVAL);
	deliver_again();
	world_expect(ROWS, "1 " INTERVAL);
	/* it is acknowledged now; a second one is another order, if it is the same to the letter */
	listen_for(1);
	say_event("update_time_till_next_check", "{\"info\":\"30\"}", NULL);
	turn();
	world_expect(ROWS, "2 " INTERVAL);
}
END_TEST

START_TEST(an_event_that_comes_again_before_it_is_recorded_is_one_row)
{
	say_event("update_database", "{}", NULL);
	/* it is carried out, and its batch waits for SQL: the log of what was recorded lacks it */
	ck_assert_int_eq(cbx_road_drain_inbox(road), 0);
	deliver_again();
	world_expect(ROWS, "1 " DISCOVER);
}
END_TEST

START_TEST(an_event_with_an_id_is_one_row_under_two_leaders)
{
	say_event("update_database", "{}", "m1");
	turn();
	take_over();
	deliver_again();
	world_expect(ROWS, "1 " DISCOVER);
	listen_for(1);
	/* a sender whose id is always the same gives another order all the same */
	say_event("update_database", "{}", "m1");
	turn();
	world_expect(ROWS, "2 " DISCOVER);
	say_event("update_database", "{}", "m2");
	turn();
	world_expect(ROWS, "3 " DISCOVER);
}
END_TEST

static void request(const char *user)
{
	static const char body[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":"
				   "\"nl-ocd.content.job.kill\",\"params\":{\"system\":\"ABC1\","
				   "\"job_id\":99}}";
	struct cbx_bus_message message = { .exchange = "",
					   .routing_key = "nl-ocd-chatterbox.request",
					   .app_id = "front-end",
					   .user_id = user,
					   .message_id = "r1",
					   .correlation_id = "c1",
					   .body = body,
					   .body_len = strlen(body) };

	listener_publish(&message);
}

static void ended(struct cbx_call *call)
{
	code = call->code;
	snprintf(answer, sizeof(answer), "%s", call->result ?: call->message);
	cbx_call_free(call);
}

static struct cbx_call *call_of(const char *method, const char *params)
{
	struct cbx_call *call = NULL;

	ck_assert_int_eq(cbx_call_new(cbx_method_find(cbx_methods, method),
				      json_loads(params, 0, NULL), ended, NULL, &call),
			 0);
	return call;
}

static void explain(const char *params)
{
	cbx_request_worker_answer(&worker, call_of("nl-ocd.content.job.explain", params));
}

static void expect_said(const char *part)
{
	explain("{\"system\":\"ABC1\"}");
	ck_assert_int_eq(code, CBX_CALL_OK);
	ck_assert_msg(strstr(answer, part) != NULL, "%s", answer);
}

START_TEST(a_request_that_comes_again_is_one_row_and_its_sender_is_named)
{
	/* the acknowledgement is written, and gets lost */
	faults_add(&world.bus_faults, "acknowledge", 1);
	request("guest");
	listen_for(1);
	turn();
	world_expect("select count(*) || who from orders", "1front-end as guest");
	deliver_again();
	world_expect("select count(*) || who from orders", "1front-end as guest");
	expect_said("Ordered over AMQP by front-end as guest: to kill job 99; it failed: no live "
		    "job 99 of system ABC1 is known.");
}
END_TEST

START_TEST(who_ordered_over_http_is_named)
{
	struct cbx_call *call =
		call_of("nl-ocd.content.job.kill", "{\"system\":\"ABC1\",\"job_id\":99}");

	call->asker = (struct cbx_asker){ .door = "http", .who = "no token, loopback" };
	cbx_calls_note(&calls, call);
	cbx_calls_take(&calls, call);
	turn();
	expect_said("Ordered over HTTP by no token, loopback: to kill job 99; it failed: ");
}
END_TEST

START_TEST(without_sql_nobody_knows)
{
	explain("{\"system\":\"ABC1\",\"job_id\":17}");
	ck_assert_int_eq(code, CBX_CALL_OK);
	/* it goes away, and the connection can't be made anew */
	cbx_link_lost(&worker.link, CHATTERBOX_E_DOWN);
	worker.sql->ops->disconnect(worker.sql);
	faults_add_nth(&worker_faults, "connect", CHATTERBOX_E_DOWN, 1, 2);
	explain("{\"system\":\"ABC1\",\"job_id\":17}");
	ck_assert_int_eq(code, CBX_CALL_DOWN);
	/* a job that nobody may know is not taken for one that there is not */
	cbx_link_lost(&worker.link, CHATTERBOX_E_DOWN);
	faults_add_nth(&worker_faults, "connect", CHATTERBOX_E_DOWN, 1, 2);
	explain("{\"system\":\"ABC1\",\"job_id\":4711}");
	ck_assert_int_eq(code, CBX_CALL_DOWN);
	faults_clear(&worker_faults);
	world_pass(60);
	explain("{\"system\":\"ABC1\",\"job_id\":4711}");
	ck_assert_int_eq(code, CBX_CALL_UNKNOWN);
	explain("{\"system\":\"ABC1\",\"job_id\":17}");
	ck_assert_int_eq(code, CBX_CALL_OK);
}
END_TEST

static void expect_page(const char *params, const char *const *parts, size_t count)
{
	const char *at = answer;
	size_t i;

	explain(params);
	ck_assert_msg(code == CBX_CALL_OK, "%s", answer);
	for (i = 0; i < count; i++) {
		at = strstr(at, parts[i]);
		ck_assert_msg(at != NULL, "no %s in %s", parts[i], answer);
	}
}

/* A job that no list holds any more: SQL knows it */
START_TEST(each_source_has_its_say)
{
	static const char *const all[] = { "Error disk_full of job 18: m.",
					   "Job 18 went from Running to Completed",
					   "Job 18 was first heard of: Running", "\"next\":null" };
	static const char *const first[] = { "Error disk_full of job 18: m.", "\"next\":\"x" };
	const struct cbx_error_row row = { .system = "ABC1",
					   .job_id = 18,
					   .code = "disk_full",
					   .message = "m",
					   .origin = "user" };

	world_push("ABC1", "18 Running");
	poll_once();
	world_pass(1);
	world_push("ABC1", "18 Completed");
	poll_once();
	world_expect_acknowledged("ok ok");
	world_pass(1);
	ck_assert_int_eq(cbx_errors_store(&world.poller.errors, &row, 1), 0);
	expect_page("{\"system\":\"ABC1\",\"job_id\":18}", all, CBX_COUNT(all));
	ck_assert_ptr_null(strstr(answer, "\"told\""));
	ck_assert_ptr_null(strstr(answer, "job 17"));
	expect_page("{\"system\":\"ABC1\",\"job_id\":18,\"limit\":1}", first, CBX_COUNT(first));
	ck_assert_ptr_null(strstr(answer, "went from"));
	expect_page("{\"system\":\"ABC1\",\"job_id\":18,\"limit\":3}", all, CBX_COUNT(all));
}
END_TEST

START_TEST(a_job_that_stands_still_is_said_to)
{
	static const char *const stands[] = { "Job 19 stands still: it runs, and has not moved" };

	world_push("ABC1", "19 Running 42%");
	poll_once();
	world_pass(899);
	ck_assert_int_eq(cbx_road_update_snapshot(road), 0);
	explain("{\"system\":\"ABC1\",\"job_id\":19}");
	ck_assert_ptr_null(strstr(answer, "stands still"));
	world_pass(2);
	expect_page("{\"system\":\"ABC1\",\"job_id\":19}", stands, CBX_COUNT(stands));
	expect_page("{\"system\":\"ABC1\"}", stands, CBX_COUNT(stands));
	explain("{\"system\":\"ABC1\",\"job_id\":17}");
	ck_assert_ptr_null(strstr(answer, "stands still"));
	world_expect_acknowledged("ok");
}
END_TEST

START_TEST(a_job_that_moves_again_is_said_to)
{
	static const char *const moves[] = { "Job 19 moves again: it had stood still since" };

	world_push("ABC1", "19 Running 42%");
	poll_once();
	world_pass(899);
	world_push("ABC1", "19 Running 43%");
	poll_once();
	explain("{\"system\":\"ABC1\",\"job_id\":19}");
	ck_assert_ptr_null(strstr(answer, "moves again"));
	world_pass(901);
	world_push("ABC1", "19 Running 44%");
	poll_once();
	world_pass(10);
	world_push("ABC1", "19 Running 45%");
	poll_once();
	expect_page("{\"system\":\"ABC1\",\"job_id\":19}", moves, CBX_COUNT(moves));
	ck_assert_ptr_null(strstr(answer, "stands still"));
	world_expect_acknowledged("ok ok ok ok");
}
END_TEST

/* After clean-up no list holds it, and SQL alone knows that it was there */
START_TEST(what_no_list_holds_any_more_is_explained)
{
	static const char *const ended[] = { "Job 18 went from Running to Completed",
					     "Job 18 was first heard of: Running" };

	world_push("ABC1", "18 Running");
	world_push("ABC1", "18 Completed");
	poll_once();
	world_expect_acknowledged("ok ok");
	ck_assert_int_eq(cbx_active_jobs_drop(road->jobs, "ABC1", 18), 0);
	ck_assert_int_eq(cbx_road_update_snapshot(road), 0);
	expect_page("{\"system\":\"ABC1\",\"job_id\":18}", ended, CBX_COUNT(ended));
	/* and when its history has expired */
	world_run("delete from job_history");
	explain("{\"system\":\"ABC1\",\"job_id\":18}");
	ck_assert_int_eq(code, CBX_CALL_OK);
	explain("{\"system\":\"ABC1\",\"job_id\":20}");
	ck_assert_int_eq(code, CBX_CALL_UNKNOWN);
}
END_TEST

START_TEST(without_redis_the_rest_is_said)
{
	static const char *const rest[] = { "Job 17 was first heard of", "\"told\":\"unknown\"" };
	struct faults faults = { 0 };

	ck_assert_int_eq(cbx_memory_state_new(world.store, &worker.state), 0);
	faults_of_state(worker.state, &faults);
	world_link(&worker.state_link, WORLD_STATE, worker.state);
	explain("{\"system\":\"ABC1\"}");
	ck_assert_msg(code == CBX_CALL_OK && !strstr(answer, "\"told\""), "%s", answer);
	faults_add(&faults, "read_events", CHATTERBOX_E_DOWN);
	expect_page("{\"system\":\"ABC1\"}", rest, CBX_COUNT(rest));
	cbx_link_close(&worker.state_link);
	cbx_state_free(worker.state);
	worker.state = NULL;
	worker.state_link = (struct cbx_link){ 0 };
}
END_TEST

UNIT_SUITE(suite)
{
	const TTest *const tests[] = {
		an_event_that_comes_again_is_one_row,
		an_event_that_comes_again_before_it_is_recorded_is_one_row,
		an_event_with_an_id_is_one_row_under_two_leaders,
		a_request_that_comes_again_is_one_row_and_its_sender_is_named,
		who_ordered_over_http_is_named,
		without_sql_nobody_knows,
		each_source_has_its_say,
		a_job_that_stands_still_is_said_to,
		a_job_that_moves_again_is_said_to,
		what_no_list_holds_any_more_is_explained,
		without_redis_the_rest_is_said,
	};
	TCase *tcase = tcase_create("explain");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	unit_add(tcase, tests, CBX_COUNT(tests));
	suite_add_tcase(suite, tcase);
}
