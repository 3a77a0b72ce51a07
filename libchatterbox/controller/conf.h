/* SPDX-License-Identifier: MIT */
/*
 * conf.h - what was set while the program ran and holds across a take-over: rows of server_conf
 *
 * The poller's thread only. A lost connection is noted in road->sql_link.
 */
#ifndef CBX_CONTROLLER_CONF_H
#define CBX_CONTROLLER_CONF_H

#include "road/road.h"

/* *info is allocated; NULL when there is no such row */
int cbx_conf_read(struct cbx_road *road, const char *name, char **info);
/* @info: JSON. A failure is logged: what was set is in force all the same. */
void cbx_conf_keep(struct cbx_road *road, const char *name, const char *info);

#endif
