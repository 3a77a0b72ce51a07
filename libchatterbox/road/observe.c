// SPDX-License-Identifier: MIT
/* observe.c - counts what was recorded, and swaps in a new snapshot for readers */
#include "road/road.h"

#define NAME_AGAIN (3600 * CBX_SECOND)

void cbx_road_observe(struct cbx_road *road)
{
	int kind;

	for (kind = CBX_OTHER; kind <= CBX_KILLED; kind++) {
		road->last_cycle.changed += road->batch.counts.transitions[kind];
		if (road->batch.counts.transitions[kind])
			cbx_metric_add(road->counters->job_transitions,
				       cbx_kind_name((enum cbx_kind)kind), NULL,
				       (double)road->batch.counts.transitions[kind]);
	}
}

void cbx_road_observe_times(struct cbx_road *road)
{
	uint64_t now = cbx_now(road->clock);

	if (!road->sql->rejected_times)
		return;
	cbx_metric_add(road->counters->decode_rejects, "time", NULL,
		       (double)road->sql->rejected_times);
	road->sql->rejected_times = 0;
	if (road->times_named_at && now - road->times_named_at < NAME_AGAIN)
		return;
	road->times_named_at = now;
	cbx_warn(road->log, CBX_FIELDS({ "server", "sql" }),
		 "%s is infinite or outside the years 0 to 9999: taken as absent",
		 road->sql->rejected_time);
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
	snapshot->systems_source = road->systems_source;
	snapshot->interval_base_ns = road->interval_base_ns;
	snapshot->interval_current_ns = road->interval_current_ns;
	snapshot->load_reason = road->load_reason;
	snapshot->paused_until_ms = road->paused_until_ms;
	snapshot->last_cycle = road->last_cycle;
	snapshot->published_ms = cbx_road_db_now(road);
	snapshot->fleet = road->outlook.evidence.fleet;
	if (road->outlook.epoch)
		result = cbx_outlooks_freeze(road->outlook.table, &snapshot->outlooks);
	if (result < 0)
		return result;
	cbx_counters_set_snapshot(road->counters, snapshot,
				  cbx_leadership_epoch(road->leadership) > 0);
	cbx_snapshot_slot_set(road->slot, cbx_steal(snapshot));
	return 0;
}
