// SPDX-License-Identifier: MIT
/* faults_sql.c - a plan of failures before the calls of a SQL connection */
#include "faults.h"

#include "port/directory.h"
#include "port/lease.h"
#include "port/ledger.h"
#include "port/outbox.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct wrapped {
	struct faults *plan;
	const struct cbx_sql_ops *ops;
	const struct cbx_ledger_ops *ledger;
	const struct cbx_outbox_ops *outbox;
	const struct cbx_lease_ops *lease;
	const struct cbx_directory_ops *directory;
};

static int hit(struct cbx_sql *sql, const char *call)
{
	struct wrapped *self = faults_find(sql);
	int error = faults_hit(self->plan, call);

	if (error) {
		snprintf(sql->error, sizeof(sql->error), "%s was planned to fail", call);
		if (error == CHATTERBOX_E_DOWN)
			self->ops->disconnect(sql);
	}
	return error;
}

#define CALL(role, name, params, args)                                                        \
	static int role##_##name params                                                       \
	{                                                                                     \
		int error = hit(sql, #name);                                                  \
                                                                                              \
		return error ? error : ((struct wrapped *)faults_find(sql))->role->name args; \
	}

CALL(ops, connect, (struct cbx_sql * sql, uint64_t deadline), (sql, deadline))
CALL(ops, ping, (struct cbx_sql * sql), (sql))
CALL(ops, now, (struct cbx_sql * sql, int64_t *ms), (sql, ms))
CALL(ops, migrate, (struct cbx_sql * sql, int *applied), (sql, applied))
CALL(ops, check_schema, (struct cbx_sql * sql), (sql))
CALL(ledger, pushes, (struct cbx_sql * sql, cbx_push_fn each, void *user), (sql, each, user))
CALL(ledger, monitored, (struct cbx_sql * sql, cbx_row_fn each, void *user), (sql, each, user))
CALL(ledger, unreported, (struct cbx_sql * sql, cbx_row_fn each, void *user), (sql, each, user))
CALL(ledger, ocd_jobs,
     (struct cbx_sql * sql, const struct cbx_job_key *keys, size_t count, cbx_row_fn each,
      void *user),
     (sql, keys, count, each, user))
CALL(ledger, keep_ocd,
     (struct cbx_sql * sql, const struct cbx_guard *guard, const struct cbx_job_key *keys,
      size_t count),
     (sql, guard, keys, count))
CALL(ledger, of_jobs,
     (struct cbx_sql * sql, const struct cbx_job_key *keys, size_t count, cbx_row_fn each,
      void *user),
     (sql, keys, count, each, user))
CALL(ledger, completed,
     (struct cbx_sql * sql, const struct cbx_job_key *keys, size_t count, cbx_row_fn each,
      void *user),
     (sql, keys, count, each, user))
CALL(outbox, heads,
     (struct cbx_sql * sql, const struct cbx_outbox_wish *wish, cbx_outbox_fn each, void *user),
     (sql, wish, each, user))
CALL(outbox, told,
     (struct cbx_sql * sql, const struct cbx_guard *guard, enum cbx_outbox_side side,
      const int64_t *ids, size_t count),
     (sql, guard, side, ids, count))
CALL(outbox, unstreamed, (struct cbx_sql * sql, size_t limit, cbx_outbox_fn each, void *user),
     (sql, limit, each, user))
CALL(outbox, pending, (struct cbx_sql * sql, int64_t *rows, double *oldest), (sql, rows, oldest))
CALL(lease, take,
     (struct cbx_sql * sql, const char *name, const char *holder, int ttl, int64_t *epoch,
      struct cbx_lease_state *held),
     (sql, name, holder, ttl, epoch, held))
CALL(lease, renew, (struct cbx_sql * sql, const struct cbx_guard *guard, int ttl),
     (sql, guard, ttl))
CALL(lease, raise,
     (struct cbx_sql * sql, const struct cbx_guard *guard, int ttl, int64_t above, int64_t *epoch),
     (sql, guard, ttl, above, epoch))
CALL(lease, give_back, (struct cbx_sql * sql, const struct cbx_guard *guard), (sql, guard))
CALL(lease, read, (struct cbx_sql * sql, const char *name, struct cbx_lease_state *state),
     (sql, name, state))
CALL(directory, online_systems, (struct cbx_sql * sql, cbx_name_fn each, void *user),
     (sql, each, user))
CALL(directory, read_conf, (struct cbx_sql * sql, const char *name, char **info), (sql, name, info))
CALL(directory, write_conf,
     (struct cbx_sql * sql, const struct cbx_guard *guard, const char *name, const char *info),
     (sql, guard, name, info))
CALL(directory, keep_conf, (struct cbx_sql * sql, const char *name, const char *info, char **kept),
     (sql, name, info, kept))
CALL(directory, recently_checked, (struct cbx_sql * sql, cbx_name_fn each, void *user),
     (sql, each, user))
CALL(directory, next_activations, (struct cbx_sql * sql, cbx_name_fn each, void *user),
     (sql, each, user))
CALL(directory, find_job,
     (struct cbx_sql * sql, const char *system, int64_t job_id, cbx_row_fn each, void *user),
     (sql, system, job_id, each, user))
CALL(directory, jobs_with,
     (struct cbx_sql * sql, const struct cbx_kind_texts *texts, cbx_row_fn each, void *user),
     (sql, texts, each, user))
CALL(directory, ended_jobs,
     (struct cbx_sql * sql, const struct cbx_ended_place *place, size_t limit, cbx_row_fn each,
      void *user),
     (sql, place, limit, each, user))

/* Is a change of the locked job in the batch? */
static bool find_locked(struct cbx_sql *sql, const char *locked, const struct cbx_batch *batch)
{
	char key[96];
	size_t i;

	sql->fault_count = 0;
	for (i = 0; locked && i < batch->change_count; i++) {
		const struct cbx_status *status = batch->changes[i].job->status;

		snprintf(key, sizeof(key), "%s/%lld", status->system, (long long)status->job_id);
		if (!strcmp(key, locked) && cbx_sql_add_fault(sql, i, false) < 0)
			abort();
	}
	return sql->fault_count > 0;
}

static int ledger_record(struct cbx_sql *sql, const struct cbx_guard *guard,
			 const struct cbx_batch *batch, uint64_t deadline)
{
	struct wrapped *self = faults_find(sql);
	int result = hit(sql, "record");

	self->plan->committed = false;
	if (result)
		return result;
	if (find_locked(sql, self->plan->locked, batch)) {
		snprintf(sql->error, sizeof(sql->error), "%s is locked", self->plan->locked);
		return -EBADMSG;
	}
	result = self->ledger->record(sql, guard, batch, deadline);
	if (result || !self->plan->lose_commit)
		return result;
	self->plan->lose_commit = false;
	self->plan->committed = true;
	self->ops->disconnect(sql);
	return CHATTERBOX_E_DOWN;
}

static int ledger_resolve(struct cbx_sql *sql, uint64_t deadline)
{
	struct wrapped *self = faults_find(sql);
	int error = hit(sql, "resolve");

	(void)deadline;
	return error ? error : self->plan->committed;
}

static void ops_disconnect(struct cbx_sql *sql)
{
	((struct wrapped *)faults_find(sql))->ops->disconnect(sql);
}

static bool ops_is_up(struct cbx_sql *sql)
{
	return ((struct wrapped *)faults_find(sql))->ops->is_up(sql);
}

static void ops_free(struct cbx_sql *sql)
{
	struct wrapped *self = faults_forget(sql);

	self->ops->free(sql);
	free(self);
}

static const struct cbx_sql_ops all_ops = { ops_connect,      ops_disconnect, ops_is_up,
					    ops_ping,         ops_now,        ops_migrate,
					    ops_check_schema, NULL,           ops_free };
static const struct cbx_ledger_ops all_ledger = {
	ledger_record,   ledger_resolve,  ledger_pushes,  ledger_monitored, ledger_unreported,
	ledger_ocd_jobs, ledger_keep_ocd, ledger_of_jobs, ledger_completed
};
static const struct cbx_outbox_ops all_outbox = { outbox_heads, outbox_told, outbox_unstreamed,
						  outbox_pending };
static const struct cbx_lease_ops all_lease = { lease_take, lease_renew, lease_raise,
						lease_give_back, lease_read };
static const struct cbx_directory_ops all_directory = {
	directory_online_systems, directory_read_conf,        directory_write_conf,
	directory_keep_conf,      directory_recently_checked, directory_next_activations,
	directory_find_job,       directory_jobs_with,        directory_ended_jobs
};

void faults_of_sql(struct cbx_sql *sql, struct faults *plan)
{
	struct wrapped *self = calloc(1, sizeof(*self));

	*self = (struct wrapped){ plan,        sql->ops,   sql->ledger,
				  sql->outbox, sql->lease, sql->directory };
	faults_keep(sql, self);
	sql->ops = &all_ops;
	sql->ledger = &all_ledger;
	sql->outbox = &all_outbox;
	sql->lease = &all_lease;
	sql->directory = &all_directory;
}
