// SPDX-License-Identifier: MIT
/*
 * fleet.c - the loop of the simulated fleet: connect, let time pass, answer, acknowledge
 *
 * Requests are taken in batches and acknowledged together, after their replies were handed to the
 * broker. A request whose reply is delayed is acknowledged with its batch, so that slow replies
 * never fill the prefetch window.
 */
#include "fleet/fleet.h"
#include "fleet/inside.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <poll.h>
#include <string.h>

#define PREFETCH 256
#define BATCH 64
#define CONNECT_NS (5 * CBX_SECOND)
#define TICK_NS (10 * CBX_MS)  /* how long events of the world are collected */
#define BEAT_NS (500 * CBX_MS) /* how often the bus wants to be called */

void cbx_fleet_options_init(struct cbx_fleet_options *options)
{
	*options = (struct cbx_fleet_options){
		.app_name = "nl-hdms",
		.request_queue = "nl-hdms.request",
		.request_exchange = "",
		.event_exchange = "amq.topic",
		.envelope = CBX_FLEET_JSONRPC,
		.time_factor = 1,
	};
	cbx_fleet_rules_init(&options->rules);
}

static bool is_share(double share)
{
	return share >= 0 && share <= 1;
}

static bool is_sane(const struct cbx_fleet_options *options)
{
	return options->time_factor >= 0 && options->time_factor <= 1e6 &&
	       options->delay_min_ms <= options->delay_max_ms && is_share(options->drop_share) &&
	       is_share(options->malformed_share) && is_share(options->push_share) &&
	       strlen(options->app_name) <= 128;
}

int cbx_fleet_new(const struct cbx_fleet_options *options, struct cbx_bus *bus,
		  struct cbx_clock *clock, const struct cbx_log *log, struct cbx_fleet **out)
{
	cbx_auto(cbx_fleet_freep) struct cbx_fleet *fleet = NULL;
	struct cbx_fleet_world *world;
	struct cbx_fleet_rules rules;
	int error;

	if (!is_sane(options))
		return -EINVAL;
	fleet = calloc(1, sizeof(*fleet));
	if (!fleet)
		return -ENOMEM;
	fleet->options = *options;
	fleet->truth = options->rules.watch;
	fleet->bus = bus;
	fleet->clock = clock;
	fleet->log = log;
	fleet->started = cbx_now(clock);
	fleet->backoff.random = options->rules.seed;
	cbx_random_seed(&fleet->random, options->rules.seed, UINT64_MAX);
	rules = options->rules;
	rules.watch =
		(struct cbx_fleet_watch){ fleet, cbx_fleet_tell_status, cbx_fleet_tell_system };
	/* a poller lives in real time, and must have time to see an end */
	if (options->time_factor > 0)
		rules.linger = (int64_t)((double)rules.linger * options->time_factor);
	error = cbx_fleet_world_new(&rules, &world);
	if (error)
		return error;
	fleet->world = world;
	*out = cbx_steal(fleet);
	return 0;
}

void cbx_fleet_free(struct cbx_fleet *fleet)
{
	if (!fleet)
		return;
	fleet->bus->ops->disconnect(fleet->bus);
	cbx_fleet_world_free(fleet->world);
	cbx_fleet_drop_late(fleet);
	cbx_text_free(&fleet->text);
	free(fleet);
}

static int set_up(struct cbx_fleet *fleet, uint64_t deadline)
{
	const struct cbx_fleet_options *o = &fleet->options;
	struct cbx_bus *bus = fleet->bus;
	int error;

	error = bus->ops->connect(bus, false, deadline);
	if (!error)
		error = bus->ops->declare(bus, o->request_queue, deadline);
	if (!error && *o->request_exchange)
		error = bus->ops->declare_exchange(bus, o->request_exchange, deadline);
	if (!error && *o->request_exchange)
		error = bus->ops->bind(bus, o->request_queue, o->request_exchange, o->request_queue,
				       deadline);
	if (!error)
		error = bus->ops->declare_exchange(bus, o->event_exchange, deadline);
	if (!error)
		error = bus->ops->consume(bus, o->request_queue, PREFETCH, deadline);
	return error;
}

static void lose(struct cbx_fleet *fleet, const char *what)
{
	uint64_t wait = cbx_backoff_next(&fleet->backoff);

	cbx_warn(fleet->log, CBX_FIELDS({ "server", "rmq" }, { "error", fleet->bus->error }),
		 "the fleet %s %s, next try in %d ms", what, fleet->bus->where,
		 (int)(wait / CBX_MS));
	fleet->bus->ops->disconnect(fleet->bus);
	fleet->is_up = false;
	fleet->is_blocked = false;
	fleet->to_acknowledge = 0;
	fleet->next_try = cbx_now(fleet->clock) + wait;
}

