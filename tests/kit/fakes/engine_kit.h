/* SPDX-License-Identifier: MIT */
/*
 * engine_kit.h - an engine on the embedded profile, its host, and a journal of all its events
 *
 * A journal holds every update_job_status of every run by its id, and checks what contract 1.5
 * promises: each job has the revisions 1, 2, 3, ... and each event's previous status is the status
 * before it.
 */
#ifndef CBX_TESTS_ENGINE_KIT_H
#define CBX_TESTS_ENGINE_KIT_H

#include "common/cleanup.h"
#include "fleet/demo.h"
#include "unit.h"

#include <chatterbox/chatterbox.h>

/* A directory of its own for the database */
struct engine_home {
	char directory[64];
	char path[96];
};

void engine_home_open(struct engine_home *home);
void engine_home_close(struct engine_home *home);

/* What a host was told by its engine */
struct engine_host {
	struct chatterbox *box;
	struct cbx_demo *fleet; /* NULL = none */
	unsigned ready, failed;
	int error;
};

/* A new engine over @home; the Job Status Task each second. Not started yet. */
struct chatterbox *engine_make(const struct engine_home *home);
/* Starts it with a host; if @systems > 0 with a fleet */
void engine_begin(struct engine_host *host, struct chatterbox *box, unsigned systems,
		  uint64_t seed);
/* Stops it and its fleet, and gives the engine back */
void engine_end(struct engine_host *host);
/* Dispatches until @done returns true; fails after 60 s */
void engine_wait(struct engine_host *host, bool (*done)(struct engine_host *host));
bool engine_is_told_ready(struct engine_host *host);
/* A member of the summary: "role", "leader", ... as text; free() it */
char *engine_summary(struct chatterbox *box, const char *member);

struct engine_journal {
	struct engine_entry {
		char *key; /* system/job_id */
		long long revision;
		char *status, *previous;
	} * entries;
	size_t count;
};

/* Takes over the stream of a stopped engine; fails if an id is there already */
void engine_journal_take(struct engine_journal *journal, struct chatterbox *box);
/* No gap, no repetition, an unbroken chain of previous statuses */
void engine_journal_check(struct engine_journal *journal);
/* The highest revision of any job */
long long engine_journal_top(const struct engine_journal *journal);
void engine_journal_free(struct engine_journal *journal);

#endif
