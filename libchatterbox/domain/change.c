// SPDX-License-Identifier: MIT
/* change.c - the growing lists of changes, events and pushes that one transaction records */
#include "domain/change.h"
#include "common/array.h"

#include <errno.h>
#include <string.h>

void cbx_batch_clear(struct cbx_batch *batch)
{
	size_t i;

	for (i = 0; i < batch->change_count; i++) {
		cbx_job_unref(batch->changes[i].job);
		free(batch->changes[i].previous_status);
	}
	for (i = 0; i < batch->event_count; i++) {
		free(batch->events[i].key);
		free(batch->events[i].message_id);
		free(batch->events[i].previous_status);
		free(batch->events[i].payload);
		free(batch->events[i].stream_id);
	}
	for (i = 0; i < batch->push_count; i++)
		free(batch->pushes[i].identities);
	free(batch->changes);
	free(batch->events);
	free(batch->checked);
	free(batch->pushes);
	free(batch->told);
	*batch = (struct cbx_batch){ 0 };
}

struct cbx_change *cbx_batch_add_change(struct cbx_batch *batch)
{
	struct cbx_change *change;

	if (cbx_grow(batch->changes, batch->change_capacity, batch->change_count + 1) < 0)
		return NULL;
	change = &batch->changes[batch->change_count++];
	*change = (struct cbx_change){ 0 };
	return change;
}

struct cbx_event *cbx_batch_add_event(struct cbx_batch *batch)
{
	struct cbx_event *event;

	if (cbx_grow(batch->events, batch->event_capacity, batch->event_count + 1) < 0)
		return NULL;
	event = &batch->events[batch->event_count++];
	*event = (struct cbx_event){ 0 };
	return event;
}

struct cbx_push *cbx_batch_add_push(struct cbx_batch *batch)
{
	struct cbx_push *push;

	if (cbx_grow(batch->pushes, batch->push_capacity, batch->push_count + 1) < 0)
		return NULL;
	push = &batch->pushes[batch->push_count++];
	*push = (struct cbx_push){ 0 };
	return push;
}

struct cbx_outlook_change *cbx_batch_add_told(struct cbx_batch *batch)
{
	struct cbx_outlook_change *told;

	if (cbx_grow(batch->told, batch->told_capacity, batch->told_count + 1) < 0)
		return NULL;
	told = &batch->told[batch->told_count++];
	*told = (struct cbx_outlook_change){ 0 };
	return told;
}

int cbx_batch_add_checked(struct cbx_batch *batch, const char *system)
{
	if (cbx_grow(batch->checked, batch->checked_capacity, batch->checked_count + 1) < 0)
		return -ENOMEM;
	batch->checked[batch->checked_count++] = system;
	return 0;
}
