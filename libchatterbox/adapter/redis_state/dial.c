// SPDX-License-Identifier: MIT
/*
 * dial.c - opens the socket to Redis
 *
 * hiredis is not left to do it: it looks names up itself, leaves the descriptor open over exec, and
 * version 0.14 has no call for TCP_USER_TIMEOUT.
 */
#include "adapter/redis_state/link.h"
#include "common/lookup.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#define USER_TIMEOUT_MS 10000

/* 0, or a negated errno */
static int wait_connected(struct cbx_redis *me, int fd, uint64_t deadline)
{
	struct pollfd waiting = { .fd = fd, .events = POLLOUT };
	socklen_t size = sizeof(int);
	int error = 0;
	int ready;

	do {
		ready = poll(&waiting, 1, cbx_ms_left(me->clock, deadline, 60000));
	} while (ready < 0 && errno == EINTR);
	if (ready < 0)
		return -errno;
	if (!ready)
		return -ETIMEDOUT;
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) < 0)
		return -errno;
	return -error;
}

static void set_option(int fd, int level, int option, int value)
{
	/* where a kernel lacks one of these, a dead peer is noticed later */
	(void)!setsockopt(fd, level, option, &value, sizeof(value));
}

static void set_options(int fd, int family)
{
	if (family == AF_UNIX)
		return;
	set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE, 10);
	set_option(fd, IPPROTO_TCP, TCP_KEEPINTVL, 3);
	set_option(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
	set_option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, USER_TIMEOUT_MS);
}

static int dial_one(struct cbx_redis *me, const struct sockaddr *address, socklen_t size,
		    uint64_t deadline, int *out)
{
	cbx_auto(cbx_closep) int fd = -1;
	int error;

	fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	set_options(fd, address->sa_family);
	if (connect(fd, address, size) < 0) {
		if (errno != EINPROGRESS && errno != EINTR)
			return -errno;
		error = wait_connected(me, fd, deadline);
		if (error)
			return error;
	}
	if (fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK) < 0)
		return -errno;
	*out = cbx_steal_fd(&fd);
	return 0;
}

static int dial_unix(struct cbx_redis *me, int *fd)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *path = me->target->host;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path));
	return dial_one(me, (struct sockaddr *)&address, sizeof(address), me->target->deadline, fd);
}

int cbx_redis_dial(struct cbx_redis *me, int *fd)
{
	const struct cbx_target *target = me->target;
	int error = target->address ? dial_one(me, (const struct sockaddr *)&target->address->at,
					       target->address->size, target->deadline, fd)
				    : dial_unix(me, fd);

	if (error)
		cbx_redis_say(me, "cannot connect: %s", chatterbox_strerror(error));
	return error ? CHATTERBOX_E_DOWN : 0;
}
