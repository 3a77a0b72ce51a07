// SPDX-License-Identifier: MIT
/* turns.c - notes when systems go online and offline, until a commit has recorded it */
#include "road/turns.h"

#include "common/array.h"
#include "road/road.h"

#include <errno.h>
#include <string.h>

/* While SQL is down nothing is asked or consumed, so what is noted is what a host says */
#define MOST 100000

void cbx_past_turns_clear(struct cbx_past_turns *past)
{
	cbx_systems_free(past->last);
	*past = (struct cbx_past_turns){ 0 };
}

static int take_turn(void *user, const struct cbx_history_row *row)
{
	struct cbx_past_turns *past = user;
	bool online = row->status && !strcmp(row->status, "online");
	struct cbx_system_entry *entry = cbx_systems_get(past->last, row->system);

	if (!entry)
		return -ENOMEM;
	entry->turned = online ? CBX_ONLINE : CBX_OFFLINE;
	entry->turned_ms = row->at_ms;
	if (row->id > past->last_id)
		past->last_id = row->id;
	return 0;
}

int cbx_past_turns_read(struct cbx_past_turns *past, struct cbx_sql *sql)
{
	int result = past->last ? 0 : cbx_systems_new(&past->last);

	return result ? result : sql->history->turns(sql, past->last_id, take_turn, past);
}

static int pass_on(const struct cbx_past_turns *past, struct cbx_systems *systems,
		   struct cbx_system_entry *entry)
{
	const struct cbx_system_entry *last =
		past->last ? cbx_systems_find(past->last, entry->system->name) : NULL;

	return last ? cbx_systems_set_turn(systems, entry, last->turned, last->turned_ms) : 0;
}

int cbx_past_turns_pass_on(const struct cbx_past_turns *past, struct cbx_systems *systems)
{
	struct cbx_system_entry *const *entries = cbx_systems_all(systems);
	size_t count = cbx_systems_count(systems);
	size_t i;
	int result = entries ? 0 : -ENOMEM;

	for (i = 0; !result && i < count; i++)
		result = pass_on(past, systems, entries[i]);
	return result;
}

static const char *state_name(enum cbx_system_state state)
{
	return state == CBX_UNKNOWN ? NULL : cbx_system_state_name(state);
}

static int note(struct cbx_road *road, struct cbx_system_entry *entry, enum cbx_system_state state,
		const char *source)
{
	enum cbx_system_state before = entry->turned ?: entry->system->state;
	int64_t at_ms = cbx_road_db_now(road);
	char *name;

	if (!cbx_road_keeps_history(road) || road->turn_count >= MOST)
		return cbx_systems_set_turn(road->systems, entry, state, at_ms);
	name = strdup(entry->system->name);
	if (!name || cbx_grow(road->turns, road->turn_capacity, road->turn_count + 1) < 0) {
		free(name);
		return -ENOMEM;
	}
	road->turns[road->turn_count++] = (struct cbx_turn){
		name, state_name(state), state_name(before), source, at_ms,
	};
	return cbx_systems_set_turn(road->systems, entry, state, at_ms);
}

int cbx_road_set_system(struct cbx_road *road, struct cbx_system_entry *entry,
			enum cbx_system_state state, const char *source, bool listed)
{
	int result = 0;

	/* it was not there yet when the history was read */
	if (!entry->turned)
		result = pass_on(&road->past_turns, road->systems, entry);
	if (!result && state != (entry->turned ?: entry->system->state))
		result = note(road, entry, state, source);
	if (listed || state != entry->system->state)
		cbx_road_outlook_touch(road, entry->system->name);
	return result ? result
		      : cbx_systems_set(road->systems, entry, state, cbx_wall(road->clock), listed);
}

void cbx_turns_recorded(struct cbx_road *road, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		free(road->turns[i].system);
	road->turn_count -= count;
	if (count && road->turn_count)
		memmove(road->turns, road->turns + count, road->turn_count * sizeof(*road->turns));
}
