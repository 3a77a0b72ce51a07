// SPDX-License-Identifier: MIT
/* orders.c - knows an order again by all that stays the same when it is delivered again */
#include "listen/orders.h"

#include "common/cleanup.h"

#include "merge/redelivery.h"

#include <stdio.h>
#include <string.h>

static uint64_t hash_text(uint64_t hash, const char *text)
{
	return cbx_push_hash(hash, text, text ? strlen(text) : 0);
}

static uint64_t hash_order(const struct cbx_bus_message *message)
{
	uint64_t hash = hash_text(0, message->correlation_id);

	hash = hash_text(hash, message->reply_to);
	hash = hash_text(hash, message->message_id);
	hash = hash_text(hash, message->type);
	hash = hash_text(hash, message->app_id);
	hash = hash_text(hash, cbx_bus_header(message, "trace_id"));
	hash = cbx_push_hash(hash, &message->timestamp, sizeof(message->timestamp));
	return cbx_push_hash(hash, message->body, message->body_len);
}

bool cbx_orders_was_taken(struct cbx_orders *orders, const struct cbx_bus_event *event)
{
	uint64_t hash = hash_order(&event->message);
	size_t i;

	/* without the mark it is another one, even if it is the same to the letter */
	for (i = 0; event->redelivered && i < CBX_ORDERS_KEPT; i++)
		if (orders->kept[i] == hash)
			return true;
	orders->kept[orders->next] = hash;
	orders->next = (orders->next + 1) % CBX_ORDERS_KEPT;
	return false;
}

/* What another instance of ours has noted already */
static bool is_passed_on(const struct cbx_bus_message *message, const char *app,
			 struct cbx_asker *out)
{
	static const char *const ways[] = { "http", "c" };
	const char *door = cbx_bus_header(message, CBX_HEADER_DOOR);
	const char *key = cbx_bus_header(message, CBX_HEADER_ORDER);
	size_t i;

	if (!door || !message->app_id || strcmp(message->app_id, app) != 0)
		return false;
	for (i = 0; i < CBX_COUNT(ways); i++)
		if (!strcmp(door, ways[i]))
			out->door = ways[i];
	if (!out->door)
		return false;
	cbx_asker_name(out, cbx_bus_header(message, CBX_HEADER_WHO));
	if (key && strlen(key) == CBX_UUID_TEXT - 1 &&
	    strspn(key, "0123456789abcdef-") == CBX_UUID_TEXT - 1)
		snprintf(out->key, sizeof(out->key), "%s", key);
	return true;
}

void cbx_asker_of_message(const struct cbx_bus_message *message, const char *app,
			  struct cbx_asker *out)
{
	const char *name = message->app_id;
	const char *user = message->user_id;
	char who[CBX_ORDER_WHO];

	*out = (struct cbx_asker){ .door = NULL };
	if (is_passed_on(message, app, out))
		return;
	out->door = "amqp";
	if (name && *name && user && *user)
		snprintf(who, sizeof(who), "%.63s as %.60s", name, user);
	else
		snprintf(who, sizeof(who), "%.128s", name && *name ? name : user ?: "");
	cbx_asker_name(out, who);
}

int64_t cbx_order_age(const struct cbx_bus_message *message, struct cbx_clock *clock)
{
	int64_t now = cbx_wall(clock) / 1000;

	return message->timestamp > 0 && message->timestamp < now ? now - message->timestamp : 0;
}
