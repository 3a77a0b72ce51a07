// SPDX-License-Identifier: MIT
/* redis_own.c - private servers: a real one on a Unix socket, and a fake that only answers */
#include "redis_kit.h"

#include "base/thread.h"

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static bool try_eye(struct redis_own *own)
{
	const struct timeval limit = { .tv_sec = 2 };
	redisReply *reply = NULL;
	bool yes;

	own->eye = redisConnectUnixWithTimeout(own->path, limit);
	if (own->eye && !own->eye->err)
		reply = redisCommand(own->eye, "PING");
	yes = reply && reply->type == REDIS_REPLY_STATUS;
	freeReplyObject(reply);
	if (!yes && own->eye)
		redisFree(cbx_steal(own->eye));
	return yes;
}

void redis_own_start(struct redis_own *own)
{
	char *argv[] = { (char[]){ "redis-server" },
			 (char[]){ "--port" },
			 (char[]){ "0" },
			 (char[]){ "--save" },
			 (char[]){ "" },
			 (char[]){ "--dir" },
			 own->folder,
			 (char[]){ "--unixsocket" },
			 own->path,
			 (char[]){ "--logfile" },
			 (char[]){ "log" },
			 NULL };
	uint64_t deadline = redis_deadline(10000);

	snprintf(own->folder, sizeof(own->folder), "/tmp/cbx-redis-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(own->folder));
	snprintf(own->path, sizeof(own->path), "%s/socket", own->folder);
	ck_assert_int_eq(posix_spawnp(&own->pid, argv[0], NULL, NULL, argv, environ), 0);
	while (!try_eye(own)) {
		ck_assert_msg(cbx_now(cbx_system_clock()) < deadline, "redis-server does not come");
		poll(NULL, 0, 10);
	}
}

void redis_own_stop(struct redis_own *own)
{
	char log[96];

	if (own->eye)
		redisFree(cbx_steal(own->eye));
	kill(own->pid, SIGKILL);
	ck_assert_int_eq(waitpid(own->pid, NULL, 0), own->pid);
	snprintf(log, sizeof(log), "%s/log", own->folder);
	unlink(log);
	unlink(own->path);
	rmdir(own->folder);
}

struct redis_fake {
	struct cbx_thread thread;
	int fd;
	const char *answer;
};

static void *fake_run(void *arg)
{
	struct redis_fake *fake = arg;
	char bytes[1024];
	int fd = accept(fake->fd, NULL, NULL);

	while (fd >= 0 && read(fd, bytes, sizeof(bytes)) > 0)
		if (send(fd, fake->answer, strlen(fake->answer), MSG_NOSIGNAL) < 0)
			break;
	if (fd >= 0)
		close(fd);
	return NULL;
}

struct redis_fake *redis_fake_start(const char *answer, int *port)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	struct redis_fake *fake = calloc(1, sizeof(*fake));
	socklen_t size = sizeof(address);

	ck_assert_ptr_nonnull(fake);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fake->answer = answer;
	fake->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(fake->fd, (struct sockaddr *)&address, size), 0);
	ck_assert_int_eq(listen(fake->fd, 1), 0);
	ck_assert_int_eq(getsockname(fake->fd, (struct sockaddr *)&address, &size), 0);
	ck_assert_int_eq(cbx_thread_start(&fake->thread, "fake-redis", fake_run, fake), 0);
	*port = ntohs(address.sin_port);
	return fake;
}

void redis_fake_stop(struct redis_fake *fake)
{
	shutdown(fake->fd, SHUT_RDWR);
	cbx_thread_join(&fake->thread);
	close(fake->fd);
	free(fake);
}
