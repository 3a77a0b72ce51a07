// SPDX-License-Identifier: MIT
/*
 * online_systems.c - reads from `connections` which systems are online
 *
 * Systems that it names are online; those that were online and that it does not name are offline. A
 * failed, absent or empty table changes nothing, and is looked at again each minute until it names
 * somebody. If the server was down at the start, the run is repeated when it is back. A late first
 * answer is followed by the discovery that had to do without it.
 */
#include "controller/online_systems.h"

#include "base/hash.h"
#include "base/read.h"
#include "road/flight.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define DAY (86400 * CBX_SECOND)
#define AGAIN (60 * CBX_SECOND)

struct name {
	UT_hash_handle hh;
	char text[];
};

static int note(void *user, const char *text, int64_t ms)
{
	struct name **names = user;
	size_t len = strlen(text);
	struct name *name;

	(void)ms;
	if (!cbx_system_name(&text, &len))
		return 0;
	HASH_FIND(hh, *names, text, len, name);
	if (name)
		return 0;
	name = calloc(1, sizeof(*name) + len + 1);
	if (!name)
		return -ENOMEM;
	memcpy(name->text, text, len);
	if (cbx_hash_add(*names, &name->text, len, name) < 0) {
		free(name);
		return -ENOMEM;
	}
	return 0;
}

static void forget(struct name **names)
{
	struct name *name;
	struct name *next;

	HASH_ITER (hh, *names, name, next) {
		HASH_DEL(*names, name);
		free(name);
	}
}

static int add_named(struct cbx_road *road, const struct name *names)
{
	const struct name *name;

	for (name = names; name; name = name->hh.next)
		if (!cbx_systems_get(road->systems, name->text))
			return -ENOMEM;
	return 0;
}

static int replace(struct cbx_road *road, struct name *names, uint64_t asked_at)
{
	struct cbx_system_entry *const *entries;
	size_t count;
	size_t i;
	int result = add_named(road, names);

	if (result < 0)
		return result;
	entries = cbx_systems_all(road->systems);
	count = cbx_systems_count(road->systems);
	if (!entries)
		return -ENOMEM;
	for (i = 0; !result && i < count; i++) {
		struct cbx_system_entry *entry = entries[i];
		struct name *name;

		if (entry->reported_at > asked_at)
			continue;
		HASH_FIND(hh, names, entry->system->name, strlen(entry->system->name), name);
		if (!name && entry->system->state != CBX_ONLINE)
			continue;
		cbx_flight_connection(road, entry->system->name, name ? CBX_ONLINE : CBX_OFFLINE);
		result = cbx_road_set_system(road, entry, name ? CBX_ONLINE : CBX_OFFLINE,
					     "inferred", false);
	}
	road->systems_dirty = true;
	road->systems_source = "connections";
	return result;
}

/* Once, however often it is looked at, until it has answered */
static void warn_of_nothing(struct cbx_online_systems *online, const char *where, const char *what)
{
	if (online->warned)
		return;
	online->warned = true;
	cbx_warn(online->road->log, CBX_FIELDS({ "server", where }),
		 "the table connections is %s: no system's state is changed by it; it is looked at "
		 "again every 60 s",
		 what);
}

int cbx_online_systems_populate(struct cbx_online_systems *online)
{
	struct cbx_road *road = online->road;
	struct cbx_sql *sql = online->connections ? online->connections : road->sql;
	struct cbx_link *link = online->connections ? online->connections_link : &road->sql_link;
	uint64_t asked_at = cbx_now(road->clock);
	struct name *names = NULL;
	int result;

	if (!link->up)
		return CHATTERBOX_E_DOWN;
	result = sql->directory->online_systems(sql, note, &names);
	if (!result && names) {
		result = replace(road, names, asked_at);
		online->warned = false;
	} else if (result >= 0) {
		warn_of_nothing(online, sql->where, result ? "absent" : "empty");
		result = 1;
	} else {
		cbx_link_lost(link, result);
	}
	forget(&names);
	return result;
}

bool cbx_online_systems_is_online(const struct cbx_online_systems *online, const char *system)
{
	const struct cbx_system_entry *entry = cbx_systems_find(online->road->systems, system);

	return entry && entry->system->state == CBX_ONLINE;
}

static void perform(void *user)
{
	struct cbx_online_systems *online = user;
	int result = cbx_online_systems_populate(online);

	if (result) {
		/* a server that is down is asked as soon as it is back, at a start; a table that is
		 * refused, absent or empty will not be there in a second */
		online->task.wanted =
			!online->done_once && result < 0 && result != CHATTERBOX_E_REFUSED;
		online->task.interval_ns = AGAIN;
		online->late = true;
		return;
	}
	online->task.interval_ns = DAY;
	if (online->late && online->discovery)
		online->discovery->wanted = true;
	online->late = false;
	online->done_once = true;
}

void cbx_online_systems_init(struct cbx_online_systems *online)
{
	online->done_once = online->late = online->warned = false;
	online->task = (struct cbx_task){ .name = "Online Systems Task",
					  .interval_ns = DAY,
					  .perform = perform,
					  .user = online,
					  .wanted = true };
}
