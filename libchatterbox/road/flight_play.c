// SPDX-License-Identifier: MIT
/* flight_play.c - lets the road receive an answer of a recording, as if it had asked */
#include "road/flight.h"

#include "common/array.h"

#include <errno.h>
#include <stdio.h>

int cbx_flight_play_answer(struct cbx_road *road, const struct cbx_flight_asked *asked,
			   size_t count, uint64_t sent_at, const struct cbx_bus_event *event)
{
	cbx_auto(cbx_poll_freep) struct cbx_poll *poll = NULL;
	struct cbx_bus_event answer = *event;
	char id[96];
	size_t i;
	int result = cbx_poll_new(road, &poll);

	for (i = 0; !result && i < count; i++) {
		struct cbx_system_entry *entry = cbx_systems_get(road->systems, asked[i].system);

		result = entry ? cbx_poll_add(poll, entry, asked[i].list, asked[i].jobs,
					      asked[i].count)
			       : -ENOMEM;
	}
	if (!result && cbx_grow(poll->questions, poll->question_capacity, 1) < 0)
		result = -ENOMEM;
	if (result < 0)
		return result;
	poll->questions[0] = (struct question){ .count = count, .sent_at = sent_at };
	poll->question_count = poll->in_flight = 1;
	poll->next = count;
	snprintf(id, sizeof(id), "%s0", poll->prefix);
	answer.message.correlation_id = id;
	cbx_poll_apply(poll, &answer);
	return 0;
}
