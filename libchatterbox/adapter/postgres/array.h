/* SPDX-License-Identifier: MIT */
/* array.h - the parameters of a statement as text: values, and arrays for unnest() */
#ifndef CBX_ADAPTER_POSTGRES_ARRAY_H
#define CBX_ADAPTER_POSTGRES_ARRAY_H

#include "common/text.h"
#include "port/ledger.h"

#define CBX_PG_ARGS 16

/* $1, $2, ...; texts are borrowed */
struct cbx_pg_args {
	int count;
	const char *values[CBX_PG_ARGS];
	char numbers[CBX_PG_ARGS][24];
};

void cbx_pg_arg_text(struct cbx_pg_args *args, const char *text);
void cbx_pg_arg_int(struct cbx_pg_args *args, int64_t number);

/* Arrays of equal length, one per column */
struct cbx_pg_arrays {
	int count;
	size_t rows;
	size_t bytes;
	struct cbx_text columns[CBX_PG_ARGS];
};

/* Adds a row: one call for each column, from column 0 on; NULL and absent values become null */
void cbx_pg_array_row(struct cbx_pg_arrays *arrays);
void cbx_pg_array_text(struct cbx_pg_arrays *arrays, const char *text);
void cbx_pg_array_int(struct cbx_pg_arrays *arrays, int64_t number);
void cbx_pg_array_count(struct cbx_pg_arrays *arrays, int64_t count); /* negative = null */
/* Closes the arrays and makes them the arguments; -ENOMEM */
int cbx_pg_array_args(struct cbx_pg_arrays *arrays, struct cbx_pg_args *args);
/* One column of numbers as the argument */
int cbx_pg_array_ids(struct cbx_pg_arrays *arrays, const int64_t *ids, size_t count,
		     struct cbx_pg_args *args);
/* Systems and job ids, in two columns */
int cbx_pg_array_keys(struct cbx_pg_arrays *arrays, const struct cbx_job_key *keys, size_t count,
		      struct cbx_pg_args *args);
/* Empties them for the next chunk */
void cbx_pg_arrays_clear(struct cbx_pg_arrays *arrays);
void cbx_pg_arrays_free(struct cbx_pg_arrays *arrays);

#endif
