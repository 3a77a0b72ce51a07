// SPDX-License-Identifier: MIT
/*
 * day.c - the day's engine and its clock, which goes on when a moment is over
 *
 * Time jumps while the engine is at rest: a task of our own is the last one in its scheduler, so
 * when that has run after the jump, everything that came due before it has, too. What was recorded
 * by then is told when the outbox is empty.
 */
#include "day.h"

#include "metric_value.h"
#include "runtime/call.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE (30 * CBX_SECOND) /* of the test, by the machine's clock */

static struct day_clock *clock_of(struct cbx_clock *clock)
{
	return (struct day_clock *)clock;
}

static uint64_t day_now(struct cbx_clock *clock)
{
	return cbx_now(cbx_system_clock()) + clock_of(clock)->ahead;
}

static int64_t day_wall(struct cbx_clock *clock)
{
	return cbx_wall(cbx_system_clock()) + (int64_t)(clock_of(clock)->ahead / CBX_MS);
}

static const struct cbx_clock_ops clock_ops = { .now = day_now, .wall = day_wall };

uint64_t day_deadline(void)
{
	return cbx_now(cbx_system_clock()) + PATIENCE;
}

static void nap(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
}

/* DAY_LOG=1 shows what the engine says */
static void show_log(void *user, enum chatterbox_log_level level,
		     const struct chatterbox_log_field *fields, size_t count, const char *message)
{
	struct day *day = user;
	size_t i;

	day->debug_lines += level == CHATTERBOX_LOG_DEBUG;
	if (!getenv("DAY_LOG"))
		return;
	fprintf(stderr, "%d %s", (int)level, message);
	for (i = 0; i < count; i++)
		fprintf(stderr, " %s=%s", fields[i].name, fields[i].value);
	fputc('\n', stderr);
}

static void set(struct chatterbox_config *config, const char *path, const char *value)
{
	ck_assert_int_eq(chatterbox_config_set(config, path, value, "the day"), 0);
}

void day_set(struct day *day, const char *path, const char *value)
{
	ck_assert(day->key_count < DAY_KEYS);
	snprintf(day->keys[day->key_count][0], sizeof(day->keys[0][0]), "%s", path);
	snprintf(day->keys[day->key_count++][1], sizeof(day->keys[0][1]), "%s", value);
	set(day->config, path, value);
}

void day_reload(struct day *day, const char *path, const char *value)
{
	struct chatterbox_config *config = NULL;
	size_t i;

	ck_assert_int_eq(chatterbox_config_new(&config), 0);
	for (i = 0; i < day->key_count; i++)
		set(config, day->keys[i][0], day->keys[i][1]);
	set(config, path, value);
	ck_assert_int_eq(chatterbox_reload(day->box, config, NULL), 0);
	chatterbox_config_unref(day->config);
	day->config = config;
}

static void note_run(void *user)
{
	struct day *day = user;

	pthread_mutex_lock(&day->lock);
	day->runs_of_last_task++;
	pthread_cond_broadcast(&day->changed);
	pthread_mutex_unlock(&day->lock);
}

struct day *day_break(const struct day_world *world)
{
	static unsigned number;
	struct day *day = calloc(1, sizeof(*day));

	ck_assert_ptr_nonnull(day);
	day->world = world;
	day->clock.clock.ops = &clock_ops;
	pthread_mutex_init(&day->lock, NULL);
	pthread_cond_init(&day->changed, NULL);
	pthread_mutex_init(&day->systems.lock, NULL);
	day->systems.day = day;
	day->last_task = (struct cbx_task){ .name = "the day's last",
					    .interval_ns = UINT64_MAX,
					    .perform = note_run,
					    .user = day };
	snprintf(day->app, sizeof(day->app), "day-%d-%u", (int)getpid(), ++number);
	ck_assert_int_eq(chatterbox_config_new(&day->config), 0);
	day_set(day, "chatterbox.app_name", day->app);
	world->begin(day);
	return day;
}

/* --- a turn of the poller, from its start to the end of its tick --- */

/* In the poller's thread: the jump, but not in the middle of a round, whose questions it would age
 */
static void jump(struct cbx_poller *poller, struct cbx_call *call)
{
	struct day *day = call->user;
	struct cbx_task *task = poller->scheduler.tasks;
	struct cbx_text nothing = { 0 };

	if (metric_value(poller->road.counters->rpc_in_flight, NULL, NULL) > 0) {
		cbx_call_fail(call, CBX_CALL_TIMEOUT, "in a round");
		return;
	}
	while (task && task != &day->last_task)
		task = task->next;
	if (!task)
		cbx_task_add(&poller->scheduler, &day->last_task);
	day->clock.ahead +=
		(uint64_t)json_integer_value(json_object_get(call->params, "ms")) * CBX_MS;
	day->last_task.wanted = true;
	cbx_text_puts(&nothing, "null");
	cbx_call_done(call, &nothing);
}

static const struct cbx_method jump_method = { .name = "jump", .poller = jump };

static void finished(struct cbx_call *call)
{
	struct day *day = call->user;

	pthread_mutex_lock(&day->lock);
	day->call_code = call->code;
	day->call_finished = true;
	pthread_cond_broadcast(&day->changed);
	pthread_mutex_unlock(&day->lock);
	cbx_call_free(call);
}

/* Waits for the poller; false = not in time */
static bool await(struct day *day, const bool *done, const unsigned *count, unsigned least)
{
	struct timespec until;
	int error = 0;
	bool reached;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += (time_t)(PATIENCE / CBX_SECOND);
	pthread_mutex_lock(&day->lock);
	while (!error && !(done ? *done : *count >= least))
		error = pthread_cond_timedwait(&day->changed, &day->lock, &until);
	reached = done ? *done : *count >= least;
	pthread_mutex_unlock(&day->lock);
	return reached;
}

