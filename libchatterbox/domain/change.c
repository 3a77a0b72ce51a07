// SPDX-License-Identifier: MIT
/* change.c - the growing lists of changes, events and pushes that one transaction records */
#include "domain/change.h"

#include <errno.h>
#include <string.h>

/* Room for one more element of @size; false when out of memory, with nothing changed */
static bool grow(void *array, size_t count, size_t *capacity, size_t size)
{
	size_t wanted = *capacity ? *capacity * 2 : 16;
	void *old;
	void *bigger;

	if (count < *capacity)
		return true;
	memcpy(&old, array, sizeof(old));
	bigger = realloc(old, wanted * size);
	if (!bigger)
		return false;
	memcpy(array, &bigger, sizeof(bigger));
	*capacity = wanted;
	return true;
}

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
	}
	for (i = 0; i < batch->push_count; i++)
		free(batch->pushes[i].identities);
	free(batch->changes);
	free(batch->events);
	free(batch->checked);
	free(batch->pushes);
	*batch = (struct cbx_batch){ 0 };
}

struct cbx_change *cbx_batch_add_change(struct cbx_batch *batch)
{
	struct cbx_change *change;

	if (!grow(&batch->changes, batch->change_count, &batch->change_capacity, sizeof(*change)))
		return NULL;
	change = &batch->changes[batch->change_count++];
	*change = (struct cbx_change){ 0 };
	return change;
}

struct cbx_event *cbx_batch_add_event(struct cbx_batch *batch)
{
	struct cbx_event *event;

	if (!grow(&batch->events, batch->event_count, &batch->event_capacity, sizeof(*event)))
		return NULL;
	event = &batch->events[batch->event_count++];
	*event = (struct cbx_event){ 0 };
	return event;
}

struct cbx_push *cbx_batch_add_push(struct cbx_batch *batch)
{
	struct cbx_push *push;

	if (!grow(&batch->pushes, batch->push_count, &batch->push_capacity, sizeof(*push)))
		return NULL;
	push = &batch->pushes[batch->push_count++];
	*push = (struct cbx_push){ 0 };
	return push;
}

int cbx_batch_add_checked(struct cbx_batch *batch, const char *system)
{
	if (!grow(&batch->checked, batch->checked_count, &batch->checked_capacity,
		  sizeof(batch->checked[0])))
		return -ENOMEM;
	batch->checked[batch->checked_count++] = system;
	return 0;
}
