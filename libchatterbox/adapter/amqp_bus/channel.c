// SPDX-License-Identifier: MIT
/*
 * channel.c - opens channels, and opens them again when the broker closes one
 *
 * A closed channel is opened again at once, under another number (connection.h), in confirm mode
 * and with its consumers, as before. Publishes without a confirm are reported as refused: nobody
 * knows what became of them, and they may be sent again. Delivery tags continue after the last one,
 * so that a tag names one delivery as long as the connection lives.
 */
#include "adapter/amqp_bus/connection.h"

#include <chatterbox/error.h>
#include <stdio.h>
#include <string.h>

int cbx_amqp_start_consumer(struct cbx_amqp_bus *self, const struct cbx_amqp_consumer *consumer,
			    uint64_t deadline)
{
	/* applies to consumers that come after it, not to the channel */
	amqp_basic_qos_t qos = { .prefetch_count = consumer->prefetch };
	amqp_basic_consume_t consume = { .queue = amqp_cstring_bytes(consumer->queue),
					 .consumer_tag = amqp_cstring_bytes(consumer->tag),
					 .no_ack = !consumer->acks };
	struct cbx_amqp_question limit = { .channel = self->work,
					   .method = AMQP_BASIC_QOS_METHOD,
					   .arguments = &qos,
					   .what = consumer->queue };
	struct cbx_amqp_question start = { .channel = self->work,
					   .method = AMQP_BASIC_CONSUME_METHOD,
					   .arguments = &consume,
					   .what = consumer->queue };
	int result = cbx_amqp_ask(self, &limit, deadline);

	return result == 0 ? cbx_amqp_ask(self, &start, deadline) : result;
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

/* Without the channel the connection is of no use, so any failure ends the connection */
static int open_channel(struct cbx_amqp_bus *self, amqp_channel_t channel, uint64_t deadline)
{
	amqp_channel_open_t arguments = { .out_of_band = amqp_empty_bytes };
	amqp_confirm_select_t confirms = { 0 };
	struct cbx_amqp_question open = { .channel = channel,
					  .method = AMQP_CHANNEL_OPEN_METHOD,
					  .arguments = &arguments,
					  .what = "opening a channel" };
	struct cbx_amqp_question select = { .channel = channel,
					    .method = AMQP_CONFIRM_SELECT_METHOD,
					    .arguments = &confirms,
					    .what = "asking for confirms" };
	int result = cbx_amqp_ask(self, &open, deadline);

	if (result == 0 && channel != CBX_ASK && self->confirms)
		result = cbx_amqp_ask(self, &select, deadline);
	if (result > 0)
		return cbx_amqp_lost(self, open.what, "the broker closed it");
	if (result == CHATTERBOX_E_TIMEOUT)
		return cbx_amqp_lost(self, open.what, "the broker does not read");
	return result;
}

int cbx_amqp_open_channels(struct cbx_amqp_bus *self, uint64_t deadline)
{
	int result;

	self->work = CBX_FIRST_WORK;
	result = open_channel(self, self->work, deadline);
	return result < 0 ? result : open_channel(self, CBX_ASK, deadline);
}

/* Forgets the numbers of the closed channel, and a message that it did not finish */
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

/* The channel number to use next: see connection.h */
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

/* The broker opens the new channel about when it is done with the closed one; what it sends of the
 * closed one until then is read as such */
static int change_channel(struct cbx_amqp_bus *self, uint64_t deadline)
{
	amqp_channel_t next = 0;
	int result = next_channel(self, &next);

	self->changing = true;
	if (result == 0)
		result = open_channel(self, next, deadline);
	self->changing = false;
	if (result == 0)
		result = end_numbers(self);
	if (result == 0)
		self->work = next;
	return result;
}

/* 0 = all consumers are back; 1 = one could not consume, which closed the channel again; negative
 */
static int restart_consumers(struct cbx_amqp_bus *self, uint64_t deadline)
{
	struct cbx_amqp_consumer *consumer;
	int code;

	LIST_FOREACH(consumer, &self->consumers, link)
	{
		if (!consumer->active)
			continue;
		code = cbx_amqp_start_consumer(self, consumer, deadline);
		if (code > 0)
			code = cbx_amqp_end_consumer(self, consumer) < 0 ? CHATTERBOX_E_DOWN : 1;
		if (code != 0)
			return code;
	}
	return 0;
}

/* Answers the close of @channel and opens it again; returns as restart_consumers() */
static int open_again(struct cbx_amqp_bus *self, amqp_channel_t channel, uint64_t deadline)
{
	amqp_channel_close_ok_t answer = { 0 };
	/* what was published on it would come after its end */
	int result = cbx_amqp_flush(self);
	int status;

	if (result < 0)
		return result;
	status = amqp_send_method(self->state, channel, AMQP_CHANNEL_CLOSE_OK_METHOD, &answer);
	if (status != AMQP_STATUS_OK)
		return cbx_amqp_lost_status(self, "a closed channel", status);
	if (channel == CBX_ASK)
		return open_channel(self, channel, deadline);
	result = change_channel(self, deadline);
	return result < 0 ? result : restart_consumers(self, deadline);
}

int cbx_amqp_reopen(struct cbx_amqp_bus *self, amqp_channel_t channel, uint64_t deadline)
{
	uint64_t now = cbx_now(self->clock);
	uint64_t longer = (deadline > now ? deadline : now) + CBX_SECOND;
	char error[sizeof(self->bus.error)];
	int result;

	memcpy(error, self->bus.error, sizeof(error));
	do {
		result = open_again(self, channel == CBX_ASK ? channel : self->work, longer);
	} while (result > 0);
	if (result == 0)
		memcpy(self->bus.error, error, sizeof(error));
	return result;
}
