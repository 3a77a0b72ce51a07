// SPDX-License-Identifier: MIT
/* history.c - removes what is older than history_retention */
#include "controller/history.h"

#include "port/history.h"
#include "port/orders.h"

#include <stdlib.h>

#define PORTION 1000
#define NEXT CBX_SECOND /* while there is more */
#define AGAIN (60 * CBX_SECOND)
#define DAY (86400 * CBX_SECOND)
#define CLOCK_MAY_MOVE (3600 * 1000)

/* Has the database's clock jumped against the monotonic one? What it calls old may be new then. */
static bool clock_jumped(struct cbx_history *history, int64_t offset)
{
	bool jumped =
		history->has_offset && llabs(offset - history->clock_offset_ms) > CLOCK_MAY_MOVE;

	history->clock_offset_ms = offset;
	history->has_offset = true;
	return jumped;
}

/* Of job_history and of orders; whether there may be more */
static bool remove_portion(struct cbx_road *road)
{
	struct cbx_guard guard = cbx_leadership_guard(road->leadership, road->epoch);
	int64_t keep = (int64_t)(road->settings->history_retention_ns / CBX_SECOND);
	int64_t removed = 0;
	int64_t orders = 0;
	int result = road->sql->history->expire(road->sql, &guard, keep, PORTION, &removed);

	if (!result)
		result = road->sql->orders->expire(road->sql, &guard, keep, PORTION, &orders);
	cbx_metric_add(road->counters->cleaned_up, "history", NULL, (double)removed);
	cbx_metric_add(road->counters->cleaned_up, "orders", NULL, (double)orders);
	if (result < 0)
		cbx_link_lost(&road->sql_link, result);
	return removed == PORTION || orders == PORTION;
}

void cbx_history_turn(struct cbx_history *history, struct cbx_road *road)
{
	uint64_t now = cbx_now(road->clock);

	if (!road->sql_link.up || now < history->next_at)
		return;
	if (clock_jumped(history, road->db_offset_ms)) {
		cbx_warn(road->log, CBX_NO_FIELDS,
			 "the database's clock was set: no history is removed for a day");
		history->next_at = now + DAY;
		return;
	}
	history->next_at = now + (remove_portion(road) ? NEXT : AGAIN);
}
