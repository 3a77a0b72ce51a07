/* SPDX-License-Identifier: MIT */
/*
 * job_order.h - in which order jobs are listed, and where a page begins (contract 6.2); pure
 *
 * A cursor is the key of the last row, so it is valid on every instance and survives whatever
 * happens between two pages. It also says which question it belongs to.
 */
#ifndef CBX_CONTROLLER_JOB_ORDER_H
#define CBX_CONTROLLER_JOB_ORDER_H

#include "controller/job_figures.h"

#include <jansson.h>

enum cbx_job_sort {
	CBX_BY_SYSTEM,
	CBX_BY_STATUS,
	CBX_BY_PERCENT,
	CBX_BY_SPEED,
	CBX_BY_LEFT,
	CBX_BY_REPORT,   /* heard */
	CBX_BY_PROGRESS, /* when it last grew */
	CBX_BY_END,      /* of ended jobs alone: nobody asks for it */
};

struct cbx_job_order {
	enum cbx_job_sort sort;
	bool descending;
	uint64_t question; /* a hash of what is asked */
};

/* A row of a list, by what it is sorted; the texts are borrowed */
struct cbx_job_row {
	const struct cbx_job *job; /* NULL in a cursor */
	bool offline;
	bool absent;      /* it has no value: comes last */
	double number;    /* or */
	const char *text; /* NULL where the number counts */
	const char *system;
	int64_t job_id;
};

/* A cursor that was read; its row borrows from it */
struct cbx_job_cursor {
	bool given;
	struct cbx_job_row row;
	char system[65], text[65];
};

/* The parameter sort, and the question. -EINVAL */
int cbx_job_order_read(const json_t *params, struct cbx_job_order *out, char error[256]);
/* The parameter cursor, if there is one. -EINVAL */
int cbx_job_cursor_read(const json_t *params, const struct cbx_job_order *order,
			struct cbx_job_cursor *out, char error[256]);
void cbx_job_cursor_write(const struct cbx_job_order *order, const struct cbx_job_row *last,
			  struct cbx_text *out);
struct cbx_job_row cbx_job_row_of(const struct cbx_job_order *order, const struct cbx_job *job,
				  bool offline, const struct cbx_moment *moment);
int cbx_job_order_compare(const struct cbx_job_order *order, const struct cbx_job_row *a,
			  const struct cbx_job_row *b);

/* The first rows of many, in order: those that fit are kept while they are offered */
struct cbx_job_rows {
	const struct cbx_job_order *order;
	struct cbx_job_row *rows; /* a heap, the last one first, until it is sorted */
	size_t count, most;
};

int cbx_job_rows_init(struct cbx_job_rows *rows, const struct cbx_job_order *order, size_t most);
void cbx_job_rows_free(struct cbx_job_rows *rows);
void cbx_job_rows_offer(struct cbx_job_rows *rows, const struct cbx_job_row *row);
void cbx_job_rows_sort(struct cbx_job_rows *rows);

#endif
