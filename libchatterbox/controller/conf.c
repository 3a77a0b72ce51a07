// SPDX-License-Identifier: MIT
/* conf.c - reads and writes the rows of server_conf in which this program keeps what was set */
#include "controller/conf.h"

#include "port/directory.h"

int cbx_conf_read(struct cbx_road *road, const char *name, char **info)
{
	int result;

	*info = NULL;
	if (!road->sql_link.up)
		return CHATTERBOX_E_DOWN;
	result = road->sql->directory->read_conf(road->sql, name, info);
	if (result < 0)
		cbx_link_lost(&road->sql_link, result);
	return result;
}

void cbx_conf_keep(struct cbx_road *road, const char *name, const char *info)
{
	struct cbx_guard guard = cbx_leadership_guard(road->leadership, road->epoch);
	int result = CHATTERBOX_E_DOWN;

	if (road->sql_link.up)
		result = road->sql->directory->write_conf(road->sql, &guard, name, info);
	if (result >= 0)
		return;
	cbx_link_lost(&road->sql_link, result);
	cbx_warn(road->log, CBX_FIELDS({ "error", road->sql->error }, { "info", info }),
		 "%s was set and is in force, but could not be kept in server_conf", name);
}
