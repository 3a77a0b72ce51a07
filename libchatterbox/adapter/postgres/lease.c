// SPDX-License-Identifier: MIT
/*
 * lease.c - the lease: one row, by the server's clock
 *
 * A take-over locks the row FOR UPDATE, and so waits for transactions under way, whose guards hold
 * it FOR KEY SHARE; a renewal does not wait. A standby that only checks takes no lock. A lease that
 * was given back keeps its epoch and has no holder, so the old guard is void.
 */
#include "adapter/postgres/internal.h"

#include <stdio.h>
#include <string.h>

#define READ                                                                     \
	"select coalesce(holder, ''), coalesce(epoch, 0), coalesce(expires_at, " \
	"'-infinity') <= clock_timestamp() from lease where name = $1"

static int read_row(struct postgres *self, const char *text, const char *name,
		    struct cbx_lease_state *state)
{
	cbx_auto(PQclearp) PGresult *result = NULL;
	struct cbx_pg_args args = { 0 };
	int r;

	*state = (struct cbx_lease_state){ .expired = true };
	cbx_pg_arg_text(&args, name);
	r = cbx_pg_query(self, text, &args, &result);
	if (r || !PQntuples(result))
		return r;
	snprintf(state->holder, sizeof(state->holder), "%s", cbx_pg_text(result, 0, 0));
	state->epoch = cbx_pg_int(result, 0, 1);
	state->expired = *cbx_pg_text(result, 0, 2) == 't';
	return 0;
}

static int postgres_lease_read(struct cbx_sql *sql, const char *name, struct cbx_lease_state *state)
{
	struct postgres *self = cbx_pg_of(sql);
	struct cbx_lease_state found;
	int r = cbx_pg_begin(self, NULL, NULL);

	if (r)
		return r;
	r = cbx_pg_end(self, read_row(self, READ, name, &found));
	if (!r)
		*state = found;
	return r;
}

static bool is_free(const struct cbx_lease_state *state, const char *holder)
{
	return state->expired || !*state->holder || !strcmp(state->holder, holder);
}

static int write_row(struct postgres *self, const struct cbx_guard *want, int ttl_seconds,
		     int64_t *epoch)
{
	cbx_auto(PQclearp) PGresult *result = NULL;
	struct cbx_pg_args args = { 0 };
	int r;

	cbx_pg_arg_text(&args, want->name);
	cbx_pg_arg_text(&args, want->holder);
	cbx_pg_arg_int(&args, ttl_seconds);
	r = cbx_pg_query(self,
			 "update lease set holder = $2, epoch = coalesce(epoch, 0) + 1, "
			 "expires_at = clock_timestamp() + $3::bigint * interval '1 second' "
			 "where name = $1 returning epoch",
			 &args, &result);
	if (!r)
		*epoch = cbx_pg_int(result, 0, 0);
	return r;
}

/* Locks the row, creates it if there is none, and takes it if it is free: 0, or 1 */
static int take_free(struct postgres *self, const struct cbx_guard *want, int ttl_seconds,
		     int64_t *epoch, struct cbx_lease_state *held)
{
	struct cbx_pg_args args = { 0 };
	int r;

	cbx_pg_arg_text(&args, want->name);
	r = cbx_pg_query(self,
			 "insert into lease (name, holder, epoch, expires_at) "
			 "values ($1, '', 0, '-infinity') on conflict (name) do nothing",
			 &args, NULL);
	if (!r)
		r = read_row(self, READ " for update", want->name, held);
	if (r)
		return r;
	return is_free(held, want->holder) ? write_row(self, want, ttl_seconds, epoch) : 1;
}

static int postgres_lease_take(struct cbx_sql *sql, const char *name, const char *holder,
			       int ttl_seconds, int64_t *epoch, struct cbx_lease_state *now_held)
{
	struct postgres *self = cbx_pg_of(sql);
	const struct cbx_guard want = { name, holder, 0 };
	struct cbx_lease_state held;
	int64_t taken = 0;
	int outcome = 1;
	int r = cbx_pg_begin(self, NULL, NULL);

	if (r)
		return r;
	r = read_row(self, READ, name, &held);
	if (!r && is_free(&held, holder))
		r = outcome = take_free(self, &want, ttl_seconds, &taken, &held);
	r = cbx_pg_end(self, r > 0 ? 0 : r);
	if (r)
		return r;
	if (outcome)
		*now_held = held;
	else
		*epoch = taken;
	return outcome;
}

static int update(struct cbx_sql *sql, const struct cbx_guard *guard, const char *text,
		  int ttl_seconds)
{
	struct cbx_pg_args args = { 0 };

	cbx_pg_arg_text(&args, guard->name);
	if (ttl_seconds)
		cbx_pg_arg_int(&args, ttl_seconds);
	return cbx_pg_write(cbx_pg_of(sql), guard, text, &args, NULL);
}

/* now() is when the transaction began, which is after the holder's own clock was read */
static int postgres_lease_renew(struct cbx_sql *sql, const struct cbx_guard *guard, int ttl_seconds)
{
	return update(sql, guard,
		      "update lease set expires_at = now() + $2::bigint * interval '1 second' "
		      "where name = $1",
		      ttl_seconds);
}

static int postgres_lease_raise(struct cbx_sql *sql, const struct cbx_guard *guard, int ttl_seconds,
				int64_t above, int64_t *epoch)
{
	cbx_auto(PQclearp) PGresult *result = NULL;
	struct cbx_pg_args args = { 0 };
	int r;

	cbx_pg_arg_text(&args, guard->name);
	cbx_pg_arg_int(&args, ttl_seconds);
	cbx_pg_arg_int(&args, above);
	r = cbx_pg_write(cbx_pg_of(sql), guard,
			 "update lease set epoch = greatest(epoch, $3::bigint) + 1, "
			 "expires_at = now() + $2::bigint * interval '1 second' "
			 "where name = $1 returning epoch",
			 &args, &result);
	if (!r)
		*epoch = cbx_pg_int(result, 0, 0);
	return r;
}

static int postgres_lease_give_back(struct cbx_sql *sql, const struct cbx_guard *guard)
{
	int r = update(sql, guard,
		       "update lease set holder = '', expires_at = now() where name = $1", 0);

	return r == CHATTERBOX_E_FENCED ? 0 : r;
}

const struct cbx_lease_ops cbx_pg_lease_ops = {
	.take = postgres_lease_take,
	.renew = postgres_lease_renew,
	.raise = postgres_lease_raise,
	.give_back = postgres_lease_give_back,
	.read = postgres_lease_read,
};
