// SPDX-License-Identifier: MIT
/*
 * follow.c - what a follower reads, when, and when it trusts Redis
 *
 * The stream (events.c) tells at once whose jobs changed. Comparing the scores in active_systems
 * finds everything else: progress, and what a broken stream did not tell. Redis is trusted while
 * the leader's marker is there, which the leader writes last. A new marker, a gap in the stream and
 * a new connection mean reading everything again. Without a marker the last snapshot is kept for a
 * while, then SQL is read instead.
 */
#include "follow/follow.h"
#include "base/read.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TURN (CBX_SECOND / 5)
#define COMPARE CBX_SECOND
#define SYSTEMS (2 * CBX_SECOND)
#define REFRESH_EVERY (10 * CBX_SECOND)
#define ALONE_FIRST (2 * CBX_SECOND) /* an instance may be about to lead */
#define ALONE_AFTER (10 * CBX_SECOND)
#define ALONE_EVERY (5 * CBX_SECOND)
#define SHARE 20 /* reading may take one part in so many of the time */

int cbx_follow_init(struct cbx_follow *follow, struct cbx_road *road)
{
	int result;

	follow->road = road;
	follow->may_lead = road->settings->role != CBX_ROLE_OBSERVER;
	result = cbx_active_jobs_new(&follow->jobs);
	return result < 0 ? result : cbx_systems_new(&follow->systems);
}

void cbx_follow_forget(struct cbx_follow *follow)
{
	follow->epoch = 0;
	while (follow->unknown_count)
		cbx_job_unref(follow->unknown[--follow->unknown_count]);
	cbx_active_jobs_clear(follow->jobs);
	cbx_systems_clear(follow->systems);
	follow->stale = 0;
}

void cbx_follow_close(struct cbx_follow *follow)
{
	if (follow->jobs && follow->systems)
		cbx_follow_forget(follow);
	free(follow->unknown);
	cbx_batch_clear(&follow->pending);
	cbx_active_jobs_free(follow->jobs);
	cbx_systems_free(follow->systems);
	cbx_past_turns_clear(&follow->past_turns);
	*follow = (struct cbx_follow){ 0 };
}

static int note_score(void *user, const char *system, int64_t ms)
{
	struct cbx_follow *follow = user;
	struct cbx_system_entry *entry;
	const char *name = system;
	size_t len = strlen(system);

	if (!cbx_system_name(&name, &len) || len != strlen(system))
		return 0;
	entry = cbx_systems_get(follow->systems, system);
	if (!entry)
		return -ENOMEM;
	entry->listed = true;
	if (entry->shared_ms != ms)
		cbx_follow_mark(follow, entry);
	entry->shared_ms = ms;
	return 0;
}

/* Compares active_systems with what was read: marks systems with another score, and those that came
 * or went. Scores are compared for equality, not for order, so a clock that was set back hides
 * nothing. */
static int compare_scores(struct cbx_follow *follow)
{
	struct cbx_state *state = follow->road->state;
	struct cbx_system_entry *const *entries;
	size_t i;
	int result = state->ops->read_active(state, note_score, follow);

	if (result < 0)
		return result;
	entries = cbx_systems_all(follow->systems);
	if (!entries)
		return -ENOMEM;
	for (i = 0; i < cbx_systems_count(follow->systems); i++) {
		struct cbx_system_entry *entry = entries[i];

		if (!entry->listed && entry->shared_ms) {
			entry->shared_ms = 0;
			cbx_follow_mark(follow, entry);
		}
		entry->listed = false;
	}
	return 0;
}

void cbx_follow_begin(struct cbx_follow *follow)
{
	follow->epoch = 0;
	follow->next_turn = 0;
	follow->newest[0] = '\0';
	/* after an empty stream, entries may have come and gone without a trace */
	if (!follow->host || !strcmp(follow->position, "0-0"))
		follow->position[0] = '\0';
	follow->alone_at =
		cbx_now(follow->road->clock) + (follow->shown ? ALONE_AFTER : ALONE_FIRST);
}

