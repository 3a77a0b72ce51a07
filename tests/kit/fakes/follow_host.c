// SPDX-License-Identifier: MIT
/* follow_host.c - a host that writes down what follow_world's follower delivers */
#include "follow_host.h"

#include <stdio.h>
#include <string.h>

static struct cbx_text told; /* what the host was told, since it was last asked */
unsigned host_live;
char host_position[CBX_STREAM_POSITION];

static void receive_events(void *user, const struct cbx_batch *batch)
{
	size_t i;

	(void)user;
	for (i = 0; i < batch->event_count; i++) {
		const struct cbx_event *event = &batch->events[i];

		snprintf(host_position, sizeof(host_position), "%s", event->stream_id ?: "");
		cbx_text_printf(&told, "%s%s%s%s ", event->message_id,
				event->previous_status ? "<" : "", event->previous_status ?: "",
				event->origin ? event->origin[0] == 'o' ? "=ocd" : "=user" : "");
	}
}

static void receive_data(void *user, const char *json)
{
	(void)user;
	cbx_text_printf(&told, "data:%s ", json);
}

static void receive_statuses(void *user, const struct cbx_snapshot *snapshot)
{
	(void)user;
	cbx_text_printf(&told, "statuses:%lld ", (long long)snapshot->jobs->totals.live);
}

static void receive_loss(void *user)
{
	cbx_auto(cbx_snapshot_unrefp) struct cbx_snapshot *snapshot =
		cbx_snapshot_slot_get(&follow_slot);

	(void)user;
	host_live = snapshot ? (unsigned)snapshot->jobs->totals.live : 0;
	cbx_text_puts(&told, "lost ");
}

static const struct cbx_follow_host host = { .events = receive_events,
					     .jobs_data = receive_data,
					     .job_status = receive_statuses,
					     .lost = receive_loss };

void host_set_up(void)
{
	follow_set_up();
	follow.host = &host;
}

void host_tear_down(void)
{
	follow_tear_down();
	cbx_text_free(&told);
}

void host_expect(const char *wanted)
{
	ck_assert_str_eq(told.len ? told.bytes : "", wanted);
	cbx_text_clear(&told);
}

void host_clear(void)
{
	cbx_text_clear(&told);
}

void host_append(const char *name, const char *id, const char *previous, const char *params)
{
	const struct cbx_stream_entry entry = { .name = name,
						.id = id,
						.params = params,
						.params_len = strlen(params),
						.previous_status = previous };

	ck_assert_int_eq(world.eye->ops->append_events(world.eye, world.epoch, &entry, 1, 1000), 0);
}

void host_change(const char *id, const char *previous)
{
	host_append("update_job_status", id, previous, "{}");
}

void host_trim(void)
{
	static struct cbx_stream_entry entries[50];
	size_t i;

	for (i = 0; i < 50; i++)
		entries[i] =
			(struct cbx_stream_entry){ "status", "ABC1/status/1", "{}", 2, NULL, NULL };
	ck_assert_int_eq(world.eye->ops->append_events(world.eye, world.epoch, entries, 50, 10), 0);
}
