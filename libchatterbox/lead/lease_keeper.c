// SPDX-License-Identifier: MIT
/*
 * lease_keeper.c - takes the lease and renews it; the database's row and clock decide who leads
 * (contract 2.5)
 *
 * Our lease counts from before a renewal was sent, so that we stop leading before anybody else
 * begins. A lease that expired while the database was away, and that nobody took, is simply
 * renewed.
 *
 * If an epoch in Redis is not older than ours, either another instance leads or the database was
 * reset. The lease's row decides: the instance that still holds it raises its epoch above the other
 * one. Not often, since two databases that share one Redis would do so for ever; and not above
 * CBX_EPOCH_RAISE_END, so that a number somebody wrote there can't use up the epochs.
 *
 * Who shares its Redis and app_name with a chatterbox that has another database takes no lease
 * while the mark of that one is in Redis, and gives it back (twin.c).
 *
 * The lease is held by who can work: an instance whose threads do not move, or that can't load,
 * gives it up, so that a standby leads. It looks twice, since a process that was frozen has not
 * moved either, and moves at once.
 */
#include "lead/twin.h"

#include <chatterbox/error.h>
#include <poll.h>

#define TABLES_AGAIN (10 * CBX_SECOND)
#define RAISE_AGAIN (10 * CBX_SECOND)
#define HINDERED_FOR (5 * CBX_SECOND)
#define TURN_MS 200
#define STARTING_MS 5 /* whoever starts an engine waits for it */

static void lead(struct cbx_lease_keeper *keeper, uint64_t sent)
{
	uint64_t ttl = (unsigned)keeper->ttl * CBX_SECOND;
	bool led = cbx_leadership_epoch(keeper->leadership) == keeper->epoch;

	cbx_leadership_hold(keeper->leadership, keeper->epoch, sent + ttl);
	keeper->next_renewal = sent + ttl / 3;
	if (led)
		return;
	keeper->led_since = sent;
	cbx_info(keeper->log, CBX_NO_FIELDS, "this instance leads now (epoch %lld)",
		 (long long)keeper->epoch);
}

static void stand_by(struct cbx_lease_keeper *keeper, const char *leader)
{
	if (keeper->epoch)
		cbx_warn(keeper->log, CBX_FIELDS({ "leader", leader }),
			 "this instance does not lead any more");
	keeper->epoch = 0;
	cbx_leadership_lose(keeper->leadership, leader);
}

/* The outcome of a statement about our row. If we no longer hold it, look at once who does. */
static int conclude(struct cbx_lease_keeper *keeper, int result, uint64_t sent)
{
	if (!result) {
		lead(keeper, sent);
		return 0;
	}
	if (result != CHATTERBOX_E_FENCED)
		return result;
	stand_by(keeper, "");
	keeper->next_renewal = 0;
	return 0;
}

static int renew(struct cbx_lease_keeper *keeper)
{
	struct cbx_guard guard = cbx_leadership_guard(keeper->leadership, keeper->epoch);
	uint64_t sent = cbx_now(keeper->clock);

	return conclude(keeper, keeper->sql->lease->renew(keeper->sql, &guard, keeper->ttl), sent);
}

static bool is_to_raise(struct cbx_lease_keeper *keeper, int64_t newer)
{
	if (!newer || cbx_now(keeper->clock) < keeper->next_raise)
		return false;
	if (newer < CBX_EPOCH_RAISE_END)
		return true;
	if (keeper->warned_epoch != keeper->epoch)
		cbx_warn(keeper->log, CBX_FIELDS({ "server", "redis" }),
			 "Redis carries epoch %lld, ours is %lld: it is not written; if "
			 "no other instance leads, delete the keys %s:rev and %s:rev:*",
			 (long long)newer, (long long)keeper->epoch, keeper->leadership->name,
			 keeper->leadership->name);
	keeper->warned_epoch = keeper->epoch;
	return false;
}

static int raise_epoch(struct cbx_lease_keeper *keeper, int64_t newer)
{
	struct cbx_guard guard = cbx_leadership_guard(keeper->leadership, keeper->epoch);
	uint64_t sent = cbx_now(keeper->clock);
	int result =
		keeper->sql->lease->raise(keeper->sql, &guard, keeper->ttl, newer, &keeper->epoch);

	if (result)
		return conclude(keeper, result, sent);
	cbx_warn(keeper->log, CBX_FIELDS({ "server", "redis" }),
		 "Redis carries epoch %lld, ours was %lld though the lease is ours (was "
		 "the database reset or restored?): the lease goes on with epoch %lld",
		 (long long)newer, (long long)guard.epoch, (long long)keeper->epoch);
	keeper->next_raise = sent + RAISE_AGAIN;
	lead(keeper, sent);
	/* a write rejected as stale under the old epoch may have ended our leading meanwhile */
	keeper->next_renewal = sent;
	return 0;
}

static int take(struct cbx_lease_keeper *keeper)
{
	struct cbx_lease_state held = { 0 };
	uint64_t sent = cbx_now(keeper->clock);
	int result = keeper->sql->lease->take(keeper->sql, keeper->leadership->name,
					      keeper->leadership->self, keeper->ttl, &keeper->epoch,
					      &held);

	keeper->next_renewal = sent + CBX_SECOND;
	if (!result)
		lead(keeper, sent);
	else if (result == 1)
		cbx_leadership_lose(keeper->leadership, held.holder);
	return result > 0 ? 0 : result;
}

static int watch(struct cbx_lease_keeper *keeper)
{
	struct cbx_lease_state held = { 0 };
	int result = keeper->sql->lease->read(keeper->sql, keeper->leadership->name, &held);

	keeper->next_renewal = cbx_now(keeper->clock) + CBX_SECOND;
	if (!result)
		cbx_leadership_lose(keeper->leadership, held.expired ? "" : held.holder);
	return result;
}

