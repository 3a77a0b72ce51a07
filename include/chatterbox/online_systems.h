/* SPDX-License-Identifier: MIT */
/**
 * chatterbox/online_systems.h - the proposal's OnlineSystemsController
 *
 * The calls that change something wait for the engine, at most 30 s, and fail as those of
 * job_status.h.
 */
#ifndef CHATTERBOX_ONLINE_SYSTEMS_H
#define CHATTERBOX_ONLINE_SYSTEMS_H

#include <chatterbox/engine.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * chatterbox_online_systems_populate() - read the table connections now (once a day by itself)
 * @box: engine
 *
 * Return: 0, or a failure.
 */
CHATTERBOX_API int chatterbox_online_systems_populate(struct chatterbox *box);
/**
 * chatterbox_online_systems_update_server_configuration() - read server_conf again
 * @box: engine
 *
 * Return: 0, or a failure.
 */
CHATTERBOX_API int chatterbox_online_systems_update_server_configuration(struct chatterbox *box);
/**
 * chatterbox_online_systems_is_online() - is that system online, as far as the last snapshot knows?
 * @box: engine
 * @system: its name
 *
 * Any thread, never blocks. Return: whether; an unknown system is not online.
 */
CHATTERBOX_API bool chatterbox_online_systems_is_online(struct chatterbox *box, const char *system);
/**
 * chatterbox_online_systems_on_online() - the host knows that a system came online
 * @box: engine
 * @system: its name
 *
 * As the event system_online: it is marked, and asked for its jobs at once. Does not wait.
 * Return: 0, -EINVAL, CHATTERBOX_E_STANDBY, CHATTERBOX_E_FULL, -ENOMEM.
 */
CHATTERBOX_API int chatterbox_online_systems_on_online(struct chatterbox *box, const char *system);
/**
 * chatterbox_online_systems_on_offline() - the host knows that a system went offline
 * @box: engine
 * @system: its name
 *
 * As the event system_offline: it is not asked any more, its jobs keep their last status.
 * Return: as chatterbox_online_systems_on_online().
 */
CHATTERBOX_API int chatterbox_online_systems_on_offline(struct chatterbox *box, const char *system);

#ifdef __cplusplus
}
#endif
#endif