static bool try_jump(struct day *day, uint64_t ms)
{
	struct cbx_inbound *inbound = NULL;

	day->call_finished = false;
	ck_assert_int_eq(cbx_inbound_new(CBX_IN_CALL, &inbound), 0);
	ck_assert_int_eq(cbx_call_new(&jump_method, json_pack("{s:I}", "ms", (json_int_t)ms),
				      finished, day, &inbound->call),
			 0);
	ck_assert_int_eq(cbx_mailbox_put(day->box->poller.road.inbox, inbound), 0);
	ck_assert_msg(await(day, &day->call_finished, NULL, 0), "the poller takes no call");
	return day->call_code == CBX_CALL_OK;
}

static void await_telling(struct day *day)
{
	uint64_t deadline = day_deadline();
	char *count = day->world->ask("select count(*) from outbox");

	while (strcmp(count, "0") != 0 && cbx_now(cbx_system_clock()) < deadline) {
		free(count);
		nap();
		count = day->world->ask("select count(*) from outbox");
	}
	ck_assert_msg(!strcmp(count, "0"), "%s events wait in the outbox", count);
	free(count);
}

/* A jump of the clock in the middle of the listener's talk with the broker would end its deadline
 */
static void await_listener(struct day *day)
{
	struct cbx_listener *listener = &day->box->listener;
	uint64_t deadline = day_deadline();
	int turns;

	/* the turn that it is in may have begun before the jump, the next one has not */
	for (turns = 0; turns < 2; turns++) {
		uint64_t now = cbx_now(&day->clock.clock);

		cbx_mailbox_wake(listener->inbox);
		while (listener->last_turn <= now) {
			ck_assert_msg(cbx_now(cbx_system_clock()) < deadline,
				      "the listener does not turn");
			nap();
		}
	}
}

void day_pass(struct day *day, double seconds)
{
	uint64_t deadline = day_deadline();
	uint64_t ms = (uint64_t)(seconds * 1000);
	unsigned runs = day->runs_of_last_task;

	ck_assert_msg(seconds >= 1, "the scheduler ticks once a second");
	if (day->world->skip)
		day->world->skip(ms);
	while (!try_jump(day, ms)) {
		ck_assert_msg(cbx_now(cbx_system_clock()) < deadline, "the poller does not rest");
		nap();
	}
	day->passed += seconds;
	cbx_mailbox_wake(day->box->teller.inbox);
	await_listener(day);
	ck_assert_msg(await(day, NULL, &day->runs_of_last_task, runs + 1),
		      "no tick came to its end");
	await_telling(day);
	ck_assert_msg(!day->systems.failure[0], "%s", day->systems.failure);
	day_gather(day);
}

void day_pass_until(struct day *day, double seconds)
{
	ck_assert(seconds > day->passed);
	day_pass(day, seconds - day->passed);
}

/* --- start and end --- */

/* A connection of the test's own, which no health depends on */
static void connect_eyes(struct day *day)
{
	struct cbx_link link;

	ck_assert_int_eq(cbx_engine_bus(day->box, "day", false, &day->bus, &link), 0);
	cbx_health_want(link.entry, false);
	ck_assert_int_eq(cbx_engine_state(day->box, "day", &day->state, &link), 0);
	cbx_health_want(link.entry, false);
	ck_assert_int_eq(
		day->state->ops->connect(day->state, cbx_now(day->box->clock) + 5 * CBX_SECOND), 0);
	day_told_open(day);
}

/* Nobody waits for the next look at something that is there already */
static void wake_all(struct chatterbox *box)
{
	cbx_mailbox_wake(box->lease_keeper.inbox);
	cbx_mailbox_wake(box->poller.road.inbox);
	cbx_mailbox_wake(box->teller.inbox);
	cbx_mailbox_wake(box->listener.inbox);
}

static void await_ready(struct day *day)
{
	uint64_t deadline = day_deadline();
	char *text = NULL;
	bool ready = false;

	while (!ready && cbx_now(cbx_system_clock()) < deadline) {
		free(text);
		ck_assert_int_eq(chatterbox_get_health(day->box, &ready, NULL, &text), 0);
		ready = ready && day->box->listener.caught_up;
		wake_all(day->box);
		nap();
	}
	ck_assert_msg(ready, "not ready:\n%s", text);
	free(text);
}

void day_begin(struct day *day)
{
	struct chatterbox *box = NULL;

	ck_assert_msg(!chatterbox_config_check(day->config, NULL), "%s",
		      chatterbox_config_problem_at(day->config, 0, NULL));
	ck_assert_int_eq(cbx_engine_new(day->config, &day->clock.clock, show_log, day, &box, NULL),
			 0);
	day->box = box;
	box->leadership.clock = box->lease_keeper.clock = cbx_system_clock();
	connect_eyes(day);
	day_systems_start(day);
	ck_assert_int_eq(chatterbox_start(box, NULL, NULL), 0);
	await_ready(day);
	/* the first tick may have come before the last connection was there */
	do {
		day_pass(day, 1);
	} while (!box->poller.status.updated_once && day->passed < 5);
	ck_assert(box->poller.status.updated_once);
}

/* Whatever there is of it: the test may have failed in its first line */
void day_end(struct day *day)
{
	if (day->box) {
		day_systems_stop(day);
		chatterbox_stop(day->box);
	}
	day_told_close(day);
	cbx_bus_free(day->bus);
	cbx_state_free(day->state);
	chatterbox_unref(day->box);
	day->world->end(day);
	chatterbox_config_unref(day->config);
	pthread_cond_destroy(&day->changed);
	pthread_mutex_destroy(&day->systems.lock);
	pthread_mutex_destroy(&day->lock);
	free(day);
}