/* What was read can't be relied on any more, but may be shown for a while */
static void distrust(struct cbx_follow *follow)
{
	if (follow->epoch)
		follow->alone_at = cbx_now(follow->road->clock) + ALONE_AFTER;
	follow->epoch = 0;
}

static bool is_due(const struct cbx_follow *follow, uint64_t next)
{
	return cbx_now(follow->road->clock) >= next;
}

/* Next after @least, or later if it took long */
static void set_pace(const struct cbx_follow *follow, uint64_t *next, uint64_t least,
		     uint64_t began)
{
	uint64_t now = cbx_now(follow->road->clock);
	uint64_t pause = (now - began) * SHARE;

	*next = began + (pause > least ? pause : least);
}

static int compare(struct cbx_follow *follow)
{
	uint64_t began = cbx_now(follow->road->clock);
	int result = compare_scores(follow);

	set_pace(follow, &follow->next_compare, COMPARE, began);
	return result;
}

static int take_system(void *user, const char *key, const struct cbx_field *field)
{
	struct cbx_follow *follow = user;

	(void)key;
	return cbx_road_restore_system(follow->systems, field);
}

static int count_system(void *user, const char *key, const struct cbx_field *field)
{
	*(size_t *)user += field && !key;
	return 0;
}

static int read_systems(struct cbx_follow *follow)
{
	struct cbx_state *state = follow->road->state;
	uint64_t began = cbx_now(follow->road->clock);
	size_t internal = 0;
	int result = state->ops->read_systems(state, CBX_ONLINE_SYSTEMS, take_system, follow);

	if (!result)
		result = state->ops->read_systems(state, CBX_INTERNAL_SYSTEMS, count_system,
						  &internal);
	if (!result)
		result = cbx_follow_read_data(follow);
	follow->internal = internal;
	follow->changed = true;
	set_pace(follow, &follow->next_systems, SYSTEMS, began);
	return result;
}

static void refresh(struct cbx_follow *follow)
{
	follow->next_refresh = cbx_now(follow->road->clock) + REFRESH_EVERY;
	cbx_follow_refresh(follow);
	follow->changed = true;
}

/* Reads the rows of SQL; that SQL is down is no failure here */
static bool read_rows(struct cbx_follow *follow)
{
	struct cbx_road *road = follow->road;
	int result;

	cbx_follow_forget(follow);
	if (!road->sql_link.up)
		return false;
	result = cbx_road_read_rows(road, follow->jobs, follow->systems, true);
	/* on a slow line it takes long, and ends when something else is to be done */
	if (result < 0 && result != CHATTERBOX_E_STANDBY)
		cbx_link_lost(&road->sql_link, result);
	return result >= 0;
}

/* Reads all systems: if a row's job is not in Redis, it has ended since the row was read */
static int mark_all(struct cbx_follow *follow)
{
	struct cbx_system_entry *const *entries = cbx_systems_all(follow->systems);
	size_t i;

	if (!entries)
		return -ENOMEM;
	for (i = 0; i < cbx_systems_count(follow->systems); i++)
		cbx_follow_mark(follow, entries[i]);
	return 0;
}

static int read_everything(struct cbx_follow *follow)
{
	int result;

	read_rows(follow);
	result = compare(follow);
	if (!result)
		result = mark_all(follow);
	if (!result)
		result = cbx_follow_read_jobs(follow);
	if (!result)
		result = read_systems(follow);
	if (!result)
		refresh(follow);
	follow->whole = !result;
	return result;
}

static int go_on(struct cbx_follow *follow)
{
	int result = 0;

	if (is_due(follow, follow->next_compare))
		result = compare(follow);
	if (!result && follow->stale)
		result = cbx_follow_read_jobs(follow);
	if (!result && is_due(follow, follow->next_systems))
		result = read_systems(follow);
	if (!result && is_due(follow, follow->next_refresh))
		refresh(follow);
	return result;
}

