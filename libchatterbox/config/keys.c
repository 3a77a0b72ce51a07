// SPDX-License-Identifier: MIT
/*
 * keys.c - the table of configuration keys (contract 8.2)
 *
 * Decides each key's type, default, range and whether a SIGHUP is enough. Ranges are wide on
 * purpose: they stop slips (a port of 70000, a time in the wrong unit), not unusual wishes. The
 * texts of `about` are those of chatterbox.json(5); a test compares them.
 */
#include "config/keys.h"

#include "base/cleanup.h"

#define DAY_S INT64_C(86400)
#define WEEK_S (7 * DAY_S)
#define AGE_S (3660 * DAY_S) /* ten years */
#define AGE_MS (AGE_S * 1000)
#define DAY_MS (DAY_S * 1000)
#define PATH_BYTES 4096
#define SECRET_BYTES 4096
#define SHORT_BYTES 255 /* AMQP's short string; a host name */
#define WORD_BYTES 64   /* a status text (contract 1.3) */

#define RELOAD CBX_KEY_RELOAD
#define SECRET CBX_KEY_SECRET

// clang-format off
#define INTEGER(path, flags, initial, low, high, unit, about) \
	{ path, CBX_KEY_INTEGER, flags, initial, low, high, NULL, unit, about }
#define DURATION(path, flags, initial, about) \
	{ path, CBX_KEY_DURATION, flags, initial, 1, DAY_MS, NULL, NULL, about }
#define FLAG(path, flags, about) \
	{ path, CBX_KEY_FLAG, flags, "false", 0, 1, NULL, NULL, about }
#define TEXT(path, flags, initial, low, high, about) \
	{ path, CBX_KEY_TEXT, flags, initial, low, high, NULL, NULL, about }
#define CHOICE(path, flags, initial, choices, about) \
	{ path, CBX_KEY_CHOICE, flags, initial, 1, WORD_BYTES, choices, NULL, about }
#define PORT(path, initial, about) INTEGER(path, 0, initial, 1, 65535, NULL, about)

#define DATABASE(at, host, what) \
	TEXT(at ".host", 0, host, 1, SHORT_BYTES, \
	     what " host, or the directory of its Unix socket."), \
	PORT(at ".port", "5432", what " port."), \
	TEXT(at ".database", 0, NULL, 1, SHORT_BYTES, what " name; unset: the user's name."), \
	TEXT(at ".username", 0, NULL, 1, SHORT_BYTES, \
	     what " user; unset: the user that runs chatterboxd."), \
	TEXT(at ".password", SECRET, NULL, 1, SECRET_BYTES, what " password."), \
	CHOICE(at ".dialect", 0, "postgres", "postgres", \
	       "Sequelize's name of the kind of database."), \
	CHOICE(at ".sslmode", 0, "prefer", "disable|allow|prefer|require|verify-ca|verify-full", \
	       "How much TLS is asked for, in the words of libpq."), \
	TEXT(at ".sslrootcert", 0, NULL, 1, PATH_BYTES, \
	     "File of the certificates that the server is checked against.")

