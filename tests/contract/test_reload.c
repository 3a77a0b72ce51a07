// SPDX-License-Identifier: MIT
/* test_reload.c - the keys that the teller and the listener read, the log, and those of incidents
 */
#include "memory_servers.h"
#include "metric_value.h"
#include "reload_kit.h"

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
	ck_assert_int_eq(chatterbox_poll_jobs(of->box, NULL, NULL, NULL), 0);
	UNTIL(stream_length() == 2);
}

/* --- the listener --- */

static double rejected(void)
{
	return metric_value(day->box->counters.events_consumed, "unknown", "rejected");
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
	return metric_value(day->box->counters.events_consumed, "job_status", "ok");
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

/* The answer to an order that was given 100 s ago */
static void ask_late(struct cbx_bus *asker, char answer[200])
{
	static const char order[] =
		"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"nl-ocd.content.job.pauseAll\"}";
	uint64_t deadline = cbx_now(cbx_system_clock()) + 5 * CBX_SECOND;
	struct cbx_bus_message message = { .exchange = "",
					   .reply_to = asker->ops->reply_to(asker),
					   .correlation_id = "1",
					   .body = order,
					   .body_len = strlen(order),
					   .timestamp = cbx_wall(day->box->clock) / 1000 - 100 };
	struct cbx_bus_event event = { 0 };
	char queue[96];

	snprintf(queue, sizeof(queue), "%s.request", day->app);
	message.routing_key = queue;
	ck_assert_int_eq(asker->ops->publish(asker, &message, NULL, deadline), 0);
	ck_assert_int_eq(asker->ops->take(asker, -1, deadline, &event), 0);
	ck_assert_int_eq(event.type, CBX_BUS_DELIVERY);
	snprintf(answer, 200, "%s", event.message.body);
	cbx_bus_event_clear(&event);
}

static void late_orders(struct day *of)
{
	struct cbx_bus *asker = NULL;
	char answer[200];

	begin();
	ck_assert_int_eq(cbx_memory_bus_new(of->box->broker, &asker), 0);
	ck_assert_int_eq(asker->ops->connect(asker, false, UINT64_MAX), 0);
	ck_assert_int_eq(asker->ops->consume(asker, NULL, 0, UINT64_MAX), 0);
	ask_late(asker, answer);
	ck_assert_msg(strstr(answer, "\"result\""), "%s", answer);
	reload();
	UNTIL((ask_late(asker, answer), strstr(answer, "-32002")));
	cbx_bus_free(asker);
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

/* --- the poller, about incidents --- */

#define OPEN "select count(*) from incidents where closed_at is null"
#define DISK "\"error_code\":\"disk_full\""

static void push_failure(const char *system, int64_t job)
{
	day_system_pushes(day, system, job, "Errored", DISK);
	day_pass(day, 2);
}

static void jobs_of_an_incident(struct day *of)
{
	(void)of;
	begin();
	push_failure("A", 2);
	push_failure("A", 3);
	day_sql_says(day, OPEN, "0");
	reload();
	push_failure("A", 4);
	day_sql_says(day, OPEN, "1");
}

static void systems_of_an_incident(struct day *of)
{
	(void)of;
	begin();
	push_failure("A", 2);
	push_failure("B", 2);
	day_sql_says(day, OPEN, "0");
	reload();
	push_failure("C", 2);
	day_sql_says(day, OPEN, "1");
}

static void an_incident_closes(struct day *of)
{
	char system[2] = "A";

	(void)of;
	begin();
	for (; *system < 'F'; ++*system)
		push_failure(system, 2);
	day_pass(day, 130);
	day_sql_says(day, OPEN, "1");
	reload();
	day_pass(day, 2);
	day_sql_says(day, OPEN, "0");
}

static const struct row rows[] = {
	{ "incident.window", "poller", "60", an_incident_closes },
	{ "incident.systems", "poller", "2", systems_of_an_incident },
	{ "incident.jobs", "poller", "2", jobs_of_an_incident },
	{ "max_jobs_per_event", "teller", "1", chunks },
	{ "events.max_length", "teller", "2", the_stream_is_trimmed },
	{ "limits.reply_bytes", "listener", "1024", large_pushes },
	{ "limits.jobs_per_reply", "listener", "1", many_jobs_in_a_push },
	{ "rmq_rpc.rpc_timeout", "listener", "20s", late_orders },
	{ "log.level", "log", "debug", debug_lines },
};

START_TEST(a_reload_takes_effect)
{
	reload_play(&rows[_i]);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("reload");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, a_reload_takes_effect, 0, (int)CBX_COUNT(rows));
	suite_add_tcase(suite, tcase);
}
