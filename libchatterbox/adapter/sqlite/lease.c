// SPDX-License-Identifier: MIT
/*
 * lease.c - the lease: one row, changed in BEGIN IMMEDIATE transactions
 *
 * A lease that was given back keeps its epoch and has no holder, so the old guard is void.
 */
#include "adapter/sqlite/internal.h"

#include <stdio.h>
#include <string.h>

static int read_row(struct sqlite *self, const char *name, struct cbx_lease_state *state)
{
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *s = NULL;
	int r = cbx_sqlite_prepare(
		self, "select holder, epoch, expires_at from lease where name = ?1", &s);

	*state = (struct cbx_lease_state){ .expired = true };
	if (r)
		return r;
	cbx_sqlite_bind_text(s, 1, name);
	r = cbx_sqlite_step(self, s);
	if (r <= 0)
		return r;
	snprintf(state->holder, sizeof(state->holder), "%s", cbx_sqlite_text(s, 0) ?: "");
	state->epoch = sqlite3_column_int64(s, 1);
	state->expired = sqlite3_column_int64(s, 2) <= cbx_wall(self->clock);
	return 0;
}

static int sqlite_lease_read(struct cbx_sql *sql, const char *name, struct cbx_lease_state *state)
{
	struct cbx_lease_state found;
	int r = read_row(cbx_sqlite_of(sql), name, &found);

	if (!r)
		*state = found;
	return r;
}

static int write_row(struct sqlite *self, const struct cbx_guard *row, int64_t expires)
{
	cbx_auto(sqlite3_finalizep) sqlite3_stmt *s = NULL;
	int r = cbx_sqlite_prepare(self,
				   "insert into lease (name, holder, epoch, expires_at) values "
				   "(?1, ?2, ?3, ?4) on conflict (name) do update set holder = "
				   "excluded.holder, epoch = excluded.epoch, expires_at = "
				   "excluded.expires_at",
				   &s);

	if (r)
		return r;
	cbx_sqlite_bind_text(s, 1, row->name);
	cbx_sqlite_bind_text(s, 2, row->holder);
	sqlite3_bind_int64(s, 3, row->epoch);
	sqlite3_bind_int64(s, 4, expires);
	return cbx_sqlite_run(self, s);
}

static bool is_free(const struct cbx_lease_state *state, const char *holder)
{
	return state->expired || !*state->holder || !strcmp(state->holder, holder);
}

static int take_free(struct sqlite *self, const struct cbx_guard *want, int ttl_seconds,
		     int64_t *epoch, struct cbx_lease_state *held)
{
	struct cbx_guard row = *want;
	int taken = 1;
	int r = cbx_sqlite_begin(self, NULL);

	if (r)
		return r;
	r = read_row(self, want->name, held);
	if (!r && is_free(held, want->holder)) {
		row.epoch = held->epoch + 1;
		r = write_row(self, &row, cbx_wall(self->clock) + (int64_t)ttl_seconds * 1000);
		taken = 0;
	}
	r = cbx_sqlite_end(self, r);
	if (r)
		return r;
	if (!taken)
		*epoch = row.epoch;
	return taken;
}

static int sqlite_lease_take(struct cbx_sql *sql, const char *name, const char *holder,
			     int ttl_seconds, int64_t *epoch, struct cbx_lease_state *now_held)
{
	struct sqlite *self = cbx_sqlite_of(sql);
	const struct cbx_guard want = { name, holder, 0 };
	struct cbx_lease_state held;
	int r = read_row(self, name, &held);

	/* a standby that only checks takes no lock */
	if (!r && is_free(&held, holder))
		r = take_free(self, &want, ttl_seconds, epoch, &held);
	else if (!r)
		r = 1;
	if (r == 1)
		*now_held = held;
	return r;
}

static int sqlite_lease_renew(struct cbx_sql *sql, const struct cbx_guard *guard, int ttl_seconds)
{
	struct sqlite *self = cbx_sqlite_of(sql);
	int r = cbx_sqlite_begin(self, guard);

	if (r)
		return r;
	r = write_row(self, guard, cbx_wall(self->clock) + (int64_t)ttl_seconds * 1000);
	return cbx_sqlite_end(self, r);
}

static int sqlite_lease_raise(struct cbx_sql *sql, const struct cbx_guard *guard, int ttl_seconds,
			      int64_t above, int64_t *epoch)
{
	struct sqlite *self = cbx_sqlite_of(sql);
	struct cbx_guard row = *guard;
	int r = cbx_sqlite_begin(self, guard);

	if (r)
		return r;
	row.epoch = (above > guard->epoch ? above : guard->epoch) + 1;
	r = cbx_sqlite_end(self, write_row(self, &row,
					   cbx_wall(self->clock) + (int64_t)ttl_seconds * 1000));
	if (!r)
		*epoch = row.epoch;
	return r;
}

static int sqlite_lease_give_back(struct cbx_sql *sql, const struct cbx_guard *guard)
{
	struct sqlite *self = cbx_sqlite_of(sql);
	const struct cbx_guard nobody = { guard->name, "", guard->epoch };
	int r = cbx_sqlite_begin(self, guard);

	if (r)
		return r == CHATTERBOX_E_FENCED ? 0 : r;
	return cbx_sqlite_end(self, write_row(self, &nobody, cbx_wall(self->clock)));
}

const struct cbx_lease_ops cbx_sqlite_lease_ops = {
	.take = sqlite_lease_take,
	.renew = sqlite_lease_renew,
	.raise = sqlite_lease_raise,
	.give_back = sqlite_lease_give_back,
	.read = sqlite_lease_read,
};
