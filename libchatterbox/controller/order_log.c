// SPDX-License-Identifier: MIT
/* order_log.c - orders become rows of the table orders */
#include "controller/order_log.h"

#include "base/read.h"
#include "port/orders.h"

#include <stdio.h>
#include <string.h>

#define PORTION 32
#define AGAIN CBX_SECOND /* after a failure */

/* Was it noted before? If not, it is now. What was recorded does not get here again; what waited
 * for SQL when its connection was lost does. */
static bool was_noted(struct cbx_order_log *orders, uint64_t identity, bool redelivered)
{
	size_t i;

	/* without the mark it is another one, even if it is the same to the letter */
	for (i = 0; redelivered && i < CBX_ORDER_EVENTS_KEPT; i++)
		if (orders->events[i] == identity)
			return true;
	orders->events[orders->next_event] = identity;
	orders->next_event = (orders->next_event + 1) % CBX_ORDER_EVENTS_KEPT;
	return false;
}

void cbx_order_log_event(struct cbx_order_log *orders, const struct cbx_inbound *inbound, bool ok)
{
	bool interval = inbound->type == CBX_IN_INTERVAL;
	char detail[64] = "";
	struct cbx_asker asker = { .door = "amqp" };
	struct cbx_order_about about = {
		.event = interval ? "nl-ocd.event.update_time_till_next_check"
				  : "nl-ocd.event.update_database",
		.job_id = CBX_NO_COUNT,
		.detail = detail,
	};
	int64_t seconds;

	if (!orders->book || (!interval && inbound->type != CBX_IN_DISCOVER))
		return;
	if (was_noted(orders, inbound->identity, inbound->redelivered))
		return;
	cbx_asker_name(&asker, inbound->who);
	if (interval && cbx_parse_count(inbound->text, strlen(inbound->text), &seconds))
		snprintf(detail, sizeof(detail), "{\"seconds\":%lld}", (long long)seconds);
	cbx_order_end(orders->book, cbx_order_note(orders->book, &asker, &about),
		      ok ? "ok" : "takes a number of seconds, 1..86400", NULL);
}

static void tell_lost(struct cbx_order_log *orders, const struct cbx_log *log)
{
	uint64_t lost;

	pthread_mutex_lock(&orders->book->lock);
	lost = orders->book->lost;
	pthread_mutex_unlock(&orders->book->lock);
	if (lost == orders->told_lost)
		return;
	cbx_warn(log, CBX_NO_FIELDS, "%llu orders have no row in the table orders",
		 (unsigned long long)(lost - orders->told_lost));
	orders->told_lost = lost;
}

/* 0, or a failure: nothing of them is written */
static int write_portion(struct cbx_road *road, const struct cbx_order_copy *copies, size_t count)
{
	struct cbx_guard guard = cbx_leadership_guard(road->leadership, road->epoch);
	struct cbx_order_row rows[PORTION];
	size_t i;

	for (i = 0; i < count; i++)
		rows[i] = copies[i].row;
	return road->sql->orders->write(road->sql, &guard, rows, count);
}

/* With history_retention 0 none is kept */
static int write_all(struct cbx_order_log *orders, struct cbx_road *road, bool at_once)
{
	struct cbx_order_copy copies[PORTION];
	size_t count = PORTION;
	int result = 0;

	while (!result && count == PORTION) {
		count = cbx_order_book_copy(orders->book, copies, PORTION, at_once);
		if (count && cbx_road_keeps_history(road))
			result = write_portion(road, copies, count);
		if (!result)
			cbx_order_book_written(orders->book, copies, count);
	}
	return result;
}

void cbx_order_log_turn(struct cbx_order_log *orders, struct cbx_road *road)
{
	int result;

	if (!orders->book)
		return;
	tell_lost(orders, road->log);
	if (!road->sql_link.up || cbx_now(road->clock) < orders->next_at)
		return;
	result = write_all(orders, road, false);
	if (result < 0) {
		cbx_link_lost(&road->sql_link, result);
		orders->next_at = cbx_now(road->clock) + AGAIN;
	}
}

void cbx_order_log_flush(struct cbx_order_log *orders, struct cbx_road *road)
{
	if (orders->book)
		write_all(orders, road, true);
}

static void tell(const struct cbx_log *log, const struct cbx_order_row *row)
{
	cbx_warn(log,
		 CBX_FIELDS({ "order", row->event }, { "system", row->system ?: "" },
			    { "door", row->door }, { "who", row->who ?: "" },
			    { "outcome", row->outcome ?: "" }),
		 "an order is not in the table orders as it ended");
}

void cbx_order_log_end(struct cbx_order_log *orders, struct cbx_road *road)
{
	struct cbx_order_copy copies[PORTION];
	size_t count = PORTION;
	size_t i;

	if (!orders->book)
		return;
	while (count == PORTION && cbx_road_keeps_history(road)) {
		count = cbx_order_book_copy(orders->book, copies, PORTION, true);
		for (i = 0; i < count; i++) {
			tell(road->log, &copies[i].row);
			copies[i].ended = true;
		}
		cbx_order_book_written(orders->book, copies, count);
	}
	tell_lost(orders, road->log);
}
