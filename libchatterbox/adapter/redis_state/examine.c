// SPDX-License-Identifier: MIT
/* examine.c - does Redis let us work? Asks it to do what we do, on nothing. */
#include "adapter/redis_state/link.h"

#include <chatterbox/error.h>

/* Runs each command that we write by on a key that is not there, or on the number in APP:rev, so
 * that nothing is written. Its answer is the first error that is not about those keys. */
static int probe(struct cbx_redis *me, const char *tag)
{
	cbx_auto(cbx_redis_reply_freep) redisReply *reply = NULL;
	int error = cbx_redis_script_ready(me, CBX_SCRIPT_PROBE);

	if (error)
		return error;
	cbx_redis_begin(me, "EVALSHA");
	cbx_redis_puts(me, me->sha[CBX_SCRIPT_PROBE]);
	cbx_redis_puts(me, "2");
	cbx_redis_puts(me, tag ? cbx_redis_system_key(me, &me->key, "probe", tag)
			       : cbx_redis_key(me, &me->key, "probe"));
	cbx_redis_puts(me, cbx_redis_guard(me, tag));
	error = cbx_redis_run_script(me, CBX_SCRIPT_PROBE, "a write", &reply);
	if (error)
		return error;
	if (reply->type != REDIS_REPLY_STRING)
		return cbx_redis_nonsense(me, "a write");
	return cbx_redis_note_refusal(me, "a write", reply->str) ? CHATTERBOX_E_REFUSED : 0;
}

/* Each node of a cluster has rights and memory of its own */
static int probe_all(struct cbx_redis *me)
{
	char tag[12];
	size_t i;
	int error = 0;

	if (!me->cluster)
		return probe(me, NULL);
	for (i = 0; !error && cbx_cluster_aim(me, i); i++) {
		cbx_cluster_tag(me, i, tag);
		error = probe(me, tag);
	}
	return error;
}

int cbx_redis_examine(struct cbx_state *state, bool refused)
{
	struct cbx_redis *me = cbx_redis_of(state);
	int error = CHATTERBOX_E_REFUSED;

	if (!refused || !me->refusal) {
		me->refusal = NULL;
		error = probe_all(me);
	}
	return error && me->refusal ? me->refusal->error : error;
}
