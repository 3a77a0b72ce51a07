// SPDX-License-Identifier: MIT
/*
 * pages.c - reads tables of any size, a page at a time
 *
 * A statement that returns all of a large table fails on a slow line, again and again: the server
 * counts the time that its answer takes to arrive. A cursor in one transaction gives each page a
 * time of its own and all pages the same state of the table; sorting is done once.
 */
#include "adapter/postgres/internal.h"

#include <stdio.h>

#define PAGE_ROWS 500
#define FETCH "fetch 500 from pages"

static int declare(struct postgres *self, const char *text, const struct cbx_pg_args *args)
{
	struct cbx_text statement = { 0 };
	cbx_auto(cbx_freep) char *taken = NULL;
	int r;

	cbx_text_printf(&statement, "declare pages no scroll cursor for %s", text);
	r = cbx_text_take(&statement, &taken, NULL);
	return r ? r : cbx_pg_query(self, taken, args, NULL);
}

static int read_all(struct postgres *self, cbx_pg_page_fn each, void *user)
{
	cbx_auto(PQclearp) PGresult *previous = NULL;
	int r = 0;

	for (;;) {
		PGresult *page = NULL;

		r = cbx_pg_query(self, FETCH, NULL, &page);
		if (!r)
			r = each(self, page, previous, user);
		PQclear(previous);
		previous = page;
		if (r || PQntuples(page) < PAGE_ROWS)
			return r;
	}
}

int cbx_pg_read_pages(struct postgres *self, const char *text, cbx_pg_page_fn each, void *user)
{
	return cbx_pg_read_pages_of(self, text, NULL, each, user);
}

int cbx_pg_read_pages_of(struct postgres *self, const char *text, const struct cbx_pg_args *args,
			 cbx_pg_page_fn each, void *user)
{
	int r = cbx_pg_begin_for(self, CBX_PG_PAGE_MS, CBX_PG_LOCK_MS);

	if (r)
		return r;
	r = declare(self, text, args);
	return cbx_pg_end(self, r ? r : read_all(self, each, user));
}
