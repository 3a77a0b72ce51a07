// SPDX-License-Identifier: MIT
/*
 * embed.c - chatterbox inside a program of your own, without any server
 *
 *	cc embed.c $(pkg-config --cflags --libs chatterbox) -o embed
 *	./embed            # 50 simulated systems, five seconds
 *
 * The program has its own loop: it waits for chatterbox_get_fd() together with everything else, and
 * callbacks run inside chatterbox_dispatch(), in the program's own thread.
 */
#include <chatterbox/chatterbox.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SYSTEMS 50
#define SECONDS 5

struct host {
	struct chatterbox *box;
	int failed;
};

static void on_ready(void *user)
{
	(void)user;
	puts("ready");
}

static void on_failed(void *user, const struct chatterbox_error *error)
{
	struct host *host = user;

	fprintf(stderr, "failed: %s\n", error->text);
	host->failed = 1;
}

static void on_log(void *user, enum chatterbox_log_level level,
		   const struct chatterbox_log_field *fields, size_t count, const char *message)
{
	(void)user;
	(void)fields;
	(void)count;
	if (level >= CHATTERBOX_LOG_WARN)
		fprintf(stderr, "log: %s\n", message);
}

static void print_summary(struct chatterbox *box)
{
	struct chatterbox_error error;
	char *json = NULL;

	if (chatterbox_query(box, CHATTERBOX_TOPIC_SUMMARY, NULL, NULL, NULL, &json, &error) < 0)
		fprintf(stderr, "no summary: %s\n", error.text);
	else
		puts(json);
	free(json);
}

static int run(struct host *host)
{
	const struct chatterbox_observer observer = { .version = CHATTERBOX_OBSERVER_VERSION,
						      .user = host,
						      .on_ready = on_ready,
						      .on_failed = on_failed };
	int result = chatterbox_start(host->box, &observer, NULL);
	int second;

	if (!result)
		result = chatterbox_fleet_start(host->box, SYSTEMS, 1);
	for (second = 0; !result && !host->failed && second < SECONDS;) {
		struct pollfd fd = { .fd = chatterbox_get_fd(host->box), .events = POLLIN };

		if (poll(&fd, 1, 1000) > 0) {
			chatterbox_dispatch(host->box);
			continue;
		}
		print_summary(host->box);
		second++;
	}
	chatterbox_stop(host->box);
	return result < 0 || host->failed;
}

int main(void)
{
	char path[] = "/tmp/embed-XXXXXX.sqlite";
	int fd = mkstemps(path, (int)strlen(".sqlite"));
	struct chatterbox_config *config = NULL;
	struct host host = { 0 };
	int result;

	if (fd < 0)
		return EXIT_FAILURE;
	close(fd);
	result = chatterbox_config_new(&config);
	if (!result)
		result = chatterbox_config_set_embedded(config, path);
	if (!result)
		result = chatterbox_config_set(config, "check_job_status_time", "1", "embed");
	if (!result)
		result = chatterbox_new(config, on_log, NULL, &host.box, NULL);
	if (!result)
		result = run(&host);
	else
		fprintf(stderr, "no engine: %s\n", chatterbox_strerror(result));
	if (host.box)
		chatterbox_unref(host.box);
	if (config)
		chatterbox_config_unref(config);
	unlink(path);
	return result ? EXIT_FAILURE : EXIT_SUCCESS;
}
