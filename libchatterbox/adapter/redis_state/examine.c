// SPDX-License-Identifier: MIT
/* examine.c - does Redis let us work? Asks it to do what we do, on nothing. */
#include "adapter/redis_state/link.h"

#include <chatterbox/error.h>

/* Runs each command that we write by on a key that is not there, or on the number in APP:rev, so
 * that nothing is written. Its answer is the first error that is not about those keys. */
static int probe(struct cbx_redis *me)
{
	cbx_auto(cbx_redis_reply_freep) redisReply *reply = NULL;
	int error = cbx_redis_script_ready(me, CBX_SCRIPT_PROBE);

	if (error)
		return error;
	cbx_redis_begin(me, "EVALSHA");
	cbx_redis_puts(me, me->sha[CBX_SCRIPT_PROBE]);
	cbx_redis_puts(me, "2");
	cbx_redis_puts(me, cbx_redis_key(me, &me->key, "probe"));
	cbx_redis_puts(me, me->rev);
	error = cbx_redis_run_script(me, CBX_SCRIPT_PROBE, "a write", &reply);
	if (error)
		return error;
	if (reply->type != REDIS_REPLY_STRING)
		return cbx_redis_nonsense(me, "a write");
	return cbx_redis_note_refusal(me, "a write", reply->str) ? CHATTERBOX_E_REFUSED : 0;
}

int cbx_redis_examine(struct cbx_state *state, bool refused)
{
	struct cbx_redis *me = cbx_redis_of(state);
	int error = CHATTERBOX_E_REFUSED;

	if (!refused || !me->refusal) {
		me->refusal = NULL;
		error = probe(me);
	}
	return error && me->refusal ? me->refusal->error : error;
}
