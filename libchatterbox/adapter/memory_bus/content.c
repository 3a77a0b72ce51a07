// SPDX-License-Identifier: MIT
/* content.c - reference counted messages, and the inbox entries that point to them */
#include "adapter/memory_bus/broker.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

int cbx_content_new(const struct cbx_bus_message *message, struct cbx_content **out)
{
	struct cbx_content *content = calloc(1, sizeof(*content));
	struct cbx_bus_message copy = *message;

	if (!content)
		return -ENOMEM;
	copy.mandatory = false; /* a property of the publish, not of the message */
	copy.queue = NULL;
	if (cbx_bus_event_set(&content->event, &copy) < 0) {
		free(content);
		return -ENOMEM;
	}
	content->refs = 1;
	*out = content;
	return 0;
}

struct cbx_content *cbx_content_ref(struct cbx_content *content)
{
	content->refs++;
	return content;
}

void cbx_content_unref(struct cbx_content *content)
{
	if (!content || --content->refs)
		return;
	cbx_bus_event_clear(&content->event);
	free(content);
}

void cbx_inbox_entry_free(struct cbx_inbox_entry *entry)
{
	cbx_content_unref(entry->content);
	free(entry->text);
	free(entry);
}

void cbx_inbox_entry_send(struct cbx_memory_bus *to, struct cbx_inbox_entry *entry)
{
	uint64_t one = 1;
	ssize_t written;

	TAILQ_INSERT_TAIL(&to->inbox, entry, link);
	to->entries++;
	if (!to->waiting)
		return;
	to->waiting = false;
	written = write(to->fd, &one, sizeof(one));
	(void)written; /* EAGAIN: it is readable already */
}
