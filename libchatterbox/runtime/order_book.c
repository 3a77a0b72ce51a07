// SPDX-License-Identifier: MIT
/*
 * order_book.c - keeps orders until they are written
 *
 * When there is no room the oldest that has ended goes, and is counted as lost. One that has not
 * ended is never dropped, since its call still points to it.
 */
#include "runtime/order_book.h"

#include "common/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNENDED_AFTER CBX_SECOND

struct cbx_order {
	struct cbx_order *next;
	struct cbx_asker asker;
	const char *event;
	char system[80];
	int64_t job_id;
	uint64_t at;
	char outcome[320];
	char detail[CBX_ORDER_DETAIL];
	bool ended;
	bool written; /* without its outcome */
};

void cbx_order_book_init(struct cbx_order_book *book, struct cbx_clock *clock)
{
	*book = (struct cbx_order_book){ .clock = clock };
	pthread_mutex_init(&book->lock, NULL);
	book->end = &book->first;
}

void cbx_order_book_close(struct cbx_order_book *book)
{
	struct cbx_order *order;

	while ((order = book->first)) {
		book->first = order->next;
		free(order);
	}
	pthread_mutex_destroy(&book->lock);
}

/* With the lock held */
static void remove_order(struct cbx_order_book *book, struct cbx_order *order)
{
	struct cbx_order **link = &book->first;

	while (*link && *link != order)
		link = &(*link)->next;
	if (!*link)
		return;
	*link = order->next;
	if (!order->next)
		book->end = link;
	book->count--;
	free(order);
}

static bool has_room(struct cbx_order_book *book)
{
	struct cbx_order *order = book->first;

	if (book->count < CBX_ORDERS_WAIT)
		return true;
	book->lost++;
	while (order && !order->ended)
		order = order->next;
	if (order)
		remove_order(book, order);
	return order;
}

static struct cbx_order *make(struct cbx_order_book *book, const struct cbx_asker *asker,
			      const struct cbx_order_about *about)
{
	struct cbx_order *order = calloc(1, sizeof(*order));

	if (!order) {
		book->lost++;
		return NULL;
	}
	order->asker = *asker;
	if (!order->asker.key[0])
		cbx_uuid(order->asker.key);
	order->event = about->event;
	snprintf(order->system, sizeof(order->system), "%s", about->system ?: "");
	order->job_id = about->job_id;
	order->at = cbx_now(book->clock);
	snprintf(order->detail, sizeof(order->detail), "%s", about->detail ?: "");
	*book->end = order;
	book->end = &order->next;
	book->count++;
	return order;
}

struct cbx_order *cbx_order_note(struct cbx_order_book *book, const struct cbx_asker *asker,
				 const struct cbx_order_about *about)
{
	struct cbx_order *order = NULL;

	pthread_mutex_lock(&book->lock);
	if (!book->closed && has_room(book))
		order = make(book, asker, about);
	pthread_mutex_unlock(&book->lock);
	return order;
}

const char *cbx_order_key(const struct cbx_order *order)
{
	return order->asker.key;
}

/* Copies what fits of @text, as UTF-8 without control characters: SQL would refuse another one, and
 * all that is written with it */
static void clean(char *out, size_t size, const char *text)
{
	size_t len = text ? strnlen(text, size) : 0;
	size_t i;

	if (len == size)
		len--;
	/* not in the middle of a character */
	for (i = 0; i < 3 && len && !cbx_utf8_valid(text, len) && text[len]; i++)
		len--;
	for (i = 0; i < len; i++)
		out[i] = (unsigned char)text[i] < ' ' || text[i] == 0x7f ? '?' : text[i];
	out[len] = '\0';
	for (i = 0; i < len && !cbx_utf8_valid(out, len); i++)
		if ((unsigned char)out[i] >= 0x80)
			out[i] = '?';
}

/* {"seconds":30} and {"jobs":2} become {"seconds":30,"jobs":2}; what does not fit stays away */
static void add_result(char detail[CBX_ORDER_DETAIL], const char *result)
{
	size_t len = strlen(detail);
	size_t more = strlen(result);

	if (more < 3 || result[0] != '{' || len + more >= CBX_ORDER_DETAIL)
		return;
	if (!len) {
		memcpy(detail, result, more + 1);
		return;
	}
	detail[len - 1] = ',';
	memcpy(detail + len, result + 1, more);
}

