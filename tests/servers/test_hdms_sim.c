// SPDX-License-Identifier: MIT
/* hdms-sim as a process: it answers over the real RabbitMQ, survives its loss, tells the truth. */
#include "adapter/amqp_bus/amqp_bus.h"
#include "common/cleanup.h"
#include "servers.h"
#include "unit.h"

#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#define ARGUMENTS 16
#define LIST(system)                                                                             \
	"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"nl-hdms.request\",\"params\":{\"verb\":{"    \
	"\"event_category\":\"request_system\",\"event\":\"job_list\"},\"object\":{\"systems\":" \
	"[{\"system\":\"" system "\"}]},\"target\":{\"system\":\"" system "\"}}}"

static struct sim {
	pid_t pid;
	FILE *out;
	char line[512];
} sim;

static struct cbx_bus *client;

static uint64_t within(unsigned seconds)
{
	return cbx_now(cbx_system_clock()) + seconds * CBX_SECOND;
}

/* Starts it with these options besides where the broker is; NULL ends the list */
static void start(const char *const *options)
{
	static char port[32];
	const char *argv[ARGUMENTS] = { HDMS_SIM, port, "--quiet" };
	int fds[2];
	size_t i;

	for (i = 0; options[i]; i++)
		argv[i + 3] = options[i];
	snprintf(port, sizeof(port), "--port=%d", cbx_test_port("rmq"));
	ck_assert_int_eq(pipe(fds), 0);
	sim.pid = fork();
	ck_assert_int_ge(sim.pid, 0);
	if (!sim.pid) {
		dup2(fds[1], STDOUT_FILENO);
		close(fds[0]);
		close(fds[1]);
		execv(HDMS_SIM, (char *const *)(uintptr_t)argv);
		_exit(127);
	}
	close(fds[1]);
	sim.out = fdopen(fds[0], "r");
}

static const char *next_line(void)
{
	if (!fgets(sim.line, sizeof(sim.line), sim.out))
		sim.line[0] = '\0';
	return sim.line;
}

static void start_ready(const char *const *options)
{
	start(options);
	ck_assert_msg(!strncmp(next_line(), "ready nl-hdms.request at ", 25), "%s", sim.line);
}

