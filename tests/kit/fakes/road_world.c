// SPDX-License-Identifier: MIT
/* road_world.c - builds the poller's world on memory adapters */
#include "road_world.h"

#include "adapter/sqlite/sqlite.h"
#include "metric_value.h"
#include "port/lease.h"

#include <chatterbox/config.h>

#include <stdio.h>
#include <string.h>

struct road_world world;
struct cbx_road *road = &world.poller.road;

static void note_line(void *user, enum chatterbox_log_level level,
		      const struct chatterbox_log_field *fields, size_t count, const char *message)
{
	(void)user;
	(void)fields;
	(void)count;
	world.warnings += level >= CHATTERBOX_LOG_WARN;
	if (getenv("WORLD_LOG"))
		fprintf(stderr, "%d %s\n", (int)level, message);
}

static void wake_teller(void *user)
{
	(void)user;
	world.woken++;
}

static void announce(void *user)
{
	(void)user;
	world.announced++;
}

static bool caught_up(void *user)
{
	(void)user;
	return !world.behind;
}

void world_reload(const char *path, const char *value)
{
	struct chatterbox_config *config = NULL;

	ck_assert_int_eq(chatterbox_config_new(&config), 0);
	/* most tests have no loop that renews the mark in Redis */
	ck_assert_int_eq(chatterbox_config_set(config, "lease.ttl", "600", "the test"), 0);
	if (path)
		ck_assert_int_eq(chatterbox_config_set(config, path, value, "the test"), 0);
	ck_assert_int_eq(cbx_settings_new(config, NULL, &world.settings), 0);
	chatterbox_config_unref(config);
	cbx_settings_put(&world.place, world.settings);
}

