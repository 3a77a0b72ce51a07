// SPDX-License-Identifier: MIT
/* count.c - how much each key of ours holds: the cheapest question that shows what others deleted
 */
#include "adapter/redis_state/link.h"

/* So many systems are counted between two waits for the server: questions and answers are short */
#define PIECE 2048

static int send_count(struct cbx_redis *me, const char *command, const char *key)
{
	cbx_redis_begin(me, command);
	cbx_redis_puts(me, key);
	return cbx_redis_send(me);
}

static int receive_count(struct cbx_redis *me, size_t *out)
{
	cbx_auto(cbx_redis_reply_freep) redisReply *reply = NULL;
	int error = cbx_redis_receive(me, &reply);

	if (error)
		return error;
	if (reply->type == REDIS_REPLY_ERROR && !cbx_redis_is_error(reply, "WRONGTYPE"))
		return cbx_redis_check(me, reply, "counting");
	*out = reply->type == REDIS_REPLY_INTEGER ? (size_t)reply->integer : 0;
	return 0;
}

static int receive_either(struct cbx_redis *me, size_t *out, int *refused)
{
	int error = receive_count(me, out);

	if (!error || !cbx_redis_is_up(me))
		return error;
	*refused = error;
	return 0;
}

/* Of each of @systems; every reply is received, whatever the others say */
static int count_piece(struct cbx_redis *me, const char *const *systems, size_t count,
		       struct cbx_hash_sizes *fields, int *refused)
{
	int error = 0;
	size_t i;

	for (i = 0; i < count && !error; i++) {
		error = send_count(me, "HLEN",
				   cbx_redis_system_key(me, &me->key, "jobs", systems[i]));
		if (!error)
			error = send_count(me, "HLEN",
					   cbx_redis_system_key(me, &me->key, "figures",
								systems[i]));
	}
	for (i = 0; i < count && !error; i++) {
		error = receive_either(me, &fields[i].jobs, refused);
		if (!error)
			error = receive_either(me, &fields[i].figures, refused);
	}
	return error;
}

/* Are all guards there? Each is written with its key alone, which may be once in a week, so they
 * are kept for another day here. */
static int count_guards(struct cbx_redis *me, bool *rev, int *refused)
{
	const char *const *names = cbx_redis_guarded_names;
	size_t found;
	size_t i;
	int error = 0;

	for (i = 0; names[i] && !error; i++) {
		cbx_redis_begin(me, "EXPIRE");
		cbx_redis_puts(me, cbx_redis_guard(me, cbx_redis_key(me, &me->key, names[i])));
		cbx_redis_puts(me, "86400");
		error = cbx_redis_send(me);
	}
	for (i = 0; names[i] && !error; i++) {
		found = 0;
		error = receive_either(me, &found, refused);
		*rev = *rev && found;
	}
	return error;
}

static int count_rest(struct cbx_redis *me, struct cbx_state_sizes *sizes, int *refused)
{
	static const struct {
		const char *command, *key;
	} keys[] = { { "HLEN", "online_systems" },
		     { "ZCARD", "active_systems" },
		     { "EXISTS", "jobs_data" },
		     { "EXISTS", "rev" } };
	size_t counts[4] = { 0 };
	int error = 0;
	size_t i;

	for (i = 0; i < 4 && !error; i++)
		error = send_count(me, keys[i].command, cbx_redis_key(me, &me->key, keys[i].key));
	for (i = 0; i < 4 && !error; i++)
		error = receive_either(me, &counts[i], refused);
	*sizes = (struct cbx_state_sizes){ counts[0], counts[1], counts[2] > 0, counts[3] > 0 };
	if (error || !me->cluster)
		return error;
	sizes->rev = true;
	return count_guards(me, &sizes->rev, refused);
}

int cbx_redis_count(struct cbx_state *state, const char *const *systems, size_t count,
		    struct cbx_hash_sizes *fields, struct cbx_state_sizes *sizes)
{
	struct cbx_redis *me = cbx_redis_of(state);
	int refused = 0;
	int error = count_rest(me, sizes, &refused);
	size_t done;

	for (done = 0; done < count && !error; done += PIECE)
		error = count_piece(me, systems + done, count - done < PIECE ? count - done : PIECE,
				    fields + done, &refused);
	return error ? error : refused;
}
