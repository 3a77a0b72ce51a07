// SPDX-License-Identifier: MIT
#include "fake_names.h"

#include <dlfcn.h>
#include <netdb.h>
#include <pthread.h>
#include <string.h>

typedef int (*resolver_fn)(const char *, const char *, const struct addrinfo *, struct addrinfo **);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t moved = PTHREAD_COND_INITIALIZER;
static bool is_through;
static int asked;
static int hanging;

void fake_names_let_through(bool through)
{
	pthread_mutex_lock(&lock);
	is_through = through;
	pthread_cond_broadcast(&moved);
	pthread_mutex_unlock(&lock);
}

int fake_names_asked(void)
{
	int n;

	pthread_mutex_lock(&lock);
	n = asked;
	pthread_mutex_unlock(&lock);
	return n;
}

int fake_names_hanging(void)
{
	int n;

	pthread_mutex_lock(&lock);
	n = hanging;
	pthread_mutex_unlock(&lock);
	return n;
}

static void hang(void)
{
	pthread_mutex_lock(&lock);
	hanging++;
	while (!is_through)
		pthread_cond_wait(&moved, &lock);
	hanging--;
	pthread_mutex_unlock(&lock);
}

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
		struct addrinfo **out)
{
	resolver_fn real = (resolver_fn)dlsym(RTLD_NEXT, "getaddrinfo");
	struct addrinfo *more = NULL;
	int error;

	if (hints->ai_flags & AI_NUMERICHOST)
		return real(name, service, hints, out);
	pthread_mutex_lock(&lock);
	asked++;
	pthread_mutex_unlock(&lock);
	if (!strcmp(name, "fails.test"))
		return EAI_AGAIN;
	if (!strcmp(name, "slow.test")) {
		hang();
		return real("127.0.0.7", service, hints, out);
	}
	error = real("127.0.0.8", service, hints, out);
	if (!error && !strcmp(name, "two.test")) {
		error = real("127.0.0.9", service, hints, &more);
		(*out)->ai_next = more;
	}
	return error;
}
