// SPDX-License-Identifier: MIT
/*
 * record.c - merges what was heard, records it in one transaction, and only then lets anybody see
 * it
 *
 * Decides what happens to a batch whose transaction fails: answers are dropped, since the next
 * round asks again; pushes stay, unsettled, and are merged again; a batch whose commit is unknown
 * hangs until the ledger knows (contract 5.3).
 */
#include "road/batch.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdlib.h>

#define BATCH_REPORTS 512
#define BATCH_BYTES ((size_t)32 << 20)
#define BATCH_AGE (250 * CBX_MS)
#define RECORD_TIME (8 * CBX_SECOND)

bool cbx_flow_is_due(const struct cbx_flow *flow)
{
	const struct cbx_flow_batch *batch = &flow->batch;

	if (batch->inbounds && !batch->heard_count)
		return true;
	return batch->heard_count >= BATCH_REPORTS || batch->bytes >= BATCH_BYTES ||
	       (batch->heard_count && cbx_now(flow->clock) - batch->oldest >= BATCH_AGE);
}

static int64_t mono_ms(const struct cbx_flow *flow)
{
	return (int64_t)(cbx_now(flow->clock) / CBX_MS);
}

int64_t cbx_flow_db_now(const struct cbx_flow *flow)
{
	return mono_ms(flow) + flow->db_offset_ms;
}

int cbx_flow_measure_db_clock(struct cbx_flow *flow)
{
	int64_t ms = 0;
	int result = flow->sql->ops->now(flow->sql, &ms);

	if (result < 0)
		return result;
	flow->db_offset_ms = ms - mono_ms(flow);
	flow->db_clock_at = cbx_now(flow->clock);
	return 0;
}

static void fill_rules(const struct cbx_flow *flow, struct cbx_merge_rules *rules)
{
	*rules = (struct cbx_merge_rules){
		.keys = flow->settings->kinds,
		.now = cbx_now(flow->clock),
		.wall_ms = cbx_wall(flow->clock),
		.db_ms = cbx_flow_db_now(flow),
		.checkpoint = flow->settings->progress_checkpoint_ns,
		.keep_ended = 2 * flow->settings->poll_timeout_ns + 60 * CBX_SECOND,
	};
}

static int merge_one(struct cbx_flow *flow, const struct cbx_merge_rules *rules,
		     const struct cbx_heard *heard)
{
	struct cbx_report report = { .kind = heard->kind,
				     .system = heard->system,
				     .at = heard->at,
				     .statuses = heard->statuses,
				     .count = heard->count,
				     .named = heard->named,
				     .named_count = heard->named_count,
				     .absence = heard->absence,
				     .garbled = heard->garbled,
				     .garbled_count = heard->garbled_count,
				     .silent_before_ms = heard->silent_before_ms };
	struct cbx_job_list *last = cbx_touched_list(flow, heard->system);
	struct cbx_job_list *next = NULL;
	uint64_t late = flow->batch.counts.late;
	int result;

	result = cbx_merge(rules, last, &report, cbx_pasts_find, flow, &flow->batch.record,
			   &flow->batch.counts, &next);
	if (result < 0)
		return result;
	if (flow->batch.counts.late > late)
		cbx_metric_add(flow->observe->late_words,
			       heard->kind == CBX_PUSH ? "push" : "answer", NULL,
			       (double)(flow->batch.counts.late - late));
	if (flow->batch.counts.ask) {
		flow->batch.counts.ask = false;
		cbx_flow_ask_now(flow, heard->system);
	}
	if (heard->kind == CBX_LIST_ANSWER)
		result = cbx_batch_add_checked(&flow->batch.record, heard->system);
	if (next == last) {
		cbx_job_list_unref(next);
		return result;
	}
	if (!result)
		result = cbx_touched_set(flow, heard->system, next);
	if (result < 0)
		cbx_job_list_unref(next);
	return result;
}

static int merge_all(struct cbx_flow *flow)
{
	struct cbx_merge_rules rules;
	const struct cbx_heard *heard = flow->batch.heard;
	size_t left = cbx_portion_size(flow);
	int result = cbx_pasts_load(flow);

	fill_rules(flow, &rules);
	for (; !result && left--; heard = heard->next)
		result = merge_one(flow, &rules, heard);
	return result;
}

