/* SPDX-License-Identifier: MIT */
/* clearing.h - what clear_jobs() (errors.h) has in common in all SQL adapters: which jobs go, the
 * changes that end them, and reporting them afterwards */
#ifndef CBX_PORT_CLEARING_H
#define CBX_PORT_CLEARING_H

#include "port/ledger.h"

struct cbx_clearing {
	int64_t latest_ms;        /* rows updated later than this stay */
	struct cbx_job_key *keys; /* sorted and unique; the texts are the caller's */
	size_t key_count;
	struct cbx_batch batch; /* filled by cbx_clearing_take() */
};

/* Limits an age in seconds to what date arithmetic can take: 0 .. about 950 years */
int64_t cbx_age_seconds(int64_t seconds);
/* @now_ms by the database's clock; @older_than in seconds, 0 = any age. -ENOMEM */
int cbx_clearing_init(struct cbx_clearing *clearing, const struct cbx_job_key *keys, size_t count,
		      int64_t now_ms, int64_t older_than);
void cbx_clearing_free(struct cbx_clearing *clearing);
/* A cbx_row_fn whose user is the clearing: takes the row of status_monitor if it is old enough */
int cbx_clearing_take(void *clearing, const struct cbx_row *row);
/* The changes that are faults of @sql were not written: forgets them */
void cbx_clearing_leave_out(struct cbx_clearing *clearing, const struct cbx_sql *sql);
/* Reports what was taken, in the same order; call it after the commit */
int cbx_clearing_give(const struct cbx_clearing *clearing, cbx_row_fn each, void *user);

#endif
