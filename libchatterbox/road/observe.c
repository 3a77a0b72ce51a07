// SPDX-License-Identifier: MIT
/* observe.c - counts what was recorded, and swaps in the snapshot that readers see */
#include "road/road.h"

void cbx_flow_observe(struct cbx_flow *flow)
{
	int kind;

	for (kind = CBX_OTHER; kind <= CBX_KILLED; kind++) {
		flow->last_cycle.changed += flow->batch.counts.transitions[kind];
		if (flow->batch.counts.transitions[kind])
			cbx_metric_add(flow->observe->job_transitions,
				       cbx_kind_name((enum cbx_kind)kind), NULL,
				       (double)flow->batch.counts.transitions[kind]);
	}
}

int cbx_flow_show(struct cbx_flow *flow)
{
	cbx_auto(cbx_view_unrefp) struct cbx_view *view = NULL;
	int result;

	if (flow->following)
		return 0;
	result = cbx_view_new(flow->jobs, flow->systems, cbx_now(flow->clock), &view);
	if (result < 0)
		return result;
	view->internal = flow->internal;
	view->interval_base = flow->interval_base;
	view->interval_current = flow->interval_current;
	view->load_reason = flow->load_reason;
	view->paused = flow->paused;
	view->last_cycle = flow->last_cycle;
	cbx_observe_view(flow->observe, view, cbx_leadership_epoch(flow->leadership) > 0);
	cbx_window_show(flow->window, cbx_steal(view));
	return 0;
}
