// SPDX-License-Identifier: MIT
/*
 * lookup.c - runs getaddrinfo() in a thread of its own, so that no caller waits longer than it
 * wants to
 *
 * There is one lookup at a time. An answer is valid for fifteen seconds: a caller that asks again
 * because the first answer was slow gets it, and one that connects later gets a new one, so that a
 * name which moves is followed.
 */
#include "common/lookup.h"

#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define FRESH_MS 15000
#define STACK_BYTES ((size_t)1024 * 1024)

/* Shared by the thread and its caller; the last of them frees it */
struct query {
	pthread_mutex_t lock;
	pthread_cond_t answered;
	unsigned holders;
	bool done;
	int error; /* of getaddrinfo() */
	int errno_of_it;
	long long done_ms;
	struct addrinfo *found;
	struct addrinfo hints;
	char port[16];
	char host[];
};

struct cbx_lookup {
	struct query *query; /* NULL: no lookup is running */
	struct addrinfo hints;
	char port[16];
	char why[128];
	char host[];
};

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static void let_go(struct query *query)
{
	bool last;

	pthread_mutex_lock(&query->lock);
	last = --query->holders == 0;
	pthread_mutex_unlock(&query->lock);
	if (!last)
		return;
	if (query->found)
		freeaddrinfo(query->found);
	pthread_cond_destroy(&query->answered);
	pthread_mutex_destroy(&query->lock);
	free(query);
}

static void *run(void *user)
{
	struct query *query = user;
	struct addrinfo *found = NULL;
	int error = getaddrinfo(query->host, query->port, &query->hints, &found);
	int errno_of_it = errno;

	pthread_mutex_lock(&query->lock);
	query->found = found;
	query->error = error;
	query->errno_of_it = errno_of_it;
	query->done_ms = now_ms();
	query->done = true;
	pthread_cond_broadcast(&query->answered);
	pthread_mutex_unlock(&query->lock);
	let_go(query);
	return NULL;
}

static int start(struct query *query)
{
	pthread_attr_t attributes;
	pthread_t thread;
	sigset_t all;
	sigset_t old;
	int error = pthread_attr_init(&attributes);

	if (error)
		return -error;
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	/* signals are for the host */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	error = pthread_create(&thread, &attributes, run, query);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attributes);
	return -error;
}

static int begin(struct cbx_lookup *lookup)
{
	size_t len = strlen(lookup->host) + 1;
	struct query *query = calloc(1, sizeof(*query) + len);
	pthread_condattr_t monotonic;
	int result;

	if (!query)
		return -ENOMEM;
	pthread_mutex_init(&query->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&query->answered, &monotonic);
	pthread_condattr_destroy(&monotonic);
	query->hints = lookup->hints;
	memcpy(query->port, lookup->port, sizeof(query->port));
	memcpy(query->host, lookup->host, len);
	query->holders = 2;
	result = start(query);
	if (result < 0) {
		query->holders = 1;
		let_go(query);
		snprintf(lookup->why, sizeof(lookup->why), "no thread to look it up");
		return result == -ENOMEM ? result : -ENXIO;
	}
	lookup->query = query;
	return 0;
}

static bool wait_for(struct query *query, int ms)
{
	struct timespec until;
	int error = 0;
	bool done;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += (long)(ms % 1000) * 1000000;
	until.tv_sec += ms / 1000 + until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_mutex_lock(&query->lock);
	while (!query->done && !error)
		error = pthread_cond_timedwait(&query->answered, &query->lock, &until);
	done = query->done;
	pthread_mutex_unlock(&query->lock);
	return done;
}

/* One allocated array of them, in their order */
static int copy_found(const struct addrinfo *found, struct cbx_address **out, size_t *count)
{
	const struct addrinfo *one;
	struct cbx_address *addresses;
	size_t n = 0;

	for (one = found; one; one = one->ai_next)
		n++;
	addresses = calloc(n + 1, sizeof(*addresses));
	if (!addresses)
		return -ENOMEM;
	n = 0;
	for (one = found; one; one = one->ai_next) {
		struct cbx_address *address = &addresses[n];

		if (one->ai_addrlen > sizeof(address->at) ||
		    getnameinfo(one->ai_addr, one->ai_addrlen, address->text, sizeof(address->text),
				NULL, 0, NI_NUMERICHOST))
			continue;
		memcpy(&address->at, one->ai_addr, one->ai_addrlen);
		address->size = one->ai_addrlen;
		n++;
	}
	if (!n) {
		free(addresses);
		return -ENXIO;
	}
	*out = addresses;
	*count = n;
	return 0;
}

/* The thread has done: nobody else looks at it any more */
static int take(struct cbx_lookup *lookup, struct cbx_address **out, size_t *count)
{
	struct query *query = cbx_steal(lookup->query);
	int result = -ENXIO;

	if (!query->error)
		result = copy_found(query->found, out, count);
	snprintf(lookup->why, sizeof(lookup->why), "%s",
		 query->error == EAI_SYSTEM ? strerror(query->errno_of_it)
		 : query->error             ? gai_strerror(query->error)
		 : result < 0               ? "no address that can be used"
					    : "");
	let_go(query);
	return result;
}

/* An address is its own answer; false when the host is none */
static bool take_numeric(const struct cbx_lookup *lookup, struct cbx_address **out, size_t *count,
			 int *result)
{
	struct addrinfo hints = lookup->hints;
	struct addrinfo *found = NULL;

	hints.ai_flags |= AI_NUMERICHOST;
	if (getaddrinfo(lookup->host, lookup->port, &hints, &found))
		return false;
	*result = copy_found(found, out, count);
	freeaddrinfo(found);
	return true;
}

int cbx_lookup_ask(struct cbx_lookup *lookup, int ms, struct cbx_address **out, size_t *count)
{
	struct cbx_address *stale = NULL;
	size_t stale_count;
	int result;

	if (take_numeric(lookup, out, count, &result))
		return result;
	/* an old failure, too, is no answer to this question */
	if (lookup->query && wait_for(lookup->query, 0) &&
	    (lookup->query->error || now_ms() - lookup->query->done_ms > FRESH_MS)) {
		(void)take(lookup, &stale, &stale_count);
		free(stale);
	}
	result = lookup->query ? 0 : begin(lookup);
	if (result < 0)
		return result;
	return wait_for(lookup->query, ms) ? take(lookup, out, count) : CBX_LOOKUP_RUNS;
}

const char *cbx_lookup_why(const struct cbx_lookup *lookup)
{
	return lookup->why;
}

int cbx_lookup_new(const char *host, int port, bool passive, struct cbx_lookup **out)
{
	size_t len = strlen(host);
	struct cbx_lookup *lookup;

	if (len >= 2 && host[0] == '[' && host[len - 1] == ']') {
		host++;
		len -= 2;
	}
	lookup = calloc(1, sizeof(*lookup) + len + 1);
	if (!lookup)
		return -ENOMEM;
	lookup->hints.ai_socktype = SOCK_STREAM;
	lookup->hints.ai_flags = AI_NUMERICSERV | (passive ? AI_PASSIVE : 0);
	snprintf(lookup->port, sizeof(lookup->port), "%d", port);
	memcpy(lookup->host, host, len);
	*out = lookup;
	return 0;
}

void cbx_lookup_free(struct cbx_lookup *lookup)
{
	if (!lookup)
		return;
	if (lookup->query)
		let_go(lookup->query);
	free(lookup);
}
