// SPDX-License-Identifier: MIT
/* flow.c - makes and ends the poller's world, and shows its picture to readers */
#include "flow/flow.h"

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
	cbx_auto(cbx_view_unrefp) struct cbx_view *view = calloc(1, sizeof(*view));
	int result;

	if (!view)
		return -ENOMEM;
	view->refs = 1;
	result = cbx_active_jobs_freeze(flow->jobs, &view->jobs);
	if (!result)
		result = cbx_systems_freeze(flow->systems, &view->systems);
	if (result < 0)
		return result;
	view->internal = flow->internal;
	view->interval_base = flow->interval_base;
	view->interval_current = flow->interval_current;
	view->load_reason = flow->load_reason;
	view->paused = flow->paused;
	view->last_cycle = flow->last_cycle;
	view->published_at = cbx_now(flow->clock);
	cbx_observe_view(flow->observe, view, cbx_leadership_epoch(flow->leadership) > 0);
	cbx_window_show(flow->window, cbx_steal(view));
	return 0;
}
