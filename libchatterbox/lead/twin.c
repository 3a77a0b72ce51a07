// SPDX-License-Identifier: MIT
/*
 * twin.c - tells our database from another one that shares our Redis and app_name
 *
 * The id of a database is made once, by whoever finds that it has none, and kept in server_conf. A
 * database that was emptied under us gets the old one again: the mark in Redis is ours. A restored
 * or cloned database has the id of its original, and is not told from it.
 */
#include "lead/twin.h"

#include "base/read.h"
#include "common/cleanup.h"
#include "port/directory.h"

#include <chatterbox/error.h>
#include <stdio.h>
#include <string.h>

#define ROW "database_id"

/* The text of a JSON string of printable characters without blanks, else "" */
static void read_id(const char *info, char id[CBX_DATABASE_ID])
{
	size_t len = info ? strlen(info) : 0;
	size_t i;

	id[0] = '\0';
	if (len < 3 || len - 2 >= CBX_DATABASE_ID || info[0] != '"' || info[len - 1] != '"')
		return;
	for (i = 1; i < len - 1; i++)
		if (info[i] <= ' ' || info[i] > '~' || info[i] == '"' || info[i] == '\\')
			return;
	snprintf(id, CBX_DATABASE_ID, "%.*s", (int)len - 2, info + 1);
}

int cbx_twin_identify(struct cbx_lease_keeper *keeper)
{
	cbx_auto(cbx_freep) char *kept = NULL;
	char id[CBX_DATABASE_ID];
	char info[CBX_DATABASE_ID + 2];
	int result;

	cbx_leadership_database(keeper->leadership, id);
	if (!id[0])
		cbx_uuid(id);
	snprintf(info, sizeof(info), "\"%s\"", id);
	result = keeper->sql->directory->keep_conf(keeper->sql, ROW, info, &kept);
	if (result < 0)
		return result;
	read_id(kept, id);
	if (!id[0] && !keeper->identified)
		cbx_warn(keeper->log, CBX_FIELDS({ "info", kept ? kept : "null" }),
			 "the row " ROW " of server_conf holds no id: another chatterbox with "
			 "this Redis and app_name and another database will not be noticed");
	keeper->identified = true;
	cbx_leadership_identify(keeper->leadership, id);
	return 0;
}

bool cbx_twin_is_there(struct cbx_lease_keeper *keeper)
{
	char twin[CBX_DATABASE_ID];
	char ours[CBX_DATABASE_ID];
	bool there = cbx_leadership_twin(keeper->leadership, twin);

	if (there == keeper->aside)
		return there;
	keeper->aside = there;
	cbx_leadership_database(keeper->leadership, ours);
	if (there)
		cbx_warn(
			keeper->log,
			CBX_FIELDS({ "server", "redis" }, { "database_id", twin },
				   { "key", "chatterbox.app_name, redis.db, sequelize.database" }),
			"this instance does not lead: %s:state in Redis (%s) is that of database "
			"%s, ours (%s) is %s. Another chatterbox uses the same Redis and app_name: "
			"change chatterbox.app_name or redis.db of one, or sequelize.database",
			keeper->leadership->name, keeper->redis, twin, keeper->sql->where, ours);
	else
		cbx_info(keeper->log, CBX_FIELDS({ "database_id", twin }),
			 "the mark of database %s is gone from Redis: this instance may lead",
			 twin);
	return there;
}

int cbx_twin_stand_by(struct cbx_lease_keeper *keeper)
{
	struct cbx_guard guard = cbx_leadership_guard(keeper->leadership, keeper->epoch);

	if (keeper->epoch) {
		keeper->epoch = 0;
		cbx_leadership_lose(keeper->leadership, "");
		keeper->next_renewal = 0;
		return keeper->sql->lease->give_back(keeper->sql, &guard);
	}
	if (cbx_now(keeper->clock) < keeper->next_renewal)
		return 0;
	keeper->next_renewal = cbx_now(keeper->clock) + CBX_SECOND;
	return cbx_twin_identify(keeper);
}

bool cbx_twin_was_looked_for(struct cbx_lease_keeper *keeper)
{
	/* who holds the lease has looked before */
	return keeper->epoch || !keeper->looks || cbx_leadership_has_looked(keeper->leadership);
}
