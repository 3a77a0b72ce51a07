// SPDX-License-Identifier: MIT
/*
 * bench_state.c - how many fields and events a second get into Redis
 *
 *	tests/kit/servers/servers.sh run BUILD/tests/bench/bench_state [SYSTEMS [JOBS [ROUNDS]]]
 *
 * Each round writes every system: the first whole, the others as deltas with new values and
 *figures. Then all hashes are counted, as each round does; as many events go into the stream as
 *there are jobs, by thousands as the teller does, and all systems into online_systems. The last
 *line is what a peer without guards would do: an HSET for each system. Redis' own CPU time is what
 *it says of itself, since wall time says little on a machine with other load.
 */
#include "adapter/redis_state/redis_state.h"
#include "common/cleanup.h"

#include <hiredis.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define STATUS                                                                                  \
	"{\"system\":\"SYS%05zu\",\"job_id\":%zu,\"status\":\"Running\",\"percent_completed\":" \
	"\"%zu\",\"downloaded\":%zu,\"total_files\":100,\"download_speed\":\"1.5MB/s\","        \
	"\"job_type\":\"content\"}"

#define FIGURES "{\"progress_at\":\"2025-11-23T18:35:00.000Z\",\"rate\":0.00123}"

#define EPOCH 1

struct load {
	size_t systems;
	size_t jobs;
	struct cbx_state_write *writes;
	struct cbx_field *fields;
	struct cbx_field *figures;
	redisContext *plain;
	char (*names)[32];
	char (*ids)[32];
	char (*values)[256];
};

static size_t argument(int argc, char **argv, int at, size_t otherwise)
{
	return argc > at ? strtoul(argv[at], NULL, 10) : otherwise;
}

static bool make_load(struct load *load)
{
	size_t total = load->systems * load->jobs;

	load->writes = calloc(load->systems, sizeof(*load->writes));
	load->names = calloc(load->systems, sizeof(*load->names));
	load->fields = calloc(total, sizeof(*load->fields));
	load->figures = calloc(total, sizeof(*load->figures));
	load->ids = calloc(total, sizeof(*load->ids));
	load->values = calloc(total, sizeof(*load->values));
	return load->writes && load->names && load->fields && load->figures && load->ids &&
	       load->values;
}

static void free_load(struct load *load)
{
	free(load->writes);
	free(load->names);
	free(load->fields);
	free(load->figures);
	free(load->ids);
	free(load->values);
}

static void fill_job(struct load *load, size_t system, size_t i, size_t round)
{
	int len = snprintf(load->values[i], sizeof(load->values[i]), STATUS, system, i, round % 101,
			   round);

	snprintf(load->ids[i], sizeof(load->ids[i]), "%zu", i);
	load->fields[i] = (struct cbx_field){ load->ids[i], load->values[i], (size_t)len };
	load->figures[i] = (struct cbx_field){ load->ids[i], FIGURES, sizeof(FIGURES) - 1 };
}

static void fill_round(struct load *load, size_t round)
{
	size_t s;
	size_t j;

	for (s = 0; s < load->systems; s++) {
		snprintf(load->names[s], sizeof(load->names[s]), "SYS%05zu", s);
		load->writes[s] =
			(struct cbx_state_write){ .system = load->names[s],
						  .number = (1ULL << 32) + round,
						  .whole = round == 0,
						  .live = true,
						  .scored = true,
						  .changed_ms = 1763922500000,
						  .fields = load->fields + s * load->jobs,
						  .field_count = load->jobs,
						  .figures = load->figures + s * load->jobs,
						  .figure_count = load->jobs };
		for (j = 0; j < load->jobs; j++)
			fill_job(load, s, s * load->jobs + j, round);
	}
}

/* Seconds of CPU that Redis has used */
static double server_cpu(const struct load *load)
{
	redisReply *reply = redisCommand(load->plain, "INFO cpu");
	double sum = 0;
	const char *at;

	for (at = reply ? reply->str : NULL; at && (at = strstr(at, "used_cpu_")); at++)
		if (!strncmp(at, "used_cpu_sys:", 13) || !strncmp(at, "used_cpu_user:", 14))
			sum += strtod(strchr(at, ':') + 1, NULL);
	if (reply)
		freeReplyObject(reply);
	return sum;
}

static int run(struct cbx_state *state, struct load *load, size_t rounds)
{
	struct cbx_clock *clock = cbx_system_clock();
	size_t round;
	int error = 0;

	for (round = 0; round < rounds && !error; round++) {
		uint64_t since;
		double seconds;
		double cpu;

		fill_round(load, round);
		cpu = server_cpu(load);
		since = cbx_now(clock);
		error = state->ops->write_jobs(state, load->writes, load->systems);
		seconds = (double)(cbx_now(clock) - since) / 1e9;
		printf("%s: %zu systems x %zu jobs in %.3f s: %.0f systems/s; redis %.3f s of "
		       "CPU\n",
		       round ? "delta" : "whole", load->systems, load->jobs, seconds,
		       (double)load->systems / seconds, server_cpu(load) - cpu);
	}
	return error;
}

