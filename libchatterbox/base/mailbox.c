// SPDX-License-Identifier: MIT
/*
 * mailbox.c - a ring buffer with a mutex and an eventfd
 *
 * Putting an item into a full mailbox fails, it never blocks.
 */
#include "base/mailbox.h"

#include "common/cleanup.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct cbx_mailbox {
	pthread_mutex_t lock;
	int fd;
	size_t capacity;
	size_t head;
	size_t count;
	void *items[];
};

int cbx_mailbox_new(size_t capacity, struct cbx_mailbox **out)
{
	struct cbx_mailbox *box = calloc(1, sizeof(*box) + capacity * sizeof(box->items[0]));

	if (!box)
		return -ENOMEM;
	box->capacity = capacity;
	box->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (box->fd < 0) {
		int error = -errno;

		free(box);
		return error;
	}
	pthread_mutex_init(&box->lock, NULL);
	*out = box;
	return 0;
}

void cbx_mailbox_free(struct cbx_mailbox *box, void (*drop)(void *item))
{
	void *item;

	if (!box)
		return;
	while (drop && (item = cbx_mailbox_take(box)))
		drop(item);
	pthread_mutex_destroy(&box->lock);
	close(box->fd);
	free(box);
}

void cbx_mailbox_wake(struct cbx_mailbox *box)
{
	uint64_t one = 1;
	ssize_t written = write(box->fd, &one, sizeof(one));

	(void)written; /* EAGAIN: it is readable already */
}

int cbx_mailbox_put(struct cbx_mailbox *box, void *item)
{
	int result = 0;

	pthread_mutex_lock(&box->lock);
	if (box->count == box->capacity) {
		result = CHATTERBOX_E_FULL;
	} else {
		box->items[(box->head + box->count) % box->capacity] = item;
		box->count++;
	}
	pthread_mutex_unlock(&box->lock);
	cbx_mailbox_wake(box);
	return result;
}

void *cbx_mailbox_take(struct cbx_mailbox *box)
{
	void *item = NULL;

	pthread_mutex_lock(&box->lock);
	if (box->count) {
		item = box->items[box->head];
		box->head = (box->head + 1) % box->capacity;
		box->count--;
	}
	pthread_mutex_unlock(&box->lock);
	return item;
}

int cbx_mailbox_fd(const struct cbx_mailbox *box)
{
	return box->fd;
}

void cbx_mailbox_clear(struct cbx_mailbox *box)
{
	uint64_t count;
	ssize_t got = read(box->fd, &count, sizeof(count));

	(void)got;
}

size_t cbx_mailbox_count(struct cbx_mailbox *box)
{
	size_t count;

	pthread_mutex_lock(&box->lock);
	count = box->count;
	pthread_mutex_unlock(&box->lock);
	return count;
}