/* Its exit code, once it has ended by itself */
static int ended(void)
{
	int status;

	ck_assert_int_eq(waitpid(sim.pid, &status, 0), sim.pid);
	sim.pid = 0;
	fclose(cbx_steal(sim.out));
	ck_assert(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static unsigned long long count_of(const char *summary, const char *name)
{
	const char *at = strstr(summary, name);

	ck_assert_msg(at != NULL, "no %s in '%s'", name, summary);
	return strtoull(at + strlen(name), NULL, 10);
}

static void setup(void)
{
	const struct cbx_amqp_options options = { .host = "127.0.0.1",
						  .port = cbx_test_port("rmq"),
						  .vhost = "/",
						  .user = "guest",
						  .pass = "guest" };

	ck_assert_int_eq(cbx_amqp_bus_new(&options, cbx_system_clock(), NULL, &client), 0);
	client->max_body = 1 << 20;
}

static void teardown(void)
{
	cbx_bus_free(cbx_steal(client));
	if (sim.pid) {
		kill(sim.pid, SIGKILL);
		waitpid(sim.pid, NULL, 0);
		fclose(sim.out);
	}
	memset(&sim, 0, sizeof(sim));
}

/* One question over a connection of its own: the number of jobs in the answer, -1 without one */
static int ask(unsigned seconds)
{
	struct cbx_bus_message message = { .exchange = "",
					   .routing_key = "nl-hdms.request",
					   .body = LIST("NL-HDMS-000020"),
					   .body_len = strlen(LIST("NL-HDMS-000020")),
					   .correlation_id = "c-1",
					   .expiration_ms = 5000 };
	struct cbx_bus_event event = { .type = CBX_BUS_NOTHING };
	uint64_t deadline = within(seconds);
	json_t *answer;
	int jobs = -1;

	client->ops->disconnect(client);
	if (client->ops->connect(client, false, deadline) ||
	    client->ops->consume(client, NULL, 0, deadline))
		return -1;
	message.reply_to = client->ops->reply_to(client);
	if (client->ops->publish(client, &message, NULL, deadline) ||
	    client->ops->take(client, -1, deadline, &event) || event.type != CBX_BUS_DELIVERY)
		return -1;
	ck_assert_str_eq(event.message.correlation_id, "c-1");
	answer = json_loadb(event.message.body, event.message.body_len, 0, NULL);
	jobs = (int)json_array_size(json_object_get(
		json_object_get(json_object_get(answer, "result"), "object"), "jobs"));
	json_decref(answer);
	cbx_bus_event_clear(&event);
	return jobs;
}

/* So that a chatterbox without a table of connections has somebody to ask */
START_TEST(it_announces_its_systems)
{
	static const char *const options[] = { "--systems=20", "--frozen", NULL };
	const char *key = "nl-hdms.event.control.system_online";
	struct cbx_bus_event event = { .type = CBX_BUS_NOTHING };
	uint64_t deadline = within(30);
	json_t *announced;

	ck_assert_int_eq(client->ops->connect(client, false, deadline), 0);
	ck_assert_int_eq(client->ops->declare(client, "announced", deadline), 0);
	ck_assert_int_eq(client->ops->bind(client, "announced", "amq.topic", key, deadline), 0);
	ck_assert_int_eq(client->ops->consume(client, "announced", 1, deadline), 0);
	start_ready(options);
	ck_assert_int_eq(client->ops->take(client, -1, deadline, &event), 0);
	ck_assert_int_eq(event.type, CBX_BUS_DELIVERY);
	announced = json_loadb(event.message.body, event.message.body_len, 0, NULL);
	ck_assert_uint_eq(json_array_size(json_object_get(announced, "params")), 20);
	json_decref(announced);
	cbx_bus_event_clear(&event);
	kill(sim.pid, SIGTERM);
	ck_assert_int_eq(ended(), 0);
}
END_TEST

START_TEST(answers_and_stops_when_told)
{
	static const char *const options[] = { "--systems=20", "--jobs=3", "--frozen", NULL };

	start_ready(options);
	ck_assert_int_eq(ask(10), 3);
	kill(sim.pid, _i ? SIGINT : SIGTERM);
	next_line();
	ck_assert_uint_eq(count_of(sim.line, "requests "), 1);
	ck_assert_uint_eq(count_of(sim.line, "answers "), 1);
	ck_assert_int_eq(ended(), 0);
}
END_TEST

START_TEST(survives_the_broker)
{
	static const char *const options[] = { "--systems=20", "--frozen", NULL };
	uint64_t limit;
	int jobs = -1;

	start_ready(options);
	servers_kill("rmq");
	servers_up("rmq");
	for (limit = within(60); jobs < 0 && cbx_now(cbx_system_clock()) < limit;)
		jobs = ask(3);
	ck_assert_int_eq(jobs, 4);
	kill(sim.pid, SIGTERM);
	ck_assert_uint_ge(count_of(next_line(), "connects "), 2);
	ck_assert_int_eq(ended(), 0);
}
END_TEST

/* Each job's lines are a chain: what it came from is what it had come to */
START_TEST(tells_the_truth)
{
	static char path[] = "/tmp/hdms-sim-truth.XXXXXX";
	char truth[64];
	const char *options[] = { "--systems=20", "--rate=200", "--duration=2", truth, NULL };
	json_t *last = json_object();
	unsigned turns = 0;
	char line[512];
	FILE *file;
	int fd = mkstemp(path);

	ck_assert_int_ge(fd, 0);
	snprintf(truth, sizeof(truth), "--truth=%s", path);
	start_ready(options);
	next_line();
	ck_assert_int_eq(ended(), 0);
	file = fdopen(fd, "r");
	while (fgets(line, sizeof(line), file)) {
		json_t *change = json_loads(line, 0, NULL);
		const json_t *from = json_object_get(change, "from");
		char job[128];

		ck_assert_msg(change != NULL, "%s", line);
		snprintf(job, sizeof(job), "%s/%lld",
			 json_string_value(json_object_get(change, "system")),
			 (long long)json_integer_value(json_object_get(change, "job_id")));
		if (json_is_null(from))
			ck_assert_ptr_null(json_object_get(last, job));
		else
			ck_assert(json_equal(json_object_get(last, job), from));
		turns += !json_is_null(from);
		json_object_set(last, job, json_object_get(change, "to"));
		json_decref(change);
	}
	ck_assert_uint_gt(turns, 200);
	ck_assert_uint_eq(turns, count_of(sim.line, "changes ") - (json_object_size(last) - 80));
	json_decref(last);
	fclose(file);
	unlink(path);
}
END_TEST

static const struct {
	const char *option;
	int code;
} commands[] = {
	{ "--version", 0 },          { "--help", 0 },          { "--systems=0", 64 },
	{ "--drop=2", 64 },          { "--delay=5-2", 64 },    { "--chance=dance=1", 64 },
	{ "--seed=-1", 64 },         { "--envelope=xml", 64 }, { "--name=S", 64 },
	{ "--pass-file=/none", 64 }, { "stray", 64 },
};

START_TEST(ends_with_the_documented_code)
{
	const char *options[] = { commands[_i].option, NULL };

	start(options);
	ck_assert_int_eq(ended(), commands[_i].code);
}
END_TEST

START_TEST(a_broker_never_reached_is_69)
{
	static const char *const options[] = { "--port=1", "--duration=0.3", NULL };

	start(options);
	ck_assert_int_eq(ended(), 69);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("hdms_sim");

	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, it_announces_its_systems);
	tcase_add_loop_test(tcase, answers_and_stops_when_told, 0, 2);
	tcase_add_test(tcase, tells_the_truth);
	tcase_add_loop_test(tcase, ends_with_the_documented_code, 0, CBX_COUNT(commands));
	tcase_add_test(tcase, a_broker_never_reached_is_69);
	tcase_add_test(tcase, survives_the_broker);
	suite_add_tcase(suite, tcase);
}
