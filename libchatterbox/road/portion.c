// SPDX-License-Identifier: MIT
/*
 * portion.c - how much of what was heard goes into one transaction: all of it, unless SQL refuses
 * the values
 *
 * Decides what becomes of a status that SQL will never take (a constraint or a trigger of OCD's
 * own tables): the batch is halved until the one status is found, that one is dropped, its message
 * rejected, and its neighbours are recorded. Without that a single one would hold up all others for
 * ever. What is left of a report that was taken apart proves no absence.
 */
#include "road/batch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

size_t cbx_portion_size(const struct cbx_flow *flow)
{
	size_t portion = flow->batch.portion;

	return portion && portion < flow->batch.heard_count ? portion : flow->batch.heard_count;
}

static void take_first(struct cbx_flow *flow)
{
	struct cbx_heard *heard = flow->batch.heard;

	flow->batch.heard = heard->next;
	if (!heard->next)
		flow->batch.heard_end = &flow->batch.heard;
	flow->batch.heard_count--;
	flow->batch.bytes -= cbx_heard_bytes(heard);
	cbx_heard_free(heard);
}

void cbx_portion_done(struct cbx_flow *flow)
{
	size_t count = cbx_portion_size(flow);

	while (count--)
		take_first(flow);
	flow->batch.portion = flow->batch.heard_count ? 2 * flow->batch.portion : 0;
	flow->batch.oldest = cbx_now(flow->clock);
}

static int split(struct cbx_flow *flow, struct cbx_heard *heard)
{
	struct cbx_report rest = { .kind = heard->kind == CBX_LIST_ANSWER ? CBX_STATUS_ANSWER
									  : heard->kind,
				   .system = heard->system,
				   .at = heard->at,
				   .absence = CBX_NO_ABSENCE };
	size_t half = heard->count / 2;
	struct cbx_heard *second = NULL;
	int result;

	rest.statuses = heard->statuses + half;
	rest.count = heard->count - half;
	result = cbx_heard_new(&rest, heard->from, &second);
	if (result < 0)
		return result;
	while (heard->count > half)
		cbx_status_unref(heard->statuses[--heard->count]);
	heard->absence = CBX_NO_ABSENCE;
	second->next = heard->next;
	heard->next = second;
	if (flow->batch.heard_end == &heard->next)
		flow->batch.heard_end = &second->next;
	flow->batch.heard_count++;
	return 0;
}

static void drop(struct cbx_flow *flow, struct cbx_heard *heard)
{
	cbx_error(flow->log,
		  CBX_FIELDS({ "server", "sql" }, { "system", heard->system },
			     { "error", flow->sql->error }),
		  "SQL refuses a status: it is dropped, its neighbours are recorded: %.300s",
		  heard->count ? heard->statuses[0]->json : "(a job's absence)");
	if (heard->from)
		heard->from->refused = true;
	take_first(flow);
}

int cbx_portion_refused(struct cbx_flow *flow)
{
	size_t count = cbx_portion_size(flow);

	flow->batch.portion = count > 1 ? count / 2 : 1;
	if (count > 1)
		return 0;
	if (flow->batch.heard->count > 1)
		return split(flow, flow->batch.heard);
	drop(flow, flow->batch.heard);
	return 0;
}

void cbx_portion_drop(struct cbx_flow *flow, bool pushes_stay)
{
	struct cbx_heard *heard = flow->batch.heard;
	struct cbx_heard *next;

	flow->batch.heard = NULL;
	flow->batch.heard_end = &flow->batch.heard;
	flow->batch.heard_count = 0;
	flow->batch.bytes = 0;
	flow->batch.portion = 0;
	for (; heard; heard = next) {
		next = heard->next;
		heard->next = NULL;
		if (!pushes_stay || !heard->from) {
			cbx_heard_free(heard);
			continue;
		}
		*flow->batch.heard_end = heard;
		flow->batch.heard_end = &heard->next;
		flow->batch.heard_count++;
		flow->batch.bytes += cbx_heard_bytes(heard);
	}
	flow->batch.oldest = cbx_now(flow->clock);
}
