// SPDX-License-Identifier: MIT
/*
 * incident_groups.c - counts, for each code, file and system, what waits in the window
 *
 * Troubles are in a list by age. Each group knows its members, and how often each of them waits, so
 * that counting and forgetting cost the same however large the window is.
 */
#include "domain/incident_groups.h"

#include "base/hash.h"
#include "common/utf8.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct member {
	UT_hash_handle hh;
	size_t times;
	char name[];
};

struct cbx_group {
	UT_hash_handle hh;
	struct member *members;
	char name[]; /* its kind and key */
};

#define GROUP_NAME (CBX_INCIDENT_KEY + 2)
#define CODE_MOST 64
#define FILE_MOST 255
#define HASH_TEXT sizeof("..00000000")

static uint32_t hash_of(const char *text)
{
	uint32_t hash = 2166136261u;

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 16777619u;
	return hash;
}

void cbx_incident_key(const char *text, size_t most, char out[CBX_INCIDENT_KEY])
{
	size_t len = strlen(text);
	size_t room = len > most ? most - (HASH_TEXT - 1) : len;
	size_t at = 0;
	uint32_t code;

	while (at < room) {
		size_t step = cbx_utf8_next(text + at, len - at, &code);

		if (step && at + step > room)
			break;
		out[at] = step ? text[at] : '?';
		if (step > 1)
			memcpy(out + at, text + at, step);
		at += step ? step : 1;
	}
	out[at] = '\0';
	if (len > most)
		snprintf(out + at, HASH_TEXT, "..%08x", hash_of(text));
}

static bool is_failure(const struct cbx_trouble *trouble)
{
	return trouble->type != CBX_SILENCE && trouble->type != CBX_STALL;
}

size_t cbx_trouble_groups(const struct cbx_trouble *trouble,
			  struct cbx_group_name out[CBX_GROUPS_OF_ONE])
{
	size_t count = 0;
	size_t i;

	if (!is_failure(trouble)) {
		out[0].kind = trouble->type;
		strcpy(out[0].key, "all");
		return 1;
	}
	if (trouble->code && *trouble->code) {
		out[count].kind = CBX_SAME_CODE;
		cbx_incident_key(trouble->code, CODE_MOST, out[count++].key);
	}
	for (i = 0; i < trouble->file_count; i++) {
		out[count].kind = CBX_SAME_FILE;
		cbx_incident_key(trouble->files[i], FILE_MOST, out[count++].key);
	}
	if (trouble->job_id >= 0) {
		out[count].kind = CBX_SAME_SYSTEM;
		cbx_incident_key(trouble->system, CODE_MOST, out[count++].key);
	}
	return count;
}

static size_t group_name(const struct cbx_group_name *name, char out[GROUP_NAME])
{
	return (size_t)snprintf(out, GROUP_NAME, "%c%s", 'a' + (int)name->kind, name->key);
}

static struct cbx_group *find(const struct cbx_groups *groups, const struct cbx_group_name *name)
{
	struct cbx_group *group;
	char text[GROUP_NAME];
	size_t len = group_name(name, text);

	HASH_FIND(hh, groups->all, text, len, group);
	return group;
}

static struct cbx_group *get(struct cbx_groups *groups, const struct cbx_group_name *name)
{
	struct cbx_group *group = find(groups, name);
	char text[GROUP_NAME];
	size_t len;

	if (group)
		return group;
	len = group_name(name, text);
	group = calloc(1, sizeof(*group) + len + 1);
	if (!group)
		return NULL;
	memcpy(group->name, text, len + 1);
	if (cbx_hash_add(groups->all, group->name, len, group) == 0)
		return group;
	free(group);
	return NULL;
}

/* The job in the group of its system, else the system */
static void member_name(const struct cbx_trouble *trouble, enum cbx_incident_kind kind,
			char out[CBX_INCIDENT_KEY])
{
	if (kind == CBX_SAME_SYSTEM)
		snprintf(out, CBX_INCIDENT_KEY, "%lld", (long long)trouble->job_id);
	else
		snprintf(out, CBX_INCIDENT_KEY, "%s", trouble->system);
}

static void uncount(struct cbx_groups *groups, const struct cbx_trouble *trouble,
		    const struct cbx_group_name *name)
{
	struct cbx_group *group = find(groups, name);
	struct member *member = NULL;
	char text[CBX_INCIDENT_KEY];

	member_name(trouble, name->kind, text);
	if (group)
		HASH_FIND_STR(group->members, text, member);
	if (member && !--member->times) {
		HASH_DEL(group->members, member);
		free(member);
	}
	if (group && !group->members) {
		HASH_DEL(groups->all, group);
		free(group);
	}
}

static int count(struct cbx_groups *groups, const struct cbx_trouble *trouble,
		 const struct cbx_group_name *name)
{
	struct cbx_group *group = get(groups, name);
	struct member *member;
	char text[CBX_INCIDENT_KEY];
	size_t size;

	if (!group)
		return -ENOMEM;
	member_name(trouble, name->kind, text);
	HASH_FIND_STR(group->members, text, member);
	if (member) {
		member->times++;
		return 0;
	}
	size = strlen(text) + 1;
	member = calloc(1, sizeof(*member) + size);
	if (member) {
		member->times = 1;
		memcpy(member->name, text, size);
	}
	if (member && cbx_hash_add(group->members, member->name, size - 1, member) == 0)
		return 0;
	free(member);
	uncount(groups, trouble, name); /* so that no empty group stays */
	return -ENOMEM;
}

