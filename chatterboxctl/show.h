/* SPDX-License-Identifier: MIT */
/*
 * show.h - what people read: tables, colours, figures with units
 *
 * On a terminal columns are aligned and have a head; elsewhere there are tabs and no head, for
 * cut and awk. Nothing that came from outside can move a cursor.
 */
#ifndef CTL_SHOW_H
#define CTL_SHOW_H

#include "common/text.h"

#include <jansson.h>
#include <stdio.h>

#define CTL_COLUMNS 10
#define CTL_CELL 64

enum ctl_colour { CTL_PLAIN, CTL_GREEN, CTL_YELLOW, CTL_RED, CTL_DIM, CTL_BOLD };

/* @text with `?` for control characters and what is no UTF-8 */
void ctl_print_clean(FILE *out, const char *text);
/* The same in a colour, if stdout is a terminal that has them */
void ctl_print_coloured(enum ctl_colour colour, const char *text);
/* Running is green, an error red */
enum ctl_colour ctl_colour_of(const char *status);

struct ctl_cell {
	char *text;
	enum ctl_colour colour;
};

struct ctl_table {
	size_t columns;
	struct ctl_cell *cells;
	size_t count;
	size_t capacity;
	bool failed;
};

/* @heads ends with NULL */
void ctl_table_begin(struct ctl_table *table, const char *const *heads);
/* NULL is "-" */
void ctl_table_add(struct ctl_table *table, enum ctl_colour colour, const char *text);
void ctl_table_addf(struct ctl_table *table, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Prints and frees it. Return: an exit code. */
int ctl_table_end(struct ctl_table *table);

/* A member as a text: a string as it is, a number in digits, "" when it is absent or null */
const char *ctl_member(const json_t *object, const char *name, char buffer[CTL_CELL]);
/* "12.4 MB/s" */
const char *ctl_speed(double bytes, char buffer[CTL_CELL]);
/* The seconds since an ISO 8601 time; negative when it is none */
double ctl_age(const char *time);
/* "3 min ago", "" when @time is none */
const char *ctl_ago(const char *time, char buffer[CTL_CELL]);
/* Indented on a terminal, on one line elsewhere. Return: an exit code. */
int ctl_print_json(const json_t *json);

#endif
