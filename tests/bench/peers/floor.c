// SPDX-License-Identifier: MIT
/*
 * floor.c - the same round as round.mjs --variant=tuned, as bare C in one thread
 *
 *	floor --rounds=N [--raw]
 *
 * librabbitmq, hiredis, libpq and jansson, and nothing between them: no scheduler, time-outs,
 * retries, outbox, revisions, history or lease. It shows what these libraries cost, and is no
 * design. --raw asks, and throws the answers away unread: what the broker and the simulator allow.
 * The servers are those of CBX_TEST_*; the jobs those of the table peer_monitor. Prints a line of
 * JSON for each round.
 */
#include <amqp.h>
#include <amqp_tcp_socket.h>
#include <hiredis.h>
#include <jansson.h>
#include <libpq-fe.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { WINDOW = 256, SQL_ROWS = 1000, EVENT_JOBS = 500, JOBS_MAX = 64, COLUMNS = 7 };

struct system {
	char *name;
	long ids[JOBS_MAX];
	json_t *last[JOBS_MAX];
	size_t count;
};

struct text {
	char *bytes;
	size_t len, capacity;
};

static struct system *systems;
static size_t system_count;
static amqp_connection_state_t rabbit;
static redisContext *redis;
static PGconn *sql;
static struct text columns[COLUMNS], events, body;
static size_t rows, event_jobs, piped, changed;
static bool raw;

static void die(const char *what)
{
	fprintf(stderr, "floor: %s\n", what);
	exit(1);
}

static void add(struct text *text, const char *bytes, size_t len)
{
	if (text->len + len + 1 > text->capacity) {
		text->capacity = 2 * (text->len + len + 1);
		text->bytes = realloc(text->bytes, text->capacity);
		if (!text->bytes)
			die("out of memory");
	}
	memcpy(text->bytes + text->len, bytes, len);
	text->len += len;
	text->bytes[text->len] = '\0';
}

static void puts_to(struct text *text, const char *string)
{
	add(text, string, strlen(string));
}

static void flush_redis(void)
{
	void *reply;

	for (; piped; piped--) {
		if (redisGetReply(redis, &reply) != REDIS_OK)
			die(redis->errstr);
		freeReplyObject(reply);
	}
}

static void flush_sql(void)
{
	const char *values[COLUMNS];
	PGresult *result;
	size_t i;

	for (i = 0; i < COLUMNS; i++) {
		puts_to(&columns[i], "}");
		values[i] = columns[i].bytes;
	}
	result = PQexecPrepared(sql, "update", COLUMNS, values, NULL, NULL, 0);
	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		die(PQerrorMessage(sql));
	PQclear(result);
	rows = 0;
}

static void publish(const char *key, const struct text *text)
{
	amqp_basic_properties_t properties = { ._flags = AMQP_BASIC_CONTENT_TYPE_FLAG,
					       .content_type =
						       amqp_cstring_bytes("application/json") };

	if (amqp_basic_publish(rabbit, 2, amqp_cstring_bytes("amq.topic"), amqp_cstring_bytes(key),
			       0, 0, &properties, (amqp_bytes_t){ text->len, text->bytes }))
		die("publish");
}

static void flush_events(void)
{
	if (!event_jobs)
		return;
	puts_to(&events, "]}");
	publish("peer.event.job_status", &events);
	event_jobs = 0;
}

static void add_event(const char *json)
{
	if (!event_jobs)
		events.len = 0;
	puts_to(&events,
		event_jobs ? "," : "{\"jsonrpc\":\"2.0\",\"method\":\"job_status\",\"params\":[");
	puts_to(&events, json);
	if (++event_jobs == EVENT_JOBS)
		flush_events();
}

/* A member as text, whatever it is */
static void add_value(struct text *column, const json_t *value)
{
	char number[32];

	if (json_is_string(value)) {
		puts_to(column, "\"");
		puts_to(column, json_string_value(value));
		puts_to(column, "\"");
	} else {
		snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(value));
		puts_to(column, json_is_integer(value) ? number : "NULL");
	}
}

static void add_row(const json_t *job)
{
	static const char *const members[COLUMNS] = { "system",        "job_id",
						      "status",        "percent_completed",
						      "downloaded",    "total_files",
						      "download_speed" };
	size_t i;

	for (i = 0; i < COLUMNS; i++) {
		if (!rows)
			columns[i].len = 0;
		puts_to(&columns[i], rows ? "," : "{");
		add_value(&columns[i], json_object_get(job, members[i]));
	}
	if (++rows == SQL_ROWS)
		flush_sql();
}

static json_t **find_last(struct system *system, long id)
{
	size_t i;

	for (i = 0; i < system->count; i++)
		if (system->ids[i] == id)
			return &system->last[i];
	return NULL;
}

