// SPDX-License-Identifier: MIT
/*
 * script.c - the Lua scripts, which compare and write in one step; and writes that Redis rejects
 * when a newer epoch has written (port/state.h)
 *
 * The guards (contract 2.5, 4.1): a write is not applied when its system's number is lower than the
 * stored one, or its epoch older than the one in APP:rev. Numbers are below 2^53 and epochs below
 * 2^21, so Lua compares them exactly. A stored value that is not such a number is foreign and
 * rejects nothing.
 *
 * A full server refuses the first command of a script that needs memory, and none after one that
 * wrote. So where a hash is replaced the number is stored first; what only deletes should work on a
 * full server, so it begins with the deletion, and comes after the systems that something is set
 * of. A server that refuses writes does so at the first command, before the epoch is stored.
 */
#include "adapter/redis_state/link.h"
#include "base/read.h"

#include <chatterbox/error.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The value stored at @key if it is above @mine and below @limit; else false (or nil). Whoever
 * writes under no epoch (-1) is never behind. */
#define NEWER                                                                 \
	"local function newer(key, mine, limit)\n"                            \
	"  local old = redis.pcall('GET', key)\n"                             \
	"  old = type(old) == 'string' and tonumber(old)\n"                   \
	"  return old and mine >= 0 and old < limit and old > mine and old\n" \
	"end\n"

/* KEYS[1]: APP:rev. ARGV[1]: the epoch. */
#define GUARD                                                            \
	NEWER "local old = newer(KEYS[1], tonumber(ARGV[1]), 2097152)\n" \
	      "if old then return -math.floor(old) end\n"
/* Not without need: what watches APP:rev would have to be written twice (transaction.c) */
#define MARK                                                         \
	"if tonumber(ARGV[1]) >= 0 and (redis.pcall('GET', KEYS[1])" \
	" ~= ARGV[1] or redis.call('TTL', KEYS[1]) < 43200) then "   \
	"redis.call('SET', KEYS[1], ARGV[1], 'EX', 86400) end\n"

/* Of many systems at once, since a call of its own for each costs Redis more than what it writes.
 * KEYS: APP:rev, then of each the hash of jobs, its guard, the hash of figures. ARGV, of each:
 * number, gone|whole|delta, the count of names to delete, the counts of words for the jobs and the
 * figures, then these names, and name and value of each job to set, and of each figure. Returns for
 * each 1, its error, or what rejected it: -epoch of APP:rev, or -epoch of the hash's guard minus
 * 2^21. What fails for one system fails for it alone. */
static const char write_jobs[] =
	NEWER "local rev = redis.pcall('GET', KEYS[1])\n"
	      "rev = type(rev) == 'string' and tonumber(rev)\n"
	      "if rev and rev >= 2097152 then rev = false end\n"
	      "local failed\n"
	      "local function try(...)\n"
	      "  if failed then return end\n"
	      "  local reply = redis.pcall(...)\n"
	      "  failed = type(reply) == 'table' and reply.err and reply\n"
	      "end\n"
	      "local function each(name, key, from, to)\n"
	      "  for i = from, to, 1000 do\n"
	      "    try(name, key, unpack(ARGV, i, math.min(i + 999, to)))\n"
	      "  end\n"
	      "end\n"
	      "local function write(k, at, jobs, figures, last)\n"
	      "  local number = tonumber(ARGV[at])\n"
	      "  if rev and rev > math.floor(number / 4294967296) then\n"
	      "    return -math.floor(rev)\n"
	      "  end\n"
	      "  local old = newer(KEYS[k + 1], number, 9007199254740992)\n"
	      "  if old then return -math.floor(old / 4294967296) - 2097152 end\n"
	      "  local function mark() try('SET', KEYS[k + 1], ARGV[at], 'EX', 86400) end\n"
	      "  failed = nil\n"
	      "  if jobs <= last then mark() end\n"
	      "  if ARGV[at + 1] ~= 'delta' then try('DEL', KEYS[k], KEYS[k + 2]) end\n"
	      "  each('HDEL', KEYS[k], at + 5, jobs - 1)\n"
	      "  each('HDEL', KEYS[k + 2], at + 5, jobs - 1)\n"
	      "  each('HSET', KEYS[k], jobs, figures - 1)\n"
	      "  each('HSET', KEYS[k + 2], figures, last)\n"
	      "  if jobs > last then mark() end\n"
	      "  return failed or 1\n"
	      "end\n"
	      "local at = 1\n"
	      "local replies = {}\n"
	      "for k = 2, #KEYS, 3 do\n"
	      "  local jobs = at + 5 + tonumber(ARGV[at + 2])\n"
	      "  local figures = jobs + tonumber(ARGV[at + 3])\n"
	      "  local last = figures - 1 + tonumber(ARGV[at + 4])\n"
	      "  replies[#replies + 1] = write(k, at, jobs, figures, last)\n"
	      "  at = last + 1\n"
	      "end\n"
	      "return replies\n";

