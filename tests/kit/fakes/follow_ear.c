// SPDX-License-Identifier: MIT
/* follow_ear.c - a host that writes down what the follower of follow_world tells it */
#include "follow_ear.h"

#include <string.h>

static struct cbx_text told; /* what the host heard, since it was last asked */
unsigned ear_live;

static void hear_events(void *user, const struct cbx_batch *batch)
{
	size_t i;

	(void)user;
	for (i = 0; i < batch->event_count; i++) {
		const struct cbx_event *event = &batch->events[i];

		cbx_text_printf(&told, "%s%s%s%s ", event->message_id,
				event->previous_status ? "<" : "", event->previous_status ?: "",
				event->origin ? event->origin[0] == 'o' ? "=ocd" : "=user" : "");
	}
}

static void hear_data(void *user, const char *json)
{
	(void)user;
	cbx_text_printf(&told, "data:%s ", json);
}

static void hear_statuses(void *user, const struct cbx_view *view)
{
	(void)user;
	cbx_text_printf(&told, "statuses:%lld ", (long long)view->jobs->totals.live);
}

static void hear_loss(void *user)
{
	cbx_auto(cbx_view_unrefp) struct cbx_view *view = cbx_window_look(&follow_window);

	(void)user;
	ear_live = view ? (unsigned)view->jobs->totals.live : 0;
	cbx_text_puts(&told, "lost ");
}

static const struct cbx_follow_host host = { .events = hear_events,
					     .jobs_data = hear_data,
					     .job_status = hear_statuses,
					     .lost = hear_loss };

void ear_set_up(void)
{
	follow_set_up();
	follow.host = &host;
}

void ear_tear_down(void)
{
	follow_tear_down();
	cbx_text_free(&told);
}

void ear_expect(const char *wanted)
{
	ck_assert_str_eq(told.len ? told.bytes : "", wanted);
	cbx_text_clear(&told);
}

void ear_clear(void)
{
	cbx_text_clear(&told);
}

void ear_append(const char *name, const char *id, const char *previous, const char *params)
{
	const struct cbx_stream_entry entry = { .name = name,
						.id = id,
						.params = params,
						.params_len = strlen(params),
						.previous_status = previous };

	ck_assert_int_eq(world.eye->ops->append_events(world.eye, world.epoch, &entry, 1, 1000), 0);
}

void ear_change(const char *id, const char *previous)
{
	ear_append("update_job_status", id, previous, "{}");
}

void ear_trim(void)
{
	static struct cbx_stream_entry entries[50];
	size_t i;

	for (i = 0; i < 50; i++)
		entries[i] =
			(struct cbx_stream_entry){ "status", "ABC1/status/1", "{}", 2, NULL, NULL };
	ck_assert_int_eq(world.eye->ops->append_events(world.eye, world.epoch, entries, 50, 10), 0);
}
