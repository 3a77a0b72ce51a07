// SPDX-License-Identifier: MIT
/* Redis passes the suite of the state port; its keys, faults and refusals stand in redis_*.c. */
#include "redis_kit.h"
#include "servers.h"
#include "state_suite.h"
#include "unit.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#define INTERVAL "nl-ocd.update_time_till_next_check.row_info"

static void redis_flush(void)
{
	ck_assert_str_eq(redis_look("FLUSHALL"), "OK");
}

static void redis_lose(void)
{
	redis_look("CLIENT KILL TYPE normal SKIPME yes");
}

static void redis_back(void)
{
}

static bool redis_score(const char *system, int64_t *ms)
{
	const char *text = redis_look("ZSCORE " APP ":active_systems %s", system);

	return sscanf(text, "%ld", ms) == 1;
}

static void redis_jobs_data(char *out, size_t size)
{
	snprintf(out, size, "%s", redis_look("GET " APP ":jobs_data"));
}

static void redis_set_interval(const char *text)
{
	redis_look("HSET " INTERVAL " " INTERVAL " %s", text);
}

static size_t redis_count_events(void)
{
	return strtoul(redis_look("XLEN " APP ":events"), NULL, 10);
}

static void put(char *to, size_t size, const redisReply *value)
{
	snprintf(to, size, "%s", value->str);
}

static void redis_event(size_t index, struct state_event *out)
{
	redisReply *reply =
		redisCommand(redis_eye(), "XRANGE " APP ":events - + COUNT %d", (int)index + 1);
	const redisReply *fields;

	ck_assert(reply && reply->elements == index + 1);
	fields = reply->element[index]->element[1];
	memset(out, 0, sizeof(*out));
	ck_assert_str_eq(fields->element[0]->str, "name");
	put(out->name, sizeof(out->name), fields->element[1]);
	ck_assert_str_eq(fields->element[2]->str, "id");
	put(out->id, sizeof(out->id), fields->element[3]);
	ck_assert_str_eq(fields->element[4]->str, "params");
	put(out->params, sizeof(out->params), fields->element[5]);
	out->has_previous_status = fields->elements == 8;
	if (out->has_previous_status) {
		ck_assert_str_eq(fields->element[6]->str, "previous_status");
		put(out->previous_status, sizeof(out->previous_status), fields->element[7]);
	}
	freeReplyObject(reply);
}

static const struct state_world redis_world = {
	.name = "redis",
	.open = redis_open,
	.flush = redis_flush,
	.lose = redis_lose,
	.back = redis_back,
	.score = redis_score,
	.jobs_data = redis_jobs_data,
	.set_interval = redis_set_interval,
	.count_events = redis_count_events,
	.event = redis_event,
};

int main(void)
{
	Suite *suite = suite_create("redis_state");
	sigset_t pipe;
	int result;

	/* as the library's threads do */
	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &pipe, NULL);
	state_suite_add(suite, &redis_world);
	redis_keys_add(suite);
	redis_pieces_add(suite);
	redis_faults_add(suite);
	redis_refusals_add(suite);
	redis_transactions_add(suite);
	result = unit_run(suite);
	redis_eye_close();
	return result;
}
