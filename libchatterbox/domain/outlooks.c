// SPDX-License-Identifier: MIT
/*
 * outlooks.c - keeps the table of outlooks, and what of it waits to be told
 *
 * What is to be told waits until a transaction has recorded it; readers see it only then. An entry
 * that is over stays, unseen, as long as the schedule holds it, so that it does not begin anew.
 */
#include "domain/outlooks_internal.h"

#include "common/array.h"

#include <errno.h>
#include <string.h>

int cbx_outlooks_new(struct cbx_outlooks **out)
{
	struct cbx_outlooks *outlooks = calloc(1, sizeof(*outlooks));

	if (!outlooks)
		return -ENOMEM;
	*out = outlooks;
	return 0;
}

static void entry_free(struct cbx_outlook_entry *entry)
{
	cbx_outlook_unref(entry->shown);
	cbx_outlook_unref(entry->next_shown);
	free(entry);
}

static void thaw(struct cbx_outlooks *outlooks)
{
	cbx_outlook_list_unref(outlooks->frozen);
	outlooks->frozen = NULL;
}

void cbx_outlooks_clear(struct cbx_outlooks *outlooks)
{
	struct cbx_outlook_system *system;
	struct cbx_outlook_system *next;
	size_t i;

	for (i = 0; i < outlooks->count; i++)
		entry_free(outlooks->all[i]);
	outlooks->count = outlooks->waiting = 0;
	outlooks->look_ms = outlooks->seen_ms = 0;
	HASH_ITER (hh, outlooks->systems, system, next) {
		HASH_DEL(outlooks->systems, system);
		cbx_outlook_system_clear_lost(system);
		free(system);
	}
	thaw(outlooks);
}

void cbx_outlooks_free(struct cbx_outlooks *outlooks)
{
	if (!outlooks)
		return;
	cbx_outlooks_clear(outlooks);
	cbx_outlook_scratch_free(&outlooks->scratch);
	free(outlooks->all);
	free(outlooks);
}

/* --- systems and entries --- */

struct cbx_outlook_system *cbx_outlooks_find_system(const struct cbx_outlooks *outlooks,
						    const char *name)
{
	struct cbx_outlook_system *system;

	HASH_FIND(hh, outlooks->systems, name, strlen(name), system);
	return system;
}

struct cbx_outlook_system *cbx_outlooks_get_system(struct cbx_outlooks *outlooks, const char *name)
{
	struct cbx_outlook_system *system = cbx_outlooks_find_system(outlooks, name);
	size_t len = strlen(name);

	if (system)
		return system;
	system = calloc(1, sizeof(*system) + len + 1);
	if (!system)
		return NULL;
	memcpy(system->name, name, len);
	if (cbx_hash_add(outlooks->systems, system->name, len, system) < 0) {
		free(system);
		return NULL;
	}
	return system;
}

void cbx_outlooks_drop_if_empty(struct cbx_outlooks *outlooks, struct cbx_outlook_system *system)
{
	if (system->entries || system->lost)
		return;
	HASH_DEL(outlooks->systems, system);
	free(system);
}

/* The entry, made when it is new; NULL = out of memory */
static struct cbx_outlook_entry *get_entry(struct cbx_outlooks *outlooks, const char *name,
					   const char *list_id)
{
	struct cbx_outlook_system *system = cbx_outlooks_get_system(outlooks, name);
	struct cbx_outlook_entry *entry = system ? system->entries : NULL;
	size_t len = strlen(list_id);

	while (entry && strcmp(entry->list_id, list_id) != 0)
		entry = entry->next;
	if (entry || !system)
		return entry;
	if (cbx_grow(outlooks->all, outlooks->capacity, outlooks->count + 1) < 0)
		return NULL;
	entry = calloc(1, sizeof(*entry) + len + 1);
	if (!entry)
		return NULL;
	memcpy(entry->list_id, list_id, len);
	entry->system = system;
	entry->system_name = system->name;
	entry->next = system->entries;
	system->entries = entry;
	outlooks->all[outlooks->count++] = entry;
	outlooks->sorted = false;
	outlooks->look_ms = 0;
	return entry;
}

