// SPDX-License-Identifier: MIT
/* incident_members.c - a set of members that holds a hash of each, so that many cost little */
#include "domain/incident_groups.h"

#include <errno.h>
#include <stdlib.h>

static uint64_t hash_member(const char *system, int64_t job_id)
{
	uint64_t hash = 14695981039346656037u;
	unsigned shift;

	for (; *system; system++)
		hash = (hash ^ (unsigned char)*system) * 1099511628211u;
	for (shift = 0; shift < 64; shift += 8)
		hash = (hash ^ (((uint64_t)job_id >> shift) & 255)) * 1099511628211u;
	hash ^= hash >> 32;
	return hash ? hash : 1;
}

static bool put_hash(const struct cbx_seen *seen, uint64_t hash)
{
	size_t at = hash & (seen->capacity - 1);

	while (seen->places[at] && seen->places[at] != hash)
		at = (at + 1) & (seen->capacity - 1);
	if (seen->places[at])
		return false;
	seen->places[at] = hash;
	return true;
}

static int grow(struct cbx_seen *seen)
{
	struct cbx_seen larger = { .count = seen->count };
	size_t i;

	larger.capacity = seen->capacity ? seen->capacity * 2 : 64;
	larger.places = calloc(larger.capacity, sizeof(*larger.places));
	if (!larger.places)
		return -ENOMEM;
	for (i = 0; i < seen->capacity; i++)
		if (seen->places[i])
			put_hash(&larger, seen->places[i]);
	free(seen->places);
	*seen = larger;
	return 0;
}

int cbx_seen_add(struct cbx_seen *seen, const char *system, int64_t job_id)
{
	if (seen->count * 2 >= seen->capacity && grow(seen) < 0)
		return -ENOMEM;
	if (!put_hash(seen, hash_member(system, job_id)))
		return 0;
	seen->count++;
	return 1;
}

void cbx_seen_clear(struct cbx_seen *seen)
{
	free(seen->places);
	*seen = (struct cbx_seen){ 0 };
}
