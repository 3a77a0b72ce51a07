// SPDX-License-Identifier: MIT
/*
 * system.c - the table of systems
 *
 * The frozen list that readers get is shared until something changes.
 */
#include "domain/system.h"

#include "base/hash.h"
#include "base/read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct row {
	struct cbx_system_entry entry;
	size_t at; /* its place while the table is sorted */
	UT_hash_handle hh;
	char name[];
};

struct cbx_systems {
	struct row *rows;
	struct cbx_system_entry **sorted;
	size_t sorted_count;
	size_t states[CBX_OFFLINE + 1]; /* how many are in each */
	struct cbx_system_list *frozen; /* the last frozen list; NULL = something changed since */
	struct cbx_pieces pieces;       /* of it and of what has not changed since */
};

/* What a system's record says besides its name */
struct facts {
	enum cbx_system_state state;
	int64_t last_check_ms;
	int64_t next_activation_ms;
	int64_t since_ms;
	unsigned timeouts;
	bool denied;
};

static int system_new(const char *name, const struct facts *facts, struct cbx_system **out)
{
	size_t size = strlen(name) + 1;
	struct cbx_system *system = malloc(sizeof(*system) + size);

	if (!system)
		return -ENOMEM;
	system->refs = 1;
	system->state = facts->state;
	system->last_check_ms = facts->last_check_ms;
	system->next_activation_ms = facts->next_activation_ms;
	system->timeouts = facts->timeouts;
	system->denied = facts->denied;
	system->since_ms = facts->since_ms;
	memcpy(system->name, name, size);
	*out = system;
	return 0;
}

void cbx_system_unref(struct cbx_system *system)
{
	if (system && --system->refs == 0)
		free(system);
}

const char *cbx_system_state_name(enum cbx_system_state state)
{
	switch (state) {
	case CBX_UNKNOWN:
		return "unknown";
	case CBX_ONLINE:
		return "online";
	case CBX_OFFLINE:
		return "offline";
	}
	return "unknown";
}

void cbx_system_json(const struct cbx_system *system, struct cbx_text *out)
{
	char time[CBX_TIME_TEXT];

	cbx_text_puts(out, "{\"systemID\":");
	cbx_text_json_string(out, system->name);
	if (system->last_check_ms) {
		cbx_time_text(system->last_check_ms, time);
		cbx_text_printf(out, ",\"lastCheck\":\"%s\"", time);
	} else {
		cbx_text_puts(out, ",\"lastCheck\":null");
	}
	cbx_text_printf(out, ",\"status\":\"%s\"}", cbx_system_state_name(system->state));
}

void cbx_system_list_unref(struct cbx_system_list *list)
{
	if (!list || --list->refs > 0)
		return;
	cbx_pieces_unref(list->pieces, cbx_pieces_of(list->count));
	free(list);
}

