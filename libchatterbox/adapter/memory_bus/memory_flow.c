// SPDX-License-Identifier: MIT
/*
 * memory_flow.c - the moving part of a connection: publish, take and settle
 *
 * Nothing waits here but take(), in poll(2) on the connection's eventfd and the caller's wake
 * descriptor: a publish is done when it returns, and its confirm lies in the inbox. Confirms that
 * nobody has taken yet run together into one with `multiple`, as RabbitMQ sends them.
 */
#include "adapter/memory_bus/broker.h"
#include "base/cleanup.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* More than this, and the owner publishes without ever taking */
#define INBOX_LIMIT 100000

static void drop_letter(struct cbx_letter **letter)
{
	if (*letter)
		cbx_letter_free(*letter);
}

static void drop_content(struct cbx_content **content)
{
	cbx_content_unref(*content);
}

/* What a publish may have to tell, allocated before anything has happened */
struct answer {
	struct cbx_letter *news; /* returned, or no such exchange */
	struct cbx_letter *confirm;
};

static void drop_answer(struct answer *answer)
{
	drop_letter(&answer->news);
	drop_letter(&answer->confirm);
}

static int make_answer(const struct cbx_bus_message *message, struct answer *answer)
{
	const char *exchange = message->exchange ? message->exchange : "";

	answer->news = calloc(1, sizeof(*answer->news));
	answer->confirm = calloc(1, sizeof(*answer->confirm));
	if (!answer->news || !answer->confirm)
		return -ENOMEM;
	if (asprintf(&answer->news->text, "memory: NOT_FOUND - no exchange '%s'", exchange) < 0) {
		answer->news->text = NULL;
		return -ENOMEM;
	}
	return 0;
}

static void send_confirm(struct cbx_memory_bus *self, struct answer *answer, int outcome)
{
	struct cbx_letter *last = TAILQ_LAST(&self->inbox, cbx_letters);

	if (outcome == 0 && last && last->type == CBX_BUS_CONFIRMED &&
	    last->tag + 1 == self->published) {
		last->tag = self->published;
		last->multiple = true;
		return;
	}
	answer->confirm->type = outcome == 0 ? CBX_BUS_CONFIRMED : CBX_BUS_REFUSED;
	answer->confirm->multiple = outcome == CHATTERBOX_E_REFUSED;
	answer->confirm->tag = self->published;
	cbx_letter_send(self, cbx_steal(answer->confirm));
}

/* @outcome is cbx_route()'s */
static void tell(struct cbx_memory_bus *self, const struct cbx_bus_message *message,
		 struct cbx_content *content, struct answer *answer, int outcome)
{
	if (outcome == CHATTERBOX_E_REFUSED) {
		answer->news->error = CHATTERBOX_E_REFUSED;
		cbx_letter_send(self, cbx_steal(answer->news));
	} else if (outcome == 1) {
		if (message->mandatory) {
			answer->news->type = CBX_BUS_RETURNED;
			answer->news->content = cbx_content_ref(content);
			cbx_letter_send(self, cbx_steal(answer->news));
		}
		outcome = 0; /* as AMQP: unroutable is taken */
	}
	if (self->confirms)
		send_confirm(self, answer, outcome);
}

int cbx_memory_publish(struct cbx_bus *bus, const struct cbx_bus_message *message, uint64_t *tag,
		       uint64_t deadline)
{
	struct cbx_memory_bus *self = cbx_memory_self(bus);
	cbx_auto(drop_content) struct cbx_content *content = NULL;
	cbx_auto(drop_answer) struct answer answer = { NULL, NULL };
	int result = cbx_bus_message_check(bus, message);

	(void)deadline;
	if (result == 0)
		result = cbx_content_new(message, &content);
	if (result == 0)
		result = make_answer(message, &answer);
	if (result == 0)
		result = cbx_memory_enter(self);
	if (result < 0)
		return result;
	if (self->letters >= INBOX_LIMIT) {
		snprintf(bus->error, sizeof(bus->error), "memory: nobody takes the events");
		return cbx_memory_leave(self, CHATTERBOX_E_TIMEOUT);
	}
	result = cbx_route(self->broker, content);
	if (result < 0 && result != CHATTERBOX_E_REFUSED)
		return cbx_memory_leave(self, result);
	self->published++;
	tell(self, message, content, &answer, result);
	if (tag)
		*tag = self->published;
	return cbx_memory_leave(self, 0);
}

/* What could not be handed over for want of memory waits in its queue */
static struct cbx_letter *look_again(struct cbx_memory_bus *self)
{
	struct cbx_consumer *consumer;

	LIST_FOREACH(consumer, &self->consumers, in_connection)
	if (!TAILQ_EMPTY(&consumer->queue->parcels))
		(void)cbx_queue_pump(self->broker, consumer->queue);
	return TAILQ_FIRST(&self->inbox);
}

