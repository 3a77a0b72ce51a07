/* SPDX-License-Identifier: MIT */
/* poll_internal.h - the state of a poll, shared by the files that send (ask.c) and receive
 * (receive.c) */
#ifndef CBX_ROAD_POLL_INTERNAL_H
#define CBX_ROAD_POLL_INTERNAL_H

#include "base/read.h"
#include "road/poll.h"

struct target {
	struct cbx_system_entry *entry;
	bool list;
	bool answered;
	int64_t *jobs;
	size_t count;
};

/* One message that was sent, about targets first..first+count-1 */
struct question {
	size_t first, count;
	uint64_t sent_at;
	bool done;
};

struct cbx_poll {
	struct cbx_road *road;
	char prefix[64]; /* of correlation ids: "<epoch>.<random>." */
	char trace[CBX_UUID_TEXT];
	struct target *targets;
	size_t target_count, target_capacity;
	size_t next; /* the first target that has not been asked */
	struct question *questions;
	size_t question_count, question_capacity;
	size_t oldest; /* the first question that may be unanswered */
	size_t in_flight;
	float *replies; /* seconds */
	size_t reply_count, reply_capacity;
	struct cbx_poll_figures figures;
};

/* ask.c: sends the next question */
int poll_send(struct cbx_poll *poll);
const char *poll_event(const struct target *target);
/* receive.c: an event of the bus */
void poll_receive(struct cbx_poll *poll, const struct cbx_bus_event *event);
/* The question's deadline has passed: its systems timed out */
void poll_expire(struct cbx_poll *poll, struct question *question);
/* Marks lists that were asked for in vain, among @count targets from @first on, to be asked for
 * again */
void poll_mark_lists_due(struct cbx_poll *poll, size_t first, size_t count);

#endif
