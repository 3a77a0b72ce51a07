// SPDX-License-Identifier: MIT
/*
 * channel.c - channels, and what happens when the broker closes one
 *
 * A closed channel is opened again at once, under another channel number (connection.h), with all
 * that was on it: confirm mode and consumers. What was numbered on it is over: publishes without a
 * confirm are told as refused (nobody knows, and they may be sent again), and delivery tags go on
 * from the last one, so that a tag names one delivery for as long as the connection lives.
 */
#include "adapter/amqp_bus/connection.h"

#include <chatterbox/error.h>
#include <stdio.h>
#include <string.h>

static void limit_rpc(struct cbx_amqp_bus *self, uint64_t deadline)
{
	struct timeval left = cbx_amqp_left(self, deadline);

	amqp_set_rpc_timeout(self->state, &left);
}

/* The last RPC call: 0, or AMQP's code of a closed channel with the error text set, or negative */
static int rpc_code(struct cbx_amqp_bus *self, const char *what)
{
	amqp_rpc_reply_t reply = amqp_get_rpc_reply(self->state);
	char reason[CBX_BUS_SHORT + 16];
	int code = 0;

	if (reply.reply_type == AMQP_RESPONSE_NORMAL)
		return 0;
	if (reply.reply_type != AMQP_RESPONSE_SERVER_EXCEPTION)
		return cbx_amqp_lost_status(self, what, reply.library_error);
	cbx_amqp_close_text(&reply.reply, reason, sizeof(reason), &code);
	if (reply.reply.id != AMQP_CHANNEL_CLOSE_METHOD)
		return cbx_amqp_lost(self, what, reason);
	cbx_amqp_say(self, what, reason);
	return code;
}

int cbx_amqp_outcome(struct cbx_amqp_bus *self, amqp_channel_t channel, const char *what,
		     uint64_t deadline)
{
	int code = rpc_code(self, what);
	int result;

	if (code <= 0)
		return code;
	result = cbx_amqp_reopen(self, channel, deadline);
	if (result < 0)
		return result;
	return code == AMQP_NOT_FOUND ? CHATTERBOX_E_UNKNOWN : CHATTERBOX_E_REFUSED;
}

struct cbx_amqp_consumer *cbx_amqp_find_consumer(struct cbx_amqp_bus *self, amqp_bytes_t tag)
{
	struct cbx_amqp_consumer *consumer;

	LIST_FOREACH(consumer, &self->consumers, link)
	if (strlen(consumer->tag) == tag.len && !memcmp(consumer->tag, tag.bytes, tag.len))
		return consumer;
	return NULL;
}

void cbx_amqp_start_consumer(struct cbx_amqp_bus *self, const struct cbx_amqp_consumer *consumer)
{
	/* of each consumer that comes after it, not of the channel */
	amqp_basic_qos(self->state, self->work, 0, consumer->prefetch, 0);
	if (amqp_get_rpc_reply(self->state).reply_type == AMQP_RESPONSE_NORMAL)
		amqp_basic_consume(self->state, self->work, amqp_cstring_bytes(consumer->queue),
				   amqp_cstring_bytes(consumer->tag), 0, !consumer->acks, 0,
				   amqp_empty_table);
}

int cbx_amqp_end_consumer(struct cbx_amqp_bus *self, struct cbx_amqp_consumer *consumer)
{
	struct cbx_bus_message message = { .queue = consumer->queue };
	struct cbx_bus_event event = { .type = CBX_BUS_CANCELLED };
	int result = cbx_bus_event_set(&event, &message);

	consumer->active = false;
	if (!strcmp(consumer->queue, self->reply_queue))
		self->reply_queue[0] = '\0';
	if (result == 0)
		result = cbx_amqp_push(self, &event);
	cbx_bus_event_clear(&event);
	return result;
}

