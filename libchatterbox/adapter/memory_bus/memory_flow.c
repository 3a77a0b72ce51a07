// SPDX-License-Identifier: MIT
/*
 * memory_flow.c - publish, take and acknowledge
 *
 * Only take() waits, in poll(2) on the connection's eventfd and the caller's wake descriptor. A
 * publish is complete when it returns, and its confirm is then in the inbox. Confirms that nobody
 * has taken yet are combined into one with `multiple`, as RabbitMQ does.
 */
#include "adapter/memory_bus/broker.h"
#include "common/cleanup.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* If there are more, the owner publishes without ever taking */
#define INBOX_LIMIT 100000

static void drop_entry(struct cbx_inbox_entry **entry)
{
	if (*entry)
		cbx_inbox_entry_free(*entry);
}

static void drop_content(struct cbx_content **content)
{
	cbx_content_unref(*content);
}

/* What a publish may have to report, allocated before anything happens */
struct answer {
	struct cbx_inbox_entry *news; /* the message was returned, or there is no such exchange */
	struct cbx_inbox_entry *confirm;
};

static void drop_answer(struct answer *answer)
{
	drop_entry(&answer->news);
	drop_entry(&answer->confirm);
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
	struct cbx_inbox_entry *last = TAILQ_LAST(&self->inbox, cbx_inbox_entries);

	if (outcome == 0 && last && last->type == CBX_BUS_CONFIRMED &&
	    last->tag + 1 == self->published) {
		last->tag = self->published;
		last->multiple = true;
		return;
	}
	answer->confirm->type = outcome == 0 ? CBX_BUS_CONFIRMED : CBX_BUS_REFUSED;
	answer->confirm->multiple = outcome == CHATTERBOX_E_REFUSED;
	answer->confirm->tag = self->published;
	cbx_inbox_entry_send(self, cbx_steal(answer->confirm));
}

/* Does the owner not know yet that an exchange is missing? Then this message, too, goes the way of
 * the channel that RabbitMQ has closed: nothing more is reported. */
static bool is_behind_refusal(struct cbx_memory_bus *self)
{
	struct cbx_inbox_entry *last = TAILQ_LAST(&self->inbox, cbx_inbox_entries);

	if (last && self->confirms && last->type == CBX_BUS_REFUSED && last->multiple) {
		last->tag = self->published;
		return true;
	}
	return last && last->error;
}

