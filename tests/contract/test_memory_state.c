// SPDX-License-Identifier: MIT
/* The memory store passes the suite of the state port; and what only it has. */
#include "adapter/memory_state/memory_state.h"
#include "base/thread.h"
#include "memory_servers.h"
#include "state_suite.h"
#include "unit.h"

#include <chatterbox/error.h>
#include <stdio.h>
#include <string.h>

static struct cbx_memory_store *store;

static struct cbx_state *memory_open(void)
{
	struct cbx_state *state = NULL;

	ck_assert_int_eq(cbx_memory_state_new(store, &state), 0);
	return state;
}

static void memory_flush(void)
{
	cbx_memory_store_flush(store);
}

static void memory_lose(void)
{
	cbx_memory_store_stop(store);
}

static void memory_back(void)
{
	cbx_memory_store_start(store);
}

static bool memory_score(const char *system, int64_t *ms)
{
	return cbx_memory_store_is_active(store, system, ms);
}

static void memory_jobs_data(char *out, size_t size)
{
	cbx_auto(cbx_freep) char *text = NULL;

	ck_assert_int_eq(cbx_memory_store_jobs_data(store, &text), 0);
	snprintf(out, size, "%s", text);
}

static void memory_set_interval(const char *text)
{
	ck_assert_int_eq(cbx_memory_store_set_interval(store, text), 0);
}

struct look {
	size_t left;
	struct state_event *out;
};

static int count_one(void *user, const struct cbx_stream_entry *entry)
{
	(void)entry;
	++*(size_t *)user;
	return 0;
}

static size_t memory_count_events(void)
{
	size_t count = 0;

	ck_assert_int_eq(cbx_memory_store_events(store, count_one, &count), 0);
	return count;
}

static int take_one(void *user, const struct cbx_stream_entry *entry)
{
	struct look *look = user;
	const char *previous = entry->previous_status;

	if (look->left--)
		return 0;
	snprintf(look->out->name, sizeof(look->out->name), "%s", entry->name);
	snprintf(look->out->id, sizeof(look->out->id), "%s", entry->id);
	snprintf(look->out->params, sizeof(look->out->params), "%.*s", (int)entry->params_len,
		 entry->params);
	look->out->has_previous_status = previous != NULL;
	snprintf(look->out->previous_status, sizeof(look->out->previous_status), "%s",
		 previous ? previous : "");
	return 1;
}

static void memory_event(size_t index, struct state_event *out)
{
	struct look look = { index, out };

	ck_assert_int_eq(cbx_memory_store_events(store, take_one, &look), 1);
}

static const struct state_world memory_world = {
	.name = "memory",
	.open = memory_open,
	.flush = memory_flush,
	.lose = memory_lose,
	.back = memory_back,
	.score = memory_score,
	.jobs_data = memory_jobs_data,
	.set_interval = memory_set_interval,
	.count_events = memory_count_events,
	.event = memory_event,
};

START_TEST(stopped_store_refuses_and_keeps)
{
	struct cbx_state *state = memory_open();
	int64_t epoch = 0;

	ck_assert_int_eq(state->ops->connect(state, 0), 0);
	ck_assert_int_eq(state->ops->write_mark(state, 7, &(struct cbx_mark){ "", 30, true }), 0);
	cbx_memory_store_stop(store);
	ck_assert_int_eq(state->ops->ping(state), CHATTERBOX_E_DOWN);
	ck_assert_int_eq(state->ops->connect(state, 0), CHATTERBOX_E_DOWN);
	ck_assert_str_eq(state->error, "memory: the store is stopped");
	cbx_memory_store_start(store);
	ck_assert_int_eq(state->ops->connect(state, 0), 0);
	ck_assert_int_eq(state->ops->read_epoch(state, &epoch), 0);
	ck_assert_int_eq(epoch, 7);
	cbx_state_free(state);
}
END_TEST

#define THREADS 4
#define WRITES 2000

static void *write_much(void *arg)
{
	struct cbx_state *state = memory_open();
	const struct cbx_field field = { "1", arg, 1 };
	uint64_t i;

	ck_assert_int_eq(state->ops->connect(state, 0), 0);
	for (i = 1; i <= WRITES; i++) {
		struct cbx_state_write write = {
			.system = "S", .number = i, .live = true, .fields = &field, .field_count = 1
		};
		struct cbx_stream_entry entry = { "status", "id", "{}", 2, NULL, NULL };

		ck_assert_int_eq(state->ops->write_jobs(state, &write, 1), 0);
		ck_assert_int_eq(state->ops->append_events(state, 0, &entry, 1, 1000000), 0);
	}
	cbx_state_free(state);
	return NULL;
}

START_TEST(threads_share_a_store)
{
	static char names[] = "abcd";
	struct cbx_thread threads[THREADS] = { 0 };
	size_t i;

	cbx_memory_store_flush(store);
	for (i = 0; i < THREADS; i++)
		ck_assert_int_eq(cbx_thread_start(&threads[i], "writer", write_much, &names[i]), 0);
	for (i = 0; i < THREADS; i++)
		cbx_thread_join(&threads[i]);
	ck_assert_uint_eq(memory_count_events(), THREADS * WRITES);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("memory_state");
	TCase *own = tcase_create("own");
	int result;

	if (cbx_memory_store_new(cbx_system_clock(), &store))
		return EXIT_FAILURE;
	state_suite_add(suite, &memory_world);
	tcase_add_test(own, stopped_store_refuses_and_keeps);
	tcase_add_test(own, threads_share_a_store);
	suite_add_tcase(suite, own);
	result = unit_run(suite);
	cbx_memory_store_unref(store);
	return result;
}
