// SPDX-License-Identifier: MIT
/* history.c - removes what is older than history_retention */
#include "controller/history.h"

#include "port/history.h"

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

static int remove_portion(struct cbx_road *road, int64_t *removed)
{
	struct cbx_guard guard = cbx_leadership_guard(road->leadership, road->epoch);
	int64_t keep = (int64_t)(road->settings->history_retention_ns / CBX_SECOND);
	int result = road->sql->history->expire(road->sql, &guard, keep, PORTION, removed);

	if (result < 0)
		cbx_link_lost(&road->sql_link, result);
	else
		cbx_metric_add(road->counters->cleaned_up, "history", NULL, (double)*removed);
	return result;
}

void cbx_history_turn(struct cbx_history *history, struct cbx_road *road)
{
	uint64_t now = cbx_now(road->clock);
	int64_t removed = 0;

	if (!road->sql_link.up || now < history->next_at)
		return;
	if (clock_jumped(history, road->db_offset_ms)) {
		cbx_warn(road->log, CBX_NO_FIELDS,
			 "the database's clock was set: no history is removed for a day");
		history->next_at = now + DAY;
		return;
	}
	remove_portion(road, &removed);
	history->next_at = now + (removed == PORTION ? NEXT : AGAIN);
}
