// SPDX-License-Identifier: MIT
/* follow_world.c - a follower beside road_world's leader, with connections of its own */
#include "follow_world.h"

#include "adapter/sqlite/sqlite.h"

#include <stdio.h>
#include <string.h>

static struct cbx_road other; /* of the follower */
struct cbx_follow follow;
struct cbx_snapshot_slot follow_slot;
static struct cbx_leadership standing_by;
struct faults follow_sql, follow_state;

static int paused_until_ms(struct cbx_road *the_road, int64_t *ms)
{
	(void)the_road;
	*ms = 0;
	return 0;
}

static uint64_t interval_ns(struct cbx_road *of)
{
	(void)of;
	return 7 * CBX_SECOND;
}

void follow_set_up(void)
{
	world_set_up();
	other = (struct cbx_road){ .clock = road->clock,
				   .log = road->log,
				   .settings = cbx_settings_ref(world.settings),
				   .counters = &world.counters,
				   .leadership = &standing_by,
				   .slot = &follow_slot };
	follow = (struct cbx_follow){ .interval_ns = interval_ns,
				      .paused_until_ms = paused_until_ms };
	follow_sql = follow_state = (struct faults){ 0 };
	cbx_snapshot_slot_init(&follow_slot);
	cbx_leadership_init(&standing_by, road->clock, "nl-ocd-chatterbox");
	ck_assert_int_eq(cbx_sqlite_new(world.path, road->clock, &other.sql), 0);
	ck_assert_int_eq(cbx_memory_state_new(world.store, &other.state), 0);
	faults_of_sql(other.sql, &follow_sql);
	faults_of_state(other.state, &follow_state);
	world_link(&other.sql_link, WORLD_SQL, other.sql);
	world_link(&other.state_link, WORLD_STATE, other.state);
	ck_assert_int_eq(cbx_active_jobs_new(&other.jobs), 0);
	ck_assert_int_eq(cbx_follow_init(&follow, &other), 0);
	follow.may_lead = false;
	cbx_follow_begin(&follow);
	hdms_system(&world.hdms, "ABC1", "17 Running 10%");
	world_insert("ABC1", "17 Running", "ocd", 3);
	world_insert("ABC1", "18 Paused t=Music", "user", 2);
	world_insert("ABC1", "19 Errored", "user", 2);
	world_insert("ABC2", "1 Queued", "user", 1);
}

void follow_tear_down(void)
{
	cbx_follow_close(&follow);
	cbx_active_jobs_free(other.jobs);
	cbx_state_free(other.state);
	cbx_sql_free(other.sql);
	cbx_settings_unref(other.settings);
	cbx_snapshot_slot_close(&follow_slot);
	world_tear_down();
}

void follow_turn(double seconds)
{
	int64_t turns = (int64_t)(seconds * 10);

	do {
		other.sql_link.next_try = other.state_link.next_try = 0;
		cbx_link_ensure(&other.sql_link);
		if (cbx_link_ensure(&other.state_link) == 1)
			cbx_follow_begin(&follow);
		world_pass(0.1);
		cbx_follow_turn(&follow);
	} while (--turns > 0);
}

void follow_snapshot(struct cbx_text *text)
{
	cbx_auto(cbx_snapshot_unrefp) struct cbx_snapshot *snapshot =
		cbx_snapshot_slot_get(&follow_slot);
	size_t i;
	size_t k;

	ck_assert_ptr_nonnull(snapshot);
	for (i = 0; i < snapshot->jobs->count; i++)
		for (k = 0; k < cbx_frozen_jobs_at(snapshot->jobs, i)->count; k++) {
			const struct cbx_job *job = cbx_frozen_jobs_at(snapshot->jobs, i)->jobs[k];

			ck_assert_int_eq(job->phase, CBX_LIVE);
			cbx_text_printf(text, "%s/%lld %s r%lld %s\n", job->status->system,
					(long long)job->status->job_id, job->status->text,
					(long long)job->revision, cbx_origin_name(job->origin));
		}
}

void follow_expect(const char *wanted)
{
	cbx_auto(cbx_text_free) struct cbx_text text = { 0 };

	follow_snapshot(&text);
	ck_assert_str_eq(text.len ? text.bytes : "", wanted);
}

const char *follow_json(const char *system, int64_t job_id)
{
	struct cbx_snapshot *snapshot = cbx_snapshot_slot_get(&follow_slot);
	const struct cbx_job *job =
		cbx_job_list_find(cbx_frozen_jobs_find(snapshot->jobs, system), job_id);
	static char text[512];

	ck_assert_ptr_nonnull(job);
	snprintf(text, sizeof(text), "%s", job->status->json);
	cbx_snapshot_unref(snapshot);
	return text;
}

void follow_report(const char *system, const char *words, bool told)
{
	world_push(system, words);
	ck_assert_int_ge(cbx_road_drain_inbox(road), 0);
	ck_assert_int_eq(cbx_road_commit(road), 0);
	if (told) {
		struct cbx_stream_entry entry = { .name = "update_job_status",
						  .params = "{}",
						  .params_len = 2 };
		char id[96];

		snprintf(id, sizeof(id), "%s/17/1", system);
		entry.id = id;
		ck_assert_int_eq(
			world.eye->ops->append_events(world.eye, world.epoch, &entry, 1, 1000), 0);
	}
}
