// SPDX-License-Identifier: MIT
/*
 * redelivery.c - which pushes that are delivered again had been recorded before
 *
 * Each job is looked at by itself, since only messages of one job are acknowledged in the order in
 * which they were recorded. A message_id is of no use where a publisher gives the same one to
 * several messages (the number of the job, say); order decides then, as it does without one.
 */
#include "merge/redelivery.h"

#include "common/array.h"
#include "common/cleanup.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define IDENTITY_TEXT 48 /* three numbers of 16 hexadecimal digits each */

/* FNV-1a, 64 bit */
uint64_t cbx_push_hash(uint64_t hash, const void *bytes, size_t len)
{
	const unsigned char *at = bytes;
	uint64_t length = bytes ? len + 1 : 0;
	size_t i;

	hash ^= UINT64_C(0xcbf29ce484222325);
	for (i = 0; bytes && i < len; i++)
		hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
	for (i = 0; i < sizeof(length); i++)
		hash = (hash ^ ((length >> 8 * i) & 0xff)) * UINT64_C(0x100000001b3);
	return hash;
}

int cbx_push_identities_add(struct cbx_push_identities *list,
			    const struct cbx_push_identity *identity)
{
	if (cbx_grow(list->all, list->capacity, list->count + 1) < 0)
		return -ENOMEM;
	list->all[list->count++] = *identity;
	return 0;
}

void cbx_push_identities_clear(struct cbx_push_identities *list)
{
	free(list->all);
	*list = (struct cbx_push_identities){ 0 };
}

void cbx_push_identity_write(const struct cbx_push_identity *identity, struct cbx_text *out)
{
	cbx_text_printf(out, "%016" PRIx64 "%016" PRIx64 "%016" PRIx64, identity->subject,
			identity->content, identity->message);
}

int cbx_push_identities_read(struct cbx_push_identities *list, const char *text)
{
	struct cbx_push_identity identity;
	int result = 0;

	while (!result && strnlen(text, IDENTITY_TEXT) == IDENTITY_TEXT &&
	       sscanf(text, "%16" SCNx64 "%16" SCNx64 "%16" SCNx64, &identity.subject,
		      &identity.content, &identity.message) == 3) {
		result = cbx_push_identities_add(list, &identity);
		text += IDENTITY_TEXT;
	}
	return result;
}

/* An entry of the log or of the run, to be sorted by subject; position: its index there */
struct entry {
	const struct cbx_push_identity *identity;
	size_t position;
	bool in_run;
};

static int by_subject(const void *a, const void *b)
{
	const struct entry *left = a;
	const struct entry *right = b;

	if (left->identity->subject != right->identity->subject)
		return left->identity->subject < right->identity->subject ? -1 : 1;
	if (left->in_run != right->in_run)
		return left->in_run ? 1 : -1;
	return left->position < right->position ? -1 : 1;
}

/* What the log and the run hold about one subject, each in its order */
struct history {
	const struct entry *log;
	size_t log_count;
	const struct entry *run;
	size_t run_count;
};

static bool begins_as_log_ends(const struct history *history, size_t count)
{
	const struct entry *end = history->log + history->log_count - count;
	size_t i;

	for (i = 0; i < count; i++)
		if (end[i].identity->content != history->run[i].identity->content)
			return false;
	return true;
}

static size_t count_message(const struct entry *entries, size_t count, uint64_t message)
{
	size_t found = 0;
	size_t i;

	for (i = 0; i < count; i++)
		found += entries[i].identity->message == message;
	return found;
}

static bool stands_in_log(const struct history *history, const struct cbx_push_identity *identity)
{
	size_t i;

	if (!identity->message ||
	    count_message(history->log, history->log_count, identity->message) != 1 ||
	    count_message(history->run, history->run_count, identity->message) != 1)
		return false;
	for (i = 0; history->log[i].identity->message != identity->message; i++)
		;
	return history->log[i].identity->content == identity->content;
}

static void compare(const struct history *history, bool *recorded)
{
	size_t same =
		history->run_count < history->log_count ? history->run_count : history->log_count;
	size_t i;

	while (same && !begins_as_log_ends(history, same))
		same--;
	for (i = 0; i < history->run_count; i++)
		recorded[history->run[i].position] =
			i < same || stands_in_log(history, history->run[i].identity);
}

static size_t fill(struct entry *entries, const struct cbx_push_identities *list, bool in_run)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		entries[i] = (struct entry){ &list->all[i], i, in_run };
	return list->count;
}

/* How many have the same subject as the first one; those of the run come after the others */
static size_t count_alike(const struct entry *entries, size_t most, bool in_run)
{
	size_t count = 0;

	while (count < most && entries[count].in_run == in_run &&
	       entries[count].identity->subject == entries[0].identity->subject)
		count++;
	return count;
}

int cbx_push_find_recorded(const struct cbx_push_identities *log,
			   const struct cbx_push_identities *run, bool *recorded)
{
	size_t count = log->count + run->count;
	cbx_auto(cbx_freep) struct entry *entries = calloc(count + 1, sizeof(*entries));
	struct history history;
	size_t at;

	if (!entries)
		return -ENOMEM;
	at = fill(entries, log, false);
	fill(entries + at, run, true);
	qsort(entries, count, sizeof(*entries), by_subject);
	for (at = 0; at < count; at += history.log_count + history.run_count) {
		history.log = entries + at;
		history.log_count = count_alike(history.log, count - at, false);
		history.run = history.log + history.log_count;
		history.run_count = count_alike(history.run, count - at - history.log_count, true);
		if (history.log_count && history.run_count &&
		    history.log->identity->subject != history.run->identity->subject)
			history.run_count = 0;
		compare(&history, recorded);
	}
	return 0;
}
