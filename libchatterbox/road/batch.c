// SPDX-License-Identifier: MIT
/*
 * batch.c - what was received and waits to be merged, in the order it came
 *
 * Decides when a batch is large or old enough to be recorded, and how much of it goes into one
 * transaction: all of it, unless SQL refuses the values (a constraint or a trigger of OCD's own
 * tables). Then the batch is halved until the one status is found, that one is dropped, its message
 * rejected, and its neighbours are recorded. Without that a single one would hold up all others for
 * ever. What is left of a report that was taken apart proves no absence.
 */
#include "road/batch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BATCH_REPORTS 512
#define BATCH_BYTES ((size_t)32 << 20)

static void heard_free(struct cbx_heard *heard)
{
	size_t i;

	for (i = 0; i < heard->report.count; i++)
		cbx_status_unref(heard->report.statuses[i]);
	free(heard);
}

/* A copy of @len bytes in the room behind a report */
static void *keep(char **at, const void *bytes, size_t len)
{
	char *copy = *at;

	if (len)
		memcpy(copy, bytes, len);
	*at += len;
	return copy;
}

static int heard_new(const struct cbx_report *report, struct cbx_inbound *from,
		     struct cbx_heard **out)
{
	size_t statuses = report->count * sizeof(struct cbx_status *);
	size_t named = report->named_count * sizeof(int64_t);
	size_t garbled = report->garbled_count * sizeof(int64_t);
	size_t name = strlen(report->system) + 1;
	struct cbx_heard *heard = malloc(sizeof(*heard) + statuses + named + garbled + name);
	char *at;
	size_t i;

	if (!heard)
		return -ENOMEM;
	*heard = (struct cbx_heard){ .from = from, .report = *report };
	at = (char *)heard->room;
	heard->report.statuses = keep(&at, report->statuses, statuses);
	heard->report.named = keep(&at, report->named, named);
	heard->report.garbled = keep(&at, report->garbled, garbled);
	heard->report.system = keep(&at, report->system, name);
	for (i = 0; i < report->count; i++)
		cbx_status_ref(report->statuses[i]);
	*out = heard;
	return 0;
}

static size_t heard_bytes(const struct cbx_heard *heard)
{
	size_t bytes = 0;
	size_t i;

	for (i = 0; i < heard->report.count; i++)
		bytes += heard->report.statuses[i]->json_len;
	return bytes;
}

int cbx_flow_hear(struct cbx_flow *flow, const struct cbx_report *report, struct cbx_inbound *from)
{
	struct cbx_heard *heard = NULL;
	int result = heard_new(report, from, &heard);

	if (result < 0)
		return result;
	if (!flow->batch.heard_count)
		flow->batch.oldest = cbx_now(flow->clock);
	*flow->batch.heard_end = heard;
	flow->batch.heard_end = &heard->next;
	flow->batch.heard_count++;
	flow->batch.bytes += heard_bytes(heard);
	return 0;
}

bool cbx_flow_is_due(const struct cbx_flow *flow)
{
	const struct cbx_flow_batch *batch = &flow->batch;

	if (batch->inbounds && !batch->heard_count)
		return true;
	return batch->heard_count >= BATCH_REPORTS || batch->bytes >= BATCH_BYTES ||
	       (batch->heard_count && cbx_now(flow->clock) - batch->oldest >= CBX_BATCH_AGE);
}

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
	flow->batch.bytes -= heard_bytes(heard);
	heard_free(heard);
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
	struct cbx_report *report = &heard->report;
	struct cbx_report rest = { .kind = report->kind == CBX_LIST_ANSWER ? CBX_STATUS_ANSWER
									   : report->kind,
				   .system = report->system,
				   .at = report->at,
				   .absence = CBX_NO_ABSENCE };
	size_t half = report->count / 2;
	struct cbx_heard *second = NULL;
	int result;

	rest.statuses = report->statuses + half;
	rest.count = report->count - half;
	result = heard_new(&rest, heard->from, &second);
	if (result < 0)
		return result;
	while (report->count > half)
		cbx_status_unref(report->statuses[--report->count]);
	report->absence = CBX_NO_ABSENCE;
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
		  CBX_FIELDS({ "server", "sql" }, { "system", heard->report.system },
			     { "error", flow->sql->error }),
		  "SQL refuses a status: it is dropped, its neighbours are recorded: %.300s",
		  heard->report.count ? heard->report.statuses[0]->json : "(a job's absence)");
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
	if (flow->batch.heard->report.count > 1)
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
			heard_free(heard);
			continue;
		}
		*flow->batch.heard_end = heard;
		flow->batch.heard_end = &heard->next;
		flow->batch.heard_count++;
		flow->batch.bytes += heard_bytes(heard);
	}
	flow->batch.oldest = cbx_now(flow->clock);
}
