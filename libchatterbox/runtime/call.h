/* SPDX-License-Identifier: MIT */
/*
 * call.h - one call of the API: from AMQP, HTTP or C, answered by whichever thread can
 *
 * A call names a method (contract 3.5, and a few of our own) and carries parsed
 * parameters. It goes straight to the thread that answers it: one that only reads to the desk, one
 * that changes something to the poller, which holds the lease. Each is finished exactly once, by
 * cbx_call_done() or cbx_call_fail(), in any thread.
 */
#ifndef CBX_RUNTIME_CALL_H
#define CBX_RUNTIME_CALL_H

#include "base/mailbox.h"
#include "common/cleanup.h"
#include "common/text.h"
#include "runtime/leadership.h"

#include <jansson.h>

/* JSON-RPC's codes, and ours (contract 3.5) */
enum cbx_call_code {
	CBX_CALL_OK = 0,
	CBX_CALL_PARSE = -32700,
	CBX_CALL_REQUEST = -32600,
	CBX_CALL_METHOD = -32601,
	CBX_CALL_PARAMS = -32602,
	CBX_CALL_INTERNAL = -32603,
	CBX_CALL_UNKNOWN = -32001,
	CBX_CALL_TIMEOUT = -32002,
	CBX_CALL_DOWN = -32003,
	CBX_CALL_HDMS = -32004,
	CBX_CALL_STANDBY = -32005, /* not on AMQP: only the leader consumes there */
};

struct cbx_poller;
struct cbx_request_worker;
struct cbx_call;

struct cbx_method {
	const char *name;
	/* One of the two: who answers it. Both finish the call, now or later. */
	void (*worker)(struct cbx_request_worker *worker, struct cbx_call *call);
	void (*poller)(struct cbx_poller *poller, struct cbx_call *call);
	/* How an observer does it, in its poller; NULL = it can't. With a desk's it is the way out
	 * when SQL is not to be had. */
	void (*observer)(struct cbx_poller *poller, struct cbx_call *call);
};

struct cbx_call {
	const struct cbx_method *method;
	json_t *params; /* an object; owned */
	/* The outcome */
	enum cbx_call_code code;
	char message[256];
	char data[65]; /* the code that nl-hdms answered; "" = none */
	char *result;  /* JSON; owned */
	/* Called once when it is finished; takes it over. Must not block. */
	void (*done)(struct cbx_call *call);
	void *user;
};

/* Where calls are given in. Hosts and the listener share one. */
struct cbx_calls {
	const struct cbx_method *methods; /* the last one has no name */
	struct cbx_mailbox *worker;       /* of struct cbx_call */
	struct cbx_mailbox *poller;       /* of struct cbx_inbound */
	struct cbx_leadership *leadership;
	bool observer; /* what changes something is carried to the leader */
	_Atomic bool closed;
};

/* NULL when there is no such method */
const struct cbx_method *cbx_method_find(const struct cbx_method *methods, const char *name);
/* Any thread; takes the call over. One that nobody can take is finished at once: a full mailbox is
 * "a server is down", and an instance that neither leads nor observes refuses what writes. */
void cbx_calls_take(struct cbx_calls *calls, struct cbx_call *call);
/* The same for one that the desk found to be the poller's business */
void cbx_calls_to_poller(struct cbx_calls *calls, struct cbx_call *call);
/* Takes @params over, also when it fails; NULL params are {} */
int cbx_call_new(const struct cbx_method *method, json_t *params,
		 void (*done)(struct cbx_call *call), void *user, struct cbx_call **out);
void cbx_call_free(struct cbx_call *call);
CBX_DEFINE_CLEANUP(struct cbx_call *, cbx_call_free)
/* Finishes it with what @result holds (emptied) */
void cbx_call_done(struct cbx_call *call, struct cbx_text *result);
void cbx_call_fail(struct cbx_call *call, enum cbx_call_code code, const char *message);
/* By a negative return value of the library; @message "" = its own text */
void cbx_call_fail_by(struct cbx_call *call, int error, const char *message);

/* Parameters. Each failure finishes nothing: it leaves a line in @error and returns -EINVAL. */
int cbx_param_text(const struct cbx_call *call, const char *name, bool needed, const char **out,
		   char error[256]);
int cbx_param_count(const struct cbx_call *call, const char *name, bool needed, int64_t *out,
		    char error[256]); /* absent: -1 */
/* A system's name, trimmed into @out (80 bytes); "" when absent and not needed */
int cbx_param_system(const struct cbx_call *call, bool needed, char out[80], char error[256]);

#endif
