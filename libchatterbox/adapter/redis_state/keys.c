// SPDX-License-Identifier: MIT
/*
 * keys.c - the names of contract 4.1: APP:<name>, and APP:<name>:{<system>}
 */
#include "adapter/redis_state/link.h"

static const char *finish(struct cbx_text *into)
{
	return into->failed ? NULL : into->bytes;
}

const char *cbx_redis_key(struct cbx_redis *me, struct cbx_text *into, const char *name)
{
	cbx_text_clear(into);
	cbx_text_puts(into, me->app);
	cbx_text_putc(into, ':');
	cbx_text_puts(into, name);
	return finish(into);
}

const char *cbx_redis_system_key(struct cbx_redis *me, struct cbx_text *into, const char *name,
				 const char *system)
{
	if (!cbx_redis_key(me, into, name))
		return NULL;
	cbx_text_puts(into, ":{");
	cbx_text_puts(into, system);
	cbx_text_putc(into, '}');
	return finish(into);
}

const char *const cbx_redis_guarded_names[] = {
	"state", "active_systems", "online_systems", "internal_systems", "jobs_data", "events", NULL
};

const char *cbx_redis_guard(struct cbx_redis *me, const char *key)
{
	if (!me->cluster || !key)
		return me->rev;
	cbx_text_clear(&me->guard);
	cbx_text_puts(&me->guard, me->rev);
	cbx_text_puts(&me->guard, ":{");
	cbx_text_puts(&me->guard, key);
	cbx_text_putc(&me->guard, '}');
	return finish(&me->guard);
}
