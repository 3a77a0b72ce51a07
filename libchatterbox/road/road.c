// SPDX-License-Identifier: MIT
/* road.c - creates and frees the poller's data, and updates the snapshot that readers see */
#include "road/road.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdlib.h>

int cbx_road_init(struct cbx_road *road)
{
	road->batch.received_end = &road->batch.received;
	road->batch.inbounds_end = &road->batch.inbounds;
	if (cbx_systems_new(&road->systems) < 0 || cbx_active_jobs_new(&road->jobs) < 0)
		return -ENOMEM;
	return 0;
}

void cbx_road_close(struct cbx_road *road)
{
	if (road->systems && road->jobs)
		cbx_road_unload(road);
	cbx_systems_free(road->systems);
	cbx_active_jobs_free(road->jobs);
	free(road->ask_now);
	cbx_settings_unref(road->settings);
	road->systems = NULL;
	road->jobs = NULL;
}

int cbx_road_update_snapshot(struct cbx_road *road)
{
	cbx_auto(cbx_snapshot_unrefp) struct cbx_snapshot *snapshot = NULL;
	int result;

	if (road->following)
		return 0;
	result = cbx_snapshot_new(road->jobs, road->systems, cbx_now(road->clock), &snapshot);
	if (result < 0)
		return result;
	snapshot->internal = road->internal;
	snapshot->interval_base_ns = road->interval_base_ns;
	snapshot->interval_current_ns = road->interval_current_ns;
	snapshot->load_reason = road->load_reason;
	snapshot->paused = road->paused;
	snapshot->last_cycle = road->last_cycle;
	cbx_counters_set_snapshot(road->counters, snapshot,
				  cbx_leadership_epoch(road->leadership) > 0);
	cbx_snapshot_slot_set(road->slot, cbx_steal(snapshot));
	return 0;
}