/* KEYS: APP:rev, a hash. ARGV: the epoch, name and value of each field to delete if it still has
 * that value. Returns how many were deleted, or -epoch of what rejected it. */
static const char drop_fields[] =
	GUARD "local removed = 0\n"
	      "for i = 2, #ARGV, 2 do\n"
	      "  if redis.call('HGET', KEYS[2], ARGV[i]) == ARGV[i + 1] then\n"
	      "    removed = removed + redis.call('HDEL', KEYS[2], ARGV[i])\n"
	      "  end\n"
	      "end\n"
	      "if removed > 0 then " MARK "end\n"
	      "return removed\n";

/* KEYS: APP:rev, the key to write. ARGV: the epoch, then for each command the number of its words
 * without the key, and these words. Returns 0, or -epoch of what rejected it. Without a command it
 * only raises the epoch; the deletion makes that work on a full server. */
static const char guarded[] =
	GUARD "if #ARGV == 1 then redis.call('DEL', KEYS[1]) end\n"
	      "local i = 2\n"
	      "while i <= #ARGV do\n"
	      "  local last = i + tonumber(ARGV[i])\n"
	      "  redis.call(ARGV[i + 1], KEYS[2], unpack(ARGV, i + 2, last))\n"
	      "  i = last + 1\n"
	      "end\n" MARK "return 0\n";

/* KEYS: APP:rev, APP:state. ARGV: the epoch, the id of our database, for how many seconds, 1 when
 * all is written. Returns 0, -epoch of what rejected it, or the id of the other database whose mark
 * it is. */
static const char mark[] =
	"local text = redis.pcall('GET', KEYS[2])\n"
	"local said, whose = string.match(type(text) == 'string' and text or '', '^(%d+) "
	"?(%S*)$')\n"
	"if said and whose ~= '' and ARGV[2] ~= '' and whose ~= ARGV[2] then return whose "
	"end\n" GUARD "local value = ARGV[4] == '1' and ARGV[1] or said or '0'\n"
	"if ARGV[2] ~= '' then value = value .. ' ' .. ARGV[2] end\n"
	"redis.call('SET', KEYS[2], value, 'EX', ARGV[3])\n" MARK "return 0\n";

/* KEYS: one that is not there, APP:rev. Changes nothing. Returns the first error that is not about
 * the two keys, "" when there is none. */
static const char probe[] =
	"local function try(name, key, ...)\n"
	"  local r = redis.pcall(name, key, ...)\n"
	"  local e = type(r) == 'table' and r.err\n"
	"  if not e then return end\n"
	"  for _, own in ipairs({'WRONGTYPE', 'syntax', 'wrong number', 'Invalid stream'}) do\n"
	"    if string.find(e, own, 1, true) then return end\n"
	"  end\n"
	"  return e .. ' for ' .. name\n"
	"end\n"
	"local k = KEYS[1]\n"
	"return try('SET', k, '1', 'XX', 'EX', '1') or try('GET', k) or try('DEL', k)\n"
	"  or try('HGET', k, 'f') or try('HDEL', k, 'f') or try('ZADD', k, 'XX', '1', 'm')\n"
	"  or try('ZREM', k, 'm') or try('XADD', k, 'NOMKSTREAM', '*', 'f', 'v')\n"
	"  or type(redis.pcall('GET', KEYS[2])) == 'string' and try('HSET', KEYS[2], 'f', 'v')\n"
	"  or ''\n";