static int reach(struct cbx_fleet *fleet)
{
	int error = set_up(fleet, cbx_now(fleet->clock) + CONNECT_NS);

	if (error == -ENOMEM) {
		fleet->bus->ops->disconnect(fleet->bus);
		return error;
	}
	if (error) {
		lose(fleet, "could not reach");
		return 0;
	}
	cbx_backoff_reset(&fleet->backoff);
	fleet->is_up = true;
	fleet->counts.connects++;
	cbx_info(fleet->log, CBX_FIELDS({ "server", "rmq" }), "the fleet answers %s at %s",
		 fleet->options.request_queue, fleet->bus->where);
	return 0;
}

static uint64_t sooner(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* When there is something to do, even without a request */
static uint64_t next_work(struct cbx_fleet *fleet, uint64_t deadline)
{
	const struct cbx_due *late = cbx_agenda_first(&fleet->late);
	int64_t next = cbx_fleet_world_next(fleet->world);
	uint64_t now = cbx_now(fleet->clock);
	double ns = (double)next * (double)CBX_MS / fleet->options.time_factor;
	uint64_t work = sooner(deadline, now + BEAT_NS);

	if (late)
		work = sooner(work, (uint64_t)late->at);
	if (fleet->is_held)
		return work;
	/* beyond an hour a later call will see it; and a stopped world has no next event */
	if (ns < (double)(now - fleet->started) + 3600e9) {
		uint64_t due = fleet->started + (uint64_t)ns;

		work = sooner(work, due > now + TICK_NS ? due : now + TICK_NS);
	}
	return work;
}

static void advance(struct cbx_fleet *fleet)
{
	double ms = (double)(cbx_now(fleet->clock) - fleet->started) / (double)CBX_MS;

	if (!fleet->is_held)
		cbx_fleet_world_advance(fleet->world, (int64_t)(ms * fleet->options.time_factor));
}

void cbx_fleet_hold(struct cbx_fleet *fleet)
{
	fleet->is_held = true;
}

static int acknowledge(struct cbx_fleet *fleet)
{
	uint64_t tag = fleet->to_acknowledge;

	fleet->to_acknowledge = 0;
	return tag ? fleet->bus->ops->acknowledge(fleet->bus, tag, true, true) : 0;
}

static int handle(struct cbx_fleet *fleet, const struct cbx_bus_event *event)
{
	int error = 0;

	switch (event->type) {
	case CBX_BUS_DELIVERY:
		error = cbx_fleet_serve(fleet, &event->message);
		fleet->to_acknowledge = event->tag;
		break;
	case CBX_BUS_OVERSIZED:
		fleet->counts.requests++;
		error = fleet->bus->ops->acknowledge(fleet->bus, event->tag, false, false);
		break;
	case CBX_BUS_CANCELLED:
		/* the queue is gone: set everything up again */
		error = CHATTERBOX_E_DOWN;
		break;
	case CBX_BUS_BLOCKED:
	case CBX_BUS_UNBLOCKED:
		fleet->is_blocked = event->type == CBX_BUS_BLOCKED;
		break;
	case CBX_BUS_NOTHING:
	case CBX_BUS_CONFIRMED:
	case CBX_BUS_REFUSED:
	case CBX_BUS_RETURNED:
		break;
	}
	return error;
}

/* One batch: waits for the first request, and takes all that have already come */
static int work(struct cbx_fleet *fleet, int wake_fd, uint64_t deadline)
{
	struct cbx_bus_event event = { .type = CBX_BUS_NOTHING };
	uint64_t until = next_work(fleet, deadline);
	int error = 0;
	int i;

	for (i = 0; i < BATCH && !error; i++) {
		error = fleet->bus->ops->take(fleet->bus, wake_fd, until, &event);
		if (error || event.type == CBX_BUS_NOTHING)
			break;
		if (!i)
			advance(fleet);
		error = handle(fleet, &event);
		cbx_bus_event_clear(&event);
		until = 1; /* in the past: don't wait any more */
	}
	if (!error)
		error = acknowledge(fleet);
	return error;
}

int cbx_fleet_run_once(struct cbx_fleet *fleet, int wake_fd, uint64_t deadline)
{
	int error;

	advance(fleet);
	if (!fleet->is_up && cbx_now(fleet->clock) >= fleet->next_try) {
		error = reach(fleet);
		if (error)
			return error;
	}
	if (!fleet->is_up) {
		struct pollfd p = { .fd = wake_fd, .events = POLLIN };

		poll(&p, 1,
		     cbx_ms_left(fleet->clock,
				 sooner(sooner(deadline, fleet->next_try),
					cbx_now(fleet->clock) + BEAT_NS),
				 1000));
		return 0;
	}
	error = cbx_fleet_announce(fleet);
	if (!error)
		error = cbx_fleet_send_late(fleet);
	if (!error)
		error = work(fleet, wake_fd, deadline);
	if (!error || error == -ENOMEM)
		return error;
	lose(fleet, "lost");
	return 0;
}

bool cbx_fleet_is_up(const struct cbx_fleet *fleet)
{
	return fleet->is_up;
}

const struct cbx_fleet_counts *cbx_fleet_counts(const struct cbx_fleet *fleet)
{
	return &fleet->counts;
}

struct cbx_fleet_world *cbx_fleet_world(struct cbx_fleet *fleet)
{
	return fleet->world;
}
