// SPDX-License-Identifier: MIT
/* table.c - collects cells and prints them in columns */
#include "common/array.h"
#include "common/cleanup.h"
#include "common/utf8.h"
#include "options.h"
#include "say.h"
#include "show.h"

#include <stdarg.h>
#include <string.h>

/* In code points; what is no UTF-8 is shown as one `?` a byte */
static size_t width_of(const char *text)
{
	size_t left = strlen(text);
	size_t width = 0;

	while (left) {
		uint32_t code;
		size_t len = cbx_utf8_next(text, left, &code);

		text += len ? len : 1;
		left -= len ? len : 1;
		width++;
	}
	return width;
}

void ctl_table_add(struct ctl_table *table, enum ctl_colour colour, const char *text)
{
	struct ctl_cell cell = { .colour = colour, .text = strdup(text && *text ? text : "-") };

	if (!cell.text || cbx_grow(table->cells, table->capacity, table->count + 1) < 0) {
		free(cell.text);
		table->failed = true;
		return;
	}
	table->cells[table->count++] = cell;
}

void ctl_table_addf(struct ctl_table *table, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	ctl_table_add(table, CTL_PLAIN, text);
}

void ctl_table_begin(struct ctl_table *table, const char *const *heads)
{
	*table = (struct ctl_table){ 0 };
	while (heads[table->columns])
		table->columns++;
	if (!isatty(STDOUT_FILENO))
		return;
	for (; *heads; heads++)
		ctl_table_add(table, CTL_BOLD, *heads);
}

static void print_row(const struct ctl_table *table, size_t row, const size_t *widths, bool aligned)
{
	size_t i;

	for (i = 0; i < table->columns; i++) {
		const struct ctl_cell *cell = &table->cells[row + i];
		size_t padding = widths[i] - width_of(cell->text) + 2;

		ctl_print_coloured(cell->colour, cell->text);
		if (i + 1 < table->columns)
			printf("%*s", aligned ? (int)padding : 0, aligned ? "" : "\t");
	}
	putchar('\n');
}

int ctl_table_end(struct ctl_table *table)
{
	size_t widths[CTL_COLUMNS] = { 0 };
	bool aligned = isatty(STDOUT_FILENO);
	bool failed = table->failed;
	size_t i;

	for (i = 0; i < table->count; i++) {
		size_t width = width_of(table->cells[i].text);

		if (width > widths[i % table->columns])
			widths[i % table->columns] = width;
	}
	for (i = 0; !failed && i < table->count; i += table->columns)
		print_row(table, i, widths, aligned);
	for (i = 0; i < table->count; i++)
		free(table->cells[i].text);
	free(table->cells);
	if (failed)
		ctl_say_memory();
	return failed ? CTL_UNAVAILABLE : CTL_OK;
}
