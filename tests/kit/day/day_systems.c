// SPDX-License-Identifier: MIT
/*
 * day_systems.c - the systems of the day: they answer what the script made them say
 *
 * A thread of its own plays nl-hdms. It ends no test: what goes wrong is left in `failure`, which
 * day_pass() looks at.
 */
#include "day.h"
#include "metric_value.h"

#include <stdio.h>
#include <string.h>

#define REQUESTS "nl-hdms.request"
#define PUSH "nl-hdms.event.content.job_status"

static void complain(struct day_systems *systems, const char *what)
{
	if (!systems->failure[0])
		snprintf(systems->failure, sizeof(systems->failure), "the systems: %.490s", what);
}

static enum day_manner manner_of(const struct day_systems *systems, const char *system)
{
	size_t i;

	for (i = 0; i < systems->manner_count; i++)
		if (!strcmp(systems->manners[i].system, system))
			return systems->manners[i].manner;
	return DAY_ANSWERS;
}

static json_t *status_json(const char *system, int64_t job, const char *status, const char *more)
{
	char text[DAY_TEXT];

	snprintf(text, sizeof(text), "{\"system\":\"%s\",\"job_id\":%lld,\"status\":\"%s\"%s%s}",
		 system, (long long)job, status, more && more[0] ? "," : "", more ?: "");
	return json_loads(text, 0, NULL);
}

static bool is_among(const json_t *ids, int64_t id)
{
	size_t i;

	for (i = 0; ids && i < json_array_size(ids); i++)
		if (json_integer_value(json_array_get(ids, i)) == id)
			return true;
	return !ids;
}

/* All jobs of the system, or the named ones that it knows */
static json_t *jobs_of(const struct day_systems *systems, const char *system, const json_t *ids)
{
	json_t *jobs = json_array();
	size_t i;

	for (i = 0; i < systems->job_count; i++) {
		const struct day_job *job = &systems->jobs[i];

		if (!strcmp(job->system, system) && is_among(ids, job->id))
			json_array_append_new(jobs,
					      status_json(system, job->id, job->status, job->more));
	}
	return jobs;
}

static void note_question(struct day_systems *systems, const char *system, const char *event,
			  const json_t *ids)
{
	char *line = systems->questions[systems->question_count];
	size_t size = sizeof(systems->questions[0]);
	size_t i;

	if (systems->question_count == DAY_MESSAGES) {
		complain(systems, "too many questions");
		return;
	}
	systems->question_count++;
	snprintf(line, size, "%s %s", system, event);
	for (i = 0; i < json_array_size(ids); i++)
		snprintf(line + strlen(line), size - strlen(line), i ? ",%lld" : " %lld",
			 (long long)json_integer_value(json_array_get(ids, i)));
}

/* Nothing comes by the time that the question is worth: then that time is over */
static void say_nothing(struct day *day)
{
	day->clock.ahead += day->box->settings.present->poll_timeout_ns + CBX_MS;
	cbx_mailbox_wake(day->box->poller.road.inbox);
}

static json_t *answer(struct day_systems *systems, const json_t *params)
{
	const char *event =
		json_string_value(json_object_get(json_object_get(params, "verb"), "event"));
	const json_t *all = json_object_get(json_object_get(params, "object"), "systems");
	const json_t *asked = json_array_get(all, 0);
	const char *system = json_string_value(json_object_get(asked, "system"));
	const json_t *ids = json_object_get(asked, "jobs");
	enum day_manner manner;

	if (!event || !system) {
		complain(systems, "a question without event or system");
		return NULL;
	}
	note_question(systems, system, event, ids);
	systems->batch = json_array_size(all);
	manner = manner_of(systems, system);
	if (manner == DAY_SAYS_NOTHING)
		return NULL;
	if (manner == DAY_SAYS_OFFLINE)
		return json_pack("{s:{s:s},s:{s:s,s:s}}", "verb", "event", "error", "object",
				 "code", "system_offline", "message", "it does not answer");
	return json_pack("{s:{s:s,s:s},s:{s:o,s:[s]}}", "verb", "event_category", "request_system",
			 "event", event, "object", "jobs", jobs_of(systems, system, ids), "systems",
			 system);
}

static int publish(struct day *day, struct cbx_bus *bus, const char *exchange, const char *key,
		   const char *body, const char *correlation_id)
{
	struct cbx_bus_message message = { .exchange = exchange,
					   .routing_key = key,
					   .body = body,
					   .body_len = strlen(body),
					   .content_type = "application/json",
					   .correlation_id = correlation_id };

	return bus->ops->publish(bus, &message, NULL, cbx_now(day->box->clock) + 5 * CBX_SECOND);
}

static double consumed(struct day *day)
{
	static const char *const events[] = { "system_online",   "system_offline",
					      "job_status",      "update_time_till_next_check",
					      "update_database", "unknown" };
	double sum = 0;
	size_t i;

	for (i = 0; i < CBX_COUNT(events); i++)
		sum += metric_value(day->box->counters.events_consumed, events[i], "ok") +
		       metric_value(day->box->counters.events_consumed, events[i], "rejected");
	return sum;
}

