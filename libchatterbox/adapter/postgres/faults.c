// SPDX-License-Identifier: MIT
/*
 * faults.c - decides whether a failure is that of single rows, and finds them
 *
 * The tables may be OCD's own: its constraints, triggers and policies refuse rows, its transactions
 * hold them. Such a row must cost its own job alone, and a server that has no room, no rights or no
 * table must not cost any job. What a trigger or a storage error says may be over soon, so that
 * nothing is dropped for it; if many rows fail so, it is not the rows.
 */
#include "adapter/postgres/internal.h"

#include <string.h>

#define MOST_LATER 16

static bool is_one_of(const char *sqlstate, const char *const *starts, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!strncmp(sqlstate, starts[i], strlen(starts[i])))
			return true;
	return false;
}

enum cbx_pg_cost cbx_pg_cost_of(const struct postgres *self, int r)
{
	/* connection, login, database, schema, transaction, resources, operator, configuration */
	static const char *const all[] = { "08", "25", "26", "28", "3D",
					   "3F", "40", "53", "57", "F0" };
	/* a table or right that is missing, a feature, a server's own failure: or a trigger's */
	static const char *const perhaps[] = { "42", "0A", "55", "58", "XX" };

	if (!self->at_rows)
		return CBX_PG_COSTS_ALL;
	if (r == CHATTERBOX_E_TIMEOUT)
		return !strcmp(self->sqlstate, "55P03") || !strcmp(self->sqlstate, "57014")
			       ? CBX_PG_COSTS_LATER
			       : CBX_PG_COSTS_ALL;
	if (r != CHATTERBOX_E_REFUSED || is_one_of(self->sqlstate, all, CBX_COUNT(all)))
		return CBX_PG_COSTS_ALL;
	if (self->by_policy)
		return CBX_PG_COSTS_REFUSED;
	if (is_one_of(self->sqlstate, perhaps, CBX_COUNT(perhaps)))
		return self->in_code || self->sqlstate[0] == 'X' || self->sqlstate[0] == '5'
			       ? CBX_PG_COSTS_LATER
			       : CBX_PG_COSTS_ALL;
	return CBX_PG_COSTS_REFUSED;
}

/* Without a change to sql.error */
static int undo(struct postgres *self)
{
	int r = cbx_pg_query(self, "rollback to savepoint around", NULL, NULL);

	return r ? r : cbx_pg_query(self, "release savepoint around", NULL, NULL);
}

/* 0: all of it is written; 1: nothing of it is, for *failed, which costs *cost */
static int write_part(struct postgres *self, const struct cbx_pg_search *search, size_t from,
		      size_t count, enum cbx_pg_cost *cost, int *failed)
{
	int r = cbx_pg_query(self, "savepoint around", NULL, NULL);

	if (r)
		return r;
	r = search->write(self, search->items, from, count);
	if (!r)
		return cbx_pg_query(self, "release savepoint around", NULL, NULL);
	*failed = r;
	*cost = r == 1 ? CBX_PG_COSTS_LATER : cbx_pg_cost_of(self, r);
	if (*cost == CBX_PG_COSTS_ALL)
		return r;
	r = undo(self);
	return r ? r : 1;
}

int cbx_pg_write_around(struct postgres *self, struct cbx_pg_search *search, size_t from,
			size_t count)
{
	enum cbx_pg_cost cost = CBX_PG_COSTS_ALL;
	size_t faults = self->sql.fault_count;
	size_t half = count / 2;
	int failed = 0;
	int r;

	if (!count || faults >= CBX_PG_MOST_FAULTS)
		return 0;
	r = write_part(self, search, from, count, &cost, &failed);
	if (r != 1)
		return r;
	/* found by the write itself, which left out others for them */
	self->sql.fault_count = faults;
	if (count == 1) {
		if (failed < 0 && cost == CBX_PG_COSTS_LATER && ++search->later > MOST_LATER)
			return failed;
		return search->fault(self, search->items, from, cost == CBX_PG_COSTS_REFUSED);
	}
	r = cbx_pg_write_around(self, search, from, half);
	return r ? r : cbx_pg_write_around(self, search, from + half, count - half);
}
