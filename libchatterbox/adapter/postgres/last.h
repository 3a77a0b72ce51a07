/* SPDX-License-Identifier: MIT */
/* last.h - the last change of each job of a batch, in the order in which rows are locked */
#ifndef CBX_ADAPTER_POSTGRES_LAST_H
#define CBX_ADAPTER_POSTGRES_LAST_H

#include "domain/change.h"

/* A job's table and status after the batch */
struct cbx_pg_last {
	const struct cbx_job *job;
	enum cbx_row_table table;
	bool returned;
	size_t at;
};

/* Sorts by key and keeps the last change of each job; returns how many are left */
size_t cbx_pg_settle(struct cbx_pg_last *jobs, size_t count);

#endif
