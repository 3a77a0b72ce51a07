// SPDX-License-Identifier: MIT
/*
 * array.c - writes PostgreSQL's array literals
 *
 * Every text is quoted, so that NULL, braces, commas and backslashes are nothing but text.
 */
#include "adapter/postgres/array.h"

#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

void cbx_pg_arg_text(struct cbx_pg_args *args, const char *text)
{
	assert(args->count < CBX_PG_ARGS);
	args->values[args->count++] = text;
}

void cbx_pg_arg_int(struct cbx_pg_args *args, int64_t number)
{
	char *to = args->numbers[args->count];

	cbx_integer_text(number, to);
	cbx_pg_arg_text(args, to);
}

void cbx_pg_array_row(struct cbx_pg_arrays *arrays)
{
	arrays->rows++;
	arrays->count = 0;
}

static struct cbx_text *next(struct cbx_pg_arrays *arrays)
{
	struct cbx_text *column = &arrays->columns[arrays->count++];

	assert(arrays->count <= CBX_PG_ARGS);
	cbx_text_putc(column, column->len ? ',' : '{');
	return column;
}

void cbx_pg_array_text(struct cbx_pg_arrays *arrays, const char *text)
{
	struct cbx_text *column = next(arrays);
	size_t plain;

	if (!text) {
		cbx_text_puts(column, "NULL");
		return;
	}
	arrays->bytes += strlen(text);
	cbx_text_putc(column, '"');
	for (; *text; text++) {
		plain = strcspn(text, "\\\"");
		cbx_text_add(column, text, plain);
		text += plain;
		if (!*text)
			break;
		cbx_text_putc(column, '\\');
		cbx_text_putc(column, *text);
	}
	cbx_text_putc(column, '"');
}

void cbx_pg_array_int(struct cbx_pg_arrays *arrays, int64_t number)
{
	cbx_text_integer(next(arrays), number);
}

void cbx_pg_array_count(struct cbx_pg_arrays *arrays, int64_t count)
{
	if (count >= 0)
		cbx_pg_array_int(arrays, count);
	else
		cbx_pg_array_text(arrays, NULL);
}

int cbx_pg_array_args(struct cbx_pg_arrays *arrays, struct cbx_pg_args *args)
{
	int i;

	for (i = 0; i < arrays->count; i++) {
		struct cbx_text *column = &arrays->columns[i];

		cbx_text_putc(column, '}');
		if (column->failed)
			return -ENOMEM;
		cbx_pg_arg_text(args, column->bytes);
	}
	return 0;
}

int cbx_pg_array_ids(struct cbx_pg_arrays *arrays, const int64_t *ids, size_t count,
		     struct cbx_pg_args *args)
{
	size_t i;

	for (i = 0; i < count; i++) {
		cbx_pg_array_row(arrays);
		cbx_pg_array_int(arrays, ids[i]);
	}
	if (count)
		return cbx_pg_array_args(arrays, args);
	cbx_pg_arg_text(args, "{}");
	return 0;
}

int cbx_pg_array_keys(struct cbx_pg_arrays *arrays, const struct cbx_job_key *keys, size_t count,
		      struct cbx_pg_args *args)
{
	size_t i;

	for (i = 0; i < count; i++) {
		cbx_pg_array_row(arrays);
		cbx_pg_array_text(arrays, keys[i].system);
		cbx_pg_array_int(arrays, keys[i].job_id);
	}
	return cbx_pg_array_args(arrays, args);
}

void cbx_pg_arrays_clear(struct cbx_pg_arrays *arrays)
{
	int i;

	for (i = 0; i < CBX_PG_ARGS; i++)
		cbx_text_clear(&arrays->columns[i]);
	arrays->count = 0;
	arrays->rows = 0;
	arrays->bytes = 0;
}

void cbx_pg_arrays_free(struct cbx_pg_arrays *arrays)
{
	int i;

	for (i = 0; i < CBX_PG_ARGS; i++)
		cbx_text_free(&arrays->columns[i]);
}