/* @outcome is cbx_route()'s */
static void tell(struct cbx_memory_bus *self, const struct cbx_bus_message *message,
		 struct cbx_content *content, struct answer *answer, int outcome)
{
	if (outcome == CHATTERBOX_E_REFUSED && is_behind_refusal(self))
		return;
	if (outcome == CHATTERBOX_E_REFUSED) {
		answer->news->error = CHATTERBOX_E_REFUSED;
		cbx_inbox_entry_send(self, cbx_steal(answer->news));
	} else if (outcome == 1) {
		if (message->mandatory) {
			answer->news->type = CBX_BUS_RETURNED;
			answer->news->content = cbx_content_ref(content);
			cbx_inbox_entry_send(self, cbx_steal(answer->news));
		}
		outcome = 0; /* in AMQP an unroutable message is confirmed */
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
	if (self->entries >= INBOX_LIMIT) {
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
static struct cbx_inbox_entry *look_again(struct cbx_memory_bus *self)
{
	struct cbx_consumer *consumer;

	LIST_FOREACH(consumer, &self->consumers, in_connection)
	if (!TAILQ_EMPTY(&consumer->queue->messages))
		(void)cbx_queue_pump(self->broker, consumer->queue);
	return TAILQ_FIRST(&self->inbox);
}

/* The oldest entry; taking one without acknowledgement makes room for the next. Call with the lock
 * held. */
static struct cbx_inbox_entry *open_inbox(struct cbx_memory_bus *self)
{
	struct cbx_inbox_entry *entry = TAILQ_FIRST(&self->inbox) ?: look_again(self);
	struct cbx_consumer *consumer;

	if (!entry)
		return NULL;
	TAILQ_REMOVE(&self->inbox, entry, link);
	self->entries--;
	consumer = entry->consumer;
	entry->consumer = NULL;
	if (consumer) {
		consumer->out--;
		if (!TAILQ_EMPTY(&consumer->queue->messages))
			(void)cbx_queue_pump(self->broker, consumer->queue);
	}
	return entry;
}

static int to_event(struct cbx_memory_bus *self, const struct cbx_inbox_entry *entry,
		    struct cbx_bus_event *event)
{
	struct cbx_bus_message message = { 0 };
	struct cbx_bus_event made = { .type = entry->type,
				      .tag = entry->tag,
				      .multiple = entry->multiple,
				      .redelivered = entry->redelivered };
	int result = 0;

	if (entry->error) {
		snprintf(self->bus.error, sizeof(self->bus.error), "%s", entry->text);
		return entry->error;
	}
	if (entry->content)
		message = entry->content->event.message;
	if (message.body_len > self->bus.max_body) {
		message.body = NULL;
		message.body_len = 0;
		if (entry->type == CBX_BUS_DELIVERY)
			made.type = CBX_BUS_OVERSIZED;
	}
	if (entry->type == CBX_BUS_DELIVERY || entry->type == CBX_BUS_CANCELLED)
		message.queue = entry->text;
	if (entry->content || message.queue)
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

/* Sleeps until something may have come: 0; or 1 when the time is over or @wake_fd is readable */
static int sleep_until(struct cbx_memory_bus *self, int wake_fd, uint64_t deadline)
{
	struct pollfd fds[2] = { { .fd = self->fd, .events = POLLIN },
				 { .fd = wake_fd, .events = POLLIN } };
	int ready = poll(fds, 2, cbx_ms_left(self->broker->clock, deadline, INT_MAX));

	if (ready < 0)
		return 0; /* EINTR: check again */
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
	cbx_auto(drop_entry) struct cbx_inbox_entry *entry = NULL;
	bool over = false;
	int result;

	for (;;) {
		result = cbx_memory_enter(self);
		if (result < 0)
			return result;
		bus->alive_at = cbx_now(self->broker->clock);
		entry = open_inbox(self);
		self->waiting = !entry;
		cbx_memory_leave(self, 0);
		if (entry)
			return to_event(self, entry, event);
		if (over) {
			*event = (struct cbx_bus_event){ .type = CBX_BUS_NOTHING };
			return 0;
		}
		over = sleep_until(self, wake_fd, deadline);
	}
}

static void acknowledge_one(struct cbx_memory_bus *self, struct cbx_queued *queued)
{
	struct cbx_queue *queue = queued->queue;

	TAILQ_REMOVE(&self->unacknowledged, queued, link);
	if (queued->consumer)
		queued->consumer->out--;
	cbx_queued_free(queued);
	if (queue)
		(void)cbx_queue_pump(self->broker, queue);
}

int cbx_memory_acknowledge(struct cbx_bus *bus, uint64_t tag, bool multiple, bool ok)
{
	struct cbx_memory_bus *self = cbx_memory_self(bus);
	struct cbx_queued *queued;
	size_t acknowledged = 0;
	int result = cbx_memory_enter(self);

	(void)ok; /* rejected without requeue, and there is no dead-letter exchange: it goes, too */
	if (result < 0)
		return result;
	queued = TAILQ_FIRST(&self->unacknowledged);
	while (queued && queued->tag <= tag) {
		struct cbx_queued *next = TAILQ_NEXT(queued, link);

		if (multiple || queued->tag == tag) {
			acknowledge_one(self, queued);
			acknowledged++;
		}
		queued = next;
	}
	if (!acknowledged) {
		snprintf(bus->error, sizeof(bus->error), "memory: unknown delivery tag %llu",
			 (unsigned long long)tag);
		result = CHATTERBOX_E_REFUSED;
	}
	return cbx_memory_leave(self, result);
}