static int open_channel(struct cbx_amqp_bus *self, amqp_channel_t channel)
{
	int result;

	amqp_channel_open(self->state, channel);
	result = rpc_code(self, "opening a channel");
	if (result == 0 && channel != CBX_ASK && self->confirms) {
		amqp_confirm_select(self->state, channel);
		result = rpc_code(self, "asking for confirms");
	}
	if (result > 0)
		result = cbx_amqp_lost(self, "opening a channel", "the broker closed it");
	return result;
}

int cbx_amqp_open_channels(struct cbx_amqp_bus *self, uint64_t deadline)
{
	int result;

	limit_rpc(self, deadline);
	self->work = CBX_FIRST_WORK;
	result = open_channel(self, self->work);
	return result < 0 ? result : open_channel(self, CBX_ASK);
}

/* Numbers of the closed channel are over, and so is a message that it broke off */
static int end_numbers(struct cbx_amqp_bus *self)
{
	struct cbx_bus_event event = { .type = CBX_BUS_REFUSED,
				       .tag = self->published,
				       .multiple = true };
	bool open = self->confirms && self->published > self->published_before;

	cbx_amqp_content_reset(self);
	self->opened++;
	self->published_before = self->published;
	self->delivered_before = self->delivered;
	return open ? cbx_amqp_push(self, &event) : 0;
}

/* The working channel after this one: see connection.h */
static int next_channel(struct cbx_amqp_bus *self, amqp_channel_t *next)
{
	int most = amqp_get_channel_max(self->state);

	if (most <= CBX_ASK)
		return cbx_amqp_lost(self, "a closed channel",
				     "the broker's channel_max leaves no other one");
	*next = self->work == CBX_FIRST_WORK ? CBX_ASK + 1 : self->work + 1;
	if (*next > most)
		*next = CBX_FIRST_WORK;
	return 0;
}

/* The broker opens the next one when it has done with the closed one, or nearly: what comes of that
 * until then is read by its own numbers */
static int change_channel(struct cbx_amqp_bus *self, uint64_t deadline)
{
	amqp_channel_t next = 0;
	int result = next_channel(self, &next);

	if (result == 0)
		result = open_channel(self, next);
	if (result == 0)
		result = cbx_amqp_read_queued(self, deadline);
	if (result == 0)
		result = end_numbers(self);
	if (result == 0)
		self->work = next;
	return result;
}

/* 0 = all consume again; 1 = one could not, which closed the channel again; negative */
static int restart_consumers(struct cbx_amqp_bus *self)
{
	struct cbx_amqp_consumer *consumer;
	int code;

	LIST_FOREACH(consumer, &self->consumers, link)
	{
		if (!consumer->active)
			continue;
		cbx_amqp_start_consumer(self, consumer);
		code = rpc_code(self, consumer->queue);
		if (code > 0)
			code = cbx_amqp_end_consumer(self, consumer) < 0 ? CHATTERBOX_E_DOWN : 1;
		if (code != 0)
			return code;
	}
	return 0;
}

int cbx_amqp_reopen(struct cbx_amqp_bus *self, amqp_channel_t channel, uint64_t deadline)
{
	uint64_t now = cbx_now(self->clock);
	amqp_channel_close_ok_t answer = { 0 };
	bool work = channel == self->work;
	char error[sizeof(self->bus.error)];
	int status;
	int again;

	memcpy(error, self->bus.error, sizeof(error));
	limit_rpc(self, (deadline > now ? deadline : now) + CBX_SECOND);
	do {
		channel = work ? self->work : channel;
		status = amqp_send_method(self->state, channel, AMQP_CHANNEL_CLOSE_OK_METHOD,
					  &answer);
		if (status != AMQP_STATUS_OK)
			return cbx_amqp_lost_status(self, "a closed channel", status);
		again = work ? change_channel(self, deadline) : open_channel(self, channel);
		if (again == 0 && work)
			again = restart_consumers(self);
	} while (again > 0);
	if (again == 0)
		memcpy(self->bus.error, error, sizeof(error));
	return again;
}