/* The same link operations for each port */
#define LINK_OPS(type, connect_args)                                                       \
	static int type##_connect(void *c, uint64_t deadline)                              \
	{                                                                                  \
		return ((struct cbx_##type *)c)->ops->connect connect_args;                \
	}                                                                                  \
	static void type##_disconnect(void *c)                                             \
	{                                                                                  \
		((struct cbx_##type *)c)->ops->disconnect(c);                              \
	}                                                                                  \
	static bool type##_is_up(void *c)                                                  \
	{                                                                                  \
		return ((struct cbx_##type *)c)->ops->is_up(c);                            \
	}                                                                                  \
	static const char *type##_error(void *c)                                           \
	{                                                                                  \
		return ((struct cbx_##type *)c)->error;                                    \
	}                                                                                  \
	static const struct cbx_link_ops type##_ops = { type##_connect, type##_disconnect, \
							type##_is_up,   type##_error,      \
							NULL,           NULL,              \
							NULL,           NULL };

LINK_OPS(sql, (c, deadline))
LINK_OPS(state, (c, deadline))
LINK_OPS(bus, (c, false, deadline))

static int confirming_connect(void *c, uint64_t deadline)
{
	return ((struct cbx_bus *)c)->ops->connect(c, true, deadline);
}

static const struct cbx_link_ops confirming_ops = {
	confirming_connect, bus_disconnect, bus_is_up, bus_error, NULL, NULL, NULL, NULL
};

void world_link(struct cbx_link *link, enum world_port port, void *connection)
{
	static const struct cbx_link_ops *const all[] = { &sql_ops, &state_ops, &bus_ops,
							  &confirming_ops };
	static const char *const servers[] = { "sql", "redis", "rmq", "rmq" };

	*link = (struct cbx_link){
		.ops = all[port],
		.connection = connection,
		.server = servers[port],
		.purpose = "test",
		.clock = &world.clock.clock,
		.log = &world.log,
		.metrics = { world.counters.reconnects, world.counters.server_errors },
		.entry = cbx_health_add(world.health, servers[port], "test", "here"),
	};
}

/* Called in each wait of the poller */
static void pump(void *user)
{
	hdms_pump(user);
	if (world.tick)
		world.tick();
}

static void open_connections(void)
{
	struct cbx_clock *clock = &world.clock.clock;
	struct cbx_bus *bus = NULL;

	ck_assert_int_eq(cbx_sqlite_new(world.path, clock, &road->sql), 0);
	ck_assert_int_eq(cbx_sqlite_new(world.path, clock, &world.lease), 0);
	ck_assert_int_eq(cbx_memory_state_new(world.store, &road->state), 0);
	ck_assert_int_eq(cbx_memory_state_new(world.store, &world.eye), 0);
	ck_assert_int_eq(cbx_memory_bus_new(world.broker, &road->bus), 0);
	ck_assert_int_eq(cbx_memory_bus_new(world.broker, &bus), 0);
	hdms_open(&world.hdms, bus, &world.clock);
	faults_of_sql(road->sql, &world.sql_faults);
	faults_of_state(road->state, &world.state_faults);
	faults_of_bus(road->bus, &world.bus_faults, &world.clock, CBX_SECOND / 10, pump,
		      &world.hdms);
	world_link(&road->sql_link, WORLD_SQL, road->sql);
	world_link(&road->state_link, WORLD_STATE, road->state);
	world_link(&road->bus_link, WORLD_BUS, road->bus);
	ck_assert_int_eq(world.eye->ops->connect(world.eye, UINT64_MAX), 0);
}

static void migrate(void)
{
	int applied = 0;

	ck_assert_int_eq(world.lease->ops->connect(world.lease, UINT64_MAX), 0);
	ck_assert_int_eq(world.lease->ops->migrate(world.lease, &applied), 0);
}

void world_set_up(void)
{
	world = (struct road_world){ .log = { .sink = note_line, .level = CHATTERBOX_LOG_DEBUG } };
	/* where fsync costs nothing, if possible */
	snprintf(world.directory, sizeof(world.directory), "%s/chatterbox-world-XXXXXX",
		 access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
	ck_assert_ptr_nonnull(mkdtemp(world.directory));
	snprintf(world.path, sizeof(world.path), "%s/world.db", world.directory);
	fake_clock_init(&world.clock);
	cbx_settings_place_init(&world.place);
	world_reload(NULL, NULL);
	world.poller.settings = &world.place;
	ck_assert_int_eq(cbx_counters_init(&world.counters, "0", "0"), 0);
	ck_assert_int_eq(cbx_health_new(&world.clock.clock, &world.health), 0);
	cbx_snapshot_slot_init(&world.slot);
	cbx_leadership_init(&world.leadership, &world.clock.clock, "nl-ocd-chatterbox");
	ck_assert_int_eq(cbx_memory_broker_new(&world.clock.clock, &world.broker), 0);
	ck_assert_int_eq(cbx_memory_store_new(&world.clock.clock, &world.store), 0);
	ck_assert_int_eq(cbx_mailbox_new(4096, &road->inbox), 0);
	ck_assert_int_eq(cbx_mailbox_new(4096, &world.answers), 0);
	road->clock = &world.clock.clock;
	road->log = &world.log;
	road->counters = &world.counters;
	road->leadership = &world.leadership;
	road->slot = &world.slot;
	road->wake_teller = wake_teller;
	world.poller.announce = announce;
	world.poller.caught_up = caught_up;
	open_connections();
	migrate();
	ck_assert_int_eq(cbx_poller_init(&world.poller), 0);
	cbx_online_systems_init(&world.poller.online);
}

static void drop_inbound(void *item)
{
	struct cbx_inbound *inbound = item;

	inbound->answer = NULL;
	cbx_inbound_free(inbound);
}

static void remove_files(void)
{
	static const char *const ends[] = { "", "-wal", "-shm", "-journal" };
	char name[128];
	size_t i;

	for (i = 0; i < CBX_COUNT(ends); i++) {
		snprintf(name, sizeof(name), "%s%s", world.path, ends[i]);
		unlink(name);
	}
	rmdir(world.directory);
}

void world_tear_down(void)
{
	cbx_poller_close(&world.poller);
	hdms_close(&world.hdms);
	cbx_bus_free(road->bus);
	cbx_state_free(road->state);
	cbx_sql_free(road->sql);
	cbx_state_free(world.eye);
	cbx_sql_free(world.lease);
	cbx_mailbox_free(road->inbox, drop_inbound);
	cbx_mailbox_free(world.answers, drop_inbound);
	cbx_memory_broker_unref(world.broker);
	cbx_memory_store_unref(world.store);
	cbx_snapshot_slot_close(&world.slot);
	cbx_health_free(world.health);
	cbx_counters_close(&world.counters);
	cbx_settings_place_close(&world.place);
	remove_files();
}

void world_connect(void)
{
	int result;

	road->sql_link.next_try = road->state_link.next_try = road->bus_link.next_try = 0;
	ck_assert_int_ge(cbx_link_ensure(&road->sql_link), 0);
	result = cbx_link_ensure(&road->state_link);
	if (result == 1)
		road->share_whole = true;
	result = cbx_link_ensure(&road->bus_link);
	if (result == 1)
		ck_assert_int_eq(road->bus->ops->consume(road->bus, NULL, 0, UINT64_MAX), 0);
}

void world_lead(void)
{
	struct cbx_lease_state held;

	world_connect();
	ck_assert_int_eq(world.lease->lease->take(world.lease, world.leadership.name,
						  world.leadership.self, 3600, &world.epoch, &held),
			 0);
	cbx_leadership_hold(&world.leadership, world.epoch, UINT64_MAX);
	ck_assert_int_eq(cbx_road_take_over(road, world.epoch), 0);
	ck_assert_int_eq(cbx_road_load(road, world.epoch), 0);
	cbx_road_share_check(road);
}

void world_pass(double seconds)
{
	fake_clock_pass(&world.clock, (uint64_t)(seconds * (double)CBX_SECOND));
}

int world_round(enum cbx_round_kind kind, struct cbx_round_result *out)
{
	struct cbx_round_result unwanted = { 0 };

	return cbx_round_run(road, kind, out ? out : &unwanted);
}

double world_count(struct cbx_metric *metric, const char *value1, const char *value2)
{
	return metric_value(metric, value1, value2);
}
