/* SPDX-License-Identifier: MIT */
/*
 * redelivery.h - recognises pushes that a broker delivers again after they were recorded (contract
 * 3.4)
 *
 * When a connection is lost, a broker delivers again what was not acknowledged, in the old order.
 * That includes pushes whose transaction was committed but whose acknowledgement got lost. Taken
 * for new, they would be transitions that no system went through. Pure.
 */
#ifndef CBX_MERGE_REDELIVERY_H
#define CBX_MERGE_REDELIVERY_H

#include "common/text.h"

/* What identifies one pushed status: hashes, so that the log holds no text of others */
struct cbx_push_identity {
	uint64_t subject; /* the job that it is about */
	uint64_t content; /* everything that stays the same when it is delivered again */
	uint64_t message; /* its message_id; 0: it has none */
};

struct cbx_push_identities {
	struct cbx_push_identity *all;
	size_t count;
	size_t capacity;
};

/* Continues @hash (0 at first) with these bytes and their number; NULL differs from "" */
uint64_t cbx_push_hash(uint64_t hash, const void *bytes, size_t len);

int cbx_push_identities_add(struct cbx_push_identities *list,
			    const struct cbx_push_identity *identity);
void cbx_push_identities_clear(struct cbx_push_identities *list); /* frees its memory */

/* Appends its text for the log; entries need no separator */
void cbx_push_identity_write(const struct cbx_push_identity *identity, struct cbx_text *out);
/* Adds the identities of a text; the first unreadable one ends it. -ENOMEM. */
int cbx_push_identities_read(struct cbx_push_identities *list, const char *text);

/*
 * Which entries of @run were recorded before? @run: what is delivered again; @log: what was
 * recorded; each in its order. For one subject, the longest beginning of the run with which the log
 * ends was recorded. That is certain where contents differ. A cycle that repeats exactly is taken
 * for recorded, so that nothing is invented and the last status is right. An entry whose message_id
 * is unique was recorded if it is anywhere in the log. @recorded has room for as many as @run.
 */
int cbx_push_find_recorded(const struct cbx_push_identities *log,
			   const struct cbx_push_identities *run, bool *recorded);

#endif
