/* SPDX-License-Identifier: MIT */
/*
 * redelivery.h - which of the pushes that a broker delivers again were recorded before (contract
 * 3.4)
 *
 * Pure. A broker delivers again what was not acknowledged when a connection was lost, in its old
 * order, those already recorded first: their transaction was committed, and the acknowledgement got
 * lost. Taken for new they would be transitions that no system went through.
 */
#ifndef CBX_MERGE_REDELIVERY_H
#define CBX_MERGE_REDELIVERY_H

#include "common/text.h"

/* What one pushed status is known by: hashes, since the log is to hold no text of others */
struct cbx_push_identity {
	uint64_t subject; /* whose status it is */
	uint64_t content; /* of all that stays the same when it is delivered again */
	uint64_t message; /* of its message_id; 0: it has none */
};

struct cbx_push_identities {
	struct cbx_push_identity *all;
	size_t count;
	size_t capacity;
};

/* Goes on from @hash (at first 0) with these bytes and their number; NULL is another than "" */
uint64_t cbx_push_hash(uint64_t hash, const void *bytes, size_t len);

int cbx_push_identities_add(struct cbx_push_identities *list,
			    const struct cbx_push_identity *identity);
void cbx_push_identities_clear(struct cbx_push_identities *list); /* frees its memory */

/* The text in which the log keeps one; nothing separates it from the next one */
void cbx_push_identity_write(const struct cbx_push_identity *identity, struct cbx_text *out);
/* Adds those in a text; what can't be read ends it. -ENOMEM. */
int cbx_push_identities_read(struct cbx_push_identities *list, const char *text);

/* Was each of @run recorded? @run: what is delivered again, @log: what was recorded, each in its
 * order. Of one subject the longest beginning of the run that is the log's end was recorded. That
 * is certain where contents differ; a cycle that is repeated to the letter is taken for recorded,
 * so that nothing is invented and the last status is right. What has a message_id that is told
 * once only was recorded when it stands anywhere in the log. @recorded: as long as @run. */
int cbx_push_find_recorded(const struct cbx_push_identities *log,
			   const struct cbx_push_identities *run, bool *recorded);

#endif
