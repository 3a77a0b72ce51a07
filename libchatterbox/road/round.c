// SPDX-License-Identifier: MIT
/*
 * round.c - the road: poll, decode, merge, record, share, tell, observe
 *
 * This page is the order of it all. Decides that pushes and batches are dealt with between replies,
 * so that a large fleet does not hold up events; that the stop flag and the lease are looked at on
 * every turn; and that nobody sees or is told what is not committed.
 */
#include "road/round.h"

#include "road/batch.h"
#include "road/command.h"
#include "road/poll.h"

#include <chatterbox/error.h>

/* --- merge, record, share, tell, observe: what was received, a portion at a time --- */

static void tell(struct cbx_flow *flow)
{
	if (flow->batch.record.event_count)
		flow->wake_teller(flow->wake_user);
	flow->recorded(flow->recorded_user, &flow->batch.record);
}

/* The transaction is committed: everybody may see it now */
static int show_portion(struct cbx_flow *flow)
{
	int result = cbx_flow_keep(flow);

	cbx_flow_share(flow);
	tell(flow);
	cbx_flow_observe(flow);
	cbx_flow_finish_portion(flow);
	return result ? result : cbx_flow_show(flow);
}

static int commit_portion(struct cbx_flow *flow)
{
	int result = cbx_flow_merge(flow);

	if (!result)
		result = cbx_flow_record(flow);
	return result ? cbx_flow_fail_portion(flow, result) : show_portion(flow);
}

int cbx_flow_settle(struct cbx_flow *flow)
{
	int result = 0;

	if (!cbx_flow_leads(flow))
		return CHATTERBOX_E_FENCED;
	if (flow->hanging)
		result = cbx_flow_resolve(flow);
	if (result == 1)
		result = show_portion(flow);
	if (result < 0)
		return result;
	if (!flow->batch.heard_count && !flow->batch.inbounds) {
		if (!flow->systems_dirty)
			return 0;
		cbx_flow_share(flow);
		return cbx_flow_show(flow);
	}
	do
		result = commit_portion(flow);
	while (!result && flow->batch.heard_count);
	return result;
}

/* --- poll, decode: until nobody is left to be asked --- */

static bool must_stop(struct cbx_flow *flow)
{
	return flow->on_turn(flow->on_turn_user) || !flow->bus_link.up || flow->bus->blocked ||
	       flow->hanging || !cbx_flow_leads(flow);
}

/* 1 = nobody is left to be asked */
static int turn(struct cbx_poll *poll)
{
	struct cbx_flow *flow = poll->flow;
	int result;

	poll_add_ask_now(poll);
	if (must_stop(flow))
		return CHATTERBOX_E_DOWN;
	result = poll_ask(poll);
	if (result < 0 || !poll->in_flight)
		return result < 0 ? result : 1;
	poll_receive(poll);
	cbx_flow_drain_inbox(flow);
	cbx_command_turn(flow);
	return cbx_flow_is_due(flow) ? cbx_flow_settle(flow) : 0;
}

void cbx_poll_run(struct cbx_poll *poll)
{
	int result;

	do
		result = turn(poll);
	while (!result);
	if (result == 1)
		result = cbx_flow_settle(poll->flow);
	if (result < 0)
		poll_cut(poll);
	cbx_metric_set(poll->flow->observe->rpc_in_flight, NULL, NULL, 0);
}

int cbx_round_run(struct cbx_flow *flow, enum cbx_round_kind kind, struct cbx_round_result *out)
{
	uint64_t began = cbx_now(flow->clock);
	cbx_auto(cbx_poll_freep) struct cbx_poll *poll = NULL;
	int result = kind == CBX_ASK_NOW_ROUND
			     ? 0
			     : cbx_flow_look_around(flow, kind == CBX_DISCOVERY_ROUND);

	if (!result)
		result = cbx_poll_new(flow, &poll);
	if (!result && kind != CBX_ASK_NOW_ROUND)
		result = poll_add_all(poll, kind == CBX_DISCOVERY_ROUND);
	if (result < 0)
		return result;
	cbx_poll_run(poll);
	poll_figures(poll, &out->figures);
	out->queue_depth = kind == CBX_ASK_NOW_ROUND || out->figures.cut ? -1 : poll_depth(flow);
	out->seconds = (double)(cbx_now(flow->clock) - began) / 1e9;
	return 0;
}
