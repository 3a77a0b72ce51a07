// SPDX-License-Identifier: MIT
/* last.c - reduces a batch to the last change of each job, since a statement can write a row only
 * once */
#include "adapter/postgres/last.h"

#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
	const struct cbx_pg_last *x = a;
	const struct cbx_pg_last *y = b;
	int order = strcmp(x->job->status->system, y->job->status->system);

	if (order)
		return order;
	if (x->job->status->job_id != y->job->status->job_id)
		return x->job->status->job_id < y->job->status->job_id ? -1 : 1;
	return x->at < y->at ? -1 : 1;
}

static bool is_same_job(const struct cbx_pg_last *a, const struct cbx_pg_last *b)
{
	return a->job->status->job_id == b->job->status->job_id &&
	       !strcmp(a->job->status->system, b->job->status->system);
}

size_t cbx_pg_settle(struct cbx_pg_last *jobs, size_t count)
{
	size_t kept = 0;
	size_t i;

	qsort(jobs, count, sizeof(*jobs), compare);
	for (i = 0; i < count; i++) {
		if (kept && is_same_job(&jobs[kept - 1], &jobs[i])) {
			jobs[i].returned |= jobs[kept - 1].returned;
			kept--;
		}
		jobs[kept++] = jobs[i];
	}
	return kept;
}
