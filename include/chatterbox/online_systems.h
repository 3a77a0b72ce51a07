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

/** chatterbox_online_systems_populate() - read the table connections now (once a day by itself) */
CHATTERBOX_API int chatterbox_online_systems_populate(struct chatterbox *box);
/** chatterbox_online_systems_update_server_configuration() - read server_conf again */
CHATTERBOX_API int chatterbox_online_systems_update_server_configuration(struct chatterbox *box);
/**
 * chatterbox_online_systems_is_online() - is that system online, as far as the last snapshot knows?
 *
 * Never blocks. An unknown system is not online.
 */
CHATTERBOX_API bool chatterbox_online_systems_is_online(struct chatterbox *box, const char *system);
/**
 * chatterbox_online_systems_on_online() - the host knows that @system came online
 *
 * As the event system_online: it is marked, and asked for its jobs at once. Does not wait.
 * Return: 0, -EINVAL, CHATTERBOX_E_STANDBY, CHATTERBOX_E_FULL, -ENOMEM.
 */
CHATTERBOX_API int chatterbox_online_systems_on_online(struct chatterbox *box, const char *system);
/** chatterbox_online_systems_on_offline() - as the event system_offline */
CHATTERBOX_API int chatterbox_online_systems_on_offline(struct chatterbox *box, const char *system);

#ifdef __cplusplus
}
#endif
#endif