const struct cbx_key cbx_keys[] = {
	INTEGER("check_job_status_time", RELOAD, "10", 1, DAY_S, "s",
		"Base interval of the Job Status Task. A base that OCD or the API has set wins."),
	INTEGER("time_till_next_check", RELOAD, "600", 1, WEEK_S, "s",
		"Interval of the Update Database Task."),
	TEXT("pausedKey", 0, "Paused", 1, WORD_BYTES, "Status text of a paused job."),
	TEXT("runningKey", 0, "Running", 1, WORD_BYTES, "Status text of a running job."),
	TEXT("completedKey", 0, "Completed", 1, WORD_BYTES, "Status text of a completed job."),
	TEXT("erroredKey", 0, "Errored", 1, WORD_BYTES, "Status text of an errored job."),
	TEXT("killedKey", 0, "Killed", 1, WORD_BYTES, "Status text of a killed job."),
	INTEGER("recheck_system_time", RELOAD, "86400000", 1, AGE_MS, "ms",
		"An internal system that was not checked for so long is dropped."),
	INTEGER("maxSyncTime", RELOAD, "3600000", 1, AGE_MS, "ms",
		"A syncing system older than this is dropped."),
	INTEGER("pausedTimeOut", RELOAD, "600000", 1, AGE_MS, "ms",
		"A pause of the tasks ends by itself after this time."),
	INTEGER("error_retention", RELOAD, "86400", 1, AGE_S, "s",
		"Errored jobs and errors older than this are cleared by the Job Errors Task."),
	INTEGER("offline_job_ttl", RELOAD, "86400", 1, AGE_S, "s",
		"A job of an offline system becomes errored after so long without a word."),
	INTEGER("completed_retention", RELOAD, "0", 0, AGE_S, "s",
		"How long ended jobs stay in completed_jobs; 0: for ever."),
	INTEGER("progress_checkpoint", RELOAD, "60", 0, DAY_S, "s",
		"Progress alone is written to status_monitor at most this often."),
	INTEGER("csaTimer", RELOAD, "15", 1, DAY_S, "s",
		"How often the batched writes of content_server_access go out."),
	INTEGER("max_jobs_per_event", RELOAD, "500", 1, 100000, NULL,
		"Most statuses in one chunk of the job_status event (4 MiB at most)."),
	INTEGER("events.max_length", RELOAD, "100000", 1, 1000000000, NULL,
		"The Redis stream APP:events is trimmed near this length."),
	INTEGER("load.queue_depth", RELOAD, "1000", 1, 1000000000, "messages",
		"Under load when nl-hdms.request is deeper than this."),
	INTEGER("load.reply_ms", RELOAD, "2000", 1, DAY_MS, "ms",
		"Under load when 5 of 100 replies take longer than this."),
	INTEGER("load.max_interval", RELOAD, "600", 1, DAY_S, "s",
		"Load stretches the interval up to this, or up to the base if that is larger."),
	INTEGER("limits.reply_bytes", RELOAD, "1048576", 1024, 134217728, "bytes",
		"A larger reply or event is refused unread."),
	INTEGER("limits.jobs_per_reply", RELOAD, "10000", 1, 1000000, NULL,
		"A reply with more jobs is refused."),
	INTEGER("lease.ttl", 0, "10", 1, 3600, "s",
		"How long the lease of the one leader lasts without being renewed."),

	TEXT("redis.host", 0, "127.0.0.1", 1, SHORT_BYTES,
	     "Redis host, or the path of its Unix socket."),
	PORT("redis.port", "6379", "Redis port."),
	TEXT("redis.username", 0, NULL, 1, SHORT_BYTES, "Redis ACL user."),
	TEXT("redis.password", SECRET, NULL, 1, SECRET_BYTES, "Redis password."),
	INTEGER("redis.db", 0, "0", 0, 1000000, NULL, "Number of the Redis database."),
	FLAG("redis.tls", 0, "Speak TLS. Refused when hiredis was built without it."),
	TEXT("redis.tls.ca", 0, NULL, 1, PATH_BYTES,
	     "File of the certificates that Redis is checked against; unset: the system's."),

	TEXT("rmq.host", 0, "127.0.0.1", 1, SHORT_BYTES, "RabbitMQ host."),
	PORT("rmq.port", "5672", "RabbitMQ port; with TLS it is usually 5671."),
	TEXT("rmq.vhost", 0, "/", 1, SHORT_BYTES, "RabbitMQ virtual host."),
	TEXT("rmq.user", 0, "guest", 1, SHORT_BYTES, "RabbitMQ user."),
	TEXT("rmq.pass", SECRET, "guest", 1, SECRET_BYTES, "RabbitMQ password."),
	FLAG("rmq.tls", 0, "Speak TLS, version 1.2 or later."),
	TEXT("rmq.tls.ca", 0, NULL, 1, PATH_BYTES,
	     "File of the certificates that RabbitMQ is checked against; unset: the system's."),

	DURATION("rmq_rpc.rpc_timeout", RELOAD, "5m",
		 "Deadline of job_pause, job_resume and job_kill."),
	DURATION("rmq_rpc.poll_timeout", RELOAD, "10s",
		 "Deadline of job_status and job_list; never above rmq_rpc.rpc_timeout."),
	CHOICE("rmq_rpc.envelope", 0, "jsonrpc", "jsonrpc|bare",
	       "How bodies are wrapped that go out; both forms are understood coming in."),
	TEXT("rmq_rpc.request_exchange", 0, "", 0, SHORT_BYTES,
	     "Exchange of the questions; empty: the default exchange."),
	TEXT("rmq_rpc.event_exchange", 0, "amq.topic", 1, SHORT_BYTES, "Exchange of the events."),
	INTEGER("rmq_rpc.systems_per_request", RELOAD, "1", 1, 10000, NULL,
		"How many systems one question asks."),
	INTEGER("rmq_rpc.in_flight", RELOAD, "256", 1, 65535, NULL,
		"Most questions outstanding at a time."),

	DATABASE("sequelize", "127.0.0.1", "The database's"),
	DATABASE("live_temp", NULL, "The connections database's"),

	TEXT("http_server.host", 0, "127.0.0.1", 1, SHORT_BYTES, "Address to listen on."),
	INTEGER("http_server.port", 0, "3041", 0, 65535, NULL,
		"Port to listen on; 0: any free one."),
	TEXT("http_server.token", RELOAD | SECRET, NULL, 1, SECRET_BYTES,
	     "Bearer token of writes; unset: writes are refused."),
	TEXT("http_server.read_token", RELOAD | SECRET, NULL, 1, SECRET_BYTES,
	     "Bearer token of reads; unset: reads are open."),
	FLAG("http_server.tls", 0, "Serve HTTPS; needs both of the following."),
	TEXT("http_server.tls.cert", 0, NULL, 1, PATH_BYTES, "File of the certificate chain, PEM."),
	TEXT("http_server.tls.key", 0, NULL, 1, PATH_BYTES, "File of the private key, PEM."),

	CHOICE("log.level", RELOAD, "info", "trace|debug|info|warn|error|fatal",
	       "The least grave lines that are logged."),
	TEXT("log.path", RELOAD, "", 0, PATH_BYTES, "File to log to; empty: standard output."),
	FLAG("log.pretty", RELOAD, "Lines for people instead of JSON."),

	CHOICE("chatterbox.store", 0, "redis", "redis|memory", "Where the shared state lives."),
	CHOICE("chatterbox.bus", 0, "rmq", "rmq|memory", "What questions and events travel on."),
	CHOICE("chatterbox.sql", 0, "postgres", "postgres|sqlite", "Where the tables are."),
	TEXT("chatterbox.sqlite_path", 0, NULL, 1, PATH_BYTES,
	     "The database file; needed when chatterbox.sql is sqlite."),
	CHOICE("chatterbox.role", 0, "auto", "auto|observer",
	       "auto: leads or stands by; observer: never leads, follows Redis."),
	{ "chatterbox.app_name", CBX_KEY_NAME, 0, "nl-ocd-chatterbox", 1, WORD_BYTES, NULL, NULL,
	  "APP, the first part of Redis keys, queues and routing keys." },
	INTEGER("chatterbox.startup_timeout", 0, "60", 1, DAY_S, "s",
		"A server unreachable for so long at start ends chatterboxd with 69."),
	INTEGER("chatterbox.shutdown_timeout", 0, "10", 1, 3600, "s",
		"How long a stop may take: until then what waits is told; what is left is told by "
		"whoever leads next."),
	{ "chatterbox.rmq_rpc.event_queue_bindings.default", CBX_KEY_LIST, 0,
	  "[\"nl-hdms.event.control.system_online\",\"nl-hdms.event.control.system_offline\","
	  "\"nl-hdms.event.content.job_status\",\"nl-ocd.event.update_time_till_next_check\","
	  "\"nl-ocd.event.update_database\"]",
	  1, SHORT_BYTES, NULL, NULL, "Routing keys that the queue APP.default.event is bound to." },
};
// clang-format on

const size_t cbx_key_count = CBX_COUNT(cbx_keys);
