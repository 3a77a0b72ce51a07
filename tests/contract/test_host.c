// SPDX-License-Identifier: MIT
/* Events in the host's own loop (chatterbox_get_fd, chatterbox_dispatch): those of every job in
 * order, each once, and the periodic ones when they are asked for. */
#include "engine_kit.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>

struct heard {
	unsigned ready, statuses, figures, firsts, lost;
	bool out_of_order;
	char job[96]; /* the job that is followed: the first one heard of */
	long long revision;
};

/* "<system>/<job_id>/<revision>" of the followed job: one more each time */
static void follow(struct heard *heard, const struct chatterbox_event *event)
{
	const char *slash = strrchr(event->id, '/');
	size_t len = (size_t)(slash - event->id);
	long long revision = atoll(slash + 1);

	heard->firsts += revision == 1;
	if ((revision == 1) != (event->previous_status == NULL))
		heard->out_of_order = true;
	if (!heard->job[0])
		snprintf(heard->job, sizeof(heard->job), "%.*s", (int)len, event->id);
	if (strncmp(heard->job, event->id, len) || heard->job[len])
		return;
	heard->out_of_order = heard->out_of_order || revision != heard->revision + 1;
	heard->revision = revision;
}

static void on_event(void *user, const struct chatterbox_event *event)
{
	struct heard *heard = user;

	if (!strcmp(event->name, "update_job_status"))
		follow(heard, event);
	else if (!strcmp(event->name, "job_status"))
		heard->statuses += event->params[0] == '[';
	else if (!strcmp(event->name, "jobs_data"))
		heard->figures += strstr(event->params, "\"activte_jobs\":") != NULL;
}

static void on_ready(void *user)
{
	((struct heard *)user)->ready++;
}

static void on_lost(void *user, uint64_t count)
{
	((struct heard *)user)->lost += (unsigned)count;
}

/* Dispatches until @done, at most a minute */
static void run_until(struct chatterbox *box, struct heard *heard,
		      bool (*done)(struct heard *heard))
{
	unsigned turns;

	for (turns = 0; turns < 600 && !done(heard); turns++) {
		struct pollfd p = { .fd = chatterbox_get_fd(box), .events = POLLIN };

		poll(&p, 1, 100);
		chatterbox_dispatch(box);
	}
	ck_assert(done(heard));
}

static bool is_told_enough(struct heard *heard)
{
	return heard->ready && heard->firsts > 2 && heard->revision > 1;
}

static bool has_figures(struct heard *heard)
{
	return heard->statuses && heard->figures;
}

START_TEST(events_come_in_order_in_the_hosts_thread)
{
	struct heard heard = { 0 };
	const struct chatterbox_observer observer = { .version = 2,
						      .user = &heard,
						      .on_ready = on_ready,
						      .on_event = on_event,
						      .on_lost = on_lost };
	struct engine_home home;
	struct chatterbox *box;

	engine_home_open(&home);
	box = engine_make(&home);
	ck_assert_int_eq(chatterbox_start(box, &observer), 0);
	ck_assert_int_eq(chatterbox_fleet_start(box, 40, 3), 0);
	run_until(box, &heard, is_told_enough);
	ck_assert_int_eq(chatterbox_job_status_send_status(box), 0);
	run_until(box, &heard, has_figures);
	ck_assert(!heard.out_of_order);
	ck_assert_uint_eq(heard.lost, 0);
	ck_assert_uint_eq(heard.ready, 1);
	chatterbox_unref(box);
	engine_home_close(&home);
}
END_TEST

UNIT_TESTS(events_come_in_order_in_the_hosts_thread)
