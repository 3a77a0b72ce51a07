// SPDX-License-Identifier: MIT
/*
 * sse_clients.c - many clients of the event stream in one process: when does each get each event?
 *
 * The id of an event in Redis is the time at which it was appended, so its age on arrival is
 * measured without the server's help. sse.py starts it.
 *
 * usage: sse_clients PORT CLIENTS SECONDS
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MOST_AGES 8000000U
#define MS_MAX 600000

static unsigned *ages;
static size_t age_count;

static int64_t wall_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int follow(int port)
{
	static const char request[] = "GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n";
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons((uint16_t)port),
				       .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) ||
	    write(fd, request, sizeof(request) - 1) < 0) {
		perror("connect");
		exit(1);
	}
	return fd;
}

/* A mark has an id, too, but no event */
static void take(const char *text, int64_t now)
{
	const char *at = text;

	while ((at = strstr(at, "id: "))) {
		char *end;
		int64_t age = now - strtoll(at + 4, &end, 10);
		const char *line = strchr(end, '\n');

		at += 4;
		if (!line || strncmp(line + 1, "event: ", 7) != 0 || age_count == MOST_AGES)
			continue;
		ages[age_count++] = (unsigned)(age < 0 ? 0 : age > MS_MAX ? MS_MAX : age);
	}
}

static int by_age(const void *a, const void *b)
{
	unsigned left = *(const unsigned *)a;
	unsigned right = *(const unsigned *)b;

	return (left > right) - (left < right);
}

static int listen_for(int poller, int seconds)
{
	int64_t end = wall_ms() + (int64_t)seconds * 1000;
	struct epoll_event ready[256];
	static char text[262144];
	int lost = 0;

	while (wall_ms() < end) {
		int count = epoll_wait(poller, ready, 256, 100);
		int i;

		for (i = 0; i < count; i++) {
			ssize_t got = read(ready[i].data.fd, text, sizeof(text) - 1);

			if (got <= 0) {
				close(ready[i].data.fd);
				lost++;
				continue;
			}
			text[got] = '\0';
			take(text, wall_ms());
		}
	}
	return lost;
}

int main(int argc, char **argv)
{
	struct rlimit limit;
	int clients = argc == 4 ? atoi(argv[2]) : 0;
	int poller = epoll_create1(0);
	int lost;
	int i;

	if (argc != 4 || poller < 0)
		return 64;
	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	ages = calloc(MOST_AGES, sizeof(*ages));
	if (!ages)
		return 70;
	for (i = 0; i < clients; i++) {
		struct epoll_event event = { .events = EPOLLIN };

		event.data.fd = follow(atoi(argv[1]));
		epoll_ctl(poller, EPOLL_CTL_ADD, event.data.fd, &event);
	}
	puts("connected");
	fflush(stdout);
	lost = listen_for(poller, atoi(argv[3]));
	qsort(ages, age_count, sizeof(*ages), by_age);
	printf("{\"clients\":%d,\"lost\":%d,\"events\":%zu", clients, lost, age_count);
	if (age_count)
		printf(",\"p50\":%u,\"p99\":%u,\"max\":%u", ages[age_count / 2],
		       ages[age_count * 99 / 100], ages[age_count - 1]);
	puts("}");
	free(ages);
	return 0;
}