void cbx_order_end(struct cbx_order_book *book, struct cbx_order *order, const char *outcome,
		   const char *result)
{
	if (!order)
		return;
	pthread_mutex_lock(&book->lock);
	clean(order->outcome, sizeof(order->outcome), outcome);
	if (result)
		add_result(order->detail, result);
	order->ended = true;
	pthread_mutex_unlock(&book->lock);
}

void cbx_order_forget(struct cbx_order_book *book, struct cbx_order *order)
{
	if (!order)
		return;
	pthread_mutex_lock(&book->lock);
	remove_order(book, order);
	pthread_mutex_unlock(&book->lock);
}

static void copy(const struct cbx_order *order, uint64_t now, struct cbx_order_copy *out)
{
	memcpy(out->system, order->system, sizeof(out->system));
	memcpy(out->who, order->asker.who, sizeof(out->who));
	memcpy(out->key, order->asker.key, sizeof(out->key));
	memcpy(out->outcome, order->outcome, sizeof(out->outcome));
	memcpy(out->detail, order->detail, sizeof(out->detail));
	out->ended = order->ended;
	out->row = (struct cbx_order_row){
		.key = out->key,
		.age_ms = (int64_t)((now - order->at) / CBX_MS),
		.system = out->system[0] ? out->system : NULL,
		.job_id = order->job_id,
		.event = order->event,
		.door = order->asker.door ?: "c",
		.who = out->who[0] ? out->who : NULL,
		.outcome = out->ended ? out->outcome : NULL,
		.detail = out->detail[0] ? out->detail : NULL,
	};
}

size_t cbx_order_book_copy(struct cbx_order_book *book, struct cbx_order_copy *copies, size_t most,
			   bool at_once)
{
	struct cbx_order *order;
	uint64_t now = cbx_now(book->clock);
	size_t count = 0;

	pthread_mutex_lock(&book->lock);
	for (order = book->first; order && count < most; order = order->next) {
		bool waits = !at_once && now - order->at < UNENDED_AFTER;

		if (!order->ended && (order->written || waits))
			continue;
		copy(order, now, &copies[count++]);
	}
	pthread_mutex_unlock(&book->lock);
	return count;
}

void cbx_order_book_written(struct cbx_order_book *book, const struct cbx_order_copy *copies,
			    size_t count)
{
	size_t i;

	pthread_mutex_lock(&book->lock);
	for (i = 0; i < count; i++) {
		struct cbx_order *order = book->first;

		/* it may have lost its place to others meanwhile */
		while (order && strcmp(order->asker.key, copies[i].key) != 0)
			order = order->next;
		if (order && copies[i].ended)
			remove_order(book, order);
		else if (order)
			order->written = true;
	}
	pthread_mutex_unlock(&book->lock);
}

void cbx_asker_name(struct cbx_asker *asker, const char *who)
{
	clean(asker->who, sizeof(asker->who), who);
}

void cbx_order_detail(const json_t *params, char out[CBX_ORDER_DETAIL])
{
	static const char *const names[] = { "seconds", "older_than", "discovery", "id" };
	const json_t *ids = json_object_get(params, "ids");
	size_t len = 0;
	size_t i;

	out[0] = '\0';
	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const json_t *value = json_object_get(params, names[i]);
		const char *before = len ? "," : "{";

		if (json_is_integer(value))
			len += (size_t)snprintf(out + len, CBX_ORDER_DETAIL - len, "%s\"%s\":%lld",
						before, names[i],
						(long long)json_integer_value(value));
		else if (json_is_boolean(value))
			len += (size_t)snprintf(out + len, CBX_ORDER_DETAIL - len, "%s\"%s\":%s",
						before, names[i],
						json_is_true(value) ? "true" : "false");
	}
	if (json_is_array(ids))
		len += (size_t)snprintf(out + len, CBX_ORDER_DETAIL - len, "%s\"ids\":%zu",
					len ? "," : "{", json_array_size(ids));
	if (len)
		snprintf(out + len, CBX_ORDER_DETAIL - len, "}");
}
