/* SPDX-License-Identifier: MIT */
/*
 * call.h - one call of the API, from AMQP, HTTP or C
 *
 * A call names a method (contract 3.5, and some of our own) and has parsed parameters. It goes
 * straight to the thread that answers it: to the request worker if it only reads, to the poller,
 * which leads, if it changes something. It ends exactly once, by cbx_call_done() or
 * cbx_call_fail(), in any thread.
 */
#ifndef CBX_RUNTIME_CALL_H
#define CBX_RUNTIME_CALL_H

#include "base/mailbox.h"
#include "common/cleanup.h"
#include "common/text.h"
#include "runtime/leadership.h"
#include "runtime/order_book.h"

#include <chatterbox/error.h>
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
	CBX_CALL_STANDBY = -32005, /* not over AMQP, where only the leader consumes */
};

struct cbx_poller;
struct cbx_request_worker;
struct cbx_call;

struct cbx_method {
	const char *name;
	/* Which thread answers it: one of these two. Both end the call, now or later. */
	void (*worker)(struct cbx_request_worker *worker, struct cbx_call *call);
	void (*poller)(struct cbx_poller *poller, struct cbx_call *call);
	/* How an instance that does not lead answers it itself, in its poller; NULL = it does not
	 */
	void (*follower)(struct cbx_poller *poller, struct cbx_call *call);
	/* Whom it needs, besides who leads: named when that one is down */
	enum chatterbox_server server;
	bool reads; /* it is answered whether the engine runs or not */
	/* An RPC that an instance which does not lead can have carried out by the leader. If
	 * `worker` is set as well, this is done when SQL is not available. */
	bool relayed;
	bool order; /* it gets a row in the table orders */
};

struct cbx_call {
	const struct cbx_method *method;
	json_t *params; /* an object; owned */
	bool over_amqp; /* it came from APP.request: it is not passed on, it would come back */
	struct cbx_asker asker; /* on whose behalf */
	/* Its note, if it is an order, and where that is */
	struct cbx_order *order;
	struct cbx_order_book *book;
	bool carried; /* the leader was asked, and notes it there */
	/* How it ended */
	enum cbx_call_code code;
	int error; /* the negative value behind the code, when there is one */
	char message[256];
	char data[65];                 /* the error code that nl-hdms answered; "" = none */
	enum chatterbox_server server; /* who failed, when one did */
	char *result;                  /* JSON; owned */
	/* Called once when it has ended; takes the call over. Must not block. */
	void (*done)(struct cbx_call *call);
	void *user;
};

/* Where calls are submitted. Hosts and the listener share one. */
struct cbx_calls {
	const struct cbx_method *methods; /* the last one has no name */
	struct cbx_mailbox *worker;       /* of struct cbx_call */
	struct cbx_mailbox *poller;       /* of struct cbx_inbound */
	struct cbx_leadership *leadership;
	struct cbx_order_book *book; /* NULL: orders are not noted */
	bool observer; /* never leads: what it is told of systems goes out as events */
	_Atomic bool closed;
};

/* NULL when there is no such method */
const struct cbx_method *cbx_method_find(const struct cbx_method *methods, const char *name);
/* Submits a call and takes it over. Any thread. A call that can't be taken ends at once:
 * CBX_CALL_DOWN if the mailbox is full, CBX_CALL_STANDBY if it writes and this instance neither
 * leads nor can pass it on. */
void cbx_calls_take(struct cbx_calls *calls, struct cbx_call *call);
/* Notes it if it is an order; done by the two calls that submit one. @call->asker is set. Once. */
void cbx_calls_note(struct cbx_calls *calls, struct cbx_call *call);
/* Refuses a call that writes when this instance neither leads nor can pass it on. true = it has
 * ended. */
bool cbx_calls_refuse(struct cbx_calls *calls, struct cbx_call *call);
/* The same for a call that the request worker passes on to the poller */
void cbx_calls_to_poller(struct cbx_calls *calls, struct cbx_call *call);
/* Takes @params over, even when it fails; NULL means {} */
int cbx_call_new(const struct cbx_method *method, json_t *params,
		 void (*done)(struct cbx_call *call), void *user, struct cbx_call **out);
void cbx_call_free(struct cbx_call *call);
CBX_DEFINE_CLEANUP(struct cbx_call *, cbx_call_free)
/* Ends it successfully with the content of @result, which is emptied */
void cbx_call_done(struct cbx_call *call, struct cbx_text *result);
void cbx_call_fail(struct cbx_call *call, enum cbx_call_code code, const char *message);
/* Ends it with CBX_CALL_STANDBY: @why, and who leads */
void cbx_call_refuse(struct cbx_call *call, struct cbx_leadership *leadership, const char *why);
/* Ends it with the error that belongs to a negative return value; @message "" = the standard text.
 * The server that failed is the method's, unless the call names one already. */
void cbx_call_fail_by(struct cbx_call *call, int error, const char *message);

/* Ends it with @text, which is taken over, when @result is 0, else by cbx_call_fail_by() */
void cbx_call_end(struct cbx_call *call, int result, struct cbx_text *text, const char *message);

/* Parameters. A failure does not end the call: it writes a line to @error and returns -EINVAL. */
int cbx_param_text(const struct cbx_call *call, const char *name, bool needed, const char **out,
		   char error[256]);
int cbx_param_count(const struct cbx_call *call, const char *name, bool needed, int64_t *out,
		    char error[256]); /* absent: -1 */
int cbx_param_flag(const struct cbx_call *call, const char *name, bool *out,
		   char error[256]); /* absent: false */
/* A system's name, trimmed into @out (80 bytes); "" when absent and not needed */
int cbx_param_system(const struct cbx_call *call, bool needed, char out[80], char error[256]);

#endif
