// SPDX-License-Identifier: MIT
/*
 * script.c - what the server itself decides, at one stroke
 *
 * The guard of a system's hash (CONTRACT 4): a write whose number is lower than the stored one is
 * not applied. Numbers stay below 2^53, so Lua compares them exactly; a stored one that is no such
 * number is foreign and holds nothing off. A server without memory refuses the first command of a
 * script that would take some, and none after it: so the number is stored first, and a script that
 * only deletes, which a full server should be glad of, begins with the deletion.
 */
#include "adapter/redis_state/link.h"

#include <chatterbox/error.h>
#include <stdio.h>

/* KEYS: the hash, its guard. ARGV: number, gone|whole|delta, the count of the names to delete,
 * these names, then name and value of each field to set. */
static const char write_jobs[] =
	"local old = redis.pcall('GET', KEYS[2])\n"
	"old = type(old) == 'string' and tonumber(old)\n"
	"if old and old < 9007199254740992 and old > tonumber(ARGV[1]) then return 0 end\n"
	"local last = 3 + tonumber(ARGV[3])\n"
	"local sets = #ARGV > last\n"
	"local function mark() redis.call('SET', KEYS[2], ARGV[1], 'EX', 86400) end\n"
	"if sets then mark() end\n"
	"if ARGV[2] ~= 'delta' then redis.call('DEL', KEYS[1]) end\n"
	"for i = 4, last, 1000 do\n"
	"  redis.call('HDEL', KEYS[1], unpack(ARGV, i, math.min(i + 999, last)))\n"
	"end\n"
	"for i = last + 1, #ARGV, 1000 do\n"
	"  redis.call('HSET', KEYS[1], unpack(ARGV, i, math.min(i + 999, #ARGV)))\n"
	"end\n"
	"if not sets then mark() end\n"
	"return 1\n";

/* KEYS: a hash. ARGV: name and value of each field that goes if it still has that value. */
static const char drop_fields[] = "local removed = 0\n"
				  "for i = 1, #ARGV, 2 do\n"
				  "  if redis.call('HGET', KEYS[1], ARGV[i]) == ARGV[i + 1] then\n"
				  "    removed = removed + redis.call('HDEL', KEYS[1], ARGV[i])\n"
				  "  end\n"
				  "end\n"
				  "return removed\n";

const char *cbx_redis_script_text(enum cbx_redis_script script)
{
	return script == CBX_SCRIPT_WRITE_JOBS ? write_jobs : drop_fields;
}

int cbx_redis_script_ready(struct cbx_redis *me, enum cbx_redis_script script)
{
	cbx_auto(cbx_reply_freep) redisReply *reply = NULL;
	int error;

	if (me->sha[script][0])
		return 0;
	cbx_redis_begin(me, "SCRIPT");
	cbx_redis_puts(me, "LOAD");
	cbx_redis_puts(me, cbx_redis_script_text(script));
	error = cbx_redis_ask(me, "SCRIPT LOAD", &reply);
	if (error)
		return error;
	if (reply->type != REDIS_REPLY_STRING || reply->len >= sizeof(me->sha[script]))
		return cbx_redis_nonsense(me, "SCRIPT LOAD");
	snprintf(me->sha[script], sizeof(me->sha[script]), "%s", reply->str);
	return 0;
}
