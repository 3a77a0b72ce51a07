// SPDX-License-Identifier: MIT
/*
 * notify.c - reports to systemd, one datagram for each message
 *
 * The watchdog depends on the engine's threads, not on this one: if the poller hangs, the daemon is
 * as good as dead, however well its main loop runs.
 */
#include "notify.h"

#include <chatterbox/chatterbox.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* Best effort: if the service manager does not listen, there is nothing to be done */
static void tell(const char *text)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	size_t len = path ? strlen(path) : 0;
	int fd;

	if (len < 2 || len >= sizeof(address.sun_path) || (*path != '/' && *path != '@'))
		return;
	memcpy(address.sun_path, path, len);
	if (*path == '@') /* an abstract socket */
		address.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	(void)!sendto(fd, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&address,
		      (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
	close(fd);
}

void cbd_notify_ready(void)
{
	tell("READY=1");
}

void cbd_notify_reloading(void)
{
	struct timespec now;
	char text[64];

	clock_gettime(CLOCK_MONOTONIC, &now);
	snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%lld",
		 (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
	tell(text);
}

void cbd_notify_stopping(void)
{
	tell("STOPPING=1");
}

void cbd_watchdog_begin(struct cbd_watchdog *dog)
{
	const char *usec = getenv("WATCHDOG_USEC");
	const char *pid = getenv("WATCHDOG_PID");

	*dog = (struct cbd_watchdog){ 0 };
	if (usec && (!pid || strtoll(pid, NULL, 10) == (long long)getpid()))
		dog->every_ms = strtoll(usec, NULL, 10) / 3000;
	if (dog->every_ms < 0)
		dog->every_ms = 0;
}

bool cbd_watchdog_turn(struct cbd_watchdog *dog, struct chatterbox *box, int64_t now_ms)
{
	char *text = NULL;
	bool alive = false;

	if (!dog->every_ms || now_ms < dog->next_ms)
		return false;
	dog->next_ms = now_ms + dog->every_ms;
	if (chatterbox_get_health(box, NULL, &alive, &text) < 0)
		return false;
	free(text);
	if (alive)
		tell("WATCHDOG=1");
	return alive;
}
