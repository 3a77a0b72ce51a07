// SPDX-License-Identifier: MIT
/*
 * route.c - exchanges: finds the queues that a message goes to
 *
 * The default exchange reaches the queue named by the routing key; all others are topic exchanges.
 * A queue gets one copy even if several of its bindings match. Without memory a message reaches
 * none of its queues.
 */
#include "adapter/memory_bus/broker.h"
#include "common/cleanup.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *word_end(const char *word)
{
	return strchrnul(word, '.');
}

/* The next word, or NULL after the last */
static const char *next_word(const char *word)
{
	const char *end = word_end(word);

	return *end ? end + 1 : NULL;
}

static bool same_word(const char *pattern, const char *word)
{
	size_t len = (size_t)(word_end(pattern) - pattern);

	if (len == 1 && *pattern == '*')
		return true;
	return len == (size_t)(word_end(word) - word) && !memcmp(pattern, word, len);
}

/* AMQP's patterns: words separated by dots; '*' is one word, '#' any number of words */
static bool topic_matches(const char *pattern, const char *key)
{
	const char *p = *pattern ? pattern : NULL;
	const char *k = *key ? key : NULL; /* an empty key has no words */
	const char *after_hash = NULL; /* where to continue if the last '#' takes one more word */
	const char *hash_key = NULL;
	bool hash_seen = false;

	while (k || p) {
		if (p && word_end(p) == p + 1 && *p == '#') {
			p = after_hash = next_word(p);
			hash_key = k;
			hash_seen = true;
		} else if (p && k && same_word(p, k)) {
			p = next_word(p);
			k = next_word(k);
		} else if (hash_seen && hash_key) {
			k = hash_key = next_word(hash_key);
			p = after_hash;
		} else {
			return false;
		}
	}
	return true;
}

int cbx_exchange_new(struct cbx_memory_broker *broker, const char *name)
{
	struct cbx_exchange *exchange = calloc(1, sizeof(*exchange));

	if (!exchange)
		return -ENOMEM;
	exchange->name = strdup(name);
	if (!exchange->name) {
		free(exchange);
		return -ENOMEM;
	}
	LIST_INIT(&exchange->bindings);
	LIST_INSERT_HEAD(&broker->exchanges, exchange, link);
	return 0;
}

struct cbx_exchange *cbx_exchange_find(struct cbx_memory_broker *broker, const char *name)
{
	struct cbx_exchange *exchange;

	LIST_FOREACH(exchange, &broker->exchanges, link)
	if (!strcmp(exchange->name, name))
		return exchange;
	return NULL;
}

int cbx_exchange_bind(struct cbx_exchange *exchange, struct cbx_queue *queue, const char *pattern)
{
	struct cbx_binding *binding;

	LIST_FOREACH(binding, &exchange->bindings, link)
	if (binding->queue == queue && !strcmp(binding->pattern, pattern))
		return 0;
	binding = calloc(1, sizeof(*binding));
	if (!binding)
		return -ENOMEM;
	binding->queue = queue;
	binding->pattern = strdup(pattern);
	if (!binding->pattern) {
		free(binding);
		return -ENOMEM;
	}
	LIST_INSERT_HEAD(&exchange->bindings, binding, link);
	return 0;
}

void cbx_exchange_free(struct cbx_exchange *exchange)
{
	cbx_exchange_unbind(exchange, NULL);
	free(exchange->name);
	free(exchange);
}

/* Queues the message in @found, unless it is there already or @full is set */
static int address(struct cbx_memory_broker *broker, struct cbx_queue *queue,
		   struct cbx_content *content, struct cbx_queued_list *found, bool *full)
{
	int64_t ttl = content->event.message.expiration_ms;
	struct cbx_queued *queued;

	if (queue->seen_by == broker->published)
		return 0;
	queue->seen_by = broker->published;
	cbx_queue_expire(broker, queue);
	if (queue->count >= CBX_MEMORY_QUEUE_LIMIT) {
		*full = true;
		return 0;
	}
	queued = calloc(1, sizeof(*queued));
	if (!queued)
		return -ENOMEM;
	queued->queue = queue;
	queued->content = cbx_content_ref(content);
	if (ttl > 0)
		queued->expires = cbx_now(broker->clock) + (uint64_t)ttl * CBX_MS;
	TAILQ_INSERT_TAIL(found, queued, link);
	return 0;
}

static int find_queues(struct cbx_memory_broker *broker, struct cbx_content *content,
		       struct cbx_queued_list *found, bool *full)
{
	const struct cbx_bus_message *message = &content->event.message;
	const char *key = message->routing_key ? message->routing_key : "";
	struct cbx_exchange *exchange;
	struct cbx_binding *binding;
	struct cbx_queue *queue;
	int result = 0;

	if (!message->exchange || !*message->exchange) {
		queue = cbx_queue_find(broker, key);
		return queue ? address(broker, queue, content, found, full) : 0;
	}
	exchange = cbx_exchange_find(broker, message->exchange);
	if (!exchange)
		return CHATTERBOX_E_REFUSED;
	LIST_FOREACH(binding, &exchange->bindings, link)
	{
		if (topic_matches(binding->pattern, key))
			result = address(broker, binding->queue, content, found, full);
		if (result < 0)
			break;
	}
	return result;
}

int cbx_route(struct cbx_memory_broker *broker, struct cbx_content *content)
{
	struct cbx_queued_list found = TAILQ_HEAD_INITIALIZER(found);
	struct cbx_queued *queued;
	bool full = false;
	bool any;
	int result;

	broker->published++;
	result = find_queues(broker, content, &found, &full);
	any = !TAILQ_EMPTY(&found);
	while ((queued = TAILQ_FIRST(&found))) {
		TAILQ_REMOVE(&found, queued, link);
		if (result < 0) {
			cbx_queued_free(queued);
			continue;
		}
		queued->place = queued->queue->next_place++;
		queued->queue->count++;
		TAILQ_INSERT_TAIL(&queued->queue->messages, queued, link);
		/* without memory it waits in the queue for the next pump */
		(void)cbx_queue_pump(broker, queued->queue);
	}
	if (result < 0)
		return result;
	return full ? 2 : any ? 0 : 1;
}
