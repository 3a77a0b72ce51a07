// SPDX-License-Identifier: MIT
/* flow.c - makes and ends the poller's world, and shows its picture to readers */
#include "road/road.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdlib.h>

int cbx_flow_init(struct cbx_flow *flow)
{
	flow->batch.heard_end = &flow->batch.heard;
	flow->batch.inbounds_end = &flow->batch.inbounds;
	if (cbx_systems_new(&flow->systems) < 0 || cbx_active_jobs_new(&flow->jobs) < 0)
		return -ENOMEM;
	return 0;
}

void cbx_flow_close(struct cbx_flow *flow)
{
	if (flow->systems && flow->jobs)
		cbx_flow_unload(flow);
	cbx_systems_free(flow->systems);
	cbx_active_jobs_free(flow->jobs);
	free(flow->ask_now);
	cbx_settings_unref(flow->settings);
	flow->systems = NULL;
	flow->jobs = NULL;
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
