// SPDX-License-Identifier: MIT
/* road.c - makes and ends the poller's world */
#include "road/command.h"

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

void cbx_flow_unload(struct cbx_flow *flow)
{
	cbx_command_end(flow, CHATTERBOX_E_STANDBY);
	cbx_flow_forget(flow);
	cbx_active_jobs_clear(flow->jobs);
	flow->ask_now_count = 0;
	cbx_systems_clear(flow->systems);
	flow->announced = false;
	flow->epoch = 0;
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