static void show(const char *what, size_t count, uint64_t since)
{
	double seconds = (double)(cbx_now(cbx_system_clock()) - since) / 1e9;

	printf("%s: %zu in %.3f s: %.0f/s\n", what, count, seconds, (double)count / seconds);
}

static int append(struct cbx_state *state, const struct load *load)
{
	static struct cbx_stream_entry entries[1000];
	size_t total = load->systems * load->jobs;
	uint64_t since = cbx_now(cbx_system_clock());
	size_t done;
	size_t step;
	size_t i;
	int error = 0;

	for (done = 0; done < total && !error; done += step) {
		step = total - done < CBX_COUNT(entries) ? total - done : CBX_COUNT(entries);
		for (i = 0; i < step; i++)
			entries[i] = (struct cbx_stream_entry){
				.name = "update_job_status",
				.id = load->ids[done + i],
				.params = load->fields[done + i].value,
				.params_len = load->fields[done + i].value_len,
				.previous_status = "Running",
			};
		error = state->ops->append_events(state, EPOCH, entries, step, 100000);
	}
	show("events", total, since);
	return error;
}

static int write_systems(struct cbx_state *state, const struct load *load)
{
	struct cbx_field *fields = calloc(load->systems + 1, sizeof(*fields));
	uint64_t since = cbx_now(cbx_system_clock());
	size_t i;
	int error;

	if (!fields)
		return -1;
	for (i = 0; i < load->systems; i++)
		fields[i] = (struct cbx_field){ load->names[i], load->fields[i].value, 80 };
	error = state->ops->write_systems(state, EPOCH, CBX_ONLINE_SYSTEMS, fields, load->systems);
	show("systems", load->systems, since);
	free(fields);
	return error;
}

static int count(struct cbx_state *state, const struct load *load)
{
	struct cbx_hash_sizes *sizes = calloc(load->systems + 1, sizeof(*sizes));
	const char **names = calloc(load->systems + 1, sizeof(*names));
	struct cbx_state_sizes rest;
	double cpu = server_cpu(load);
	int error = -1;
	size_t i;

	for (i = 0; names && i < load->systems; i++)
		names[i] = load->names[i];
	if (names && sizes)
		error = state->ops->count(state, names, load->systems, sizes, &rest);
	printf("counted: %zu systems; redis %.3f s of CPU\n", load->systems,
	       server_cpu(load) - cpu);
	free(names);
	free(sizes);
	return error;
}

/* The same fields with an HSET for each system, and no guard, figures or index */
static void write_plainly(const struct load *load)
{
	const char **words = calloc(2 + 2 * load->jobs, sizeof(*words));
	double cpu = server_cpu(load);
	char key[48];
	void *reply;
	size_t s;
	size_t j;

	for (s = 0; words && s < load->systems; s++) {
		snprintf(key, sizeof(key), "plain:jobs:{%s}", load->names[s]);
		words[0] = "HSET";
		words[1] = key;
		for (j = 0; j < load->jobs; j++) {
			words[2 + 2 * j] = load->fields[s * load->jobs + j].name;
			words[3 + 2 * j] = load->fields[s * load->jobs + j].value;
		}
		redisAppendCommandArgv(load->plain, (int)(2 + 2 * load->jobs), words, NULL);
		if (s % 256 != 255 && s + 1 != load->systems)
			continue;
		for (j = 0; j <= s % 256; j++)
			if (redisGetReply(load->plain, &reply) == REDIS_OK)
				freeReplyObject(reply);
	}
	printf("plain HSET: %zu systems x %zu jobs; redis %.3f s of CPU\n", load->systems,
	       load->jobs, server_cpu(load) - cpu);
	free(words);
}

static int measure(int port, struct load *load, size_t rounds)
{
	const struct cbx_redis_options options = { .host = "127.0.0.1",
						   .port = port,
						   .app_name = "bench-state" };
	struct cbx_state *state = NULL;
	int error;

	error = cbx_redis_state_new(&options, cbx_system_clock(), NULL, &state);
	if (!error)
		error = state->ops->connect(state, cbx_now(cbx_system_clock()) + 2 * CBX_SECOND);
	load->plain = redisConnect("127.0.0.1", port);
	if (!error && (!load->plain || load->plain->err))
		error = -1;
	if (!error)
		error = run(state, load, rounds);
	if (!error)
		error = count(state, load);
	if (!error)
		error = append(state, load);
	if (!error)
		error = write_systems(state, load);
	if (!error) {
		write_plainly(load);
		write_plainly(load);
	}
	if (error)
		fprintf(stderr, "%s\n", state ? state->error : "no state");
	redisFree(load->plain);
	cbx_state_free(state);
	return error;
}

int main(int argc, char **argv)
{
	struct load load = { .systems = argument(argc, argv, 1, 10000),
			     .jobs = argument(argc, argv, 2, 4) };
	const char *port = getenv("CBX_TEST_REDIS_PORT");
	sigset_t pipe;
	int error = -1;

	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &pipe, NULL);
	if (port && make_load(&load))
		error = measure((int)strtol(port, NULL, 10), &load, argument(argc, argv, 3, 5));
	else
		fprintf(stderr, "CBX_TEST_REDIS_PORT is not set, or memory is short\n");
	free_load(&load);
	return error ? EXIT_FAILURE : EXIT_SUCCESS;
}
