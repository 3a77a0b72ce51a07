/* SPDX-License-Identifier: MIT */
/* ended_jobs.h - lists of jobs that have ended, from SQL (contract 6.2) */
#ifndef CBX_CONTROLLER_ENDED_JOBS_H
#define CBX_CONTROLLER_ENDED_JOBS_H

#include "controller/job_api.h"
#include "controller/job_filter.h"
#include "controller/job_order.h"
#include "port/sql.h"

enum cbx_job_state {
	CBX_JOBS_LIVE,
	CBX_JOBS_ERRORED, /* in status_monitor, until they are cleaned up */
	CBX_JOBS_ENDED,   /* in completed_jobs */
};

/* The parameter state. -EINVAL */
int cbx_job_state_read(const json_t *params, enum cbx_job_state *out, char error[CBX_API_ERROR]);

/* A list of those that errored, or of those in completed_jobs; the first four are given */
struct cbx_ended_jobs {
	const struct cbx_snapshot *snapshot;
	const struct cbx_moment *moment;
	struct cbx_text *out;
	bool errored;
	bool detail;
	size_t limit;
	struct cbx_job_filter filter;
	struct cbx_job_order order;
	struct cbx_job_cursor cursor;
	size_t shown, total;
	bool more;
	struct cbx_job_row last; /* that was looked at before the end of the page */
	char last_system[65];
};

/* Reads the parameters. -EINVAL, -ENOMEM; close it in any case. */
int cbx_ended_jobs_open(struct cbx_ended_jobs *list, const json_t *params,
			char error[CBX_API_ERROR]);
/* Writes {"jobs":[…],"next":…}, with "total" of those that errored; @list: the list */
int cbx_ended_jobs_ask(struct cbx_sql *sql, void *list);
void cbx_ended_jobs_close(struct cbx_ended_jobs *list);

#endif
