// SPDX-License-Identifier: MIT
/*
 * content.c - assembles a message from its method, header and body frames
 *
 * librabbitmq's own calls for this are not used: they wait inside a message without a deadline and
 * allocate whatever size the header announces. Here a body larger than max_body is refused at its
 * header; its frames are counted and dropped, and the event comes after the last one.
 */
#include "adapter/amqp_bus/connection.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <string.h>

/* AMQP's short texts are at most 255 bytes */
static void copy_short(char out[CBX_BUS_SHORT + 1], amqp_bytes_t bytes)
{
	size_t len = bytes.len < CBX_BUS_SHORT ? bytes.len : CBX_BUS_SHORT;

	if (len)
		memcpy(out, bytes.bytes, len);
	out[len] = '\0';
}

void cbx_amqp_content_begin(struct cbx_amqp_bus *self, const amqp_method_t *method)
{
	struct cbx_amqp_content *content = &self->content;
	struct cbx_amqp_consumer *consumer;

	cbx_amqp_content_reset(self);
	content->open = true;
	self->bus.receiving = true;
	if (method->id == AMQP_BASIC_DELIVER_METHOD) {
		const amqp_basic_deliver_t *deliver = method->decoded;

		content->event.type = CBX_BUS_DELIVERY;
		content->event.tag = deliver->delivery_tag + self->delivered_before;
		content->event.redelivered = deliver->redelivered;
		self->delivered = content->event.tag;
		consumer = cbx_amqp_find_consumer(self, deliver->consumer_tag);
		content->queue = consumer ? consumer->queue : NULL;
		copy_short(content->exchange, deliver->exchange);
		copy_short(content->routing_key, deliver->routing_key);
	} else {
		const amqp_basic_return_t *returned = method->decoded;

		content->event.type = CBX_BUS_RETURNED;
		copy_short(content->exchange, returned->exchange);
		copy_short(content->routing_key, returned->routing_key);
	}
}

static int finish(struct cbx_amqp_bus *self)
{
	int result = cbx_amqp_push(self, &self->content.event);

	cbx_amqp_content_reset(self);
	return result;
}

int cbx_amqp_content_header(struct cbx_amqp_bus *self, const amqp_frame_t *frame)
{
	struct cbx_amqp_content *content = &self->content;
	struct cbx_bus_message message = { .queue = content->queue,
					   .exchange = content->exchange,
					   .routing_key = content->routing_key };

	if (!content->open || content->has_header ||
	    frame->payload.properties.class_id != AMQP_BASIC_CLASS)
		return cbx_amqp_lost(self, "protocol", "a header without its method");
	content->has_header = true;
	content->size = frame->payload.properties.body_size;
	content->drain = content->size > self->bus.max_body;
	if (content->drain && content->event.type == CBX_BUS_DELIVERY)
		content->event.type = CBX_BUS_OVERSIZED;
	cbx_amqp_properties_read(frame->payload.properties.decoded, self->scratch,
				 sizeof(self->scratch), &message);
	message.body_len = content->drain ? 0 : (size_t)content->size;
	if (cbx_bus_event_set(&content->event, &message) < 0) {
		/* what is not acknowledged is delivered again over the next connection */
		cbx_amqp_lost(self, "a delivery", "out of memory");
		return -ENOMEM;
	}
	return content->size ? 0 : finish(self);
}

int cbx_amqp_content_body(struct cbx_amqp_bus *self, const amqp_bytes_t *fragment)
{
	struct cbx_amqp_content *content = &self->content;
	char *body = content->event.memory;

	if (!content->has_header || fragment->len > content->size - content->filled)
		return cbx_amqp_lost(self, "protocol", "a body larger than its header said");
	if (!content->drain && fragment->len) {
		/* the body is the end of the event's own memory */
		body += content->event.message.body - (const char *)content->event.memory;
		memcpy(body + content->filled, fragment->bytes, fragment->len);
	}
	content->filled += fragment->len;
	return content->filled == content->size ? finish(self) : 0;
}
