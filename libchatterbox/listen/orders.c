// SPDX-License-Identifier: MIT
/* orders.c - knows an order again by all that stays the same when it is delivered again */
#include "listen/orders.h"

#include "merge/redelivery.h"

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

int64_t cbx_order_age(const struct cbx_bus_message *message, struct cbx_clock *clock)
{
	int64_t now = cbx_wall(clock) / 1000;

	return message->timestamp > 0 && message->timestamp < now ? now - message->timestamp : 0;
}