static void unlink_entry(struct cbx_outlook_entry *entry)
{
	struct cbx_outlook_entry **at = &entry->system->entries;

	while (*at != entry)
		at = &(*at)->next;
	*at = entry->next;
}

static bool waits(const struct cbx_outlook_entry *entry)
{
	return entry->gone || entry->wanted;
}

static void count_waiting(struct cbx_outlooks *outlooks)
{
	size_t i;

	outlooks->waiting = 0;
	for (i = 0; i < outlooks->count; i++)
		outlooks->waiting += waits(outlooks->all[i]);
}

/* --- the schedule --- */

int cbx_outlooks_restore(struct cbx_outlooks *outlooks, const char *system, const char *list_id,
			 enum cbx_outlook_state state, int64_t since_ms)
{
	struct cbx_outlook_entry *entry = get_entry(outlooks, system, list_id);

	if (!entry)
		return -ENOMEM;
	cbx_outlook_told_set(&entry->told, state);
	entry->kept = true;
	entry->since_ms = since_ms;
	return 0;
}

void cbx_outlooks_read_begin(struct cbx_outlooks *outlooks)
{
	outlooks->read++;
}

int cbx_outlooks_read_row(struct cbx_outlooks *outlooks, const char *system, const char *list_id,
			  int64_t activate_at_ms)
{
	struct cbx_outlook_entry *entry = get_entry(outlooks, system, list_id);

	if (!entry)
		return -ENOMEM;
	entry->read = outlooks->read;
	if (entry->activate_at_ms == activate_at_ms)
		return 0;
	/* what is planned anew begins anew, if it was over */
	if (entry->over)
		entry->told = (struct cbx_outlook_told){ 0 };
	entry->over = entry->gone = false;
	entry->activate_at_ms = activate_at_ms;
	outlooks->sorted = false;
	entry->look_ms = outlooks->look_ms = 0;
	return 0;
}

/* Forgets the entry at this place; the last one takes it */
static void drop_entry(struct cbx_outlooks *outlooks, size_t at)
{
	struct cbx_outlook_entry *entry = outlooks->all[at];
	struct cbx_outlook_system *system = entry->system;

	unlink_entry(entry);
	entry_free(entry);
	outlooks->all[at] = outlooks->all[--outlooks->count];
	outlooks->sorted = false;
	cbx_outlooks_drop_if_empty(outlooks, system);
	thaw(outlooks);
}

void cbx_outlooks_read_end(struct cbx_outlooks *outlooks)
{
	size_t i = outlooks->count;

	while (i--) {
		struct cbx_outlook_entry *entry = outlooks->all[i];

		if (entry->read == outlooks->read)
			continue;
		entry->wanted = false;
		entry->gone = entry->kept;
		entry->over = true;
		if (!entry->gone)
			drop_entry(outlooks, i);
	}
	count_waiting(outlooks);
	thaw(outlooks);
}

/* --- what has changed --- */

void cbx_outlooks_touch_system(struct cbx_outlooks *outlooks, struct cbx_outlook_system *system)
{
	struct cbx_outlook_entry *entry;

	for (entry = system->entries; entry; entry = entry->next)
		entry->look_ms = outlooks->look_ms = 0;
}

void cbx_outlooks_touch(struct cbx_outlooks *outlooks, const char *name)
{
	struct cbx_outlook_system *system = cbx_outlooks_find_system(outlooks, name);

	if (system)
		cbx_outlooks_touch_system(outlooks, system);
}

void cbx_outlooks_touch_all(struct cbx_outlooks *outlooks)
{
	size_t i;

	for (i = 0; i < outlooks->count; i++)
		outlooks->all[i]->look_ms = 0;
	outlooks->look_ms = 0;
}

/* The clock was set back: what was to hold until then holds no longer, and what was over may lie
 * ahead again */
static void go_back(struct cbx_outlooks *outlooks, int64_t now_ms)
{
	size_t i;

	for (i = 0; i < outlooks->count; i++) {
		struct cbx_outlook_entry *entry = outlooks->all[i];

		if (!entry->over || entry->read != outlooks->read ||
		    entry->activate_at_ms <= now_ms)
			continue;
		entry->told = (struct cbx_outlook_told){ 0 };
		entry->over = entry->gone = false;
	}
	cbx_outlooks_touch_all(outlooks);
}

