// SPDX-License-Identifier: MIT
/*
 * embed.c - chatterbox inside a program of your own, without any server
 *
 *	cc embed.c $(pkg-config --cflags --libs chatterbox) -o embed
 *	./embed            # one system with one download, until that is complete
 *
 * The host owns its loop: it waits for the engine's descriptor and the peer's together with
 * whatever else it waits for, and callbacks run inside chatterbox_dispatch(), in the host's own
 * thread. The peer is this program in the place of nl-hdms: it answers the engine's questions.
 */
#include <chatterbox/chatterbox.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SYSTEM "ABC1"

struct host {
	struct chatterbox *box;
	struct chatterbox_peer *peer;
	int percent; /* of the download */
	int ended, failed;
};

static void on_ready(void *user)
{
	struct host *host = user;

	puts("ready");
	/* there is no table that says which systems are online */
	chatterbox_online_systems_set(host->box, SYSTEM, true, NULL, NULL, NULL);
}

static void on_failed(void *user, const struct chatterbox_error *error)
{
	fprintf(stderr, "failed: %s\n", error->text);
	((struct host *)user)->failed = 1;
}

static void on_event(void *user, const struct chatterbox_event *event)
{
	struct host *host = user;

	printf("%s %s\n", chatterbox_event_type_to_string(event->type), event->params);
	if (event->type == CHATTERBOX_EVENT_UPDATE_JOB_STATUS &&
	    strstr(event->params, "\"Completed\""))
		host->ended = 1;
}

static void on_log(void *user, enum chatterbox_log_level level,
		   const struct chatterbox_log_field *fields, size_t count, const char *message)
{
	(void)user;
	(void)fields;
	(void)count;
	if (level >= CHATTERBOX_LOG_ERROR)
		fprintf(stderr, "log: %s\n", message);
}

/* Asked about one job or about all: there is one, and it goes on with each question */
static void answer(struct host *host, const struct chatterbox_message *question)
{
	const char *event = strstr(question->body, "\"job_list\"") ? "job_list" : "job_status";
	char body[512];
	struct chatterbox_message reply = { .version = CHATTERBOX_MESSAGE_VERSION,
					    .routing_key = question->reply_to,
					    .correlation_id = question->correlation_id,
					    .body = body };

	host->percent += host->percent < 100 ? 25 : 0;
	reply.len = (size_t)snprintf(
		body, sizeof(body),
		"{\"verb\":{\"event_category\":\"request_system\",\"event\":\"%s\"},\"object\":{"
		"\"systems\":[\"" SYSTEM "\"],\"jobs\":[{\"system\":\"" SYSTEM
		"\",\"job_id\":1,\"status\":\"%s\",\"percent_completed\":\"%d\"}]}}",
		event, host->percent < 100 ? "Running" : "Completed", host->percent);
	chatterbox_peer_publish(host->peer, &reply, NULL);
}

static void turn(struct host *host)
{
	struct pollfd fds[] = {
		{ .fd = chatterbox_get_fd(host->box), .events = POLLIN },
		{ .fd = chatterbox_peer_get_fd(host->peer), .events = POLLIN },
	};
	const struct chatterbox_message *question = NULL;

	poll(fds, 2, -1);
	chatterbox_dispatch(host->box);
	while (chatterbox_peer_receive(host->peer, &question) == 1)
		answer(host, question);
}

static int run(struct host *host, struct chatterbox_error *error)
{
	const struct chatterbox_observer observer = { .version = CHATTERBOX_OBSERVER_VERSION,
						      .user = host,
						      .on_ready = on_ready,
						      .on_failed = on_failed,
						      .on_event = on_event };
	int result = chatterbox_peer_new(host->box, "nl-hdms.request", NULL, &host->peer, error);

	if (!result)
		result = chatterbox_start(host->box, &observer, error);
	while (!result && !host->ended && !host->failed)
		turn(host);
	chatterbox_stop(host->box);
	chatterbox_peer_unref(host->peer);
	return result < 0 || host->failed;
}

static int make(const char *path, struct chatterbox **out, struct chatterbox_error *error)
{
	struct chatterbox_config *config = NULL;
	int result = chatterbox_config_new(&config);

	if (!result)
		result = chatterbox_config_use_embedded(config, path);
	if (!result)
		result = chatterbox_config_set(config, "check_job_status_time", "1", "embed");
	if (!result)
		result = chatterbox_new(config, on_log, NULL, out, error);
	chatterbox_config_unref(config);
	return result;
}

int main(void)
{
	char path[] = "/tmp/embed-XXXXXX.sqlite";
	int fd = mkstemps(path, (int)strlen(".sqlite"));
	struct chatterbox_error error = { 0 };
	struct host host = { 0 };
	int result;

	if (fd < 0)
		return EXIT_FAILURE;
	close(fd);
	result = make(path, &host.box, &error);
	if (!result)
		result = run(&host, &error);
	if (error.text[0])
		fprintf(stderr, "%s\n", error.text);
	chatterbox_unref(host.box);
	unlink(path);
	return result ? EXIT_FAILURE : EXIT_SUCCESS;
}
