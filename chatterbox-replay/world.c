// SPDX-License-Identifier: MIT
/* world.c - makes the road's world out of embedded adapters, and ends it */
#include "world.h"

#include "adapter/sqlite/sqlite.h"
#include "port/lease.h"

#include <chatterbox/config.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LEASE_SECONDS (10 * 365 * 86400)

/* --- the clock --- */

static uint64_t now(struct cbx_clock *clock)
{
	return ((struct replay_clock *)(void *)clock)->now;
}

static int64_t wall(struct cbx_clock *clock)
{
	const struct replay_clock *self = (struct replay_clock *)(void *)clock;

	return (int64_t)(self->now / CBX_MS) + self->wall_offset;
}

static const struct cbx_clock_ops clock_ops = { now, wall };

/* --- connections that are there once and for all --- */

static bool sql_is_up(void *sql)
{
	return ((struct cbx_sql *)sql)->ops->is_up(sql);
}

static bool state_is_up(void *state)
{
	return ((struct cbx_state *)state)->ops->is_up(state);
}

static bool bus_is_up(void *bus)
{
	return ((struct cbx_bus *)bus)->ops->is_up(bus);
}

static const char *no_error(void *connection)
{
	(void)connection;
	return "";
}

static void stay(void *connection)
{
	(void)connection;
}

static const struct cbx_link_ops sql_ops = { .is_up = sql_is_up,
					     .error = no_error,
					     .disconnect = stay };
static const struct cbx_link_ops state_ops = { .is_up = state_is_up,
					       .error = no_error,
					       .disconnect = stay };
static const struct cbx_link_ops bus_ops = { .is_up = bus_is_up,
					     .error = no_error,
					     .disconnect = stay };

static int link_up(struct replay_world *world, struct cbx_link *link,
		   const struct cbx_link_ops *ops, void *connection, const char *server)
{
	*link = (struct cbx_link){ .ops = ops,
				   .connection = connection,
				   .server = server,
				   .purpose = "replay",
				   .clock = &world->clock.clock,
				   .log = world->log,
				   .entry = cbx_health_add(world->health, server, "replay", ""),
				   .up = true };
	return link->entry ? 0 : -ENOMEM;
}

static int connect_all(struct replay_world *world)
{
	struct cbx_road *road = &world->road;
	int applied = 0;
	int result = cbx_sqlite_new(world->path, &world->clock.clock, &road->sql);

	if (!result)
		result = cbx_memory_state_new(world->store, &road->state);
	if (!result)
		result = cbx_memory_bus_new(world->broker, &road->bus);
	if (!result)
		result = road->sql->ops->connect(road->sql, UINT64_MAX);
	if (!result)
		result = road->sql->ops->migrate(road->sql, &applied);
	if (!result)
		result = road->state->ops->connect(road->state, UINT64_MAX);
	if (!result)
		result = road->bus->ops->connect(road->bus, false, UINT64_MAX);
	if (!result)
		result = link_up(world, &road->sql_link, &sql_ops, road->sql, "sql");
	if (!result)
		result = link_up(world, &road->state_link, &state_ops, road->state, "redis");
	if (!result)
		result = link_up(world, &road->bus_link, &bus_ops, road->bus, "rmq");
	if (!result)
		replay_rows_answer(world);
	return result;
}

/* --- the road --- */

static void nothing(void *user)
{
	(void)user;
}

static void recorded(void *user, const struct cbx_batch *batch)
{
	(void)user;
	(void)batch;
}

static bool go_on(void *user)
{
	(void)user;
	return false;
}

static bool done(void *user, struct cbx_inbound *inbound)
{
	(void)user;
	(void)inbound;
	return true;
}

static int lead(struct replay_world *world)
{
	struct cbx_road *road = &world->road;
	struct cbx_lease_state held;
	int64_t epoch = 0;
	int result = road->sql->lease->take(road->sql, world->leadership.name,
					    world->leadership.self, LEASE_SECONDS, &epoch, &held);

	/* the clock may pass by years: nobody else is there to take it */
	if (!result)
		cbx_leadership_hold(&world->leadership, epoch, UINT64_MAX);
	if (!result)
		result = cbx_road_take_over(road, epoch);
	return result ? result : cbx_road_load(road, epoch);
}

static int open_road(struct replay_world *world, const struct chatterbox_config *config)
{
	struct cbx_road *road = &world->road;
	struct cbx_settings *settings = NULL;
	int result = cbx_settings_new(config, NULL, &settings);

	if (result < 0)
		return result;
	cbx_settings_put(&world->place, settings);
	cbx_settings_take(&world->place, &road->settings);
	road->clock = &world->clock.clock;
	road->log = world->log;
	road->counters = &world->counters;
	road->leadership = &world->leadership;
	road->slot = &world->slot;
	road->wake_teller = nothing;
	road->recorded = recorded;
	road->on_turn = go_on;
	road->command = done;
	road->interval_base_ns = settings->check_job_status_time_ns;
	cbx_leadership_init(&world->leadership, road->clock, settings->app_name);
	result = cbx_mailbox_new(16, &road->inbox);
	if (!result)
		result = connect_all(world);
	if (!result)
		result = cbx_road_init(road);
	return result ? result : lead(world);
}

int replay_world_open(struct replay_world *world, const struct chatterbox_config *config,
		      const struct cbx_log *log)
{
	int result;

	world->clock.clock.ops = &clock_ops;
	world->log = log;
	/* where a flush to the disk costs nothing, if possible */
	snprintf(world->directory, sizeof(world->directory), "%s/chatterbox-replay-XXXXXX",
		 access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
	if (!mkdtemp(world->directory)) {
		*world->directory = '\0';
		return -errno;
	}
	snprintf(world->path, sizeof(world->path), "%s/replay.db", world->directory);
	cbx_settings_place_init(&world->place);
	cbx_snapshot_slot_init(&world->slot);
	result = cbx_counters_init(&world->counters, "0", "0");
	if (!result)
		result = cbx_health_new(&world->clock.clock, &world->health);
	if (!result)
		result = cbx_memory_broker_new(&world->clock.clock, &world->broker);
	if (!result)
		result = cbx_memory_store_new(&world->clock.clock, &world->store);
	return result ? result : open_road(world, config);
}

static void remove_files(const struct replay_world *world)
{
	static const char *const ends[] = { "", "-wal", "-shm", "-journal" };
	char name[128];
	size_t i;

	for (i = 0; i < CBX_COUNT(ends); i++) {
		snprintf(name, sizeof(name), "%s%s", world->path, ends[i]);
		unlink(name);
	}
	rmdir(world->directory);
}

static void drop(void *inbound)
{
	cbx_inbound_free(inbound);
}

void replay_world_close(struct replay_world *world)
{
	struct cbx_road *road = &world->road;

	if (!*world->directory)
		return;
	if (road->systems)
		cbx_road_close(road);
	else
		cbx_settings_unref(road->settings);
	cbx_bus_free(road->bus);
	cbx_state_free(road->state);
	cbx_sql_free(road->sql);
	cbx_mailbox_free(road->inbox, drop);
	replay_rows_clear(&world->rows, REPLAY_MONITOR);
	replay_rows_clear(&world->rows, REPLAY_COMPLETED);
	replay_rows_clear(&world->rows, REPLAY_OCD);
	cbx_memory_broker_unref(world->broker);
	cbx_memory_store_unref(world->store);
	cbx_snapshot_slot_close(&world->slot);
	cbx_health_free(world->health);
	cbx_counters_close(&world->counters);
	cbx_settings_place_close(&world->place);
	remove_files(world);
	*world = (struct replay_world){ 0 };
}
