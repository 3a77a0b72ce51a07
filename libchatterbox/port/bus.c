// SPDX-License-Identifier: MIT
/* bus.c - what all bus adapters share: messages and their memory */
#include "port/bus.h"

#include <assert.h>
#include <chatterbox/error.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cbx_bus_free(struct cbx_bus *bus)
{
	if (bus)
		bus->ops->free(bus);
}

const char *cbx_bus_guess(const char *error)
{
	if (strstr(error, "NOT_FOUND"))
		return ": was it deleted?";
	if (strstr(error, "ACCESS_REFUSED"))
		return ": was our right to write to it taken away?";
	return "";
}

const char *cbx_bus_header(const struct cbx_bus_message *message, const char *name)
{
	size_t i;

	for (i = 0; i < message->header_count; i++)
		if (!strcmp(message->headers[i].name, name))
			return message->headers[i].value;
	return NULL;
}

void cbx_bus_add_header(struct cbx_bus_message *message, const char *name, const char *value)
{
	assert(message->header_count < CBX_BUS_HEADERS);
	message->headers[message->header_count++] =
		(struct cbx_bus_header){ .name = name, .value = value };
}

void cbx_bus_add_integer(struct cbx_bus_message *message, const char *name, const char *value)
{
	cbx_bus_add_header(message, name, value);
	message->headers[message->header_count - 1].integer = true;
}

void cbx_bus_event_clear(struct cbx_bus_event *event)
{
	free(event->memory);
	*event = (struct cbx_bus_event){ .type = CBX_BUS_NOTHING };
}

static bool is_short(const char *text)
{
	return !text || strlen(text) <= CBX_BUS_SHORT;
}

int cbx_bus_message_check(struct cbx_bus *bus, const struct cbx_bus_message *message)
{
	const char *texts[] = { message->exchange,       message->routing_key,
				message->app_id,         message->content_type,
				message->correlation_id, message->reply_to,
				message->message_id,     message->type };
	size_t bytes = 0;
	bool fits = true;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		fits = fits && is_short(texts[i]);
	for (i = 0; i < message->header_count; i++) {
		fits = fits && is_short(message->headers[i].name);
		bytes += strlen(message->headers[i].name) + strlen(message->headers[i].value) + 6;
	}
	if (fits && bytes <= CBX_BUS_HEADER_BYTES)
		return 0;
	snprintf(bus->error, sizeof(bus->error),
		 "%s: a message to '%.64s' has a text over %d bytes, or headers over %d",
		 bus->where, message->routing_key ? message->routing_key : "", CBX_BUS_SHORT,
		 CBX_BUS_HEADER_BYTES);
	return CHATTERBOX_E_LIMIT;
}

static size_t size_of(const char *text)
{
	return text ? strlen(text) + 1 : 0;
}

static const char *move(char **at, const char *text)
{
	size_t size = size_of(text);
	char *copy = *at;

	if (!text)
		return NULL;
	memcpy(copy, text, size);
	*at += size;
	return copy;
}

int cbx_bus_event_set(struct cbx_bus_event *event, const struct cbx_bus_message *from)
{
	struct cbx_bus_message to = *from;
	const char **texts[] = { &to.queue,    &to.exchange,     &to.routing_key,
				 &to.app_id,   &to.content_type, &to.correlation_id,
				 &to.reply_to, &to.message_id,   &to.type,
				 &to.user_id };
	size_t size = from->body_len + 1;
	char *at;
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		size += size_of(*texts[i]);
	for (i = 0; i < from->header_count; i++)
		size += size_of(from->headers[i].name) + size_of(from->headers[i].value);
	event->memory = at = malloc(size);
	if (!at)
		return -ENOMEM;
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		*texts[i] = move(&at, *texts[i]);
	for (i = 0; i < from->header_count; i++) {
		to.headers[i].name = move(&at, from->headers[i].name);
		to.headers[i].value = move(&at, from->headers[i].value);
	}
	if (from->body && from->body_len)
		memcpy(at, from->body, from->body_len);
	at[from->body_len] = '\0';
	to.body = at;
	event->message = to;
	return 0;
}
