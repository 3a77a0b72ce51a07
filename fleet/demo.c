// SPDX-License-Identifier: MIT
/*
 * demo.c - runs a fleet on an engine's embedded bus
 *
 * The engine is told who is online: again and again, until it leads and has heard of everybody. So
 * it moves at once, also when there is no table `connections` to look into.
 */
#include "fleet/demo.h"

#include "base/mailbox.h"
#include "base/thread.h"
#include "common/cleanup.h"
#include "fleet/fleet.h"
#include "fleet/ocd.h"
#include "fleet/peer_bus.h"
#include "fleet/story.h"
#include "fleet/tonight.h"

#include <chatterbox/systems.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_SYSTEMS 100000
#define PATIENCE CBX_SECOND
#define AGAIN (50 * CBX_MS) /* while the engine has to be told who is online */
#define PLAN_EVERY (60 * CBX_SECOND)
#define BAD_FILE_FIRST (15 * CBX_SECOND)
#define BAD_FILE_EVERY (1800 * CBX_SECOND)
#define BAD_FILE_SYSTEMS 7
#define LEAVE_AFTER (20 * CBX_SECOND) /* so that everybody was asked */

struct cbx_demo {
	struct chatterbox *box;
	struct cbx_clock *clock;
	struct cbx_log log;
	struct cbx_bus *bus;
	struct cbx_fleet *fleet;
	struct cbx_ocd *ocd;
	uint64_t next_plan;
	uint64_t next_bad_file;
	uint64_t leave_at; /* 0: they have left */
	unsigned bad_files;
	struct cbx_mailbox *inbox; /* only used to wake the thread, to stop */
	char *request_exchange, *event_exchange;
	size_t introduced; /* so many of the systems were told of */
	_Atomic bool stop;
	struct cbx_thread thread;
};

/* Says of each system whether it is online; true = everybody is known */
static bool introduce(struct cbx_demo *demo)
{
	struct cbx_fleet_world *world = cbx_fleet_world(demo->fleet);
	const struct cbx_fleet_system *system;

	while ((system = cbx_fleet_world_system(world, demo->introduced))) {
		if (chatterbox_online_systems_set(demo->box, system->name, system->is_online, NULL,
						  NULL, NULL) < 0)
			return false;
		demo->introduced++;
	}
	return true;
}

static void job_changed(void *user, const struct cbx_fleet_system *system,
			const struct cbx_fleet_job *job, const char *from, const char *to,
			int64_t when)
{
	struct cbx_demo *demo = user;

	(void)to;
	(void)when;
	if (!from && !job->is_user)
		cbx_ocd_started(demo->ocd, system->name, job->id, job->type);
}

static void system_changed(void *user, const struct cbx_fleet_system *system, int64_t when)
{
	struct cbx_demo *demo = user;

	(void)when;
	cbx_ocd_connected(demo->ocd, system->name, system->is_online);
}

static void plan_lists(struct cbx_demo *demo)
{
	struct cbx_fleet_world *world = cbx_fleet_world(demo->fleet);
	int64_t now = cbx_wall(demo->clock);
	size_t i;

	for (i = 0; i < cbx_fleet_world_count(world); i++) {
		const struct cbx_fleet_system *system = cbx_fleet_world_system(world, i);
		char list[32];

		cbx_ocd_connected(demo->ocd, system->name, system->is_online);
		if (!system->list)
			continue;
		snprintf(list, sizeof(list), "list-%u", system->list);
		cbx_ocd_activates(demo->ocd, system->name, list, now + cbx_tonight_activates_ms(i));
	}
}

static void play_ocd(struct cbx_demo *demo)
{
	uint64_t now = cbx_now(demo->clock);

	if (!demo->ocd)
		return;
	cbx_ocd_write(demo->ocd);
	if (now < demo->next_plan)
		return;
	cbx_ocd_plan_again(demo->ocd, cbx_wall(demo->clock));
	demo->next_plan = now + PLAN_EVERY;
}

/* Now and then a file is broken at its source */
static void play_bad_file(struct cbx_demo *demo)
{
	uint64_t now = cbx_now(demo->clock);

	if (!demo->ocd || now < demo->next_bad_file)
		return;
	if (demo->next_bad_file)
		cbx_fleet_world_break_file(cbx_fleet_world(demo->fleet), ++demo->bad_files,
					   BAD_FILE_SYSTEMS);
	demo->next_bad_file = now + (demo->next_bad_file ? BAD_FILE_EVERY : BAD_FILE_FIRST);
}