static int follow_leader(struct cbx_follow *follow, int64_t marker)
{
	int result;

	if (marker == follow->epoch)
		return go_on(follow);
	distrust(follow);
	follow->changed = false;
	result = read_everything(follow);
	follow->epoch = result ? 0 : marker;
	return result;
}

static void show(struct cbx_follow *follow)
{
	struct cbx_road *road = follow->road;
	struct cbx_snapshot *snapshot = NULL;

	if (cbx_snapshot_new(follow->jobs, follow->systems, cbx_now(road->clock), &snapshot) < 0)
		return;
	snapshot->internal = follow->internal;
	snapshot->systems_source = snapshot->systems->count ? "redis" : NULL;
	snapshot->interval_base_ns = snapshot->interval_current_ns = follow->base_ns;
	if (follow->kept_pause_ms > cbx_wall(road->clock))
		snapshot->paused_until_ms = follow->kept_pause_ms;
	cbx_counters_set_snapshot(road->counters, snapshot, false);
	cbx_snapshot_slot_set(road->slot, snapshot);
	follow->shown = true;
	follow->changed = false;
}

/* No complete state in Redis: it was flushed, or nobody has led yet */
static void do_without(struct cbx_follow *follow)
{
	uint64_t now = cbx_now(follow->road->clock);

	distrust(follow);
	follow->changed = false;
	if (now < follow->alone_at || !read_rows(follow))
		return;
	follow->alone_at = now + ALONE_EVERY;
	follow->whole = true;
	refresh(follow);
}

/* Reads the leader's marker. That of another database is nothing that we can follow. */
static int read_marker(struct cbx_follow *follow, int64_t *marker)
{
	struct cbx_road *road = follow->road;
	int result = road->state->ops->read_epoch(road->state, marker);

	if (!result && cbx_road_sees_twin(road)) {
		*marker = 0;
		follow->position[0] = '\0'; /* nor are its events ours */
	}
	return result;
}

/* At a start we are probably about to lead, and then read everything ourselves. Not if others do.
 */
static bool waits_for_lease(const struct cbx_follow *follow)
{
	char leader[CBX_HOLDER_TEXT];

	if (!follow->may_lead || follow->shown || is_due(follow, follow->alone_at))
		return false;
	cbx_leadership_leader(follow->road->leadership, leader);
	return !leader[0];
}

/* Reads the stream, unless we wait, then the marker */
static int read_state(struct cbx_follow *follow, bool waits, int64_t *marker)
{
	struct cbx_road *road = follow->road;
	char twin[CBX_DATABASE_ID];
	int result = 0;

	if (!road->state_link.up) {
		/* whether there is a twin shows when it is back, then */
		cbx_leadership_note_mark(road->leadership, "", 0);
		return 0;
	}
	if (!waits && !cbx_leadership_twin(road->leadership, twin))
		result = cbx_follow_read_events(follow);
	if (result < 0)
		return result;
	if (result)
		distrust(follow);
	return read_marker(follow, marker);
}

void cbx_follow_turn(struct cbx_follow *follow)
{
	struct cbx_road *road = follow->road;
	bool waits = waits_for_lease(follow);
	int64_t marker = 0;
	int result;

	if (!is_due(follow, follow->next_turn))
		return;
	follow->next_turn = cbx_now(road->clock) + TURN;
	follow->whole = false;
	result = read_state(follow, waits, &marker);
	if (!result && !waits && marker)
		result = follow_leader(follow, marker);
	else if (!result && !waits)
		do_without(follow);
	if (result) {
		cbx_follow_unread_events(follow);
	} else {
		if (follow->changed)
			show(follow);
		/* an old snapshot that is shown for a while covers nothing new */
		if ((follow->epoch || follow->whole) && !follow->changed)
			memcpy(follow->covered, follow->position, sizeof(follow->position));
		cbx_follow_deliver(follow);
	}
	if (result >= 0)
		return;
	follow->next_turn += CBX_SECOND;
	distrust(follow);
	cbx_link_lost(&road->state_link, result);
}
