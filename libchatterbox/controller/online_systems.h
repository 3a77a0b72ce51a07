/* SPDX-License-Identifier: MIT */
/*
 * online_systems.h - the proposal's OnlineSystemsController: which systems are online, read from
 * `connections` at start and once a day; each minute as long as nothing is there
 *
 * Events and answers mark systems in between; they are newer than a query sent before them
 * (contract 2.2).
 */
#ifndef CBX_CONTROLLER_ONLINE_SYSTEMS_H
#define CBX_CONTROLLER_ONLINE_SYSTEMS_H

#include "port/directory.h"
#include "road/road.h"
#include "task/task.h"

struct cbx_online_systems {
	struct cbx_road *road;
	struct cbx_sql *connections; /* of live_temp; NULL = use the road's */
	struct cbx_link *connections_link;
	struct cbx_task *discovery; /* run again after a late start-up run; may be NULL */
	struct cbx_task task;
	bool done_once, late, warned;
};

void cbx_online_systems_init(struct cbx_online_systems *online);
/* 1 = the table is absent or empty (with a warning, once); < 0: it could not be read */
int cbx_online_systems_populate(struct cbx_online_systems *online);
bool cbx_online_systems_is_online(const struct cbx_online_systems *online, const char *system);

#endif