/* An event in, until it is dealt with */
static const char *tell(struct day *day, struct cbx_bus *bus, const char *key, const char *body)
{
	uint64_t deadline = day_deadline();
	double before = consumed(day);
	char text[DAY_TEXT];

	snprintf(text, sizeof(text), "{\"jsonrpc\":\"2.0\",\"method\":\"%s\",\"params\":%s}", key,
		 body);
	if (publish(day, bus, "amq.topic", key, text, NULL) < 0)
		return bus->error;
	while (consumed(day) <= before && cbx_now(cbx_system_clock()) < deadline)
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	return consumed(day) > before ? NULL : "an event in was not dealt with";
}

void day_event(struct day *day, const char *key, const char *body)
{
	const char *trouble = tell(day, day->bus, key, body);

	ck_assert_msg(!trouble, "%s: %s", key, trouble);
	day_pass(day, 1);
}

/* Messages that nobody takes any more */
static void clog_queue(struct day_systems *systems)
{
	for (; systems->clog; systems->clog--) {
		if (publish(systems->day, systems->bus, "", REQUESTS, "{}", NULL) < 0)
			complain(systems, systems->bus->error);
		systems->clogged = true;
	}
}

static void serve(struct day_systems *systems, const struct cbx_bus_message *request)
{
	json_t *root = json_loadb(request->body, request->body_len, 0, NULL);
	char pushed[DAY_TEXT];
	const char *trouble = NULL;
	json_t *result;
	char *body;
	double slow;

	pthread_mutex_lock(&systems->lock);
	result = answer(systems, json_object_get(root, "params"));
	systems->expiration_ms = request->expiration_ms;
	memcpy(pushed, systems->pushed, sizeof(pushed));
	slow = systems->slow;
	systems->pushed[0] = '\0';
	systems->slow = 0;
	pthread_mutex_unlock(&systems->lock);

	systems->day->clock.ahead += (uint64_t)(slow * (double)CBX_SECOND);
	if (pushed[0])
		trouble = tell(systems->day, systems->bus, PUSH, pushed);
	if (trouble)
		complain(systems, trouble);
	if (!result)
		say_nothing(systems->day);
	result = json_pack("{s:s,s:O?,s:o*}", "jsonrpc", "2.0", "id", json_object_get(root, "id"),
			   "result", result);
	body = json_dumps(result, JSON_COMPACT);
	clog_queue(systems);
	if (body && json_object_get(result, "result") &&
	    publish(systems->day, systems->bus, "", request->reply_to, body,
		    request->correlation_id) < 0)
		complain(systems, systems->bus->error);
	free(body);
	json_decref(result);
	json_decref(root);
}

/* Takes a request, if there is one within that time */
static bool take(struct day_systems *systems, uint64_t ms, struct cbx_bus_event *event)
{
	struct cbx_bus *bus = systems->bus;
	uint64_t deadline = cbx_now(systems->day->box->clock) + ms * CBX_MS;

	if (bus->ops->take(bus, -1, deadline, event) < 0) {
		complain(systems, bus->error);
		systems->stop = true;
	}
	return event->type == CBX_BUS_DELIVERY;
}

/* Takes those that come before the first of them is answered, two at most: who may send another one
 * has sent it by then */
static void turn(struct day_systems *systems)
{
	struct cbx_bus_event events[2] = { 0 };
	unsigned count = 0;
	unsigned i;

	while (count < (systems->count_waiting ? CBX_COUNT(events) : 1) &&
	       take(systems, count ? 300 : 50, &events[count]))
		count++;
	if (count > systems->most_waiting)
		systems->most_waiting = count;
	for (i = 0; i < count; i++) {
		serve(systems, &events[i].message);
		/* what is not acknowledged keeps the rest in the queue */
		if (!systems->clogged)
			systems->bus->ops->acknowledge(systems->bus, events[i].tag, false, true);
	}
	for (i = 0; i < CBX_COUNT(events); i++)
		cbx_bus_event_clear(&events[i]);
}

static void *run(void *user)
{
	struct day_systems *systems = user;

	while (!systems->stop && !systems->clogged)
		turn(systems);
	return NULL;
}

void day_systems_start(struct day *day)
{
	struct day_systems *systems = &day->systems;
	uint64_t deadline = cbx_now(day->box->clock) + 10 * CBX_SECOND;
	struct cbx_bus *bus = NULL;
	struct cbx_link link;

	ck_assert_int_eq(cbx_engine_bus(day->box, "systems", false, &bus, &link), 0);
	cbx_health_want(link.entry, false);
	ck_assert_msg(!bus->ops->connect(bus, false, deadline), "%s", bus->error);
	ck_assert_int_eq(bus->ops->declare(bus, REQUESTS, deadline), 0);
	ck_assert_int_eq(bus->ops->consume(bus, REQUESTS, 2, deadline), 0);
	systems->bus = bus;
	ck_assert_int_eq(cbx_thread_start(&systems->thread, "day-systems", run, systems), 0);
}

void day_systems_stop(struct day *day)
{
	day->systems.stop = true;
	cbx_thread_join(&day->systems.thread);
	cbx_bus_free(day->systems.bus);
}