const char *cbx_redis_script_text(enum cbx_redis_script script)
{
	static const char *const texts[] = { write_jobs, drop_fields, guarded, mark, probe };

	return texts[script];
}

int cbx_redis_script_ready(struct cbx_redis *me, enum cbx_redis_script script)
{
	cbx_auto(cbx_redis_reply_freep) redisReply *reply = NULL;
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

int cbx_redis_run_script(struct cbx_redis *me, enum cbx_redis_script script, const char *what,
			 redisReply **out)
{
	cbx_auto(cbx_redis_reply_freep) redisReply *reply = NULL;
	int error = cbx_redis_send(me);

	if (!error)
		error = cbx_redis_receive(me, &reply);
	if (!error && cbx_redis_is_error(reply, "NOSCRIPT")) {
		/* after a restart or a SCRIPT FLUSH; sending the text makes its checksum known
		 * again */
		me->argv[0] = "EVAL";
		me->argv_len[0] = strlen("EVAL");
		me->argv[1] = cbx_redis_script_text(script);
		me->argv_len[1] = strlen(me->argv[1]);
		cbx_redis_reply_freep(&reply);
		reply = NULL;
		error = cbx_redis_send(me);
		if (!error)
			error = cbx_redis_receive(me, &reply);
	}
	if (!error)
		error = cbx_redis_check(me, reply, what);
	if (!error)
		*out = cbx_steal(reply);
	return error;
}

int cbx_redis_ask_script(struct cbx_redis *me, enum cbx_redis_script script, const char *what,
			 int64_t *number)
{
	cbx_auto(cbx_redis_reply_freep) redisReply *reply = NULL;
	int error = cbx_redis_run_script(me, script, what, &reply);

	if (!error && (reply->type != REDIS_REPLY_INTEGER || reply->integer <= -CBX_EPOCH_END))
		error = cbx_redis_nonsense(me, what);
	if (!error)
		*number = reply->integer;
	return error;
}

int cbx_redis_begin_guarded(struct cbx_redis *me, enum cbx_redis_script script, const char *key,
			    int64_t epoch)
{
	int error = cbx_redis_script_ready(me, script);

	snprintf(me->epoch, sizeof(me->epoch), "%" PRId64, epoch);
	cbx_redis_begin(me, "EVALSHA");
	cbx_redis_puts(me, me->sha[script]);
	cbx_redis_puts(me, "2");
	cbx_redis_puts(me, cbx_redis_guard(me, key));
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

int cbx_redis_is_stale(struct cbx_redis *me, const char *name, int64_t epoch)
{
	cbx_auto(cbx_redis_reply_freep) redisReply *reply = NULL;
	const char *key = cbx_redis_guard(me, cbx_redis_key(me, &me->key, name));
	int64_t newer;
	int error;

	cbx_redis_begin(me, "GET");
	cbx_redis_puts(me, key);
	error = cbx_redis_ask(me, name, &reply);
	/* what fails now fails again, with its text, where it is written */
	if (error)
		return error == CHATTERBOX_E_REFUSED ? 0 : error;
	if (reply->type != REDIS_REPLY_STRING || !cbx_parse_count(reply->str, reply->len, &newer) ||
	    newer >= CBX_EPOCH_END || newer <= epoch)
		return 0;
	me->base.newer = newer;
	return 1;
}

static int claim_one(struct cbx_redis *me, const char *key, int64_t epoch)
{
	int error = cbx_redis_begin_guarded(me, CBX_SCRIPT_GUARDED, key, epoch);

	return error ? error : cbx_redis_run_guarded(me, key);
}

int cbx_redis_claim(struct cbx_state *state, int64_t epoch)
{
	struct cbx_redis *me = cbx_redis_of(state);
	const char *const *name = cbx_redis_guarded_names;
	int result = 0;

	if (!me->cluster)
		return claim_one(me, me->rev, epoch);
	for (; *name && !result; name++)
		result = claim_one(me, cbx_redis_key(me, &me->key, *name), epoch);
	return result;
}