/* --- judging and telling --- */

int cbx_outlooks_judge(struct cbx_outlooks *outlooks, const struct cbx_outlook_world *world,
		       bool *changed)
{
	int64_t next_ms = INT64_MAX;
	size_t i;
	int result = 0;

	*changed = false;
	if (world->now_ms < outlooks->seen_ms)
		go_back(outlooks, world->now_ms);
	outlooks->seen_ms = world->now_ms;
	if (world->now_ms < outlooks->look_ms)
		return 0;
	outlooks->waiting = 0;
	for (i = 0; i < outlooks->count; i++) {
		struct cbx_outlook_entry *entry = outlooks->all[i];

		if (!result && !entry->over && entry->look_ms <= world->now_ms)
			result = cbx_outlook_entry_judge(entry, world, &outlooks->scratch, changed);
		if (!entry->over && entry->look_ms < next_ms)
			next_ms = entry->look_ms;
		outlooks->waiting += waits(entry);
	}
	outlooks->look_ms = next_ms;
	if (*changed)
		thaw(outlooks);
	return result;
}

size_t cbx_outlooks_waiting(const struct cbx_outlooks *outlooks)
{
	return outlooks->waiting;
}

int cbx_outlooks_each_waiting(struct cbx_outlooks *outlooks,
			      int (*each)(void *user, struct cbx_outlook_entry *entry), void *user)
{
	size_t i;
	int result = 0;

	for (i = 0; !result && outlooks->waiting && i < outlooks->count; i++)
		if (waits(outlooks->all[i]))
			result = each(user, outlooks->all[i]);
	return result;
}

static void note_told(struct cbx_outlook_entry *entry)
{
	if (!entry->wanted)
		return;
	cbx_outlook_told_set(&entry->told, entry->next_shown->state);
	entry->since_ms = entry->next_shown->since_ms;
	cbx_outlook_unref(entry->shown);
	entry->shown = entry->next_shown;
	entry->next_shown = NULL;
	entry->wanted = false;
	entry->kept = true;
}

void cbx_outlooks_recorded(struct cbx_outlooks *outlooks)
{
	size_t i = outlooks->waiting ? outlooks->count : 0;

	while (i--) {
		struct cbx_outlook_entry *entry = outlooks->all[i];

		if (!waits(entry))
			continue;
		note_told(entry);
		if (!entry->gone)
			continue;
		entry->gone = entry->kept = false;
		if (entry->read != outlooks->read)
			drop_entry(outlooks, i);
	}
	outlooks->waiting = 0;
	thaw(outlooks);
}

/* --- freezing --- */

static int compare(const void *a, const void *b)
{
	const struct cbx_outlook_entry *first = *(struct cbx_outlook_entry *const *)a;
	const struct cbx_outlook_entry *second = *(struct cbx_outlook_entry *const *)b;
	int order;

	if (first->activate_at_ms != second->activate_at_ms)
		return first->activate_at_ms < second->activate_at_ms ? -1 : 1;
	order = strcmp(first->system->name, second->system->name);
	return order ? order : strcmp(first->list_id, second->list_id);
}

static int build(struct cbx_outlooks *outlooks)
{
	struct cbx_outlook_list *list =
		calloc(1, sizeof(*list) + outlooks->count * sizeof(list->items[0]));
	size_t i;

	if (!list)
		return -ENOMEM;
	if (!outlooks->sorted && outlooks->count)
		qsort(outlooks->all, outlooks->count, sizeof(outlooks->all[0]), compare);
	outlooks->sorted = true;
	list->refs = 1;
	for (i = 0; i < outlooks->count; i++) {
		const struct cbx_outlook_entry *entry = outlooks->all[i];

		if (entry->over || !entry->shown)
			continue;
		list->totals[entry->shown->state]++;
		list->items[list->count++] = cbx_outlook_ref(entry->shown);
	}
	outlooks->frozen = list;
	return 0;
}

int cbx_outlooks_freeze(struct cbx_outlooks *outlooks, struct cbx_outlook_list **out)
{
	int result = outlooks->frozen ? 0 : build(outlooks);

	if (!result)
		*out = cbx_outlook_list_ref(outlooks->frozen);
	return result;
}
