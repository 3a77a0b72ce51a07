// SPDX-License-Identifier: MIT
/*
 * stamps.c - fills "createdAt" and "updatedAt", which an ORM's tables have beside our columns
 *
 * An ORM fills them in its own process and gives them no default, so an insert of ours has to name
 * them. Which table has which is read once a connection, in the first transaction that needs it.
 */
#include "adapter/postgres/internal.h"

#include "common/text.h"

#include <errno.h>
#include <string.h>

static const struct {
	const char *name;
	bool renewed; /* by an update */
} stamps[] = {
	{ "\"createdAt\"", false },
	{ "\"updatedAt\"", true },
	{ "created_at", false },
	{ "updated_at", true },
};

static const char *const tables[CBX_PG_SHARED] = {
	"status_monitor", "completed_jobs",   "server_conf",
	"errors",         "recently_checked", "content_server_access",
};

/* The bits of stamps[] for each table, but for columns that our statements write anyway */
/* clang-format off */
#define READ                                                                                      \
	"select t.name, coalesce(bit_or(1 << s.at), 0) from unnest($1::text[]) as t(name) left "  \
	"join (pg_attribute a join (values ('createdAt', 0), ('updatedAt', 1), ('created_at', 2), " \
	"('updated_at', 3)) as s(name, at) on s.name = a.attname) on a.attrelid = to_regclass(t.name) and a.attnum > 0 and not a.attisdropped " \
	"and a.attgenerated = '' and a.atttypid in ('timestamptz'::regtype, "                     \
	"'timestamp'::regtype) and (t.name, s.name) not in (('status_monitor', 'created_at'), "   \
	"('status_monitor', 'updated_at'), ('server_conf', 'updated_at')) group by 1"
/* clang-format on */

static int index_of(const char *table)
{
	int i;

	for (i = 0; i < CBX_PG_SHARED; i++)
		if (!strcmp(tables[i], table))
			return i;
	return -1;
}

static int read_stamps(struct postgres *self)
{
	cbx_auto(cbx_pg_arrays_free) struct cbx_pg_arrays arrays = { 0 };
	cbx_auto(PQclearp) PGresult *result = NULL;
	struct cbx_pg_args args = { 0 };
	int i;
	int r;

	for (i = 0; i < CBX_PG_SHARED; i++) {
		cbx_pg_array_row(&arrays);
		cbx_pg_array_text(&arrays, tables[i]);
	}
	r = cbx_pg_array_args(&arrays, &args);
	if (!r)
		r = cbx_pg_query(self, READ, &args, &result);
	for (i = 0; !r && i < PQntuples(result); i++)
		self->stamps[index_of(cbx_pg_text(result, i, 0))] =
			(unsigned)cbx_pg_int(result, i, 1);
	if (!r)
		self->stamps_known = true;
	return r;
}

static void put_stamps(struct cbx_text *text, unsigned bits, char what)
{
	size_t i;

	for (i = 0; i < CBX_COUNT(stamps); i++) {
		if (!(bits & 1U << i))
			continue;
		if (what == *CBX_PG_STAMPS)
			cbx_text_printf(text, ", %s", stamps[i].name);
		else if (what == *CBX_PG_STAMPED)
			cbx_text_puts(text, ", now()");
		else if (stamps[i].renewed)
			cbx_text_printf(text, ", %s = now()", stamps[i].name);
	}
}

int cbx_pg_write_stamped(struct postgres *self, const char *table, const char *statement,
			 const struct cbx_pg_args *args, PGresult **out)
{
	cbx_auto(cbx_text_free) struct cbx_text text = { 0 };
	int r = self->stamps_known ? 0 : read_stamps(self);

	while (!r && *statement) {
		size_t plain = strcspn(statement, CBX_PG_STAMPS CBX_PG_STAMPED CBX_PG_STAMP_ANEW);

		cbx_text_add(&text, statement, plain);
		statement += plain;
		if (*statement)
			put_stamps(&text, self->stamps[index_of(table)], *statement++);
	}
	if (!r && text.failed)
		r = -ENOMEM;
	return r ? r : cbx_pg_query(self, text.bytes, args, out);
}
