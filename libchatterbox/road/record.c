// SPDX-License-Identifier: MIT
/*
 * record.c - merges the received reports, records the changes in one transaction, then publishes
 * them to readers
 *
 * If the transaction fails, answers are dropped, since the next round asks again; pushes stay
 * unacknowledged and are merged again. If nobody knows whether it was committed, the batch waits
 * until SQL can tell (contract 5.3).
 */
#include "road/batch.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdlib.h>

#define BATCH_REPORTS 512
#define BATCH_BYTES ((size_t)32 << 20)
#define BATCH_AGE (250 * CBX_MS)
#define RECORD_TIME (8 * CBX_SECOND)

bool cbx_road_commit_is_due(const struct cbx_road *road)
{
	const struct cbx_road_batch *batch = &road->batch;

	if (batch->inbounds && !batch->received_count)
		return true;
	return batch->received_count >= BATCH_REPORTS || batch->bytes >= BATCH_BYTES ||
	       (batch->received_count && cbx_now(road->clock) - batch->oldest >= BATCH_AGE);
}

static int64_t mono_ms(const struct cbx_road *road)
{
	return (int64_t)(cbx_now(road->clock) / CBX_MS);
}

int64_t cbx_road_db_now(const struct cbx_road *road)
{
	return mono_ms(road) + road->db_offset_ms;
}

int cbx_road_measure_db_clock(struct cbx_road *road)
{
	int64_t ms = 0;
	int result = road->sql->ops->now(road->sql, &ms);

	if (result < 0)
		return result;
	road->db_offset_ms = ms - mono_ms(road);
	road->db_clock_at = cbx_now(road->clock);
	return 0;
}

static void fill_rules(const struct cbx_road *road, struct cbx_merge_rules *rules)
{
	*rules = (struct cbx_merge_rules){
		.keys = road->settings->kinds,
		.now = cbx_now(road->clock),
		.wall_ms = cbx_wall(road->clock),
		.db_ms = cbx_road_db_now(road),
		.checkpoint = road->settings->progress_checkpoint_ns,
		.keep_ended = 2 * road->settings->poll_timeout_ns + 60 * CBX_SECOND,
	};
}

static int merge_one(struct cbx_road *road, const struct cbx_merge_rules *rules,
		     const struct cbx_received *received)
{
	struct cbx_report report = { .kind = received->kind,
				     .system = received->system,
				     .at = received->at,
				     .statuses = received->statuses,
				     .count = received->count,
				     .named = received->named,
				     .named_count = received->named_count,
				     .absence = received->absence,
				     .rejected = received->rejected,
				     .rejected_count = received->rejected_count,
				     .expired_before_ms = received->expired_before_ms };
	struct cbx_job_list *last = cbx_touched_list(road, received->system);
	struct cbx_job_list *next = NULL;
	uint64_t late = road->batch.counts.late;
	int result;

	result = cbx_merge(rules, last, &report, cbx_pasts_find, road, &road->batch.record,
			   &road->batch.counts, &next);
	if (result < 0)
		return result;
	if (road->batch.counts.late > late)
		cbx_metric_add(road->counters->late_words,
			       received->kind == CBX_PUSH ? "push" : "answer", NULL,
			       (double)(road->batch.counts.late - late));
	if (road->batch.counts.ask) {
		road->batch.counts.ask = false;
		cbx_road_ask_now(road, received->system);
	}
	if (received->kind == CBX_LIST_ANSWER)
		result = cbx_batch_add_checked(&road->batch.record, received->system);
	if (next == last) {
		cbx_job_list_unref(next);
		return result;
	}
	if (!result)
		result = cbx_touched_set(road, received->system, next);
	if (result < 0)
		cbx_job_list_unref(next);
	return result;
}

static int merge_all(struct cbx_road *road)
{
	struct cbx_merge_rules rules;
	const struct cbx_received *received = road->batch.received;
	size_t left = cbx_portion_size(road);
	int result = cbx_pasts_load(road);

	fill_rules(road, &rules);
	for (; !result && left--; received = received->next)
		result = merge_one(road, &rules, received);
	return result;
}

/* Discards the result of the merge, but not the reports */
static void clear_merge(struct cbx_road *road)
{
	cbx_touched_clear(&road->batch.touched);
	cbx_pasts_clear(&road->batch.pasts);
	cbx_batch_clear(&road->batch.record);
	road->batch.counts = (struct cbx_merge_counts){ 0 };
}