static bool has_ended(const json_t *job)
{
	const char *status = json_string_value(json_object_get(job, "status"));

	return !strcmp(status, "Completed") || !strcmp(status, "Killed") ||
	       !strcmp(status, "Errored");
}

static void send_words(int count, const char **words)
{
	if (redisAppendCommandArgv(redis, count, words, NULL) != REDIS_OK)
		die(redis->errstr);
	if (++piped == WINDOW)
		flush_redis();
}

static void share(const struct system *system, json_t *const *jobs, char *const *texts,
		  size_t count)
{
	const char *sets[2 + (2 * JOBS_MAX)] = { "HSET" };
	const char *drops[2 + JOBS_MAX] = { "HDEL" };
	char ids[JOBS_MAX][24];
	char key[128];
	int set = 2;
	int dropped = 2;
	size_t i;

	snprintf(key, sizeof(key), "peer:jobs:{%s}", system->name);
	sets[1] = drops[1] = key;
	for (i = 0; i < count; i++) {
		snprintf(ids[i], sizeof(ids[i]), "%lld",
			 (long long)json_integer_value(json_object_get(jobs[i], "job_id")));
		if (has_ended(jobs[i])) {
			drops[dropped++] = ids[i];
			continue;
		}
		sets[set++] = ids[i];
		sets[set++] = texts[i];
	}
	if (set > 2)
		send_words(set, sets);
	if (dropped > 2)
		send_words(dropped, drops);
}

static void apply(struct system *system, json_t *jobs)
{
	json_t *moved[JOBS_MAX];
	char *texts[JOBS_MAX];
	size_t count = 0;
	size_t i;
	json_t *job;

	json_array_foreach(jobs, i, job)
	{
		long id = (long)json_integer_value(json_object_get(job, "job_id"));
		json_t **last = find_last(system, id);

		if (!last || count == JOBS_MAX || (*last && json_equal(*last, job)))
			continue;
		json_decref(*last);
		*last = json_incref(job);
		moved[count] = job;
		texts[count] = json_dumps(job, JSON_COMPACT);
		add_event(texts[count++]);
		add_row(job);
	}
	if (count)
		share(system, moved, texts, count);
	for (i = 0; i < count; i++)
		free(texts[i]);
	changed += count;
}

static void receive(const amqp_message_t *message)
{
	amqp_bytes_t id = message->properties.correlation_id;
	char digits[24] = "";
	size_t n;
	json_t *answer = json_loadb(message->body.bytes, message->body.len, 0, NULL);
	json_t *result = json_object_get(answer, "result");

	memcpy(digits, id.bytes, id.len < sizeof(digits) ? id.len : sizeof(digits) - 1);
	n = strtoul(digits, NULL, 10);
	if (!answer || n >= system_count)
		die("an answer that is none");
	apply(&systems[n],
	      json_object_get(json_object_get(result ? result : answer, "object"), "jobs"));
	json_decref(answer);
}

static void load(void)
{
	PGresult *result =
		PQexec(sql, "select system, job_id from peer_monitor where status not in "
			    "('Completed', 'Killed', 'Errored') order by system, job_id");
	size_t at = 0;
	int i;

	for (i = 0; i < PQntuples(result); i++) {
		const char *name = PQgetvalue(result, i, 0);
		long id = atol(PQgetvalue(result, i, 1));

		while (at < system_count && strcmp(systems[at].name, name) != 0)
			at++;
		if (at == system_count) {
			systems = realloc(systems, ++system_count * sizeof(*systems));
			systems[at] = (struct system){ .name = strdup(name) };
		}
		if (systems[at].count < JOBS_MAX && !find_last(&systems[at], id))
			systems[at].ids[systems[at].count++] = id;
	}
	PQclear(result);
}

static void ask(size_t n, amqp_bytes_t reply_to)
{
	char number[24];
	size_t i;
	amqp_basic_properties_t properties = { ._flags = AMQP_BASIC_REPLY_TO_FLAG |
							 AMQP_BASIC_CORRELATION_ID_FLAG |
							 AMQP_BASIC_CONTENT_TYPE_FLAG,
					       .reply_to = reply_to,
					       .content_type =
						       amqp_cstring_bytes("application/json") };

	body.len = 0;
	puts_to(&body, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"nl-hdms.request\",\"params\":{"
		       "\"verb\":{\"event_category\":\"request_system\",\"event\":\"job_status\"},"
		       "\"object\":{\"systems\":[{\"system\":\"");
	puts_to(&body, systems[n].name);
	for (i = 0; i < systems[n].count; i++) {
		snprintf(number, sizeof(number), i ? ",%ld" : "\",\"jobs\":[%ld",
			 systems[n].ids[i]);
		puts_to(&body, number);
	}
	puts_to(&body, "]}]},\"target\":{\"system\":\"");
	puts_to(&body, systems[n].name);
	puts_to(&body, "\"}}}");
	snprintf(number, sizeof(number), "%zu", n);
	properties.correlation_id = amqp_cstring_bytes(number);
	if (amqp_basic_publish(rabbit, 1, amqp_empty_bytes, amqp_cstring_bytes("nl-hdms.request"),
			       0, 0, &properties, (amqp_bytes_t){ body.len, body.bytes }))
		die("ask");
}

