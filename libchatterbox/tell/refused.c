// SPDX-License-Identifier: MIT
/* refused.c - the waits of what is refused: a second, then twice as long each time, up to five
 * minutes. Otherwise every queue that does take the event would get a copy of it each second. */
#include "tell/refused.h"

#include "base/hash.h"
#include "common/array.h"
#include "tell/tell.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_WAIT CBX_SECOND
#define LONGEST_WAIT (300 * CBX_SECOND)

struct cbx_refused_key {
	UT_hash_handle hh;
	uint64_t wait, next_try;
	char name[];
};

static uint64_t longer(uint64_t wait)
{
	if (!wait)
		return FIRST_WAIT;
	return 2 * wait < LONGEST_WAIT ? 2 * wait : LONGEST_WAIT;
}

int cbx_refusals_apply(struct cbx_refusals *refusals, uint64_t now, struct cbx_outbox_wish *wish)
{
	const struct cbx_refused_key *key;
	size_t count = 0;

	if (cbx_grow(refusals->waiting, refusals->waiting_capacity, HASH_COUNT(refusals->keys)) < 0)
		return -ENOMEM;
	for (key = refusals->keys; key; key = key->hh.next)
		if (now < key->next_try)
			refusals->waiting[count++] = key->name;
	wish->without = refusals->waiting;
	wish->without_count = count;
	if (refusals->exchange_wait)
		wish->limit = 1;
	return 0;
}

static struct cbx_refused_key *find(const struct cbx_refusals *refusals, const char *name)
{
	struct cbx_refused_key *key = NULL;

	HASH_FIND_STR(refusals->keys, name, key);
	return key;
}

/* NULL = out of memory: then it is sent again sooner, no more */
static struct cbx_refused_key *add(struct cbx_refusals *refusals, const char *name)
{
	size_t size = strlen(name) + 1;
	struct cbx_refused_key *key = calloc(1, sizeof(*key) + size);

	if (!key)
		return NULL;
	memcpy(key->name, name, size);
	if (cbx_hash_add(refusals->keys, key->name, size - 1, key) < 0) {
		free(key);
		return NULL;
	}
	return key;
}

static void complain(struct cbx_teller *teller, const struct cbx_outbox_row *row)
{
	struct cbx_refusals *refusals = &teller->refusals;
	uint64_t now = cbx_now(teller->clock);

	if (refusals->complained_at && now - refusals->complained_at < LONGEST_WAIT)
		return;
	refusals->complained_at = now;
	cbx_warn(teller->log,
		 CBX_FIELDS({ "server", "rmq" }, { "event", row->name },
			    { "message_id", row->message_id },
			    { "exchange", teller->settings->event_exchange }),
		 "event %s %s was refused by a queue that exchange %s leads to: is one full, with "
		 "overflow reject-publish? It is sent again after a second, then ever more rarely; "
		 "events of others go on (%u wait)",
		 row->name, row->message_id, teller->settings->event_exchange,
		 HASH_COUNT(refusals->keys));
}

void cbx_refusals_add(struct cbx_teller *teller, const struct cbx_outbox_row *row)
{
	struct cbx_refused_key *key =
		find(&teller->refusals, row->key) ?: add(&teller->refusals, row->key);

	complain(teller, row);
	if (!key)
		return;
	key->wait = longer(key->wait);
	key->next_try = cbx_now(teller->clock) + key->wait;
}

void cbx_refusals_remove(struct cbx_teller *teller, const struct cbx_outbox_row *row)
{
	struct cbx_refusals *refusals = &teller->refusals;
	struct cbx_refused_key *key = find(refusals, row->key);

	if (!key)
		return;
	HASH_DEL(refusals->keys, key);
	free(key);
	if (refusals->keys)
		return;
	refusals->complained_at = 0;
	cbx_info(teller->log,
		 CBX_FIELDS({ "server", "rmq" }, { "event", row->name },
			    { "message_id", row->message_id },
			    { "exchange", teller->settings->event_exchange }),
		 "no event is refused any more, %s %s was the last", row->name, row->message_id);
}

void cbx_refusals_add_exchange(struct cbx_teller *teller, const char *event, const char *id,
			       const char *why)
{
	struct cbx_refusals *refusals = &teller->refusals;
	cbx_auto(cbx_text_free) struct cbx_text text = { 0 };

	refusals->exchange_wait = longer(refusals->exchange_wait);
	refusals->exchange_next_try = cbx_now(teller->clock) + refusals->exchange_wait;
	cbx_text_printf(&text, "exchange %s takes no event (%s%s%s)%s %s",
			teller->settings->event_exchange, event, *id ? " " : "", id,
			cbx_bus_guess(why), why);
	cbx_link_refused(&teller->bus_link, text.failed ? why : text.bytes);
}

void cbx_refusals_remove_exchange(struct cbx_teller *teller)
{
	teller->refusals.exchange_wait = teller->refusals.exchange_next_try = 0;
	cbx_link_works(&teller->bus_link);
}

void cbx_refusals_hurry(struct cbx_refusals *refusals)
{
	struct cbx_refused_key *key;

	refusals->exchange_next_try = 0;
	for (key = refusals->keys; key; key = key->hh.next)
		key->next_try = 0;
}

void cbx_refusals_clear(struct cbx_refusals *refusals)
{
	struct cbx_refused_key *key;
	struct cbx_refused_key *next;

	HASH_ITER (hh, refusals->keys, key, next) {
		HASH_DEL(refusals->keys, key);
		free(key);
	}
	free(refusals->waiting);
	*refusals = (struct cbx_refusals){ 0 };
}
