// SPDX-License-Identifier: MIT
/* state_rows.c - sorts the rows of a read for tests, since no adapter promises an order */
#include "state_rows.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

int state_rows_add(void *user, const char *key, const struct cbx_field *field)
{
	struct state_rows *rows = user;
	struct state_row *row;

	rows->rows = realloc(rows->rows, (rows->count + 1) * sizeof(*rows->rows));
	ck_assert_ptr_nonnull(rows->rows);
	row = &rows->rows[rows->count++];
	*row = (struct state_row){ .key = key ? strdup(key) : NULL };
	if (!field)
		return 0;
	row->field.name = strdup(field->name);
	row->field.value = cbx_strndup(field->value, field->value_len);
	row->field.value_len = field->value_len;
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct state_row *x = a;
	const struct state_row *y = b;
	int order = strcmp(x->key ? x->key : "", y->key ? y->key : "");

	if (order || !x->field.name)
		return order;
	return strcmp(x->field.name, y->field.name);
}

void state_rows_sort(struct state_rows *rows)
{
	if (rows->count)
		qsort(rows->rows, rows->count, sizeof(*rows->rows), compare);
}

const char *state_rows_text(struct state_rows *rows)
{
	size_t i;

	state_rows_sort(rows);
	cbx_text_clear(&rows->text);
	for (i = 0; i < rows->count; i++) {
		const struct state_row *row = &rows->rows[i];

		if (row->key)
			cbx_text_puts(&rows->text, row->key);
		if (row->key && row->field.name)
			cbx_text_putc(&rows->text, ' ');
		if (row->field.name) {
			cbx_text_printf(&rows->text, "%s=", row->field.name);
			cbx_text_add(&rows->text, row->field.value, row->field.value_len);
		}
		cbx_text_putc(&rows->text, '\n');
	}
	return rows->count ? rows->text.bytes : "";
}

void state_rows_free(struct state_rows *rows)
{
	size_t i;

	for (i = 0; i < rows->count; i++) {
		free(rows->rows[i].key);
		free((void *)(uintptr_t)rows->rows[i].field.name);
		free((void *)(uintptr_t)rows->rows[i].field.value);
	}
	free(rows->rows);
	cbx_text_free(&rows->text);
	*rows = (struct state_rows){ 0 };
}
