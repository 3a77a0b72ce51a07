/* SPDX-License-Identifier: MIT */
/**
 * chatterbox/systems.h - the proposal's OnlineSystemsController and InternalSystemsController
 *
 * Which system is online is found out by asking it, and by what others say of it (contract 2.2);
 * internal systems are shared in Redis, read and written by chatterbox and by OCD
 * (contract 4.1).
 */
#ifndef CHATTERBOX_SYSTEMS_H
#define CHATTERBOX_SYSTEMS_H

#include <chatterbox/call.h>

#ifdef __cplusplus
extern "C" {
#endif

/** enum chatterbox_system_state - what is known of a system */
enum chatterbox_system_state {
	CHATTERBOX_SYSTEM_UNKNOWN, /* nothing; it is asked like one that is online */
	CHATTERBOX_SYSTEM_ONLINE,  /* it answers */
	CHATTERBOX_SYSTEM_OFFLINE, /* it is not asked */
};

/**
 * chatterbox_system_state_to_string() - its name, as in the shared state
 * @state: state
 *
 * Any thread. Return: "unknown", "online" or "offline", static.
 */
CHATTERBOX_API const char *chatterbox_system_state_to_string(enum chatterbox_system_state state);
/**
 * chatterbox_get_system_state() - is that system online, as far as the present snapshot knows?
 * @box: engine
 * @system: its name
 *
 * Any thread, never blocks. Return: its state; CHATTERBOX_SYSTEM_UNKNOWN also when there is no such
 * system.
 */
CHATTERBOX_API enum chatterbox_system_state chatterbox_get_system_state(struct chatterbox *box,
									const char *system);

/**
 * chatterbox_online_systems_set() - the host knows that a system came online, or went offline
 * @box: engine
 * @system: its name
 * @online: which of the two
 * @done: receives the answer (call.h); NULL = wait for it
 * @user: handed to @done
 * @error: why it failed; may be NULL
 *
 * As the events system_online and system_offline: it is marked; one that came online is asked for
 * its jobs at once, one that went offline is not asked any more and its jobs keep their last
 * status. The answer does not wait for that. An observer tells the leader, when RabbitMQ is
 * there. Return: 0, or a failure of call.h.
 */
CHATTERBOX_API int chatterbox_online_systems_set(struct chatterbox *box, const char *system,
						 bool online, chatterbox_done_fn done, void *user,
						 struct chatterbox_error *error);
/**
 * chatterbox_online_systems_populate() - read the table connections now (once a day by itself)
 * @box: engine
 * @done: receives the answer (call.h); NULL = wait for it
 * @user: handed to @done
 * @error: why it failed; may be NULL
 *
 * Return: 0, or a failure of call.h.
 */
CHATTERBOX_API int chatterbox_online_systems_populate(struct chatterbox *box,
						      chatterbox_done_fn done, void *user,
						      struct chatterbox_error *error);
/**
 * chatterbox_update_server_configuration() - read the table server_conf again
 * @box: engine
 * @done: receives the answer (call.h); NULL = wait for it
 * @user: handed to @done
 * @error: why it failed; may be NULL
 *
 * The proposal's updateServerConfiguration(); who does not lead does it for itself.
 * Return: 0, or a failure of call.h.
 */
CHATTERBOX_API int chatterbox_update_server_configuration(struct chatterbox *box,
							  chatterbox_done_fn done, void *user,
							  struct chatterbox_error *error);

/**
 * chatterbox_internal_systems_put() - that system is internal; checked now
 * @box: engine
 * @system: its name
 * @done: receives the answer (call.h); NULL = wait for it
 * @user: handed to @done
 * @error: why it failed; may be NULL
 *
 * Who does not lead writes it itself, as OCD does. Return: 0, or a failure of call.h.
 */
CHATTERBOX_API int chatterbox_internal_systems_put(struct chatterbox *box, const char *system,
						   chatterbox_done_fn done, void *user,
						   struct chatterbox_error *error);
/**
 * chatterbox_internal_systems_remove() - it is not internal any more
 * @box: engine
 * @system: its name; need not be internal
 * @done: receives the answer (call.h); NULL = wait for it
 * @user: handed to @done
 * @error: why it failed; may be NULL
 *
 * Who does not lead removes it itself, as OCD does. Return: 0, or a failure of call.h.
 */
CHATTERBOX_API int chatterbox_internal_systems_remove(struct chatterbox *box, const char *system,
						      chatterbox_done_fn done, void *user,
						      struct chatterbox_error *error);
/**
 * chatterbox_internal_systems_populate() - read them from Redis, and note their access as internal
 * @box: engine
 * @done: receives the answer (call.h); NULL = wait for it
 * @user: handed to @done
 * @error: why it failed; may be NULL
 *
 * Return: 0, or a failure of call.h.
 */
CHATTERBOX_API int chatterbox_internal_systems_populate(struct chatterbox *box,
							chatterbox_done_fn done, void *user,
							struct chatterbox_error *error);
/**
 * chatterbox_internal_systems_clean_up() - drop those not checked for recheck_system_time
 * @box: engine
 * @done: receives the answer (call.h); NULL = wait for it
 * @user: handed to @done
 * @error: why it failed; may be NULL
 *
 * As each 5 s by itself. Whoever wrote them; one that is written meanwhile stays.
 * Return: how many went, or a failure of call.h.
 */
CHATTERBOX_API int chatterbox_internal_systems_clean_up(struct chatterbox *box,
							chatterbox_done_fn done, void *user,
							struct chatterbox_error *error);

#ifdef __cplusplus
}
#endif
#endif
