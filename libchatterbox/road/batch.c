// SPDX-License-Identifier: MIT
/*
 * batch.c - the reports that wait to be merged, in the order in which they came
 *
 * A batch is committed when it is large or old enough, in one transaction.
 */
#include "road/batch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BATCH_REPORTS 512
#define BATCH_BYTES ((size_t)32 << 20)

void cbx_received_free(struct cbx_received *received)
{
	size_t i;

	for (i = 0; i < received->report.count; i++)
		cbx_status_unref(received->report.statuses[i]);
	free(received);
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

int cbx_received_new(const struct cbx_report *report, struct cbx_inbound *from, uint64_t order,
		     struct cbx_received **out)
{
	size_t statuses = report->count * sizeof(struct cbx_status *);
	size_t named = report->named_count * sizeof(int64_t);
	size_t rejected = report->rejected_count * sizeof(int64_t);
	size_t name = strlen(report->system) + 1;
	struct cbx_received *received =
		malloc(sizeof(*received) + statuses + named + rejected + name);
	char *at;
	size_t i;

	if (!received)
		return -ENOMEM;
	*received = (struct cbx_received){ .from = from, .order = order, .report = *report };
	at = (char *)received->room;
	received->report.statuses = keep(&at, report->statuses, statuses);
	received->report.named = keep(&at, report->named, named);
	received->report.rejected = keep(&at, report->rejected, rejected);
	received->report.system = keep(&at, report->system, name);
	for (i = 0; i < report->count; i++)
		cbx_status_ref(report->statuses[i]);
	*out = received;
	return 0;
}

static size_t received_bytes(const struct cbx_received *received)
{
	size_t bytes = 0;
	size_t i;

	for (i = 0; i < received->report.count; i++)
		bytes += received->report.statuses[i]->json_len;
	return bytes;
}

void cbx_batch_take_out(struct cbx_road *road, struct cbx_received **out)
{
	*out = road->batch.received;
	road->batch.received = NULL;
	road->batch.received_end = &road->batch.received;
	road->batch.received_count = 0;
	road->batch.bytes = 0;
}

void cbx_batch_put(struct cbx_road *road, struct cbx_received *received)
{
	received->next = NULL;
	*road->batch.received_end = received;
	road->batch.received_end = &received->next;
	road->batch.received_count++;
	road->batch.bytes += received_bytes(received);
}

int cbx_road_receive(struct cbx_road *road, const struct cbx_report *report,
		     struct cbx_inbound *from)
{
	struct cbx_received *received = NULL;
	int result = cbx_received_new(report, from, ++road->batch.last_order, &received);

	if (result < 0)
		return result;
	if (!road->batch.received_count)
		road->batch.oldest = cbx_now(road->clock);
	cbx_batch_put(road, received);
	return 0;
}

bool cbx_road_commit_is_due(const struct cbx_road *road)
{
	const struct cbx_road_batch *batch = &road->batch;

	if ((batch->inbounds && !batch->received_count) || cbx_aside_is_due(road))
		return true;
	return batch->received_count >= BATCH_REPORTS || batch->bytes >= BATCH_BYTES ||
	       (batch->received_count && cbx_now(road->clock) - batch->oldest >= CBX_BATCH_AGE);
}

/* Which of the received reports are kept; @user as given */
typedef bool (*stays_fn)(const struct cbx_received *received, const void *user);

static void filter(struct cbx_road *road, stays_fn stays, const void *user)
{
	struct cbx_received *received;
	struct cbx_received *next;

	cbx_batch_take_out(road, &received);
	for (; received; received = next) {
		next = received->next;
		if (stays(received, user))
			cbx_batch_put(road, received);
		else
			cbx_received_free(received);
	}
}

static bool none_stays(const struct cbx_received *received, const void *user)
{
	(void)received;
	(void)user;
	return false;
}

static bool push_stays(const struct cbx_received *received, const void *user)
{
	(void)user;
	return received->from != NULL;
}

void cbx_batch_drop(struct cbx_road *road, bool pushes_stay)
{
	filter(road, pushes_stay ? push_stays : none_stays, NULL);
	road->batch.oldest = cbx_now(road->clock);
}

static bool came_by(const struct cbx_inbound *inbound, uint64_t connection)
{
	return inbound->answer && inbound->connection == connection;
}

static bool came_otherwise(const struct cbx_received *received, const void *connection)
{
	return !received->from || !came_by(received->from, *(const uint64_t *)connection);
}

void cbx_batch_drop_connection(struct cbx_road *road, uint64_t connection)
{
	struct cbx_inbound *inbound = road->batch.inbounds;
	struct cbx_inbound *next;

	filter(road, came_otherwise, &connection);
	road->batch.inbounds = NULL;
	road->batch.inbounds_end = &road->batch.inbounds;
	for (; inbound; inbound = next) {
		next = inbound->next;
		inbound->next = NULL;
		if (came_by(inbound, connection)) {
			cbx_inbound_requeue(inbound);
			continue;
		}
		*road->batch.inbounds_end = inbound;
		road->batch.inbounds_end = &inbound->next;
	}
}

static bool is_of_another(const struct cbx_received *received, const void *inbound)
{
	return received->from != inbound;
}

void cbx_batch_drop_inbound(struct cbx_road *road, const struct cbx_inbound *inbound)
{
	filter(road, is_of_another, inbound);
}
