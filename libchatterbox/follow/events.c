// SPDX-License-Identifier: MIT
/*
 * events.c - reads the stream APP:events: which jobs changed, and the events for a host
 *
 * There is one position in the stream, kept over lost connections and changes of the leader, so
 * that a host misses nothing. The events read in a turn are delivered to the host once the snapshot
 * that contains them is visible; if the turn fails they are read again. After a gap the host is
 * told about it when everything has been read again. Entries that are not events of ours are
 * skipped.
 */
#include "follow/follow.h"

#include "base/read.h"
#include "common/json.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define EVENTS 1000 /* per read */
#define EVENT_PIECES 10
#define PENDING_BYTES ((size_t)16 << 20)
#define JOB_STATUS (60 * CBX_SECOND)

/* A message_id begins with the system. Returns what follows the slash, or NULL. */
static const char *split_id(const char *id, char system[80])
{
	const char *slash = strchr(id, '/');
	size_t len = slash ? (size_t)(slash - id) : 0;
	const char *bytes = id;

	if (!cbx_system_name(&bytes, &len) || len >= 80)
		return NULL;
	memcpy(system, bytes, len);
	system[len] = '\0';
	return slash + 1;
}

static int mark(struct cbx_follow *follow, const char *id)
{
	struct cbx_system_entry *known;
	char system[80];

	/* else everything is going to be read anyway */
	if (!follow->epoch || !split_id(id, system))
		return 0;
	known = cbx_systems_get(follow->systems, system);
	if (!known)
		return -ENOMEM;
	cbx_follow_mark(follow, known);
	return 0;
}

/* The origin of a live job, if SQL has been asked; the stream does not carry it */
static const char *find_origin(const struct cbx_follow *follow, const char *id)
{
	const struct cbx_job *job = NULL;
	char system[80];
	const char *rest = split_id(id, system);
	int64_t job_id;

	if (rest && cbx_parse_count(rest, strcspn(rest, "/"), &job_id))
		job = cbx_job_list_find(cbx_active_jobs_get(follow->jobs, system), job_id);
	return job && job->recorded_at ? cbx_origin_name(job->origin) : NULL;
}

static const char *find_name(const char *name)
{
	static const char *const names[] = { "update_job_status", "status", "user_job_errors",
					     "incident", "outlook" };
	size_t i;

	for (i = 0; i < CBX_COUNT(names); i++)
		if (!strcmp(names[i], name))
			return names[i];
	return NULL;
}

/* 1, 0 = no JSON, -ENOMEM */
static int is_json(const char *bytes, size_t len)
{
	json_t *value = NULL;
	int result = cbx_json_read(bytes, len, &value, NULL);

	json_decref(value);
	return result == -ENOMEM ? result : !result;
}

int cbx_follow_is_event(const struct cbx_stream_entry *entry, const char **name)
{
	*name = find_name(entry->name);
	return *name && entry->id[0] ? is_json(entry->params, entry->params_len) : 0;
}

int cbx_follow_keep(struct cbx_follow *follow, const struct cbx_stream_entry *entry)
{
	const char *name = NULL;
	int result = cbx_follow_is_event(entry, &name);
	struct cbx_event *event;

	if (result <= 0)
		return result;
	event = cbx_batch_add_event(&follow->pending);
	if (!event)
		return -ENOMEM;
	event->name = name;
	event->message_id = strdup(entry->id);
	event->payload = cbx_strndup(entry->params, entry->params_len);
	if (entry->previous_status)
		event->previous_status = strdup(entry->previous_status);
	if (entry->at)
		event->stream_id = strdup(entry->at);
	if (!event->message_id || !event->payload ||
	    (entry->previous_status && !event->previous_status) || (entry->at && !event->stream_id))
		return -ENOMEM;
	/* now, since a job that ends will be gone from the snapshot in a moment */
	event->origin = find_origin(follow, entry->id);
	follow->pending_bytes += entry->params_len;
	return 1;
}

