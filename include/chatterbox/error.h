/* SPDX-License-Identifier: MIT */
/**
 * chatterbox/error.h - what went wrong: a number for programs, a line for people
 *
 * A call returns 0 when done, a positive outcome that its own comment documents, or a negative
 * failure: a negated errno (-ENOMEM, -EINVAL, ...), or one of enum chatterbox_error_code. A call
 * whose failure has a cause worth telling takes a `struct chatterbox_error *` as its last
 * parameter. The others fail for the reason that the number says.
 */
#ifndef CHATTERBOX_ERROR_H
#define CHATTERBOX_ERROR_H

#ifndef CHATTERBOX_API
#define CHATTERBOX_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/** enum chatterbox_error_code - the failures that have no errno */
enum chatterbox_error_code {
	CHATTERBOX_E_DECODE = -1000,  /* the bytes are not what the contract says */
	CHATTERBOX_E_CONFIG = -1001,  /* a key has a wrong type or range, or the file is no JSON */
	CHATTERBOX_E_DOWN = -1002,    /* a server is down or was lost; try again later */
	CHATTERBOX_E_TIMEOUT = -1003, /* nobody answered within the deadline */
	CHATTERBOX_E_FENCED = -1004,  /* another instance holds the lease; nothing was written */
	CHATTERBOX_E_UNKNOWN = -1005, /* no such system or job */
	CHATTERBOX_E_REFUSED = -1006, /* a server answered with an error that a retry won't cure */
	CHATTERBOX_E_SCHEMA = -1007,  /* a table lacks a column, or has another type */
	CHATTERBOX_E_STANDBY = -1008, /* this instance does not lead, so it does not write */
	CHATTERBOX_E_FULL = -1009,    /* a bounded queue is full; try again later */
	CHATTERBOX_E_LIMIT = -1010,   /* larger than a configured limit */
};

/** enum chatterbox_server - who of the world failed */
enum chatterbox_server {
	CHATTERBOX_SERVER_NONE,    /* none of them: this process, or the caller's mistake */
	CHATTERBOX_SERVER_REDIS,   /* the shared state */
	CHATTERBOX_SERVER_RMQ,     /* RabbitMQ */
	CHATTERBOX_SERVER_SQL,     /* the database */
	CHATTERBOX_SERVER_NL_HDMS, /* who answers for the systems */
	CHATTERBOX_SERVER_LEADER,  /* the instance that leads, asked by this one */
};

/* Bytes of one line on what is wrong, its NUL included */
#define CHATTERBOX_ERROR_TEXT 512
/* Bytes of an error code of nl-hdms, its NUL included */
#define CHATTERBOX_ERROR_REASON 72

/** struct chatterbox_error - why a call failed
 *
 * It is the caller's, on the stack as a rule, and needs neither preparing nor freeing; whoever does
 * not want it hands in NULL. A call that returns a negative value fills it, @text never empty;
 * otherwise it is left alone. */
struct chatterbox_error {
	int code;                             /* what the call returned */
	enum chatterbox_server server;        /* who failed */
	char reason[CHATTERBOX_ERROR_REASON]; /* the code that nl-hdms answered; else "" */
	char text[CHATTERBOX_ERROR_TEXT];     /* one line of English, UTF-8, without a secret */
};

/**
 * chatterbox_strerror() - one line of English for a negative return value
 * @code: what a call returned
 *
 * Any thread. Return: a static string, never NULL.
 */
CHATTERBOX_API const char *chatterbox_strerror(int code);
/**
 * chatterbox_server_to_string() - the name of a server, as in logs, /readyz and metrics
 * @server: server
 *
 * Any thread. Return: "none", "redis", "rmq", "sql", "nl-hdms" or "leader", static; "unknown" for a
 * number that is none of the enum's.
 */
CHATTERBOX_API const char *chatterbox_server_to_string(enum chatterbox_server server);

#ifdef __cplusplus
}
#endif
#endif
