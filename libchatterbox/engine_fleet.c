// SPDX-License-Identifier: MIT
/* engine_fleet.c - a simulated fleet in a thread of its own, on the engine's memory bus */
#include "engine_internal.h"

#include "fleet/fleet.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MOST_SYSTEMS 100000

struct engine_fleet {
	struct cbx_bus *bus;
	struct cbx_fleet *fleet;
	struct cbx_mailbox *inbox; /* only woken, to stop */
	struct chatterbox *box;
	char *event_exchange;
	_Atomic bool stop;
	struct cbx_thread thread;
};

static void *run(void *user)
{
	struct engine_fleet *fleet = user;
	int wake = cbx_mailbox_fd(fleet->inbox);

	while (!fleet->stop)
		if (cbx_fleet_run_once(fleet->fleet, wake,
				       cbx_now(fleet->box->clock) + CBX_SECOND) < 0)
			cbx_error(&fleet->box->log, CBX_NO_FIELDS, "the fleet is out of memory");
	return NULL;
}

static void fleet_free(struct engine_fleet *fleet)
{
	cbx_fleet_free(fleet->fleet);
	cbx_bus_free(fleet->bus);
	cbx_mailbox_free(fleet->inbox, NULL);
	free(fleet->event_exchange);
	free(fleet);
}

static int build(struct engine_fleet *fleet, unsigned systems, uint64_t seed)
{
	struct chatterbox *box = fleet->box;
	struct cbx_fleet_options options;
	int result = cbx_memory_bus_new(box->broker, &fleet->bus);

	if (!result)
		result = cbx_mailbox_new(1, &fleet->inbox);
	if (result < 0)
		return result;
	fleet->event_exchange = strdup(box->settings->event_exchange);
	if (!fleet->event_exchange)
		return -ENOMEM;
	cbx_fleet_options_init(&options);
	options.rules.systems = systems;
	options.rules.seed = seed;
	options.event_exchange = fleet->event_exchange;
	options.push_share = 0.1;
	return cbx_fleet_new(&options, fleet->bus, box->clock, &box->log, &fleet->fleet);
}

int chatterbox_fleet_start(struct chatterbox *box, unsigned systems, uint64_t seed)
{
	struct engine_fleet *fleet;
	int result;

	if (!systems || systems > MOST_SYSTEMS || box->fleet ||
	    strcmp(chatterbox_config_text(box->config, "chatterbox.bus"), "memory"))
		return -EINVAL;
	fleet = calloc(1, sizeof(*fleet));
	if (!fleet)
		return -ENOMEM;
	fleet->box = box;
	result = build(fleet, systems, seed);
	if (!result)
		result = cbx_thread_start(&fleet->thread, "cbx-fleet", run, fleet);
	if (result < 0) {
		fleet_free(fleet);
		return result;
	}
	box->fleet = fleet;
	return 0;
}

void engine_fleet_stop(struct chatterbox *box)
{
	struct engine_fleet *fleet = box->fleet;

	box->fleet = NULL;
	if (!fleet)
		return;
	fleet->stop = true;
	cbx_mailbox_wake(fleet->inbox);
	cbx_thread_join(&fleet->thread);
	fleet_free(fleet);
}