/* One answer; confirms of channel 2 come between them */
static bool take_answer(void)
{
	amqp_envelope_t envelope;
	amqp_rpc_reply_t reply;
	amqp_frame_t frame;

	amqp_maybe_release_buffers(rabbit);
	reply = amqp_consume_message(rabbit, &envelope, NULL, 0);
	if (reply.reply_type == AMQP_RESPONSE_NORMAL) {
		if (!raw)
			receive(&envelope.message);
		amqp_destroy_envelope(&envelope);
		return true;
	}
	if (reply.library_error != AMQP_STATUS_UNEXPECTED_STATE ||
	    amqp_simple_wait_frame(rabbit, &frame) || frame.channel != 2)
		die("the broker is lost");
	return false;
}

static void run_round(amqp_bytes_t reply_to)
{
	size_t next = 0;
	size_t flying = 0;

	changed = 0;
	while (next < system_count || flying) {
		for (; next < system_count && flying < WINDOW; flying++)
			ask(next++, reply_to);
		flying -= take_answer();
	}
	if (raw)
		return;
	if (rows)
		flush_sql();
	flush_redis();
	flush_events();
	body.len = 0;
	puts_to(&body, "{\"jsonrpc\":\"2.0\",\"method\":\"jobs_data\",\"params\":{}}");
	publish("peer.event.jobs_data", &body);
	/* answered after all that was published before it on this channel */
	amqp_exchange_declare(rabbit, 2, amqp_cstring_bytes("amq.topic"),
			      amqp_cstring_bytes("topic"), 1, 1, 0, 0, amqp_empty_table);
	if (amqp_get_rpc_reply(rabbit).reply_type != AMQP_RESPONSE_NORMAL)
		die("the events are lost");
}

static int port(const char *name)
{
	const char *value = getenv(name);

	return value ? atoi(value) : 0;
}

static amqp_bytes_t connect_all(void)
{
	amqp_queue_declare_ok_t *queue;

	sql = PQconnectdb(""); /* as PGHOST and its like say */
	PQclear(PQprepare(
		sql, "update",
		"update peer_monitor m set status = u.st, percent_completed = u.p, downloaded = "
		"u.d, "
		"total_files = u.t, download_speed = u.sp, updated_at = now() from "
		"unnest($1::text[], "
		"$2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::text[]) "
		"as u(s, j, st, p, d, t, sp) where m.system = u.s and m.job_id = u.j",
		0, NULL));
	redis = redisConnect("127.0.0.1", port("CBX_TEST_REDIS_PORT"));
	rabbit = amqp_new_connection();
	if (PQstatus(sql) != CONNECTION_OK || !redis || redis->err ||
	    amqp_socket_open(amqp_tcp_socket_new(rabbit), "127.0.0.1", port("CBX_TEST_RMQ_PORT")) ||
	    amqp_login(rabbit, "/", 0, 131072, 0, AMQP_SASL_METHOD_PLAIN, "guest", "guest")
			    .reply_type != AMQP_RESPONSE_NORMAL)
		die("cannot connect");
	amqp_channel_open(rabbit, 1);
	amqp_channel_open(rabbit, 2);
	amqp_confirm_select(rabbit, 2);
	queue = amqp_queue_declare(rabbit, 1, amqp_empty_bytes, 0, 0, 1, 1, amqp_empty_table);
	if (!queue)
		die("no queue for the answers");
	return amqp_bytes_malloc_dup(queue->queue);
}

static double seconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 && !strncmp(argv[1], "--rounds=", 9) ? atoi(argv[1] + 9) : 7;
	amqp_bytes_t reply_to = connect_all();
	struct rusage usage;

	raw = argc > 2 && !strcmp(argv[2], "--raw");
	amqp_basic_consume(rabbit, 1, reply_to, amqp_empty_bytes, 0, 1, 1, amqp_empty_table);
	while (rounds--) {
		double began = seconds(CLOCK_MONOTONIC), used = seconds(CLOCK_PROCESS_CPUTIME_ID);

		load();
		run_round(reply_to);
		getrusage(RUSAGE_SELF, &usage);
		printf("{\"wall\":%.4f,\"cpu\":%.4f,\"peak_mb\":%.1f,\"changed\":%zu}\n",
		       seconds(CLOCK_MONOTONIC) - began, seconds(CLOCK_PROCESS_CPUTIME_ID) - used,
		       (double)usage.ru_maxrss / 1024, changed);
		fflush(stdout);
	}
	return 0;
}