/* Some systems go offline before their list is there */
static void play_leaving(struct cbx_demo *demo)
{
	struct cbx_fleet_world *world = cbx_fleet_world(demo->fleet);
	size_t i;

	if (!demo->leave_at || cbx_now(demo->clock) < demo->leave_at)
		return;
	demo->leave_at = 0;
	for (i = 0; i < cbx_fleet_world_count(world); i++) {
		const char *name = cbx_fleet_world_system(world, i)->name;

		if (cbx_tonight_of(i) == CBX_TONIGHT_AWAY)
			cbx_fleet_world_set_online(
				world, cbx_fleet_world_find(world, name, strlen(name)), false);
	}
}

static void *run(void *user)
{
	struct cbx_demo *demo = user;
	int wake = cbx_mailbox_fd(demo->inbox);
	bool known = false;

	while (!demo->stop) {
		uint64_t until = cbx_now(demo->clock) + (known ? PATIENCE : AGAIN);

		if (cbx_fleet_run_once(demo->fleet, wake, until) < 0)
			cbx_error(&demo->log, CBX_NO_FIELDS, "the fleet is out of memory");
		known = known || introduce(demo);
		play_ocd(demo);
		play_bad_file(demo);
		play_leaving(demo);
	}
	return NULL;
}

static void demo_free(struct cbx_demo *demo)
{
	if (!demo)
		return;
	cbx_fleet_free(demo->fleet);
	cbx_ocd_free(demo->ocd);
	cbx_bus_free(demo->bus);
	cbx_mailbox_free(demo->inbox, NULL);
	free(demo->request_exchange);
	free(demo->event_exchange);
	free(demo);
}
CBX_DEFINE_CLEANUP(struct cbx_demo *, demo_free)

static int build(struct cbx_demo *demo, const struct cbx_demo_options *wanted)
{
	struct cbx_fleet_options options;
	int result = cbx_peer_bus_new(demo->box, demo->clock, &demo->bus);

	if (!result)
		result = cbx_mailbox_new(1, &demo->inbox);
	if (result < 0)
		return result;
	if (wanted->sqlite_path)
		result = cbx_ocd_open(wanted->sqlite_path, &demo->ocd);
	if (result < 0)
		return result;
	cbx_fleet_options_init(&options);
	if (demo->ocd) {
		cbx_fleet_rules_story(&options.rules);
		options.rules.watch = (struct cbx_fleet_watch){ demo, job_changed, system_changed };
	}
	demo->request_exchange = strdup(wanted->request_exchange ?: options.request_exchange);
	demo->event_exchange = strdup(wanted->event_exchange ?: options.event_exchange);
	if (!demo->request_exchange || !demo->event_exchange)
		return -ENOMEM;
	options.rules.systems = wanted->systems;
	options.rules.seed = wanted->seed;
	options.request_exchange = demo->request_exchange;
	options.event_exchange = demo->event_exchange;
	options.push_share = 0.1;
	result = cbx_fleet_new(&options, demo->bus, demo->clock, &demo->log, &demo->fleet);
	if (!result && demo->ocd) {
		plan_lists(demo);
		demo->leave_at = cbx_now(demo->clock) + LEAVE_AFTER;
	}
	/* `connections` is there, and the engine reads it when it starts */
	if (!result && demo->ocd)
		cbx_ocd_write(demo->ocd);
	return result;
}

int cbx_demo_start(struct chatterbox *box, const struct cbx_demo_options *options,
		   struct cbx_demo **out)
{
	cbx_auto(demo_freep) struct cbx_demo *demo = NULL;
	struct chatterbox_peer *peer = NULL;
	int result;

	if (!options->systems || options->systems > MOST_SYSTEMS)
		return -EINVAL;
	/* the fleet would try again and again */
	result = chatterbox_peer_new(box, NULL, NULL, &peer, NULL);
	chatterbox_peer_unref(peer);
	if (result < 0)
		return result;
	demo = calloc(1, sizeof(*demo));
	if (!demo)
		return -ENOMEM;
	demo->box = box;
	demo->clock = cbx_system_clock();
	demo->log = (struct cbx_log){ .sink = options->log,
				      .user = options->log_user,
				      .level = CHATTERBOX_LOG_INFO };
	result = build(demo, options);
	if (!result)
		result = cbx_thread_start(&demo->thread, "cbx-fleet", run, demo);
	if (result < 0)
		return result;
	*out = cbx_steal(demo);
	return 0;
}

void cbx_demo_stopp(struct cbx_demo **demo)
{
	if (!*demo)
		return;
	(*demo)->stop = true;
	cbx_mailbox_wake((*demo)->inbox);
	cbx_thread_join(&(*demo)->thread);
	demo_freep(demo);
	*demo = NULL;
}
