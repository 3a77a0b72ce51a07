// SPDX-License-Identifier: MIT
/*
 * claim.c - whose epoch is the newest in the shared state (contract 2.5)
 *
 * Decides that a leader claims the shared state before it writes there: from then on what an
 * earlier one has on its way is held off. When a newer epoch stands there it is the keeper who
 * finds out whether another leads; until it has, nothing is shared. APP:state says nothing of that:
 * a foreign marker is only written over.
 */
#include "road/road.h"

#include <chatterbox/error.h>

int cbx_flow_held(struct cbx_flow *flow, int64_t epoch)
{
	cbx_leadership_note_newer(flow->leadership, epoch, flow->state->newer);
	flow->share_whole = true;
	flow->share_retry_at = cbx_now(flow->clock) + CBX_SHARE_RETRY;
	return CHATTERBOX_E_FENCED;
}

int cbx_flow_claim(struct cbx_flow *flow, int64_t epoch)
{
	int result = flow->state->ops->claim(flow->state, epoch);

	return result == 1 ? cbx_flow_held(flow, epoch) : result;
}

int cbx_flow_take_over(struct cbx_flow *flow, int64_t epoch)
{
	int result = flow->state_link.up ? cbx_flow_claim(flow, epoch) : 0;

	if (result == CHATTERBOX_E_FENCED)
		return flow->state->newer < CBX_EPOCH_RAISE_END ? result : 0;
	if (result < 0)
		cbx_link_lost(&flow->state_link, result);
	return 0;
}