/* The poller is about to look at the mark */
static int watch_for_now(struct cbx_lease_keeper *keeper)
{
	int result = watch(keeper);

	keeper->next_renewal = 0;
	return result;
}

/* Does it show for a while that we can't do what the lease is for? */
static bool is_hindered(struct cbx_lease_keeper *keeper, char why[192])
{
	uint64_t now = cbx_now(keeper->clock);

	if (!keeper->hindrance || !keeper->hindrance(keeper->user, keeper->led_since, why)) {
		keeper->hindered_at = 0;
		return false;
	}
	if (!keeper->hindered_at)
		keeper->hindered_at = now;
	return now - keeper->hindered_at >= HINDERED_FOR;
}

static int give_up(struct cbx_lease_keeper *keeper, const char *why)
{
	struct cbx_guard guard = cbx_leadership_guard(keeper->leadership, keeper->epoch);

	cbx_error(keeper->log, CBX_FIELDS({ "reason", why }),
		  "this instance can't work and gives the lease up, for a standby to lead: %s",
		  why);
	cbx_leadership_rest(keeper->leadership, why);
	keeper->epoch = 0;
	keeper->hindered_at = 0;
	keeper->next_renewal = 0;
	return keeper->sql->lease->give_back(keeper->sql, &guard);
}

static int migrate(struct cbx_lease_keeper *keeper)
{
	int applied = 0;
	int result = keeper->sql->ops->migrate(keeper->sql, &applied);

	if (!result)
		result = keeper->sql->ops->check_schema(keeper->sql);
	if (!result) {
		if (applied)
			cbx_info(keeper->log, CBX_NO_FIELDS, "%d migrations applied", applied);
		keeper->migrated = true;
		return 0;
	}
	if (result == CHATTERBOX_E_SCHEMA) {
		keeper->on_failed(keeper->user, result, keeper->sql->error);
		keeper->stop = true;
	}
	return result;
}

/* An observer creates no tables: it waits for an instance that may lead */
static int find_tables(struct cbx_lease_keeper *keeper)
{
	int result;

	if (cbx_now(keeper->clock) < keeper->next_renewal)
		return 0;
	result = keeper->sql->ops->check_schema(keeper->sql);
	keeper->migrated = !result;
	keeper->next_renewal = cbx_now(keeper->clock) + (result ? TABLES_AGAIN : 0);
	if (result != CHATTERBOX_E_SCHEMA)
		return result;
	cbx_info(keeper->log, CBX_FIELDS({ "error", keeper->sql->error }),
		 "the database is not as it should be (yet): an observer does without it");
	return 0;
}

static int work(struct cbx_lease_keeper *keeper)
{
	char why[192];
	int64_t newer;
	int result;

	if (!keeper->migrated && keeper->observer)
		return find_tables(keeper);
	if (!keeper->migrated)
		return migrate(keeper);
	if (keeper->observer)
		return cbx_now(keeper->clock) < keeper->next_renewal ? 0 : watch(keeper);
	result = keeper->identified ? 0 : cbx_twin_identify(keeper);
	if (result < 0)
		return result;
	if (cbx_twin_is_there(keeper))
		return cbx_twin_stand_by(keeper);
	if (keeper->epoch && is_hindered(keeper, why))
		return give_up(keeper, why);
	newer = keeper->epoch ? cbx_leadership_newer(keeper->leadership, keeper->epoch) : 0;
	if (is_to_raise(keeper, newer))
		return raise_epoch(keeper, newer);
	if (cbx_now(keeper->clock) < keeper->next_renewal)
		return 0;
	if (cbx_leadership_rests(keeper->leadership, why))
		return watch(keeper);
	if (!cbx_twin_was_looked_for(keeper))
		return watch_for_now(keeper);
	return keeper->epoch ? renew(keeper) : take(keeper);
}

/* Reports that we lead, or no longer do, also when the lease expired since the last turn */
static void tell_change(struct cbx_lease_keeper *keeper)
{
	bool leads = cbx_leadership_epoch(keeper->leadership) > 0;

	if (leads == keeper->leads)
		return;
	keeper->leads = leads;
	keeper->on_change(keeper->user);
}

static void turn(struct cbx_lease_keeper *keeper)
{
	struct pollfd p = { .fd = cbx_mailbox_fd(keeper->inbox), .events = POLLIN };
	bool starting;
	int result = 0;

	if (cbx_link_ensure(&keeper->sql_link) >= 0)
		result = work(keeper);
	if (result < 0)
		cbx_link_lost(&keeper->sql_link, result);
	tell_change(keeper);
	starting = keeper->on_turn(keeper->user);
	if (keeper->stop)
		return;
	poll(&p, 1, starting && result >= 0 ? STARTING_MS : TURN_MS);
	cbx_mailbox_clear(keeper->inbox);
}

void *cbx_lease_keeper_run(void *user)
{
	struct cbx_lease_keeper *keeper = user;

	while (!keeper->stop) {
		keeper->last_turn = cbx_now(keeper->clock);
		turn(keeper);
	}
	return NULL;
}

void cbx_lease_keeper_close(struct cbx_lease_keeper *keeper)
{
	struct cbx_guard guard = cbx_leadership_guard(keeper->leadership, keeper->epoch);

	if (keeper->epoch && keeper->sql_link.up &&
	    !keeper->sql->lease->give_back(keeper->sql, &guard))
		cbx_info(keeper->log, CBX_NO_FIELDS, "the lease is given back");
	keeper->epoch = 0;
	cbx_leadership_lose(keeper->leadership, "");
	cbx_link_close(&keeper->sql_link);
}
