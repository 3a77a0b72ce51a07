// SPDX-License-Identifier: MIT
/* apply.c - gathers what was heard, in the order it came; decides what an inbound message means */
#include "road/road.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

void cbx_heard_free(struct cbx_heard *heard)
{
	size_t i;

	if (!heard)
		return;
	for (i = 0; i < heard->count; i++)
		cbx_status_unref(heard->statuses[i]);
	free(heard->statuses);
	free(heard->named);
	free(heard->garbled);
	free(heard);
}

CBX_DEFINE_CLEANUP(struct cbx_heard *, cbx_heard_free)

static int copy_statuses(struct cbx_heard *heard, const struct cbx_report *report)
{
	size_t i;

	if (!report->count)
		return 0;
	heard->statuses = calloc(report->count, sizeof(*heard->statuses));
	if (!heard->statuses)
		return -ENOMEM;
	for (i = 0; i < report->count; i++)
		heard->statuses[heard->count++] = cbx_status_ref(report->statuses[i]);
	return 0;
}

static int copy_ids(const int64_t *ids, size_t count, int64_t **out, size_t *out_count)
{
	if (!count)
		return 0;
	*out = calloc(count, sizeof(**out));
	if (!*out)
		return -ENOMEM;
	memcpy(*out, ids, count * sizeof(**out));
	*out_count = count;
	return 0;
}

int cbx_heard_new(const struct cbx_report *report, struct cbx_inbound *from, struct cbx_heard **out)
{
	size_t size = strlen(report->system) + 1;
	cbx_auto(cbx_heard_freep) struct cbx_heard *heard = calloc(1, sizeof(*heard) + size);

	if (!heard)
		return -ENOMEM;
	memcpy(heard->system, report->system, size);
	heard->kind = report->kind;
	heard->at = report->at;
	heard->from = from;
	heard->silent_before_ms = report->silent_before_ms;
	heard->absence = report->absence;
	if (copy_statuses(heard, report) < 0)
		return -ENOMEM;
	if (copy_ids(report->named, report->named_count, &heard->named, &heard->named_count) < 0 ||
	    copy_ids(report->garbled, report->garbled_count, &heard->garbled,
		     &heard->garbled_count) < 0)
		return -ENOMEM;
	*out = cbx_steal(heard);
	return 0;
}

size_t cbx_heard_bytes(const struct cbx_heard *heard)
{
	size_t bytes = 0;
	size_t i;

	for (i = 0; i < heard->count; i++)
		bytes += heard->statuses[i]->json_len;
	return bytes;
}

int cbx_flow_hear(struct cbx_flow *flow, const struct cbx_report *report, struct cbx_inbound *from)
{
	struct cbx_heard *heard = NULL;
	int result = cbx_heard_new(report, from, &heard);

	if (result < 0)
		return result;
	if (!flow->batch.heard_count)
		flow->batch.oldest = cbx_now(flow->clock);
	*flow->batch.heard_end = heard;
	flow->batch.heard_end = &heard->next;
	flow->batch.heard_count++;
	flow->batch.bytes += cbx_heard_bytes(heard);
	return 0;
}

int cbx_flow_ask_now(struct cbx_flow *flow, const char *system)
{
	struct cbx_system_entry *entry = cbx_systems_get(flow->systems, system);

	if (!entry)
		return -ENOMEM;
	if (entry->ask_now)
		return 0;
	if (flow->ask_now_count == flow->ask_now_capacity) {
		size_t capacity = flow->ask_now_capacity ? flow->ask_now_capacity * 2 : 16;
		struct cbx_system_entry **all = reallocarray(flow->ask_now, capacity, sizeof(*all));

		if (!all)
			return -ENOMEM;
		flow->ask_now = all;
		flow->ask_now_capacity = capacity;
	}
	flow->ask_now[flow->ask_now_count++] = entry;
	entry->ask_now = true;
	return 0;
}

int cbx_flow_note_word(struct cbx_flow *flow, struct cbx_system_entry *entry, uint64_t at,
		       enum cbx_system_state state, bool listed)
{
	int result = 0;

