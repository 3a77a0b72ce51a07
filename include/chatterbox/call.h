/* SPDX-License-Identifier: MIT */
/**
 * chatterbox/call.h - how a call that takes time is made: waiting for its answer, or not
 *
 * Orders (job_api.h, job_status.h, errors.h, systems.h) and questions (query.h) are carried out by
 * the engine's threads. All of them end with the parameters @done, @user and @error:
 *
 * Without @done the call waits, at most 30 s (an order to a job: rmq_rpc.rpc_timeout and a second),
 * and returns what came of it. It does not need chatterbox_dispatch(), so it may also be made
 * inside a callback of chatterbox_dispatch().
 *
 * With @done it returns at once: 0 = it is under way, negative = it is not, and @done will not be
 * called. @done is called once, inside chatterbox_dispatch(), in the order in which calls ended.
 * chatterbox_stop() ends what is under way, and chatterbox_unref() delivers what was not
 * dispatched: so what belongs to @user can be freed in @done.
 *
 * Any thread may call, except inside a chatterbox_log_fn. Where the rule comes from: an order to a
 * job is asked of nl-hdms, the rest is carried out by the instance that leads (contract 2.5, 2.6).
 * One that stands by, or is an observer (chatterbox.role), carries it to the leader over RabbitMQ
 * where the comment of the call says so, and gives its answer: CHATTERBOX_E_STANDBY names the
 * leader when nobody takes it. Other calls are CHATTERBOX_E_STANDBY there.
 *
 * Failures of all of them: -EINVAL (an argument is not what it should be), CHATTERBOX_E_STANDBY,
 * CHATTERBOX_E_DOWN (a server is down, or the engine is not running), CHATTERBOX_E_TIMEOUT,
 * CHATTERBOX_E_FULL, -ENOMEM, -EIO. What a call adds to these stands in its comment.
 *
 * A system's name is 1 to 64 bytes of UTF-8 without "/" and control characters (contract 1.1);
 * white space around it is trimmed.
 */
#ifndef CHATTERBOX_CALL_H
#define CHATTERBOX_CALL_H

#include <chatterbox/engine.h>

#ifdef __cplusplus
extern "C" {
#endif

/** struct chatterbox_answer - what came of a call; valid during the callback */
struct chatterbox_answer {
	int result;       /* what the call would have returned, had it waited */
	const char *json; /* the answer as over AMQP and HTTP; NULL when it failed */
	const struct chatterbox_error *error; /* why it failed; NULL when it succeeded */
};

/**
 * chatterbox_done_fn - receives the answer of a call, once, inside chatterbox_dispatch()
 *
 * It may make other calls; it must not stop the engine that it was called by.
 */
typedef void (*chatterbox_done_fn)(void *user, const struct chatterbox_answer *answer);

/** enum chatterbox_door - by which way an order came to the host */
enum chatterbox_door {
	CHATTERBOX_DOOR_C,    /* the host gives it itself */
	CHATTERBOX_DOOR_HTTP, /* the host was asked over HTTP */
};

/**
 * chatterbox_set_asker() - say on whose behalf orders are given from now on
 * @box: engine
 * @door: by which way they come
 * @who: whose they are, as it will stand in the table orders: 128 bytes of UTF-8 at most, never a
 * secret; copied. NULL or "" = the host, by the names of its program and its machine
 *
 * Each order has a row in the table orders, with door, asker and outcome (contract 5.2). It holds
 * for all threads of the host, until it is set again.
 */
CHATTERBOX_API void chatterbox_set_asker(struct chatterbox *box, enum chatterbox_door door,
					 const char *who);

#ifdef __cplusplus
}
#endif
#endif