/* Forgets the merge, not what was heard */
static void clear_merge(struct cbx_flow *flow)
{
	cbx_touched_clear(&flow->batch.touched);
	cbx_pasts_clear(&flow->batch.pasts);
	cbx_batch_clear(&flow->batch.record);
	flow->batch.counts = (struct cbx_merge_counts){ 0 };
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

void cbx_flow_forget(struct cbx_flow *flow)
{
	clear_merge(flow);
	cbx_portion_drop(flow, false);
	settle_inbounds(flow, cbx_inbound_return);
	flow->hanging = false;
}

static void count_transitions(struct cbx_flow *flow)
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

/* The transaction is committed: everybody may see it now */
static int apply(struct cbx_flow *flow)
{
	struct cbx_touched *touched;
	int result = 0;

	for (touched = flow->batch.touched; touched; touched = touched->hh.next) {
		int error = cbx_active_jobs_set(flow->jobs, touched->system, touched->after);

		/* recorded, but not held: read everything anew rather than lie */
		if (error < 0)
			result = CHATTERBOX_E_FENCED;
	}
	cbx_flow_share(flow);
	if (flow->batch.record.event_count)
		flow->wake_teller(flow->wake_user);
	count_transitions(flow);
	flow->recorded(flow->recorded_user, &flow->batch.record);
	clear_merge(flow);
	cbx_portion_done(flow);
	if (!flow->batch.heard_count)
		settle_inbounds(flow, acknowledge);
	if (!result)
		result = cbx_flow_show(flow);
	return result;
}

static void log_failure(struct cbx_flow *flow, int error)
{
	cbx_warn(flow->log, CBX_FIELDS({ "server", "sql" }, { "error", flow->sql->error }),
		 "a batch of %zu reports was not recorded: %s", cbx_portion_size(flow),
		 chatterbox_strerror(error));
}

/* The last record's outcome was unknown: what became of it? */
static int resolve(struct cbx_flow *flow)
{
	int outcome = flow->sql->ledger->settled(flow->sql, cbx_now(flow->clock) + RECORD_TIME);

	if (outcome < 0) {
		cbx_link_lost(&flow->sql_link, outcome);
		return outcome;
	}
	flow->hanging = false;
	if (outcome == 1)
		return apply(flow);
	clear_merge(flow);
	cbx_portion_drop(flow, true);
	return 0;
}

static int record(struct cbx_flow *flow)
{
	struct cbx_guard guard = cbx_leadership_guard(flow->leadership, flow->epoch);
	int result = merge_all(flow);

	if (!result && !cbx_batch_is_empty(&flow->batch.record))
		result = flow->sql->ledger->record(flow->sql, &guard, &flow->batch.record,
						   cbx_now(flow->clock) + RECORD_TIME);
	else if (result == CHATTERBOX_E_DOWN)
		result = CHATTERBOX_E_TIMEOUT; /* only look-ups failed: nothing hangs */
	return result;
}

/* One portion; as cbx_flow_settle() */
static int settle_portion(struct cbx_flow *flow)
{
	int result = record(flow);

	if (!result)
		return apply(flow);
	if (result == -EBADMSG) {
		clear_merge(flow);
		return cbx_portion_refused(flow);
	}
	log_failure(flow, result);
	if (result == CHATTERBOX_E_FENCED)
		return result;
	if (result == CHATTERBOX_E_DOWN) {
		flow->hanging = true;
	} else {
		clear_merge(flow);
		cbx_portion_drop(flow, true);
	}
	cbx_link_lost(&flow->sql_link, result);
	return CHATTERBOX_E_DOWN;
}

int cbx_flow_settle(struct cbx_flow *flow)
{
	int result = 0;

	if (cbx_leadership_epoch(flow->leadership) != flow->epoch)
		return CHATTERBOX_E_FENCED;
	if (flow->hanging) {
		result = resolve(flow);
		if (result < 0)
			return result;
	}
	if (!flow->batch.heard_count && !flow->batch.inbounds) {
		if (flow->systems_dirty) {
			cbx_flow_share(flow);
			return cbx_flow_show(flow);
		}
		return 0;
	}
	do
		result = settle_portion(flow);
	while (!result && flow->batch.heard_count);
	return result;
}
