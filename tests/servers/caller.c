// SPDX-License-Identifier: MIT
/*
 * caller.c - a program that embeds chatterbox and makes the C calls that it is told on its input
 *
 *	caller chatterbox.json
 *
 * It writes {"ready":"<role>"} when it is ready. A line {"call":NAME,...parameters} is answered by a
 * line {"result":n,"json":...} or {"result":n,"error":text,"reason":code}. The end of its input
 * ends it.
 */
#include <chatterbox/chatterbox.h>
#include <jansson.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void say(json_t *line)
{
	char *text = json_dumps(line, JSON_COMPACT);

	puts(text ? text : "out of memory");
	free(text);
	json_decref(line);
}

static void fail(const struct chatterbox_error *error)
{
	say(json_pack("{s:i,s:s,s:s,s:s}", "result", error->code, "error", error->text, "reason",
		      error->reason, "name", chatterbox_strerror(error->code)));
}

static void done(void *user, const struct chatterbox_answer *answer)
{
	(void)user;
	if (answer->result < 0)
		fail(answer->error);
	else
		say(json_pack("{s:i,s:o}", "result", answer->result, "json",
			      json_loads(answer->json, 0, NULL)));
}

static void on_ready(void *user)
{
	struct chatterbox **box = user;

	say(json_pack("{s:s}", "ready",
		      chatterbox_role_to_string(chatterbox_get_role(*box))));
}

static void on_failed(void *user, const struct chatterbox_error *error)
{
	(void)user;
	fail(error);
	exit(EXIT_FAILURE);
}

static const char *text_of(const json_t *line, const char *name)
{
	return json_string_value(json_object_get(line, name));
}

static int64_t number_of(const json_t *line, const char *name)
{
	return json_integer_value(json_object_get(line, name));
}

#define CALL(name, ...)                                                                       \
	static int call_##name(struct chatterbox *box, const json_t *line,                    \
			       struct chatterbox_error *error)                                \
	{                                                                                     \
		(void)line;                                                                   \
		return chatterbox_##name(box, ##__VA_ARGS__, done, NULL, error);              \
	}
CALL(pause_job, text_of(line, "system"), number_of(line, "job_id"))
CALL(resume_job, text_of(line, "system"), number_of(line, "job_id"))
CALL(kill_job, text_of(line, "system"), number_of(line, "job_id"))
CALL(pause_jobs, text_of(line, "system"))
CALL(resume_jobs, text_of(line, "system"))
CALL(set_interval, number_of(line, "seconds"))
CALL(update_database)
CALL(poll_jobs)
CALL(pause_tasks, number_of(line, "seconds"))
CALL(resume_tasks)
CALL(send_status)
CALL(errors_clean_up, text_of(line, "system"), number_of(line, "older_than"))
CALL(online_systems_set, text_of(line, "system"), json_is_true(json_object_get(line, "online")))

static int call_errors_remove(struct chatterbox *box, const json_t *line,
			      struct chatterbox_error *error)
{
	int64_t id = number_of(line, "id");

	return chatterbox_errors_remove(box, text_of(line, "system"), &id, 1, done, NULL, error);
}

/* {"topic":n,"params":{...}} */
static int call_query(struct chatterbox *box, const json_t *line, struct chatterbox_error *error)
{
	char *params = json_dumps(json_object_get(line, "params"), 0);
	int result = chatterbox_query(box, (enum chatterbox_topic)number_of(line, "topic"), params,
				      done, NULL, NULL, error);

	free(params);
	return result;
}

static int call_role(struct chatterbox *box, const json_t *line, struct chatterbox_error *error)
{
	(void)line;
	(void)error;
	on_ready(&box);
	return 0;
}

#define NAMED(name) { #name, call_##name }
static const struct {
	const char *name;
	int (*call)(struct chatterbox *box, const json_t *line, struct chatterbox_error *error);
} calls[] = {
	NAMED(pause_job),      NAMED(resume_job),      NAMED(kill_job),
	NAMED(pause_jobs),     NAMED(resume_jobs),     NAMED(set_interval),
	NAMED(update_database), NAMED(poll_jobs),      NAMED(pause_tasks),
	NAMED(resume_tasks),   NAMED(send_status),     NAMED(errors_clean_up),
	NAMED(errors_remove),  NAMED(query),           NAMED(online_systems_set),
	NAMED(role),
};

static void make(struct chatterbox *box, const char *text)
{
	json_t *line = json_loads(text, 0, NULL);
	struct chatterbox_error error;
	const char *name = line ? text_of(line, "call") : NULL;
	size_t i;

	for (i = 0; name && i < sizeof(calls) / sizeof(calls[0]); i++)
		if (!strcmp(name, calls[i].name) && calls[i].call(box, line, &error) < 0)
			fail(&error);
	json_decref(line);
}

/* Until its input ends */
static void serve(struct chatterbox *box)
{
	struct pollfd p[] = { { .fd = STDIN_FILENO, .events = POLLIN },
			      { .fd = chatterbox_get_fd(box), .events = POLLIN } };
	char text[4096];

	for (;;) {
		poll(p, 2, 1000);
		if (p[0].revents && !fgets(text, sizeof(text), stdin))
			return;
		if (p[0].revents)
			make(box, text);
		chatterbox_dispatch(box);
	}
}

int main(int argc, char **argv)
{
	struct chatterbox_config *config = NULL;
	struct chatterbox *box = NULL;
	const struct chatterbox_observer observer = { .version = CHATTERBOX_OBSERVER_VERSION,
						      .user = &box,
						      .on_ready = on_ready,
						      .on_failed = on_failed };
	int result;

	if (argc != 2)
		return 64;
	setvbuf(stdout, NULL, _IOLBF, 0);
	/* each line by itself: what lies in a buffer wakes no poll() */
	setvbuf(stdin, NULL, _IONBF, 0);
	result = chatterbox_config_new(&config);
	if (!result)
		result = chatterbox_config_load_file(config, argv[1]);
	if (!result)
		result = chatterbox_new(config, NULL, NULL, &box, NULL);
	if (!result)
		result = chatterbox_start(box, &observer, NULL);
	if (!result)
		serve(box);
	if (result)
		fprintf(stderr, "%s\n", chatterbox_strerror(result));
	chatterbox_stop(box);
	chatterbox_unref(box);
	chatterbox_config_unref(config);
	return result ? EXIT_FAILURE : EXIT_SUCCESS;
}
