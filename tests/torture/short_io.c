// SPDX-License-Identifier: MIT
/*
 * short_io.c - the calls of libc that read, write and wait, as they may behave on a bad day
 *
 * Loaded before libc (LD_PRELOAD): on sockets a read or write now and then carries a few bytes
 * only, or is interrupted (EINTR), and so is a wait. All of that is allowed to happen at any time;
 * whoever is not prepared loses bytes or a connection. CBX_SHORT_IO is the seed; how much was done
 * is said at the end, on stderr.
 */
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
#define FEW 7
/* One call in so many */
#define SHORT_ONE_IN 3
#define INTERRUPT_ONE_IN 7

static atomic_ulong shorts, interrupts, threads;
static _Thread_local uint64_t state;

__attribute__((destructor)) static void report(void)
{
	fprintf(stderr, "short_io: %lu short, %lu interrupted\n", shorts, interrupts);
}

static unsigned pick(unsigned below)
{
	const char *seed = getenv("CBX_SHORT_IO");

	if (!state)
		state = 88172645463325252ULL + (seed ? strtoull(seed, NULL, 10) : 1) * 0x9e3779b9 +
			atomic_fetch_add(&threads, 1) * 0x7f4a7c15;
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)(state >> 33) % below;
}

static bool only_waits(void)
{
	return getenv("CBX_SHORT_IO_WAITS") != NULL;
}

/* Sockets alone: what reads a file may rely on getting all of it */
static bool is_socket(int fd)
{
	socklen_t size = sizeof(int);
	int saved = errno;
	int type;
	bool is = !getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size);

	errno = saved;
	return is;
}

static bool interrupt(void)
{
	if (pick(INTERRUPT_ONE_IN))
		return false;
	interrupts++;
	errno = EINTR;
	return true;
}

static bool interrupted(void)
{
	return !only_waits() && interrupt();
}

static bool wait_interrupted(int timeout)
{
	return timeout && !(only_waits() && gettid() == getpid()) && interrupt();
}

static size_t few(size_t len)
{
	size_t some;

	if (len < 2 || only_waits() || pick(SHORT_ONE_IN))
		return len;
	some = 1 + pick(FEW);
	if (some >= len)
		return len;
	shorts++;
	return some;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

EXPORT ssize_t read(int fd, void *to, size_t len)
{
	if (!is_socket(fd))
		return REAL(read)(fd, to, len);
	return interrupted() ? -1 : REAL(read)(fd, to, few(len));
}

EXPORT ssize_t recv(int fd, void *to, size_t len, int flags)
{
	return interrupted() ? -1 : REAL(recv)(fd, to, few(len), flags);
}

EXPORT ssize_t write(int fd, const void *from, size_t len)
{
	if (!is_socket(fd))
		return REAL(write)(fd, from, len);
	return interrupted() ? -1 : REAL(write)(fd, from, few(len));
}

EXPORT ssize_t send(int fd, const void *from, size_t len, int flags)
{
	return interrupted() ? -1 : REAL(send)(fd, from, few(len), flags);
}

/* Of the first piece that has any */
EXPORT ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	struct msghdr less = *message;
	struct iovec part;
	size_t i;

	if (interrupted())
		return -1;
	for (i = 0; i < message->msg_iovlen && !message->msg_iov[i].iov_len; i++)
		;
	if (i < message->msg_iovlen && !message->msg_controllen) {
		part = message->msg_iov[i];
		part.iov_len = few(part.iov_len);
		if (part.iov_len < message->msg_iov[i].iov_len) {
			less.msg_iov = &part;
			less.msg_iovlen = 1;
		}
	}
	return REAL(sendmsg)(fd, &less, flags);
}

EXPORT int poll(struct pollfd *fds, nfds_t count, int timeout)
{
	return wait_interrupted(timeout) ? -1 : REAL(poll)(fds, count, timeout);
}

EXPORT int epoll_wait(int fd, struct epoll_event *events, int most, int timeout)
{
	return wait_interrupted(timeout) ? -1 : REAL(epoll_wait)(fd, events, most, timeout);
}

EXPORT int accept4(int fd, struct sockaddr *address, socklen_t *size, int flags)
{
	return interrupted() ? -1 : REAL(accept4)(fd, address, size, flags);
}
