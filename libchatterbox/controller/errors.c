// SPDX-License-Identifier: MIT
/* errors.c - notes which systems can reach the content server (contract 5.2): a completed job means
 * ok, an error code that begins content_server means denied, and the later one wins */
#include "controller/errors.h"

#include "base/hash.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct cbx_access_entry {
	UT_hash_handle hh;
	const char *access; /* static */
	char *error;
	char system[];
};

struct cbx_syncing {
	UT_hash_handle hh;
	uint64_t since;
	char system[];
};

void cbx_errors_init(struct cbx_errors *errors, struct cbx_road *road)
{
	*errors = (struct cbx_errors){ .road = road };
}

static void drop_access(struct cbx_errors *errors)
{
	struct cbx_access_entry *entry;
	struct cbx_access_entry *next;

	HASH_ITER (hh, errors->access, entry, next) {
		HASH_DEL(errors->access, entry);
		free(entry->error);
		free(entry);
	}
}

void cbx_errors_close(struct cbx_errors *errors)
{
	struct cbx_syncing *syncing;
	struct cbx_syncing *next;

	drop_access(errors);
	HASH_ITER (hh, errors->syncing, syncing, next) {
		HASH_DEL(errors->syncing, syncing);
		free(syncing);
	}
}

static struct cbx_access_entry *get_access(struct cbx_errors *errors, const char *system)
{
	size_t size = strlen(system) + 1;
	struct cbx_access_entry *entry;

	HASH_FIND_STR(errors->access, system, entry);
	if (entry)
		return entry;
	entry = calloc(1, sizeof(*entry) + size);
	if (!entry)
		return NULL;
	memcpy(entry->system, system, size);
	if (!errors->access)
		errors->gathering_since = cbx_now(errors->road->clock);
	if (cbx_hash_add(errors->access, entry->system, strlen(entry->system), entry) == 0)
		return entry;
	free(entry);
	return NULL;
}

int cbx_errors_note_access(struct cbx_errors *errors, const char *system, const char *access,
			   const char *error)
{
	struct cbx_access_entry *entry = get_access(errors, system);
	char *copy = error ? strdup(error) : NULL;

	if (!entry || (error && !copy)) {
		free(copy);
		return -ENOMEM;
	}
	free(entry->error);
	entry->error = copy;
	entry->access = access;
	return 0;
}

void cbx_errors_note_batch(struct cbx_errors *errors, const struct cbx_batch *batch)
{
	size_t i;
	int result = 0;

	for (i = 0; i < batch->change_count; i++) {
		const struct cbx_change *change = &batch->changes[i];
		const char *code = change->error_code;

		if (change->transition && change->job->kind == CBX_COMPLETED)
			result = cbx_errors_note_access(errors, change->job->status->system, "ok",
							NULL);
		else if (code && !strncmp(code, "content_server", strlen("content_server")))
			result = cbx_errors_note_access(errors, change->job->status->system,
							"denied", change->error_message);
	}
	if (result < 0)
		cbx_warn(errors->road->log, CBX_NO_FIELDS,
			 "out of memory: a content_server_access was not noted");
}

void cbx_errors_turn(struct cbx_errors *errors)
{
	struct cbx_road *road = errors->road;
	struct cbx_guard guard = cbx_leadership_guard(road->leadership, road->epoch);
	cbx_auto(cbx_freep) struct cbx_access_row *rows = NULL;
	struct cbx_access_entry *entry;
	size_t count = 0;
	int result;

	if (!errors->access || !road->sql_link.up ||
	    cbx_now(road->clock) < errors->gathering_since + road->settings->csa_timer_ns ||
	    cbx_now(road->clock) < errors->retry_at)
		return;
	rows = calloc(HASH_COUNT(errors->access), sizeof(*rows));
	if (!rows)
		return;
	for (entry = errors->access; entry; entry = entry->hh.next)
		rows[count++] =
			(struct cbx_access_row){ entry->system, entry->access, entry->error };
	result = road->sql->errors->write_access(road->sql, &guard, rows, count);
	if (result < 0) {
		/* they are kept, and newer ones replace them */
		cbx_link_lost(&road->sql_link, result);
		errors->retry_at = cbx_now(road->clock) + CBX_SECOND;
		return;
	}
	drop_access(errors);
}

int cbx_errors_store(struct cbx_errors *errors, const struct cbx_error_row *rows, size_t count)
{
	struct cbx_road *road = errors->road;
	struct cbx_guard guard = cbx_leadership_guard(road->leadership, road->epoch);
	int result = road->sql->errors->store(road->sql, &guard, rows, count);

	if (result < 0)
		cbx_link_lost(&road->sql_link, result);
	return result;
}

int cbx_errors_remove(struct cbx_errors *errors, const int64_t *ids, size_t count,
		      const char *system, int64_t *removed)
{
	struct cbx_road *road = errors->road;
	struct cbx_guard guard = cbx_leadership_guard(road->leadership, road->epoch);
	int result = road->sql->errors->remove(road->sql, &guard, ids, count, system, removed);

	if (result < 0)
		cbx_link_lost(&road->sql_link, result);
	else
		cbx_metric_add(road->counters->cleaned_up, "errors", NULL, (double)*removed);
	return result;
}

int cbx_errors_add_syncing(struct cbx_errors *errors, const char *system)
{
	size_t size = strlen(system) + 1;
	struct cbx_syncing *syncing;

	HASH_FIND_STR(errors->syncing, system, syncing);
	if (!syncing) {
		syncing = calloc(1, sizeof(*syncing) + size);
		if (!syncing)
			return -ENOMEM;
		memcpy(syncing->system, system, size);
		if (cbx_hash_add(errors->syncing, syncing->system, strlen(syncing->system),
				 syncing) < 0) {
			free(syncing);
			return -ENOMEM;
		}
	}
	syncing->since = cbx_now(errors->road->clock);
	return 0;
}

void cbx_errors_remove_syncing(struct cbx_errors *errors, const char *system)
{
	struct cbx_syncing *syncing;

	HASH_FIND_STR(errors->syncing, system, syncing);
	if (!syncing)
		return;
	HASH_DEL(errors->syncing, syncing);
	free(syncing);
}

bool cbx_errors_is_syncing(const struct cbx_errors *errors, const char *system)
{
	const struct cbx_syncing *syncing;

	HASH_FIND_STR(errors->syncing, system, syncing);
	return syncing;
}

size_t cbx_errors_clean_up_syncing(struct cbx_errors *errors)
{
	uint64_t now = cbx_now(errors->road->clock);
	uint64_t most = errors->road->settings->max_sync_time_ns;
	struct cbx_syncing *syncing;
	struct cbx_syncing *next;

	HASH_ITER (hh, errors->syncing, syncing, next) {
		if (now - syncing->since <= most)
			continue;
		HASH_DEL(errors->syncing, syncing);
		free(syncing);
	}
	return HASH_COUNT(errors->syncing);
}