/* The oldest letter; taking one without acks makes room for the next. Locked. */
static struct cbx_letter *open_inbox(struct cbx_memory_bus *self)
{
	struct cbx_letter *letter = TAILQ_FIRST(&self->inbox) ?: look_again(self);
	struct cbx_consumer *consumer;

	if (!letter)
		return NULL;
	TAILQ_REMOVE(&self->inbox, letter, link);
	self->letters--;
	consumer = letter->consumer;
	letter->consumer = NULL;
	if (consumer) {
		consumer->out--;
		if (!TAILQ_EMPTY(&consumer->queue->parcels))
			(void)cbx_queue_pump(self->broker, consumer->queue);
	}
	return letter;
}

static int to_event(struct cbx_memory_bus *self, const struct cbx_letter *letter,
		    struct cbx_bus_event *event)
{
	struct cbx_bus_message message = { 0 };
	struct cbx_bus_event made = { .type = letter->type,
				      .tag = letter->tag,
				      .multiple = letter->multiple,
				      .redelivered = letter->redelivered };
	int result = 0;

	if (letter->error) {
		snprintf(self->bus.error, sizeof(self->bus.error), "%s", letter->text);
		return letter->error;
	}
	if (letter->content)
		message = letter->content->event.message;
	if (message.body_len > self->bus.max_body) {
		message.body = NULL;
		message.body_len = 0;
		if (letter->type == CBX_BUS_DELIVERY)
			made.type = CBX_BUS_OVERSIZED;
	}
	if (letter->type == CBX_BUS_DELIVERY || letter->type == CBX_BUS_CANCELLED)
		message.queue = letter->text;
	if (letter->content || message.queue)
		result = cbx_bus_event_set(&made, &message);
	if (result == 0)
		*event = made;
	return result;
}

static void drain(int fd)
{
	uint64_t count;
	ssize_t got = read(fd, &count, sizeof(count));

	(void)got;
}

/* Sleeps until something may have come: 0, or 1 when the time is over or @wake_fd is readable */
static int sleep_until(struct cbx_memory_bus *self, int wake_fd, uint64_t deadline)
{
	struct pollfd fds[2] = { { .fd = self->fd, .events = POLLIN },
				 { .fd = wake_fd, .events = POLLIN } };
	int ready = poll(fds, 2, cbx_ms_left(self->broker->clock, deadline, INT_MAX));

	if (ready < 0)
		return 0; /* EINTR: look again */
	if (fds[0].revents)
		drain(self->fd);
	else if (ready == 0 || fds[1].revents)
		return 1;
	return 0;
}

int cbx_memory_take(struct cbx_bus *bus, int wake_fd, uint64_t deadline,
		    struct cbx_bus_event *event)
{
	struct cbx_memory_bus *self = cbx_memory_self(bus);
	cbx_auto(drop_letter) struct cbx_letter *letter = NULL;
	bool over = false;
	int result;

	for (;;) {
		result = cbx_memory_enter(self);
		if (result < 0)
			return result;
		letter = open_inbox(self);
		self->waiting = !letter;
		cbx_memory_leave(self, 0);
		if (letter)
			return to_event(self, letter, event);
		if (over) {
			*event = (struct cbx_bus_event){ .type = CBX_BUS_NOTHING };
			return 0;
		}
		over = sleep_until(self, wake_fd, deadline);
	}
}

static void settle_one(struct cbx_memory_bus *self, struct cbx_parcel *parcel)
{
	struct cbx_queue *queue = parcel->queue;

	TAILQ_REMOVE(&self->unsettled, parcel, link);
	if (parcel->consumer)
		parcel->consumer->out--;
	cbx_parcel_free(parcel);
	if (queue)
		(void)cbx_queue_pump(self->broker, queue);
}

int cbx_memory_settle(struct cbx_bus *bus, uint64_t tag, bool multiple, bool ok)
{
	struct cbx_memory_bus *self = cbx_memory_self(bus);
	struct cbx_parcel *parcel;
	size_t settled = 0;
	int result = cbx_memory_enter(self);

	(void)ok; /* rejected without requeue and without a dead-letter exchange: it is gone as well
		   */
	if (result < 0)
		return result;
	parcel = TAILQ_FIRST(&self->unsettled);
	while (parcel && parcel->tag <= tag) {
		struct cbx_parcel *next = TAILQ_NEXT(parcel, link);

		if (multiple || parcel->tag == tag) {
			settle_one(self, parcel);
			settled++;
		}
		parcel = next;
	}
	if (!settled) {
		snprintf(bus->error, sizeof(bus->error), "memory: unknown delivery tag %llu",
			 (unsigned long long)tag);
		result = CHATTERBOX_E_REFUSED;
	}
	return cbx_memory_leave(self, result);
}
