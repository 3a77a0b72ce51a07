// SPDX-License-Identifier: MIT
/* faults.c - plans of failures, and which wrapper belongs to which connection */
#include "faults.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define CONNECTIONS 32

static struct {
	const void *connection;
	void *memory;
} kept[CONNECTIONS];

void faults_add_nth(struct faults *faults, const char *call, int error, unsigned nth,
		    unsigned times)
{
	assert(faults->count < FAULTS_MOST && nth > 0);
	faults->list[faults->count++] = (struct fault){ call, nth - 1, times, error };
}

void faults_add(struct faults *faults, const char *call, int error)
{
	faults_add_nth(faults, call, error, 1, 1);
}

void faults_clear(struct faults *faults)
{
	*faults = (struct faults){ 0 };
}

int faults_hit(struct faults *faults, const char *call)
{
	size_t i;

	if (faults->watched && !strcmp(faults->watched, call))
		faults->calls++;
	for (i = 0; i < faults->count; i++) {
		struct fault *fault = &faults->list[i];

		if (!fault->times || strcmp(fault->call, call))
			continue;
		if (fault->skip) {
			fault->skip--;
			continue;
		}
		fault->times--;
		return fault->error;
	}
	return 0;
}

static size_t place_of(const void *connection)
{
	size_t i;

	for (i = 0; i < CONNECTIONS; i++)
		if (kept[i].connection == connection)
			return i;
	abort(); /* no such connection, or no room for one more */
}

void faults_keep(const void *connection, void *memory)
{
	size_t i = place_of(NULL);

	kept[i].connection = connection;
	kept[i].memory = memory;
}

void *faults_find(const void *connection)
{
	return kept[place_of(connection)].memory;
}

void *faults_forget(const void *connection)
{
	size_t i = place_of(connection);
	void *memory = kept[i].memory;

	kept[i].connection = NULL;
	return memory;
}
