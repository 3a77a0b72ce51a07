// SPDX-License-Identifier: MIT
/*
 * apply.c - what comes in between answers: reports that systems push, systems that come and go, and
 * what the controllers want of the loop
 */
#include "road/road.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

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
