// SPDX-License-Identifier: MIT
/*
 * connection.c - the state of a connection: its errors, the events that wait for take(), and its
 * end
 *
 * After any trouble the connection is destroyed and never used again, without closing it politely,
 * since that asks a question of a broker that may not answer.
 */
#include "adapter/amqp_bus/connection.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void cbx_amqp_event_free(struct cbx_amqp_event *event)
{
	cbx_bus_event_clear(&event->event);
	free(event->text);
	free(event);
}

size_t cbx_amqp_event_size(const struct cbx_amqp_event *event)
{
	const struct cbx_bus_message *message = &event->event.message;
	const char *memory = event->event.memory;

	/* the body is at its end */
	return sizeof(*event) + (memory ? (size_t)(message->body - memory) + message->body_len : 0);
}

bool cbx_amqp_holds_enough(const struct cbx_amqp_bus *self)
{
	return self->held >= self->bus.max_body;
}

static int append(struct cbx_amqp_bus *self, const struct cbx_amqp_event *from)
{
	struct cbx_amqp_event *event = malloc(sizeof(*event));

	if (!event) {
		/* an event must not be lost, so its connection ends */
		cbx_amqp_lost(self, "an event", "out of memory");
		return -ENOMEM;
	}
	*event = *from;
	STAILQ_INSERT_TAIL(&self->events, event, link);
	self->held += cbx_amqp_event_size(event);
	return 0;
}

int cbx_amqp_push(struct cbx_amqp_bus *self, struct cbx_bus_event *event)
{
	struct cbx_amqp_event item = { .event = *event };
	int result = append(self, &item);

	if (result == 0)
		event->memory = NULL;
	return result;
}

int cbx_amqp_push_error(struct cbx_amqp_bus *self, int error, const char *text)
{
	struct cbx_amqp_event item = { .error = error, .text = strdup(text) };
	int result = append(self, &item);

	if (result < 0)
		free(item.text);
	return result;
}

void cbx_amqp_content_reset(struct cbx_amqp_bus *self)
{
	cbx_bus_event_clear(&self->content.event);
	memset(&self->content, 0, sizeof(self->content));
	self->bus.receiving = false;
}

struct cbx_amqp_consumer *cbx_amqp_find_consumer(struct cbx_amqp_bus *self, amqp_bytes_t tag)
{
	struct cbx_amqp_consumer *consumer;

	LIST_FOREACH(consumer, &self->consumers, link)
	if (strlen(consumer->tag) == tag.len && !memcmp(consumer->tag, tag.bytes, tag.len))
		return consumer;
	return NULL;
}

/* The connection and all that belongs to it */
void cbx_amqp_drop(struct cbx_amqp_bus *self)
{
	struct cbx_amqp_event *event;
	struct cbx_amqp_consumer *consumer;

	if (self->state)
		amqp_destroy_connection(self->state);
	self->state = NULL;
	self->fd = -1;
	self->room = self->corked = 0;
	self->outgoing_len = 0;
	while ((event = STAILQ_FIRST(&self->events))) {
		STAILQ_REMOVE_HEAD(&self->events, link);
		cbx_amqp_event_free(event);
	}
	self->held = 0;
	self->overdue = (struct cbx_amqp_question){ 0 };
	self->changing = false;
	cbx_amqp_content_reset(self);
	while ((consumer = LIST_FIRST(&self->consumers))) {
		LIST_REMOVE(consumer, link);
		free(consumer);
	}
	self->reply_queue[0] = '\0';
	self->bus.blocked = false;
	self->published = self->published_before = 0;
	self->delivered = self->delivered_before = 0;
}

void cbx_amqp_say(struct cbx_amqp_bus *self, const char *what, const char *reason)
{
	const struct cbx_target *target = self->target;
	const char *which = target && !strstr(self->bus.where, target->text) ? target->text : "";

	snprintf(self->bus.error, sizeof(self->bus.error), "%s: %s%s%s: %s", self->bus.where, which,
		 *which ? ": " : "", what, reason);
}

int cbx_amqp_lost(struct cbx_amqp_bus *self, const char *what, const char *reason)
{
	cbx_amqp_say(self, what, reason);
	cbx_amqp_drop(self);
	return CHATTERBOX_E_DOWN;
}

int cbx_amqp_lost_status(struct cbx_amqp_bus *self, const char *what, int status)
{
	if (status == AMQP_STATUS_TIMEOUT)
		return cbx_amqp_lost(self, what, "no answer in time");
	return cbx_amqp_lost(self, what, amqp_error_string2(status));
}

int cbx_amqp_check_up(struct cbx_amqp_bus *self)
{
	if (self->state)
		return 0;
	snprintf(self->bus.error, sizeof(self->bus.error), "%s: not connected", self->bus.where);
	return CHATTERBOX_E_DOWN;
}

struct timeval cbx_amqp_left(struct cbx_amqp_bus *self, uint64_t deadline)
{
	uint64_t now = cbx_now(self->clock);
	uint64_t left = deadline > now + CBX_MS ? deadline - now : CBX_MS;

	return (struct timeval){ .tv_sec = (time_t)(left / CBX_SECOND),
				 .tv_usec = (suseconds_t)(left % CBX_SECOND / 1000) };
}
