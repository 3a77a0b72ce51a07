// SPDX-License-Identifier: MIT
/* api/call.c - the public door to the desk: a call with a callback instead of an answer's queue
 */
#include "engine/internal.h"

#include <errno.h>
#include <stdlib.h>

struct waiter {
	chatterbox_call_fn done;
	void *user;
};

static void finished(struct cbx_call *call)
{
	struct waiter *waiter = call->user;
	struct chatterbox_outcome outcome = { .code = (enum chatterbox_call_code)call->code,
					      .result = call->result,
					      .message = call->message,
					      .data = call->data };

	waiter->done(waiter->user, &outcome);
	free(waiter);
	cbx_call_free(call);
}

int chatterbox_call(struct chatterbox *box, const char *method, const char *params,
		    chatterbox_call_fn done, void *user)
{
	json_t *parsed = NULL;
	const struct cbx_method *known = cbx_method_find(method);
	struct waiter *waiter;
	struct cbx_call *call;
	int result = engine_params(params, &parsed, NULL);

	if (result < 0)
		return result;
	waiter = malloc(sizeof(*waiter));
	if (!waiter) {
		json_decref(parsed);
		return -ENOMEM;
	}
	*waiter = (struct waiter){ .done = done, .user = user };
	if (cbx_call_new(known, parsed, finished, waiter, &call) < 0) {
		free(waiter);
		return -ENOMEM;
	}
	if (known)
		cbx_desk_take(&box->desk, call);
	else
		cbx_call_fail(call, CBX_CALL_METHOD, "there is no such method");
	return 0;
}
