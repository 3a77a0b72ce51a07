// SPDX-License-Identifier: MIT
/*
 * demo.c - runs a fleet on an engine's embedded bus
 *
 * The engine has no table `connections` to look into, so it is told who is online: again and again,
 * until it leads and has heard of everybody.
 */
#include "fleet/demo.h"

#include "base/mailbox.h"
#include "base/thread.h"
#include "common/cleanup.h"
#include "fleet/fleet.h"
#include "fleet/peer_bus.h"

#include <chatterbox/systems.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MOST_SYSTEMS 100000
#define PATIENCE CBX_SECOND
#define AGAIN (50 * CBX_MS) /* while the engine has to be told who is online */

struct cbx_demo {
	struct chatterbox *box;
	struct cbx_clock *clock;
	struct cbx_log log;
	struct cbx_bus *bus;
	struct cbx_fleet *fleet;
	struct cbx_mailbox *inbox; /* only used to wake the thread, to stop */
	char *request_exchange, *event_exchange;
	size_t introduced; /* so many of the systems that are online were told of */
	_Atomic bool stop;
	struct cbx_thread thread;
};

struct introduction {
	struct cbx_demo *demo;
	size_t seen;
	bool refused;
};

static void introduce_one(void *user, const char *system)
{
	struct introduction *introduction = user;
	struct cbx_demo *demo = introduction->demo;

	if (introduction->refused || introduction->seen++ < demo->introduced)
		return;
	introduction->refused =
		chatterbox_online_systems_set(demo->box, system, true, NULL, NULL, NULL) < 0;
	demo->introduced += !introduction->refused;
}

/* true = everybody is known */
static bool introduce(struct cbx_demo *demo)
{
	struct introduction introduction = { .demo = demo };

	cbx_fleet_online(demo->fleet, introduce_one, &introduction);
	return !introduction.refused;
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
	}
	return NULL;
}

static void demo_free(struct cbx_demo *demo)
{
	if (!demo)
		return;
	cbx_fleet_free(demo->fleet);
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
	cbx_fleet_options_init(&options);
	demo->request_exchange = strdup(wanted->request_exchange ?: options.request_exchange);
	demo->event_exchange = strdup(wanted->event_exchange ?: options.event_exchange);
	if (!demo->request_exchange || !demo->event_exchange)
		return -ENOMEM;
	options.rules.systems = wanted->systems;
	options.rules.seed = wanted->seed;
	options.request_exchange = demo->request_exchange;
	options.event_exchange = demo->event_exchange;
	options.push_share = 0.1;
	return cbx_fleet_new(&options, demo->bus, demo->clock, &demo->log, &demo->fleet);
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