static void finish_inbounds(struct cbx_road *road, void (*finish)(struct cbx_inbound *inbound))
{
	struct cbx_inbound *inbound = road->batch.inbounds;
	struct cbx_inbound *next;

	road->batch.inbounds = NULL;
	road->batch.inbounds_end = &road->batch.inbounds;
	for (; inbound; inbound = next) {
		next = inbound->next;
		finish(inbound);
	}
}

static void acknowledge(struct cbx_inbound *inbound)
{
	cbx_inbound_finish(inbound, !inbound->refused);
}

void cbx_road_discard(struct cbx_road *road)
{
	clear_merge(road);
	cbx_portion_drop(road, false);
	finish_inbounds(road, cbx_inbound_requeue);
	road->hanging = false;
}

static void count_transitions(struct cbx_road *road)
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

/* The transaction is committed: makes the changes visible */
static int apply(struct cbx_road *road)
{
	struct cbx_touched *touched;
	int result = 0;

	for (touched = road->batch.touched; touched; touched = touched->hh.next) {
		int error = cbx_active_jobs_set(road->jobs, touched->system, touched->after);

		/* recorded, but not in our tables: read everything again rather than show something
		 * wrong */
		if (error < 0)
			result = CHATTERBOX_E_FENCED;
	}
	cbx_road_share(road);
	if (road->batch.record.event_count)
		road->wake_teller(road->wake_user);
	count_transitions(road);
	road->recorded(road->recorded_user, &road->batch.record);
	clear_merge(road);
	cbx_portion_done(road);
	if (!road->batch.received_count)
		finish_inbounds(road, acknowledge);
	if (!result)
		result = cbx_road_update_snapshot(road);
	return result;
}

static void log_failure(struct cbx_road *road, int error)
{
	cbx_warn(road->log, CBX_FIELDS({ "server", "sql" }, { "error", road->sql->error }),
		 "a batch of %zu reports was not recorded: %s", cbx_portion_size(road),
		 chatterbox_strerror(error));
}

/* Finds out whether the last transaction was committed */
static int resolve(struct cbx_road *road)
{
	int outcome = road->sql->ledger->resolve(road->sql, cbx_now(road->clock) + RECORD_TIME);

	if (outcome < 0) {
		cbx_link_lost(&road->sql_link, outcome);
		return outcome;
	}
	road->hanging = false;
	if (outcome == 1)
		return apply(road);
	clear_merge(road);
	cbx_portion_drop(road, true);
	return 0;
}

static int record(struct cbx_road *road)
{
	struct cbx_guard guard = cbx_leadership_guard(road->leadership, road->epoch);
	int result = merge_all(road);

	if (!result && !cbx_batch_is_empty(&road->batch.record))
		result = road->sql->ledger->record(road->sql, &guard, &road->batch.record,
						   cbx_now(road->clock) + RECORD_TIME);
	else if (result == CHATTERBOX_E_DOWN)
		result = CHATTERBOX_E_TIMEOUT; /* only reads failed: nothing is uncertain */
	return result;
}

/* Commits one portion; returns as cbx_road_commit() */
static int commit_portion(struct cbx_road *road)
{
	int result = record(road);

	if (!result)
		return apply(road);
	if (result == -EBADMSG) {
		clear_merge(road);
		return cbx_portion_refused(road);
	}
	log_failure(road, result);
	if (result == CHATTERBOX_E_FENCED)
		return result;
	if (result == CHATTERBOX_E_DOWN) {
		road->hanging = true;
	} else {
		clear_merge(road);
		cbx_portion_drop(road, true);
	}
	cbx_link_lost(&road->sql_link, result);
	return CHATTERBOX_E_DOWN;
}

int cbx_road_commit(struct cbx_road *road)
{
	int result = 0;

	if (cbx_leadership_epoch(road->leadership) != road->epoch)
		return CHATTERBOX_E_FENCED;
	if (road->hanging) {
		result = resolve(road);
		if (result < 0)
			return result;
	}
	if (!road->batch.received_count && !road->batch.inbounds) {
		if (road->systems_dirty) {
			cbx_road_share(road);
			return cbx_road_update_snapshot(road);
		}
		return 0;
	}
	do
		result = commit_portion(road);
	while (!result && road->batch.received_count);
	return result;
}
