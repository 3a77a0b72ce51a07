// SPDX-License-Identifier: MIT
/* Events in the host's own loop (chatterbox_get_fd, chatterbox_dispatch): those of every job in
 * order, each once, and the periodic ones when they are asked for. */
#include "engine_kit.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

struct pending {
	unsigned ready, statuses, figures, firsts, lost;
	bool out_of_order;
	char job[96]; /* the job that is followed: the first one heard of */
	long long revision;
};

/* "<system>/<job_id>/<revision>" of the followed job: one more each time */
static void follow(struct pending *pending, const struct chatterbox_event *event)
{
	const char *slash = strrchr(event->id, '/');
	size_t len = (size_t)(slash - event->id);
	long long revision = atoll(slash + 1);

	pending->firsts += revision == 1;
	if ((revision == 1) != (event->previous_status == NULL))
		pending->out_of_order = true;
	if (!pending->job[0])
		snprintf(pending->job, sizeof(pending->job), "%.*s", (int)len, event->id);
	if (strncmp(pending->job, event->id, len) || pending->job[len])
		return;
	pending->out_of_order = pending->out_of_order || revision != pending->revision + 1;
	pending->revision = revision;
}

static void on_event(void *user, const struct chatterbox_event *event)
{
	struct pending *pending = user;

	if (!strcmp(event->name, "update_job_status"))
		follow(pending, event);
	else if (!strcmp(event->name, "job_status"))
		pending->statuses += event->params[0] == '[';
	else if (!strcmp(event->name, "jobs_data"))
		pending->figures += strstr(event->params, "\"activte_jobs\":") != NULL;
}

static void on_ready(void *user)
{
	((struct pending *)user)->ready++;
}

static void on_lost(void *user, uint64_t count)
{
	((struct pending *)user)->lost += (unsigned)count;
}

/* Dispatches until @done, at most a minute */
static void run_until(struct chatterbox *box, struct pending *pending,
		      bool (*done)(struct pending *pending))
{
	unsigned turns;

	for (turns = 0; turns < 600 && !done(pending); turns++) {
		struct pollfd p = { .fd = chatterbox_get_fd(box), .events = POLLIN };

		poll(&p, 1, 100);
		chatterbox_dispatch(box);
	}
	ck_assert(done(pending));
}

static bool is_told_enough(struct pending *pending)
{
	return pending->ready && pending->firsts > 2 && pending->revision > 1;
}

static bool has_figures(struct pending *pending)
{
	return pending->statuses && pending->figures;
}

START_TEST(events_come_in_order_in_the_hosts_thread)
{
	struct pending pending = { 0 };
	const struct chatterbox_observer observer = { .version = 2,
						      .user = &pending,
						      .on_ready = on_ready,
						      .on_event = on_event,
						      .on_lost = on_lost };
	struct engine_home home;
	struct chatterbox *box;

	engine_home_open(&home);
	box = engine_make(&home);
	ck_assert_int_eq(chatterbox_start(box, &observer), 0);
	ck_assert_int_eq(chatterbox_fleet_start(box, 40, 3), 0);
	run_until(box, &pending, is_told_enough);
	ck_assert_int_eq(chatterbox_job_status_send_status(box), 0);
	run_until(box, &pending, has_figures);
	ck_assert(!pending.out_of_order);
	ck_assert_uint_eq(pending.lost, 0);
	ck_assert_uint_eq(pending.ready, 1);
	chatterbox_unref(box);
	engine_home_close(&home);
}
END_TEST

UNIT_TESTS(events_come_in_order_in_the_hosts_thread)
