// SPDX-License-Identifier: MIT
/*
 * epoch.c - what the poller does when leadership comes, and when it goes
 *
 * When the epoch changes everything is read again. Who does not lead follows at once, and writes
 * nothing. A lease that merely expired may be renewed, so its tables are kept until another leads.
 */
#include "controller/epoch.h"

#include "controller/pause.h"

/* We lead under a new epoch: reads everything, and begins the tasks as at a start */
static void begin_epoch(struct cbx_poller *poller, int64_t epoch)
{
	struct cbx_road *road = &poller->road;
	int64_t paused_until_ms = 0;

	road->following = false;
	if (cbx_road_take_over(road, epoch) < 0 ||
	    cbx_follow_take_over(&poller->follow, epoch) < 0 ||
	    cbx_pause_kept(road, &paused_until_ms) < 0 || cbx_road_load(road, epoch) < 0) {
		road->following = true;
		return;
	}
	cbx_road_share_check(road);
	cbx_task_scheduler_init(&poller->scheduler, road->clock);
	cbx_online_systems_init(&poller->online);
	cbx_cleanup_init(&poller->cleanup, road, &poller->errors);
	cbx_internal_systems_init(&poller->internal, road, &poller->errors);
	cbx_task_add(&poller->scheduler, &poller->online.task);
	cbx_task_add(&poller->scheduler, &poller->status.update_database_task);
	cbx_task_add(&poller->scheduler, &poller->status.check_status_task);
	cbx_task_add(&poller->scheduler, &poller->status.send_status_task);
	cbx_task_add(&poller->scheduler, &poller->cleanup.task);
	cbx_task_add(&poller->scheduler, &poller->internal.task);
	cbx_job_status_begin(&poller->status);
	cbx_pause_begin(poller, paused_until_ms);
	poller->begun = true;
}

void cbx_poller_end_epoch(struct cbx_poller *poller)
{
	cbx_incident_keeper_close(&poller->incidents);
	cbx_road_unload(&poller->road);
	poller->begun = false;
}

/* The old snapshot is shown until the follower has made one, but the leader's gauges end now */
static void begin_to_follow(struct cbx_poller *poller)
{
	struct cbx_road *road = &poller->road;
	cbx_auto(cbx_snapshot_unrefp) struct cbx_snapshot *snapshot =
		cbx_snapshot_slot_get(road->slot);

	road->following = true;
	/* pushes come again, to whoever leads then */
	if (!road->hanging)
		cbx_road_discard(road);
	if (poller->begun)
		poller->follow.kept_base_ns = road->interval_base_ns;
	if (snapshot)
		cbx_counters_set_snapshot(road->counters, snapshot, false);
	cbx_follow_begin(&poller->follow);
}

bool cbx_poller_follow_leadership(struct cbx_poller *poller)
{
	struct cbx_road *road = &poller->road;
	int64_t epoch = cbx_leadership_epoch(road->leadership);

	if (poller->begun && epoch == road->epoch) {
		if (road->following) {
			road->following = false;
			cbx_road_update_snapshot(road);
		}
		return true;
	}
	if (!road->following)
		begin_to_follow(poller);
	if (poller->begun && !epoch && cbx_leadership_is_late(road->leadership))
		return false;
	if (poller->begun)
		cbx_poller_end_epoch(poller);
	if (epoch && road->sql_link.up)
		begin_epoch(poller, epoch);
	return poller->begun;
}
