// SPDX-License-Identifier: MIT
/*
 * host.c - a program that embeds chatterbox, as OCD's addon does, and says what it hears
 *
 *	host chatterbox.json
 *
 * One JSON object a line: {"ready":true}, {"failed":"..."}, {"lost":3}, or an event with its
 * members, params as text. SIGTERM ends it.
 */
#include <chatterbox/chatterbox.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static volatile sig_atomic_t ended;

static void say(json_t *line)
{
	char *text = json_dumps(line, JSON_COMPACT);

	puts(text ? text : "out of memory");
	free(text);
	json_decref(line);
}

static void on_ready(void *user)
{
	(void)user;
	say(json_pack("{s:b}", "ready", 1));
}

static void on_failed(void *user, const struct chatterbox_error *error)
{
	(void)user;
	say(json_pack("{s:s,s:s,s:s}", "failed", error->text, "error",
		      chatterbox_strerror(error->code), "server",
		      chatterbox_server_to_string(error->server)));
	ended = 1;
}

static void on_event(void *user, const struct chatterbox_event *event)
{
	const char *origin = event->origin ? chatterbox_origin_to_string(event->origin) : NULL;

	(void)user;
	say(json_pack("{s:s,s:s?,s:s,s:s?,s:s?}", "name",
		      chatterbox_event_type_to_string(event->type), "id", event->id, "params",
		      event->params, "previous_status", event->previous_status, "origin", origin));
}

/* What it reads anew then, as the header says: how many jobs are live */
static void on_lost(void *user, uint64_t count)
{
	struct chatterbox_jobs *jobs = NULL;
	size_t live = 0;

	if (!chatterbox_get_jobs(*(struct chatterbox **)user, NULL, &jobs)) {
		live = chatterbox_jobs_count(jobs);
		chatterbox_jobs_unref(jobs);
	}
	say(json_pack("{s:I,s:I}", "lost", (json_int_t)count, "live", (json_int_t)live));
}

static void end(int number)
{
	(void)number;
	ended = 1;
}

static int run(struct chatterbox **box)
{
	const struct chatterbox_observer observer = { .version = CHATTERBOX_OBSERVER_VERSION,
						      .user = box,
						      .on_ready = on_ready,
						      .on_failed = on_failed,
						      .on_event = on_event,
						      .on_lost = on_lost };
	int result = chatterbox_start(*box, &observer, NULL);

	while (!result && !ended) {
		struct pollfd p = { .fd = chatterbox_get_fd(*box), .events = POLLIN };

		poll(&p, 1, 1000);
		chatterbox_dispatch(*box);
	}
	chatterbox_stop(*box);
	return result;
}

int main(int argc, char **argv)
{
	const struct sigaction action = { .sa_handler = end };
	struct chatterbox_config *config = NULL;
	struct chatterbox *box = NULL;
	int result;

	if (argc != 2)
		return 64;
	sigaction(SIGTERM, &action, NULL);
	setvbuf(stdout, NULL, _IOLBF, 0);
	result = chatterbox_config_new(&config);
	if (!result)
		result = chatterbox_config_load_file(config, argv[1]);
	if (!result)
		result = chatterbox_new(config, NULL, NULL, &box, NULL);
	if (!result)
		result = run(&box);
	if (result)
		fprintf(stderr, "%s\n", chatterbox_strerror(result));
	chatterbox_unref(box);
	if (config)
		chatterbox_config_unref(config);
	return result ? EXIT_FAILURE : EXIT_SUCCESS;
}
