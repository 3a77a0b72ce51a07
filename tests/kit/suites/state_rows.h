/* SPDX-License-Identifier: MIT */
/* state_rows.h - collects the rows of a read of the state port, to be compared as one text */
#ifndef CBX_TESTS_STATE_ROWS_H
#define CBX_TESTS_STATE_ROWS_H

#include "common/text.h"
#include "port/state.h"

struct state_row {
	char *key; /* NULL: none was given */
	struct cbx_field field;
};

struct state_rows {
	struct state_row *rows;
	size_t count;
	struct cbx_text text;
};

/* A cbx_field_fn; @user is a struct state_rows */
int state_rows_add(void *user, const char *key, const struct cbx_field *field);
/* By key, then by field, bytewise */
void state_rows_sort(struct state_rows *rows);
/* A line "key name=value" each, sorted; lives until the rows are freed */
const char *state_rows_text(struct state_rows *rows);
void state_rows_free(struct state_rows *rows); /* and empties it for the next read */

#endif
