// SPDX-License-Identifier: MIT
/*
 * pages.c - reads tables of any size, a page at a time
 *
 * A statement that returns all of a large table fails on a slow line, again and again: the server
 * counts the time that its answer takes to arrive. A cursor in one transaction gives each page a
 * time of its own and all pages the same state of the table; sorting is done once.
 */
#include "adapter/postgres/internal.h"

#include <errno.h>

#define PAGE_ROWS 500
#define FETCH "fetch 500 from pages"

static int fetch(struct postgres *self, PGresult **page)
{
	return cbx_pg_query(self, FETCH, NULL, page);
}

/* Begins the transaction, and reads the first page: without parameters it is one message */
static int begin(struct postgres *self, const char *text, const struct cbx_pg_args *args,
		 PGresult **page)
{
	cbx_auto(cbx_text_free) struct cbx_text all = { 0 };
	bool at_once = !args || !args->count;
	int r;

	cbx_text_printf(&all, "declare pages no scroll cursor for %s%s", text,
			at_once ? "; " FETCH : "");
	if (all.failed)
		return -ENOMEM;
	r = cbx_pg_begin_for(self, CBX_PG_PAGE_MS, CBX_PG_LOCK_MS, at_once ? all.bytes : NULL,
			     at_once ? page : NULL);
	if (r || at_once)
		return r;
	r = cbx_pg_query(self, all.bytes, args, NULL);
	r = r ? r : fetch(self, page);
	if (r)
		cbx_pg_rollback(self);
	return r;
}

/* Takes over the first page */
static int read_all(struct postgres *self, PGresult *page, cbx_pg_page_fn each, void *user)
{
	cbx_auto(PQclearp) PGresult *previous = NULL;
	int r = 0;

	for (;;) {
		r = each(self, page, previous, user);
		PQclear(previous);
		previous = page;
		if (r || PQntuples(page) < PAGE_ROWS)
			return r;
		page = NULL;
		r = fetch(self, &page);
		if (r)
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
	PGresult *page = NULL;
	int r = begin(self, text, args, &page);

	return r ? r : cbx_pg_end(self, read_all(self, page, each, user));
}