static int receive(void *user, const struct cbx_stream_entry *entry)
{
	struct cbx_follow *follow = user;
	/* an incident is of no system, and an outlook changes no job */
	bool is_of_jobs =
		strcmp(entry->name, "incident") != 0 && strcmp(entry->name, "outlook") != 0;
	int result = is_of_jobs ? mark(follow, entry->id) : 0;

	if (!result && follow->host)
		result = cbx_follow_keep(follow, entry);
	return result < 0 ? result : 0;
}

/* Goes to the newest entry; nobody knows what came before it */
static int find_newest(struct cbx_follow *follow)
{
	struct cbx_state *state = follow->road->state;
	int result;

	follow->position[0] = '\0';
	result = state->ops->read_events(state, follow->position, 0, NULL, NULL);
	if (result < 0)
		return result;
	follow->gap = follow->gap || (follow->host && follow->positioned);
	follow->positioned = true;
	return 1;
}

int cbx_follow_read_events(struct cbx_follow *follow)
{
	struct cbx_state *state = follow->road->state;
	char before[CBX_STREAM_POSITION];
	size_t pieces = EVENT_PIECES;
	int result;

	memcpy(follow->pending_after, follow->position, sizeof(follow->position));
	if (!follow->position[0])
		return find_newest(follow);
	do {
		memcpy(before, follow->position, sizeof(before));
		result = state->ops->read_events(state, follow->position, EVENTS, receive, follow);
	} while (!result && --pieces && follow->pending_bytes < PENDING_BYTES &&
		 strcmp(before, follow->position) != 0);
	return result == 1 ? find_newest(follow) : result;
}

static void forget_pending(struct cbx_follow *follow)
{
	cbx_batch_clear(&follow->pending);
	follow->pending_bytes = 0;
}

void cbx_follow_unread_events(struct cbx_follow *follow)
{
	if (follow->pending_after[0])
		memcpy(follow->position, follow->pending_after, sizeof(follow->position));
	forget_pending(follow);
}

static void tell_events(struct cbx_follow *follow)
{
	size_t i;

	for (i = 0; i < follow->pending.event_count; i++) {
		struct cbx_event *event = &follow->pending.events[i];
		const char *origin = find_origin(follow, event->message_id);

		if (origin)
			event->origin = origin;
	}
	if (follow->pending.event_count)
		follow->host->events(follow->host->user, &follow->pending);
	forget_pending(follow);
}

/* The event job_status is not in Redis, so the host gets one made of the snapshot */
static void tell_statuses(struct cbx_follow *follow)
{
	cbx_auto(cbx_snapshot_unrefp) struct cbx_snapshot *snapshot = NULL;
	uint64_t now = cbx_now(follow->road->clock);

	if (!follow->epoch || now < follow->next_job_status)
		return;
	if (follow->next_job_status)
		snapshot = cbx_snapshot_slot_get(follow->road->slot);
	if (snapshot)
		follow->host->job_status(follow->host->user, snapshot);
	follow->next_job_status = now + JOB_STATUS;
}

void cbx_follow_deliver(struct cbx_follow *follow)
{
	if (!follow->host)
		return;
	tell_events(follow);
	if (follow->gap && follow->whole) {
		follow->gap = false;
		follow->host->lost(follow->host->user);
	}
	tell_statuses(follow);
}

int cbx_follow_read_data(struct cbx_follow *follow)
{
	struct cbx_state *state = follow->road->state;
	char json[CBX_JOBS_DATA_TEXT];
	int result;

	if (!follow->host)
		return 0;
	result = state->ops->read_jobs_data(state, json, sizeof(json));
	if (result == CHATTERBOX_E_REFUSED)
		return 0; /* it belongs to somebody else */
	if (result < 0 || !strcmp(json, follow->jobs_data))
		return result;
	memcpy(follow->jobs_data, json, sizeof(json));
	result = is_json(json, strlen(json));
	if (result > 0)
		follow->host->jobs_data(follow->host->user, json);
	return result < 0 ? result : 0;
}
