// SPDX-License-Identifier: MIT
/* hub.c - makes and frees the hub of live events, and says how it is */
#include "sse/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>

/* A browser that lost the connection tries again after so long */
#define GREETING "retry: 2000\n"

static void close_hub(struct cbd_hub *hub)
{
	cbd_ring_free(&hub->ring);
	cbd_past_unref(hub->incoming);
	cbd_frame_unref(hub->greeting);
	cbd_frame_unref(hub->beat);
	cbd_frame_unref(hub->mark);
	if (hub->wake_fd >= 0)
		close(hub->wake_fd);
	pthread_cond_destroy(&hub->left);
	pthread_mutex_destroy(&hub->lock);
	free(hub);
}

int cbd_hub_new(const struct cbd_hub_settings *settings, struct cbd_hub **out)
{
	struct cbd_hub *hub = calloc(1, sizeof(*hub));
	pthread_condattr_t attributes;

	if (!hub)
		return -ENOMEM;
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_mutex_init(&hub->lock, NULL);
	pthread_cond_init(&hub->left, &attributes);
	pthread_condattr_destroy(&attributes);
	hub->settings = *settings;
	hub->refs = 1;
	hub->greeting = cbd_mark_new(GREETING, NULL);
	hub->beat = cbd_mark_new(":\n", NULL);
	hub->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (!hub->greeting || !hub->beat || hub->wake_fd < 0) {
		close_hub(hub);
		return -ENOMEM;
	}
	*out = hub;
	return 0;
}

void cbd_hub_unref(struct cbd_hub *hub)
{
	int left;

	pthread_mutex_lock(&hub->lock);
	left = --hub->refs;
	pthread_mutex_unlock(&hub->lock);
	if (!left)
		close_hub(hub);
}

void cbd_hub_freep(struct cbd_hub **hub)
{
	if (*hub)
		cbd_hub_unref(*hub);
	*hub = NULL;
}

int cbd_hub_fd(const struct cbd_hub *hub)
{
	return hub->wake_fd;
}

size_t cbd_hub_count(struct cbd_hub *hub)
{
	size_t count;

	pthread_mutex_lock(&hub->lock);
	count = hub->count;
	pthread_mutex_unlock(&hub->lock);
	return count;
}

void cbd_hub_position(struct cbd_hub *hub, char out[CBD_POSITION_TEXT])
{
	pthread_mutex_lock(&hub->lock);
	cbd_position_write(hub->ring.newest, out);
	pthread_mutex_unlock(&hub->lock);
}
