// SPDX-License-Identifier: MIT
/*
 * push.c - reports of nl-hdms at a fixed rate, for push.py
 *
 *	push PORT RATE SECONDS JOBS FIRST
 *
 * Each report is one status that changes its job, one of JOBS from the number FIRST, from Running
 *to Paused or back. It carries the time at which it was due in the member "sent" (microseconds
 *since 1970), so that a publisher that falls behind counts as latency. Says on stdout how many were
 * sent, and how late the last was.
 */
#include <amqp.h>
#include <amqp_tcp_socket.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { PER_SYSTEM = 4 };

static void die(const char *what)
{
	fprintf(stderr, "push: %s\n", what);
	exit(1);
}

static long long now_us(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static amqp_connection_state_t connect_to(int port)
{
	amqp_connection_state_t rabbit = amqp_new_connection();

	if (amqp_socket_open(amqp_tcp_socket_new(rabbit), "127.0.0.1", port) ||
	    amqp_login(rabbit, "/", 0, 131072, 0, AMQP_SASL_METHOD_PLAIN, "guest", "guest")
			    .reply_type != AMQP_RESPONSE_NORMAL)
		die("cannot connect");
	amqp_channel_open(rabbit, 1);
	if (amqp_get_rpc_reply(rabbit).reply_type != AMQP_RESPONSE_NORMAL)
		die("no channel");
	return rabbit;
}

static void push(amqp_connection_state_t rabbit, long n, long jobs, long first, long long sent)
{
	amqp_basic_properties_t properties = {
		._flags = AMQP_BASIC_CONTENT_TYPE_FLAG | AMQP_BASIC_MESSAGE_ID_FLAG,
		.content_type = amqp_cstring_bytes("application/json"),
	};
	long job = n % jobs;
	char body[512];
	char id[32];

	snprintf(id, sizeof(id), "push-%lld", sent * 1000 + n % 1000);
	properties.message_id = amqp_cstring_bytes(id);
	snprintf(body, sizeof(body),
		 "{\"jsonrpc\":\"2.0\",\"method\":\"nl-hdms.event.content.job_status\",\"params\":{"
		 "\"system\":\"NL-HDMS-%06ld\",\"job_id\":%ld,\"status\":\"%s\","
		 "\"percent_completed\":\"42\",\"downloaded\":42,\"total_files\":100,"
		 "\"download_speed\":\"250 KB/s\",\"job_type\":\"content\",\"sent\":%lld}}",
		 job / PER_SYSTEM + 1, first + job, n / jobs % 2 ? "Paused" : "Running", sent);
	if (amqp_basic_publish(rabbit, 1, amqp_cstring_bytes("amq.topic"),
			       amqp_cstring_bytes("nl-hdms.event.content.job_status"), 0, 0,
			       &properties, amqp_cstring_bytes(body)))
		die("cannot publish");
}

int main(int argc, char **argv)
{
	long rate = argc == 6 ? atol(argv[2]) : 0;
	long total = rate > 0 ? rate * atol(argv[3]) : 0;
	long jobs = argc == 6 ? atol(argv[4]) : 0;
	long first = argc == 6 ? atol(argv[5]) : 0;
	long long wall_at;
	long long began;
	long long late = 0;
	amqp_connection_state_t rabbit;
	long n;

	if (total <= 0 || jobs <= 0)
		die("usage: push PORT RATE SECONDS JOBS FIRST");
	rabbit = connect_to(atoi(argv[1]));
	began = now_us(CLOCK_MONOTONIC);
	wall_at = now_us(CLOCK_REALTIME) - began;
	for (n = 0; n < total; n++) {
		long long due = began + n * 1000000LL / rate;
		struct timespec at = { due / 1000000, due % 1000000 * 1000 };

		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
		push(rabbit, n, jobs, first, wall_at + due);
		late = now_us(CLOCK_MONOTONIC) - due;
	}
	amqp_connection_close(rabbit, AMQP_REPLY_SUCCESS);
	printf("{\"sent\":%ld,\"late_ms\":%.1f}\n", total, (double)late / 1000);
	return 0;
}
