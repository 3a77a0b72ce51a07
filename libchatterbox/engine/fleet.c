// SPDX-License-Identifier: MIT
/* engine/fleet.c - runs a simulated fleet in its own thread, on the engine's memory bus */
#include "engine/internal.h"

#include "fleet/fleet.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MOST_SYSTEMS 100000

struct engine_fleet {
	struct cbx_bus *bus;
	struct cbx_fleet *fleet;
	struct cbx_mailbox *inbox; /* only used to wake it, to stop */
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

/* Tells the engine who is online, as an event would; the fleet has no table `connections` */
struct introduction {
	struct chatterbox *box;
	struct cbx_text names;
	size_t count;
	int result;
};

static int introduce(struct introduction *introduction)
{
	static const char key[] = "nl-hdms.event.control.system_online";
	struct cbx_inbound *inbound = NULL;
	int result;

	cbx_text_putc(&introduction->names, ']');
	if (introduction->names.failed)
		return -ENOMEM;
	result = cbx_inbound_decode(key, introduction->names.bytes, introduction->names.len,
				    &introduction->box->settings.present->limits, &inbound);
	if (result < 0)
		return result;
	inbound->at = cbx_now(introduction->box->clock);
	result = cbx_mailbox_put(introduction->box->poller.road.inbox, inbound);
	if (result < 0)
		cbx_inbound_free(inbound);
	cbx_text_clear(&introduction->names);
	introduction->count = 0;
	return result;
}

static void add_name(void *user, const char *system)
{
	struct introduction *introduction = user;

	cbx_text_putc(&introduction->names, introduction->count++ ? ',' : '[');
	cbx_text_json_string(&introduction->names, system);
	if (introduction->count == 500 && !introduction->result)
		introduction->result = introduce(introduction);
}

static int introduce_all(struct engine_fleet *fleet)
{
	struct introduction introduction = { .box = fleet->box };

	cbx_fleet_online(fleet->fleet, add_name, &introduction);
	if (introduction.count && !introduction.result)
		introduction.result = introduce(&introduction);
	cbx_text_free(&introduction.names);
	return introduction.result;
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
	fleet->event_exchange = strdup(box->settings.present->event_exchange);
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
	    box->settings.present->bus != CBX_BUS_MEMORY)
		return -EINVAL;
	fleet = calloc(1, sizeof(*fleet));
	if (!fleet)
		return -ENOMEM;
	fleet->box = box;
	result = build(fleet, systems, seed);
	if (!result)
		result = introduce_all(fleet);
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
