// SPDX-License-Identifier: MIT
/*
 * apply.c - carries out what the poller finds in its inbox: pushed reports, systems that come
 * online or go offline, and what the controllers want
 */
#include "common/array.h"
#include "road/batch.h"
#include "road/flight.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int cbx_road_ask_now(struct cbx_road *road, const char *system)
{
	struct cbx_system_entry *entry = cbx_systems_get(road->systems, system);

	if (!entry)
		return -ENOMEM;
	if (entry->ask_now)
		return 0;
	if (cbx_grow(road->ask_now, road->ask_now_capacity, road->ask_now_count + 1) < 0)
		return -ENOMEM;
	road->ask_now[road->ask_now_count++] = entry;
	entry->ask_now = true;
	return 0;
}

int cbx_road_note_report(struct cbx_road *road, struct cbx_system_entry *entry, uint64_t at,
			 enum cbx_system_state state, const char *source, bool listed)
{
	int result = 0;

	if (at < entry->reported_at)
		return 0;
	entry->reported_at = at;
	if (entry->timeouts)
		cbx_road_outlook_touch(road, entry->system->name);
	entry->timeouts = 0;
	entry->ask_again_at = 0;
	road->systems_dirty = true;
	if (listed || state == CBX_OFFLINE)
		entry->list_due = !listed;
	else if (entry->list_due)
		result = cbx_road_ask_now(road, entry->system->name);
	return result ? result : cbx_road_set_system(road, entry, state, source, listed);
}

static int note_report_of(struct cbx_road *road, const char *name,
			  const struct cbx_inbound *inbound, enum cbx_system_state state)
{
	struct cbx_system_entry *entry = cbx_systems_get(road->systems, name);
	uint64_t at = inbound->at;

	if (!entry)
		return -ENOMEM;
	/* nobody knows whether it is older than the last report; to believe that the system is
	 * online costs one question, while nobody asks one that is offline */
	if (state == CBX_ONLINE && at < entry->reported_at && inbound->until >= entry->reported_at)
		at = entry->reported_at;
	return cbx_road_note_report(road, entry, at, state, "push", false);
}

static int by_system(const void *a, const void *b)
{
	struct cbx_status *const *left = a;
	struct cbx_status *const *right = b;

	return strcmp((*left)->system, (*right)->system);
}

/* A pushed report may hold several systems: each is a report of its own. The sort may shuffle jobs
 * of one system, which is harmless: the decoder keeps each job once. */
static int receive_push(struct cbx_road *road, struct cbx_inbound *inbound)
{
	struct cbx_reply *reply = inbound->reply;
	size_t first = 0;
	size_t i;
	int result;

	if (reply->count)
		qsort(reply->statuses, reply->count, sizeof(struct cbx_status *), by_system);
	for (i = 1; i <= reply->count; i++) {
		struct cbx_report report = { .kind = CBX_PUSH,
					     .at = inbound->at,
					     .until = inbound->until };

		if (i < reply->count && !by_system(&reply->statuses[first], &reply->statuses[i]))
			continue;
		report.system = reply->statuses[first]->system;
		report.statuses = reply->statuses + first;
		report.count = i - first;
		first = i;
		result = note_report_of(road, report.system, inbound, CBX_ONLINE);
		if (!result)
			result = cbx_road_receive(road, &report, inbound);
		if (result < 0)
			return result;
	}
	return 0;
}

static int mark_systems(struct cbx_road *road, struct cbx_inbound *inbound)
{
	bool online = inbound->type == CBX_IN_ONLINE;
	size_t i;
	int result = 0;

	for (i = 0; !result && i < inbound->reply->system_count; i++) {
		const char *name = inbound->reply->systems[i];

		result = note_report_of(road, name, inbound, online ? CBX_ONLINE : CBX_OFFLINE);
		if (!result && online)
			result = cbx_road_ask_now(road, name);
	}
	return result;
}

static int apply(struct cbx_road *road, struct cbx_inbound *inbound)
{
	switch (inbound->type) {
	case CBX_IN_REPORT:
		return receive_push(road, inbound);
	case CBX_IN_ONLINE:
	case CBX_IN_OFFLINE:
		return mark_systems(road, inbound);
	case CBX_IN_INTERVAL:
	case CBX_IN_DISCOVER:
	case CBX_IN_CALL:
	case CBX_IN_ANSWER:
		break;
	}
	inbound->refused = !road->command(road->command_user, inbound);
	return 0;
}

int cbx_road_apply(struct cbx_road *road, struct cbx_inbound *inbound, bool done)
{
	int result;

	if (!done)
		cbx_flight_push(road, inbound);
	result = done ? 0 : apply(road, inbound);

	if (result < 0) {
		cbx_batch_drop_inbound(road, inbound);
		cbx_inbound_requeue(inbound);
		return result;
	}
	if (!inbound->answer && inbound->type != CBX_IN_REPORT) {
		cbx_inbound_finish(inbound, !inbound->refused);
		return 0;
	}
	inbound->next = NULL;
	*road->batch.inbounds_end = inbound;
	road->batch.inbounds_end = &inbound->next;
	if (!road->batch.received_count)
		road->batch.oldest = cbx_now(road->clock);
	return 0;
}