	entry->word_at = at;
	entry->timeouts = 0;
	entry->ask_again_at = 0;
	flow->systems_dirty = true;
	if (listed || state == CBX_OFFLINE)
		entry->list_owed = !listed;
	else if (entry->list_owed)
		result = cbx_flow_ask_now(flow, entry->system->name);
	return result ? result
		      : cbx_systems_set(flow->systems, entry, state, cbx_wall(flow->clock), listed);
}

static int note_word_of(struct cbx_flow *flow, const char *name, uint64_t at,
			enum cbx_system_state state)
{
	struct cbx_system_entry *entry = cbx_systems_get(flow->systems, name);

	return entry ? cbx_flow_note_word(flow, entry, at, state, false) : -ENOMEM;
}

static int by_system(const void *a, const void *b)
{
	struct cbx_status *const *left = a;
	struct cbx_status *const *right = b;

	return strcmp((*left)->system, (*right)->system);
}

/* A pushed report may hold several systems: each is heard by itself. The sort may shuffle jobs of
 * one system, which is harmless: the decoder keeps each job once. */
static int hear_push(struct cbx_flow *flow, struct cbx_inbound *inbound)
{
	struct cbx_reply *reply = inbound->reply;
	size_t first = 0;
	size_t i;
	int result;

	if (reply->count)
		qsort(reply->statuses, reply->count, sizeof(struct cbx_status *), by_system);
	for (i = 1; i <= reply->count; i++) {
		struct cbx_report report = { .kind = CBX_PUSH, .at = inbound->at };

		if (i < reply->count && !by_system(&reply->statuses[first], &reply->statuses[i]))
			continue;
		report.system = reply->statuses[first]->system;
		report.statuses = reply->statuses + first;
		report.count = i - first;
		first = i;
		result = note_word_of(flow, report.system, inbound->at, CBX_ONLINE);
		if (!result)
			result = cbx_flow_hear(flow, &report, inbound);
		if (result < 0)
			return result;
	}
	return 0;
}

static int mark_systems(struct cbx_flow *flow, struct cbx_inbound *inbound)
{
	bool online = inbound->type == CBX_IN_ONLINE;
	size_t i;
	int result = 0;

	for (i = 0; !result && i < inbound->reply->system_count; i++) {
		const char *name = inbound->reply->systems[i];

		result = note_word_of(flow, name, inbound->at, online ? CBX_ONLINE : CBX_OFFLINE);
		if (!result && online)
			result = cbx_flow_ask_now(flow, name);
	}
	return result;
}

static int apply(struct cbx_flow *flow, struct cbx_inbound *inbound)
{
	switch (inbound->type) {
	case CBX_IN_REPORT:
		return hear_push(flow, inbound);
	case CBX_IN_ONLINE:
	case CBX_IN_OFFLINE:
		return mark_systems(flow, inbound);
	case CBX_IN_INTERVAL:
	case CBX_IN_DISCOVER:
	case CBX_IN_POLL:
	case CBX_IN_CALL:
	case CBX_IN_ANSWER:
		break;
	}
	flow->command(flow->command_user, inbound);
	return 1;
}

int cbx_flow_drain_inbox(struct cbx_flow *flow)
{
	struct cbx_inbound *inbound;
	int result;

	if (flow->hanging)
		return 0; /* what is heard now must not mix with a batch whose fate is open */
	cbx_mailbox_clear(flow->inbox);
	while ((inbound = cbx_mailbox_take(flow->inbox))) {
		result = apply(flow, inbound);
		if (result == 1)
			continue;
		if (result < 0) {
			cbx_inbound_return(inbound);
			return result;
		}
		inbound->next = NULL;
		*flow->batch.inbounds_end = inbound;
		flow->batch.inbounds_end = &inbound->next;
		if (!flow->batch.heard_count)
			flow->batch.oldest = cbx_now(flow->clock);
	}
	return 0;
}
