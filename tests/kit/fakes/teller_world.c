// SPDX-License-Identifier: MIT
/* teller_world.c - gives a teller its connections, and consumes its events on another one */
#include "teller_world.h"

#include "adapter/sqlite/sqlite.h"
#include "memory_servers.h"

#include <string.h>

struct cbx_teller teller;
static struct cbx_bus *subscriber;

void teller_connect(void)
{
	teller.sql_link.next_try = teller.state_link.next_try = teller.bus_link.next_try = 0;
	ck_assert_int_ge(cbx_link_ensure(&teller.sql_link), 0);
	ck_assert_int_ge(cbx_link_ensure(&teller.state_link), 0);
	if (cbx_link_ensure(&teller.bus_link) == 1)
		teller.processed = 0;
	ck_assert(teller.bus_link.up);
}

void teller_set_up(void)
{
	world_set_up();
	world_lead();
	teller = (struct cbx_teller){ .clock = road->clock,
				      .log = &world.log,
				      .place = &world.place,
				      .settings = cbx_settings_ref(world.settings),
				      .counters = &world.counters,
				      .leadership = &world.leadership };
	ck_assert_int_eq(cbx_mailbox_new(8, &teller.inbox), 0);
	ck_assert_int_eq(cbx_memory_bus_new(world.broker, &teller.bus), 0);
	ck_assert_int_eq(cbx_memory_state_new(world.store, &teller.state), 0);
	ck_assert_int_eq(cbx_sqlite_new(world.path, road->clock, &teller.sql), 0);
	faults_of_bus(teller.bus, &world.bus_faults, &world.clock, CBX_SECOND, NULL, NULL);
	faults_of_state(teller.state, &world.state_faults);
	faults_of_sql(teller.sql, &world.sql_faults);
	world_link(&teller.bus_link, WORLD_CONFIRMING_BUS, teller.bus);
	world_link(&teller.state_link, WORLD_STATE, teller.state);
	world_link(&teller.sql_link, WORLD_SQL, teller.sql);
	teller_connect();
}

static void drop_snapshot(void *item)
{
	cbx_snapshot_unref(item);
}

void teller_tear_down(void)
{
	cbx_teller_close(&teller);
	cbx_bus_free(teller.bus);
	cbx_state_free(teller.state);
	cbx_sql_free(teller.sql);
	cbx_mailbox_free(teller.inbox, drop_snapshot);
	cbx_bus_free(subscriber);
	subscriber = NULL;
	world_tear_down();
}

void teller_subscribe(void)
{
	ck_assert_int_eq(cbx_memory_bus_new(world.broker, &subscriber), 0);
	subscriber->max_body = (size_t)16 << 20;
	ck_assert_int_eq(subscriber->ops->connect(subscriber, false, UINT64_MAX), 0);
	ck_assert_int_eq(subscriber->ops->declare(subscriber, "ear", UINT64_MAX), 0);
	ck_assert_int_eq(subscriber->ops->bind(subscriber, "ear", "amq.topic",
					       "nl-ocd-chatterbox.event.#", UINT64_MAX),
			 0);
	ck_assert_int_eq(subscriber->ops->consume(subscriber, "ear", 0, UINT64_MAX), 0);
}

bool teller_receive_any(struct cbx_bus_event *event)
{
	*event = (struct cbx_bus_event){ 0 };
	ck_assert_int_eq(subscriber->ops->take(subscriber, -1, 0, event), 0);
	if (event->type != CBX_BUS_DELIVERY)
		return false;
	subscriber->ops->acknowledge(subscriber, event->tag, false, true);
	return true;
}

void teller_receive(struct cbx_bus_event *event)
{
	ck_assert(teller_receive_any(event));
}

void teller_expect_received(const char *wanted)
{
	static const char key[] = "nl-ocd-chatterbox.event.";
	struct cbx_text text = { 0 };
	struct cbx_bus_event event;

	while (teller_receive_any(&event)) {
		ck_assert(!strncmp(event.message.routing_key, key, strlen(key)));
		cbx_text_printf(&text, "%s %s\n", event.message.routing_key + strlen(key),
				event.message.message_id ? event.message.message_id : "-");
		cbx_bus_event_clear(&event);
	}
	ck_assert_str_eq(text.len ? text.bytes : "", wanted);
	cbx_text_free(&text);
}

static int note_id(void *user, const struct cbx_stream_entry *entry)
{
	struct cbx_text *text = user;

	cbx_text_printf(text, "%s%s", text->len ? " " : "", entry->id);
	return 0;
}

void teller_expect_stream(const char *ids)
{
	struct cbx_text text = { 0 };

	ck_assert_int_eq(cbx_memory_store_events(world.store, note_id, &text), 0);
	ck_assert_str_eq(text.len ? text.bytes : "", ids);
	cbx_text_free(&text);
}

void teller_record(const char *system, const char *words)
{
	world_push(system, words);
	ck_assert_int_eq(cbx_road_drain_inbox(road), 0);
	ck_assert_int_eq(cbx_road_commit(road), 0);
	world_expect_acknowledged("ok");
}
