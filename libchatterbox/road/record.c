// SPDX-License-Identifier: MIT
/*
 * record.c - records a batch in one transaction, and ends what was in it
 *
 * Decides what happens to a batch whose transaction fails: answers are dropped, since the next
 * round asks again; pushes stay, unsettled, and are merged again; a batch whose commit is unknown
 * hangs until the ledger knows (contract 5.3).
 */
#include "road/batch.h"

#include <chatterbox/error.h>
#include <errno.h>

#define RECORD_TIME (8 * CBX_SECOND)

int cbx_flow_measure_db_clock(struct cbx_flow *flow)
{
	int64_t ms = 0;
	int result = flow->sql->ops->now(flow->sql, &ms);

	if (result < 0)
		return result;
	flow->db_clock_at = cbx_now(flow->clock);
	flow->db_offset_ms = ms - (int64_t)(flow->db_clock_at / CBX_MS);
	return 0;
}

static void settle_inbounds(struct cbx_flow *flow, void (*settle)(struct cbx_inbound *inbound))
{
	struct cbx_inbound *inbound = flow->batch.inbounds;
	struct cbx_inbound *next;

	flow->batch.inbounds = NULL;
	flow->batch.inbounds_end = &flow->batch.inbounds;
	for (; inbound; inbound = next) {
		next = inbound->next;
		settle(inbound);
	}
}

static void acknowledge(struct cbx_inbound *inbound)
{
	cbx_inbound_settle(inbound, !inbound->refused);
}

void cbx_flow_finish_portion(struct cbx_flow *flow)
{
	cbx_flow_clear_merge(flow);
	cbx_portion_done(flow);
	if (!flow->batch.heard_count)
		settle_inbounds(flow, acknowledge);
}

void cbx_flow_forget(struct cbx_flow *flow)
{
	cbx_flow_clear_merge(flow);
	cbx_portion_drop(flow, false);
	settle_inbounds(flow, cbx_inbound_return);
	flow->hanging = false;
}

static void log_failure(struct cbx_flow *flow, int error)
{
	cbx_warn(flow->log, CBX_FIELDS({ "server", "sql" }, { "error", flow->sql->error }),
		 "a batch of %zu reports was not recorded: %s", cbx_portion_size(flow),
		 chatterbox_strerror(error));
}

/* Nothing of the merge has happened: answers are forgotten, pushes wait */
static void put_off(struct cbx_flow *flow)
{
	cbx_flow_clear_merge(flow);
	cbx_portion_drop(flow, true);
}

int cbx_flow_resolve(struct cbx_flow *flow)
{
	int outcome = flow->sql->ledger->settled(flow->sql, cbx_now(flow->clock) + RECORD_TIME);

	if (outcome < 0) {
		cbx_link_lost(&flow->sql_link, outcome);
		return outcome;
	}
	flow->hanging = false;
	if (outcome != 1)
		put_off(flow);
	return outcome == 1;
}

int cbx_flow_record(struct cbx_flow *flow)
{
	struct cbx_guard guard = cbx_leadership_guard(flow->leadership, flow->epoch);
	int result = 0;

	if (!cbx_batch_is_empty(&flow->batch.record))
		result = flow->sql->ledger->record(flow->sql, &guard, &flow->batch.record,
						   cbx_now(flow->clock) + RECORD_TIME);
	if (result == CHATTERBOX_E_DOWN)
		flow->hanging = true;
	return result;
}

int cbx_flow_fail_portion(struct cbx_flow *flow, int error)
{
	if (error == -EBADMSG) {
		cbx_flow_clear_merge(flow);
		return cbx_portion_refused(flow);
	}
	log_failure(flow, error);
	if (error == CHATTERBOX_E_FENCED)
		return error;
	if (!flow->hanging)
		put_off(flow);
	cbx_link_lost(&flow->sql_link, error);
	return CHATTERBOX_E_DOWN;
}
