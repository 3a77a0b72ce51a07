// SPDX-License-Identifier: MIT
/* deadline.c - shuts down the sockets of connections that exceed their deadlines; libmicrohttpd
 * then closes them */
#include "deadline.h"

#include "common/cleanup.h"

#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

struct cbd_deadline {
	struct cbd_deadline *next;
	struct cbd_deadline **link; /* what points to this one */
	int fd;
	int64_t at_ms;
	bool waits; /* for its client */
	bool shut;  /* already */
	bool streams;
	unsigned char address[16]; /* all zeros = unknown */
};

struct cbd_deadlines {
	pthread_mutex_t lock;
	size_t count; /* without streams */
	struct cbd_deadline *head;
};

int64_t cbd_monotonic_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int cbd_deadlines_new(struct cbd_deadlines **out)
{
	struct cbd_deadlines *all = calloc(1, sizeof(*all));

	if (!all)
		return -ENOMEM;
	pthread_mutex_init(&all->lock, NULL);
	*out = all;
	return 0;
}

void cbd_deadlines_freep(struct cbd_deadlines **all)
{
	if (!*all)
		return;
	while ((*all)->head)
		cbd_deadline_remove(*all, (*all)->head);
	pthread_mutex_destroy(&(*all)->lock);
	free(*all);
	*all = NULL;
}

static void take_address(struct cbd_deadline *one, const struct sockaddr *address)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (address && address->sa_family == AF_INET) {
		memcpy(&v4, address, sizeof(v4));
		memcpy(one->address + 12, &v4.sin_addr, 4);
	} else if (address && address->sa_family == AF_INET6) {
		memcpy(&v6, address, sizeof(v6));
		memcpy(one->address, &v6.sin6_addr, 16);
	}
}

struct cbd_deadline *cbd_deadline_add(struct cbd_deadlines *all, int fd,
				      const struct sockaddr *address, int64_t at_ms)
{
	struct cbd_deadline *one = calloc(1, sizeof(*one));

	if (!one)
		return NULL;
	one->fd = fd;
	one->at_ms = at_ms;
	one->waits = true;
	take_address(one, address);
	pthread_mutex_lock(&all->lock);
	all->count++;
	one->next = all->head;
	one->link = &all->head;
	if (one->next)
		one->next->link = &one->next;
	all->head = one;
	pthread_mutex_unlock(&all->lock);
	return one;
}

void cbd_deadline_move(struct cbd_deadlines *all, struct cbd_deadline *one, int64_t at_ms)
{
	if (!one)
		return;
	pthread_mutex_lock(&all->lock);
	if (!one->shut)
		one->at_ms = at_ms;
	pthread_mutex_unlock(&all->lock);
}

void cbd_deadline_wait(struct cbd_deadlines *all, struct cbd_deadline *one, bool waits)
{
	if (!one)
		return;
	pthread_mutex_lock(&all->lock);
	one->waits = waits;
	pthread_mutex_unlock(&all->lock);
}

void cbd_deadline_remove(struct cbd_deadlines *all, struct cbd_deadline *one)
{
	if (!one)
		return;
	pthread_mutex_lock(&all->lock);
	all->count -= !one->streams;
	*one->link = one->next;
	if (one->next)
		one->next->link = one->link;
	pthread_mutex_unlock(&all->lock);
	free(one);
}

void cbd_deadline_stream(struct cbd_deadlines *all, struct cbd_deadline *one, bool streams)
{
	if (!one || one->streams == streams)
		return;
	pthread_mutex_lock(&all->lock);
	one->streams = streams;
	all->count += streams ? (size_t)-1 : 1;
	pthread_mutex_unlock(&all->lock);
}

static void shut(struct cbd_deadline *one)
{
	shutdown(one->fd, SHUT_RDWR);
	one->at_ms = INT64_MAX;
	one->shut = true;
}

int cbd_deadlines_shed(struct cbd_deadlines *all, size_t crowd)
{
	struct cbd_deadline *oldest = NULL;
	struct cbd_deadline *one;

	pthread_mutex_lock(&all->lock);
	for (one = all->count > crowd ? all->head : NULL; one; one = one->next)
		if (one->waits && !one->shut && (!oldest || one->at_ms < oldest->at_ms))
			oldest = one;
	if (oldest)
		shut(oldest);
	pthread_mutex_unlock(&all->lock);
	return oldest ? 1 : 0;
}

int cbd_deadlines_limit(struct cbd_deadlines *all, struct cbd_deadline *one, size_t most,
			size_t per_address)
{
	static const unsigned char unknown[16];
	const struct cbd_deadline *other;
	size_t count = 0;
	bool known;
	bool over;

	if (!one)
		return 0;
	known = memcmp(one->address, unknown, sizeof(unknown)) != 0;
	pthread_mutex_lock(&all->lock);
	other = all->count > per_address ? all->head : NULL;
	for (; other; other = other->next)
		count += !other->streams && !other->shut &&
			 !memcmp(other->address, one->address, sizeof(one->address));
	over = all->count > most || (known && count > per_address);
	if (over)
		shut(one);
	pthread_mutex_unlock(&all->lock);
	return over;
}

int cbd_deadlines_enforce(struct cbd_deadlines *all, int64_t now_ms)
{
	struct cbd_deadline *one;
	int count = 0;

	pthread_mutex_lock(&all->lock);
	for (one = all->head; one; one = one->next) {
		if (one->at_ms > now_ms)
			continue;
		shut(one);
		count++;
	}
	pthread_mutex_unlock(&all->lock);
	return count;
}
