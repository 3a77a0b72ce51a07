// SPDX-License-Identifier: MIT
/*
 * guarded.c - writes that Redis rejects when a newer epoch has written (port/state.h)
 *
 * The comparison with APP:rev and the write are one script call. A claim is the same without a
 * write.
 */
#include "adapter/redis_state/link.h"

#include <inttypes.h>
#include <stdio.h>

int cbx_redis_begin_guarded(struct cbx_redis *me, enum cbx_redis_script script, const char *key,
			    int64_t epoch)
{
	int error = cbx_redis_script_ready(me, script);

	snprintf(me->epoch, sizeof(me->epoch), "%" PRId64, epoch);
	cbx_redis_begin(me, "EVALSHA");
	cbx_redis_puts(me, me->sha[script]);
	cbx_redis_puts(me, "2");
	cbx_redis_puts(me, me->rev);
	cbx_redis_puts(me, key);
	cbx_redis_puts(me, me->epoch);
	return error;
}

int cbx_redis_run_guarded(struct cbx_redis *me, const char *key)
{
	int64_t number = 0;
	int error = cbx_redis_ask_script(me, CBX_SCRIPT_GUARDED, key, &number);

	if (error || number >= 0)
		return error;
	me->base.newer = -number;
	return 1;
}

int cbx_redis_claim(struct cbx_state *state, int64_t epoch)
{
	struct cbx_redis *me = cbx_redis_of(state);
	int error = cbx_redis_begin_guarded(me, CBX_SCRIPT_GUARDED, me->rev, epoch);

	return error ? error : cbx_redis_run_guarded(me, me->rev);
}