static void free_waiting(struct cbx_waiting *waiting)
{
	struct cbx_trouble *trouble = &waiting->trouble;
	size_t i;

	free((void *)(uintptr_t)trouble->system);
	free((void *)(uintptr_t)trouble->code);
	free((void *)(uintptr_t)trouble->message);
	for (i = 0; i < trouble->file_count; i++)
		free((void *)(uintptr_t)trouble->files[i]);
	free(waiting);
}

static struct cbx_waiting *copy(const struct cbx_trouble *trouble)
{
	struct cbx_waiting *waiting = calloc(1, sizeof(*waiting));
	struct cbx_trouble *to = waiting ? &waiting->trouble : NULL;
	bool failed;

	if (!waiting)
		return NULL;
	*to = *trouble;
	to->system = strdup(trouble->system);
	to->code = trouble->code ? strdup(trouble->code) : NULL;
	to->message = trouble->message ? strdup(trouble->message) : NULL;
	failed = !to->system || (trouble->code && !to->code) || (trouble->message && !to->message);
	for (to->file_count = 0; to->file_count < trouble->file_count; to->file_count++) {
		to->files[to->file_count] = strdup(trouble->files[to->file_count]);
		if (!to->files[to->file_count])
			break;
	}
	if (!failed && to->file_count == trouble->file_count)
		return waiting;
	free_waiting(waiting);
	return NULL;
}

/* Counts it in the first @wanted of its groups; fewer when out of memory */
static size_t count_all(struct cbx_groups *groups, const struct cbx_waiting *waiting, bool up,
			size_t wanted)
{
	struct cbx_group_name names[CBX_GROUPS_OF_ONE];
	size_t total = cbx_trouble_groups(&waiting->trouble, names);
	size_t i;

	for (i = 0; i < total && i < wanted; i++) {
		if (waiting->placed && names[i].kind == CBX_SAME_SYSTEM)
			continue;
		if (!up)
			uncount(groups, &waiting->trouble, &names[i]);
		else if (count(groups, &waiting->trouble, &names[i]) < 0)
			break;
	}
	return i == total ? CBX_GROUPS_OF_ONE : i;
}

int cbx_groups_add(struct cbx_groups *groups, const struct cbx_trouble *trouble, bool placed)
{
	struct cbx_waiting *waiting = copy(trouble);
	size_t counted;

	if (!waiting)
		return -ENOMEM;
	waiting->placed = placed;
	counted = count_all(groups, waiting, true, CBX_GROUPS_OF_ONE);
	if (counted < CBX_GROUPS_OF_ONE) {
		count_all(groups, waiting, false, counted);
		free_waiting(waiting);
		return -ENOMEM;
	}
	waiting->before = groups->newest;
	*(groups->newest ? &groups->newest->next : &groups->oldest) = waiting;
	groups->newest = waiting;
	if (++groups->count > CBX_TROUBLES)
		cbx_groups_drop(groups, groups->oldest);
	return 0;
}

void cbx_groups_drop(struct cbx_groups *groups, struct cbx_waiting *waiting)
{
	count_all(groups, waiting, false, CBX_GROUPS_OF_ONE);
	*(waiting->before ? &waiting->before->next : &groups->oldest) = waiting->next;
	*(waiting->next ? &waiting->next->before : &groups->newest) = waiting->before;
	groups->count--;
	free_waiting(waiting);
}

void cbx_groups_place(struct cbx_groups *groups, struct cbx_waiting *waiting)
{
	struct cbx_group_name name = { .kind = CBX_SAME_SYSTEM };

	if (waiting->placed || !is_failure(&waiting->trouble) || waiting->trouble.job_id < 0)
		return;
	cbx_incident_key(waiting->trouble.system, CODE_MOST, name.key);
	uncount(groups, &waiting->trouble, &name);
	waiting->placed = true;
}

void cbx_groups_expire(struct cbx_groups *groups, int64_t before_ms)
{
	while (groups->oldest && groups->oldest->trouble.at_ms < before_ms)
		cbx_groups_drop(groups, groups->oldest);
}

void cbx_groups_clear(struct cbx_groups *groups)
{
	while (groups->oldest)
		cbx_groups_drop(groups, groups->oldest);
}

size_t cbx_groups_size(const struct cbx_groups *groups, const struct cbx_group_name *name)
{
	const struct cbx_group *group = find(groups, name);

	return group ? HASH_COUNT(group->members) : 0;
}

bool cbx_waiting_is_in(const struct cbx_waiting *waiting, const struct cbx_group_name *name)
{
	struct cbx_group_name names[CBX_GROUPS_OF_ONE];
	size_t total = cbx_trouble_groups(&waiting->trouble, names);
	size_t i;

	if (waiting->placed && name->kind == CBX_SAME_SYSTEM)
		return false;
	for (i = 0; i < total; i++)
		if (names[i].kind == name->kind && !strcmp(names[i].key, name->key))
			return true;
	return false;
}
