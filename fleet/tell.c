// SPDX-License-Identifier: MIT
/*
 * tell.c - publishes without being asked: systems that come and go, and some of the jobs' changes
 *
 * These are transient events, as nl-hdms sends them: while the bus is down they are lost, and
 * chatterbox has to find out by asking.
 */
#include "base/read.h"
#include "fleet/inside.h"
#include "fleet/status.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdio.h>

#define PUBLISH_NS (5 * CBX_SECOND)

int cbx_fleet_publish(struct cbx_fleet *fleet, struct cbx_bus_message *message)
{
	int error;

	if (!fleet->is_up || fleet->is_blocked) {
		fleet->counts.unsent++;
		return 0;
	}
	message->app_id = fleet->options.app_name;
	message->content_type = "application/json";
	message->timestamp = cbx_wall(fleet->clock) / 1000;
	error = fleet->bus->ops->publish(fleet->bus, message, NULL,
					 cbx_now(fleet->clock) + PUBLISH_NS);
	if (!error)
		return 1;
	fleet->counts.unsent++;
	if (error == -ENOMEM)
		return error;
	/* refused or lost: the loop notices a lost bus when it takes from it */
	cbx_debug(fleet->log, CBX_FIELDS({ "error", fleet->bus->error }), "could not publish to %s",
		  message->routing_key);
	return error == CHATTERBOX_E_DOWN ? error : 0;
}

static void open_event(struct cbx_fleet *fleet, const char *key)
{
	cbx_text_clear(&fleet->text);
	if (fleet->options.envelope == CBX_FLEET_BARE)
		return;
	cbx_text_puts(&fleet->text, "{\"jsonrpc\":\"2.0\",\"method\":");
	cbx_text_json_string(&fleet->text, key);
	cbx_text_puts(&fleet->text, ",\"params\":");
}

static bool send_event(struct cbx_fleet *fleet, const char *key)
{
	struct cbx_bus_message message = { .exchange = fleet->options.event_exchange,
					   .routing_key = key };
	char trace[CBX_UUID_TEXT];

	if (fleet->options.envelope == CBX_FLEET_JSONRPC)
		cbx_text_putc(&fleet->text, '}');
	if (fleet->text.failed)
		return false;
	cbx_uuid(trace);
	cbx_bus_add_header(&message, "trace_id", trace);
	message.body = fleet->text.bytes;
	message.body_len = fleet->text.len;
	return cbx_fleet_publish(fleet, &message) == 1;
}

void cbx_fleet_tell_status(void *user, const struct cbx_fleet_system *system,
			   const struct cbx_fleet_job *job, const char *from, const char *to,
			   int64_t when)
{
	struct cbx_fleet *fleet = user;
	char key[256];

	if (fleet->truth.on_status)
		fleet->truth.on_status(fleet->truth.user, system, job, from, to, when);
	if (!fleet->world) /* the first jobs: nobody listens yet */
		return;
	fleet->counts.changes++;
	/* drawn even while the bus is down, so that everything else happens the same whatever the
	 * broker does; a job that vanished has no status */
	if (cbx_random_unit(&fleet->random) >= fleet->options.push_share || !to)
		return;
	snprintf(key, sizeof(key), "%s.event.content.job_status", fleet->options.app_name);
	open_event(fleet, key);
	cbx_fleet_status_write(&fleet->text, system, job, when);
	if (send_event(fleet, key))
		fleet->counts.pushes++;
}

void cbx_fleet_tell_system(void *user, const struct cbx_fleet_system *system, int64_t when)
{
	struct cbx_fleet *fleet = user;
	char key[256];

	if (fleet->truth.on_system)
		fleet->truth.on_system(fleet->truth.user, system, when);
	snprintf(key, sizeof(key), "%s.event.control.%s", fleet->options.app_name,
		 system->is_online ? "system_online" : "system_offline");
	open_event(fleet, key);
	cbx_text_puts(&fleet->text, "{\"system\":");
	cbx_text_json_string(&fleet->text, system->name);
	cbx_text_putc(&fleet->text, '}');
	if (send_event(fleet, key))
		fleet->counts.events++;
}

#define ANNOUNCE_NS (2 * CBX_SECOND)
#define NAMES_PER_EVENT 500

static void announce_from(struct cbx_fleet *fleet, const char *key, size_t from)
{
	size_t count = cbx_fleet_world_count(fleet->world);
	size_t names = 0;
	size_t i;

	open_event(fleet, key);
	for (i = from; i < count && i < from + NAMES_PER_EVENT; i++) {
		const struct cbx_fleet_system *system = cbx_fleet_world_system(fleet->world, i);

		if (!system->is_online)
			continue;
		cbx_text_putc(&fleet->text, names++ ? ',' : '[');
		cbx_text_json_string(&fleet->text, system->name);
	}
	if (!names)
		return;
	cbx_text_putc(&fleet->text, ']');
	if (send_event(fleet, key))
		fleet->counts.events++;
}

int cbx_fleet_announce(struct cbx_fleet *fleet)
{
	uint64_t now = cbx_now(fleet->clock);
	char key[256];
	size_t i;

	if (!fleet->options.announce || fleet->counts.requests || now < fleet->next_announcement)
		return 0;
	fleet->next_announcement = now + ANNOUNCE_NS;
	snprintf(key, sizeof(key), "%s.event.control.system_online", fleet->options.app_name);
	for (i = 0; i < cbx_fleet_world_count(fleet->world); i += NAMES_PER_EVENT)
		announce_from(fleet, key, i);
	return fleet->text.failed ? -ENOMEM : 0;
}
