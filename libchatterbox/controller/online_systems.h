/* SPDX-License-Identifier: MIT */
/*
 * online_systems.h - which systems are online: from `connections`, once a day and at start
 *
 * The proposal's OnlineSystemsController. Events and answers mark systems in between; they are
 * newer than a query that was sent before them (contract 2.2).
 */
#ifndef CBX_CONTROLLER_ONLINE_SYSTEMS_H
#define CBX_CONTROLLER_ONLINE_SYSTEMS_H

#include "port/directory.h"
#include "road/road.h"
#include "task/task.h"

struct cbx_online_systems {
	struct cbx_road *road;
	struct cbx_sql *connections; /* of live_temp; NULL = the flow's own */
	struct cbx_link *connections_link;
	struct cbx_task
		*discovery; /* wanted again after a start-up run that was late; may be NULL */
	struct cbx_task task;
	bool done_once, late;
};

void cbx_online_systems_init(struct cbx_online_systems *online);
/* 0 = read, or nothing to read (told in a warning); a failure: the server is down */
int cbx_online_systems_populate(struct cbx_online_systems *online);
bool cbx_online_systems_is_online(const struct cbx_online_systems *online, const char *system);

#endif
