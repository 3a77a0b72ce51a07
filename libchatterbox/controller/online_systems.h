/* SPDX-License-Identifier: MIT */
/*
 * online_systems.h - the proposal's OnlineSystemsController: which systems are online, read from
 * `connections` at start and once a day
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
	bool done_once, late;
};

void cbx_online_systems_init(struct cbx_online_systems *online);
/* 0 = read, or nothing to read (with a warning); else the server is down */
int cbx_online_systems_populate(struct cbx_online_systems *online);
bool cbx_online_systems_is_online(const struct cbx_online_systems *online, const char *system);

#endif