const struct cbx_system *cbx_system_list_find(const struct cbx_system_list *list, const char *name)
{
	size_t low = 0;
	size_t high = list->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct cbx_system *system = cbx_system_list_at(list, middle);
		int order = strcmp(system->name, name);

		if (!order)
			return system;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

int cbx_systems_new(struct cbx_systems **out)
{
	struct cbx_systems *systems = calloc(1, sizeof(*systems));

	if (!systems)
		return -ENOMEM;
	*out = systems;
	return 0;
}

/* Forgets the frozen list */
static void changed(struct cbx_systems *systems)
{
	cbx_system_list_unref(systems->frozen);
	systems->frozen = NULL;
}

/* A system came or went: nothing stays in its place */
static void reordered(struct cbx_systems *systems)
{
	free(systems->sorted);
	systems->sorted = NULL;
	systems->sorted_count = 0;
	cbx_pieces_forget_from(&systems->pieces, 0);
	changed(systems);
}

void cbx_systems_clear(struct cbx_systems *systems)
{
	struct row *row;
	struct row *next;

	reordered(systems);
	HASH_ITER (hh, systems->rows, row, next) {
		HASH_DEL(systems->rows, row);
		cbx_system_unref(row->entry.system);
		free(row);
	}
	memset(systems->states, 0, sizeof(systems->states));
}

void cbx_systems_free(struct cbx_systems *systems)
{
	if (!systems)
		return;
	cbx_systems_clear(systems);
	cbx_pieces_close(&systems->pieces);
	free(systems);
}

struct cbx_system_entry *cbx_systems_find(const struct cbx_systems *systems, const char *name)
{
	struct row *row;

	HASH_FIND_STR(systems->rows, name, row);
	return row ? &row->entry : NULL;
}

struct cbx_system_entry *cbx_systems_get(struct cbx_systems *systems, const char *name)
{
	struct cbx_system_entry *known = cbx_systems_find(systems, name);
	size_t size = strlen(name) + 1;
	struct row *row;

	if (known)
		return known;
	row = calloc(1, sizeof(*row) + size);
	if (!row || system_new(name, &(struct facts){ 0 }, &row->entry.system) < 0) {
		free(row);
		return NULL;
	}
	memcpy(row->name, name, size);
	row->entry.handle = row;
	if (cbx_hash_add(systems->rows, row->name, size - 1, row) < 0) {
		cbx_system_unref(row->entry.system);
		free(row);
		return NULL;
	}
	systems->states[CBX_UNKNOWN]++;
	reordered(systems);
	return &row->entry;
}

static int renew(struct cbx_systems *systems, struct cbx_system_entry *entry, struct facts *facts)
{
	struct cbx_system *system = NULL;
	int result;

	facts->since_ms = facts->state == entry->turned ? entry->turned_ms : 0;
	result = system_new(entry->system->name, facts, &system);
	if (result < 0)
		return result;
	systems->states[entry->system->state]--;
	systems->states[system->state]++;
	cbx_system_unref(entry->system);
	entry->system = system;
	if (systems->sorted)
		cbx_pieces_forget(&systems->pieces, ((struct row *)entry->handle)->at);
	changed(systems);
	return 0;
}

int cbx_systems_restore(struct cbx_systems *systems, struct cbx_system_entry *entry,
			enum cbx_system_state state, int64_t last_check_ms)
{
	struct facts facts = { .state = state,
			       .last_check_ms = last_check_ms,
			       .next_activation_ms = entry->system->next_activation_ms };

	return renew(systems, entry, &facts);
}

static struct facts facts_of(const struct cbx_system *system)
{
	return (struct facts){ system->state,    system->last_check_ms, system->next_activation_ms,
			       system->since_ms, system->timeouts,      system->denied };
}

int cbx_systems_set_activation(struct cbx_systems *systems, struct cbx_system_entry *entry,
			       int64_t next_activation_ms)
{
	struct facts facts = facts_of(entry->system);

	if (facts.next_activation_ms == next_activation_ms)
		return 0;
	facts.next_activation_ms = next_activation_ms;
	return renew(systems, entry, &facts);
}

int cbx_systems_set_evidence(struct cbx_systems *systems, struct cbx_system_entry *entry,
			     bool denied)
{
	struct facts facts = facts_of(entry->system);

	/* that it is silent counts, not for how long */
	if (facts.denied == denied && !facts.timeouts == !entry->timeouts)
		return 0;
	facts.denied = denied;
	facts.timeouts = entry->timeouts;
	return renew(systems, entry, &facts);
}

int cbx_systems_set_turn(struct cbx_systems *systems, struct cbx_system_entry *entry,
			 enum cbx_system_state turned, int64_t turned_ms)
{
	struct facts facts = facts_of(entry->system);

	if (entry->turned == turned && entry->turned_ms == turned_ms)
		return 0;
	entry->turned = turned;
	entry->turned_ms = turned_ms;
	return renew(systems, entry, &facts);
}

int cbx_systems_set(struct cbx_systems *systems, struct cbx_system_entry *entry,
		    enum cbx_system_state state, int64_t wall_ms, bool checked)
{
	int result;

	if (entry->system->state == state && !checked)
		return 0;
	result = cbx_systems_restore(systems, entry, state, wall_ms);
	if (result < 0)
		return result;
	entry->dirty = true;
	return 0;
}

size_t cbx_systems_count(const struct cbx_systems *systems)
{
	return HASH_COUNT(systems->rows);
}

static int by_name(const void *a, const void *b)
{
	const struct cbx_system_entry *const *left = a;
	const struct cbx_system_entry *const *right = b;

	return strcmp((*left)->system->name, (*right)->system->name);
}

struct cbx_system_entry *const *cbx_systems_all(struct cbx_systems *systems)
{
	size_t count = HASH_COUNT(systems->rows);
	struct row *row;
	size_t i = 0;

	if (systems->sorted && systems->sorted_count == count)
		return systems->sorted;
	free(systems->sorted);
	systems->sorted = calloc(count + 1, sizeof(struct cbx_system_entry *));
	if (!systems->sorted)
		return NULL;
	for (row = systems->rows; row; row = row->hh.next)
		systems->sorted[i++] = &row->entry;
	qsort(systems->sorted, count, sizeof(struct cbx_system_entry *), by_name);
	for (i = 0; i < count; i++)
		((struct row *)systems->sorted[i]->handle)->at = i;
	systems->sorted_count = count;
	return systems->sorted;
}

static void *system_at(const void *table, size_t at)
{
	const struct cbx_systems *systems = table;
	struct cbx_system *system = systems->sorted[at]->system;

	system->refs++;
	return system;
}

static void unref_system(void *system)
{
	cbx_system_unref(system);
}

int cbx_systems_freeze(struct cbx_systems *systems, struct cbx_system_list **out)
{
	struct cbx_system_list *list;
	size_t count;

	if (systems->frozen) {
		systems->frozen->refs++;
		*out = systems->frozen;
		return 0;
	}
	if (!cbx_systems_all(systems))
		return -ENOMEM;
	count = systems->sorted_count;
	list = calloc(1, sizeof(*list) + cbx_pieces_of(count) * sizeof(list->pieces[0]));
	if (!list || cbx_pieces_freeze(&systems->pieces, count, system_at, systems, unref_system,
				       list->pieces)) {
		free(list);
		return -ENOMEM;
	}
	list->refs = 2; /* one for the table, one for the caller */
	list->count = count;
	list->online = systems->states[CBX_ONLINE];
	list->offline = systems->states[CBX_OFFLINE];
	list->unknown = systems->states[CBX_UNKNOWN];
	systems->frozen = list;
	*out = list;
	return 0;
}
