// SPDX-License-Identifier: MIT
/*
 * print_active_jobs.c - prints the last recorded status of every live job, one per line
 *
 *	cc print_active_jobs.c $(pkg-config --cflags --libs chatterbox) -o print_active_jobs
 *	./print_active_jobs /etc/chatterbox/chatterbox.json
 *
 * It runs an engine with the given configuration until that has seen jobs, or for 30 seconds. The
 * environment is read, too: NLCONF_CHATTERBOX__ROLE=observer makes it watch without leading.
 */
#include <chatterbox/chatterbox.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#define SECONDS 30

static void on_failed(void *user, const struct chatterbox_error *error)
{
	fprintf(stderr, "print_active_jobs: %s\n", error->text);
	*(int *)user = 1;
}

/* The list is a frozen snapshot: it does not change until it is unreferenced */
static size_t print_jobs(struct chatterbox *box)
{
	struct chatterbox_jobs *jobs = NULL;
	size_t count;
	size_t i;

	if (chatterbox_get_jobs(box, NULL, &jobs) < 0)
		return 0;
	count = chatterbox_jobs_count(jobs);
	for (i = 0; i < count; i++) {
		const struct chatterbox_job *job = chatterbox_jobs_at(jobs, i);

		printf("%s %" PRId64 " %s (%s, %s, revision %" PRId64 ")\n",
		       chatterbox_job_get_system(job), chatterbox_job_get_id(job),
		       chatterbox_job_get_status(job),
		       chatterbox_kind_to_string(chatterbox_job_get_kind(job)),
		       chatterbox_origin_to_string(chatterbox_job_get_origin(job)),
		       chatterbox_job_get_revision(job));
	}
	chatterbox_jobs_unref(jobs);
	return count;
}

static int watch(struct chatterbox *box)
{
	int failed = 0;
	const struct chatterbox_observer observer = { .version = CHATTERBOX_OBSERVER_VERSION,
						      .user = &failed,
						      .on_failed = on_failed };
	int tries;

	if (chatterbox_start(box, &observer, NULL) < 0)
		return 1;
	for (tries = 0; !failed && tries < SECONDS && !print_jobs(box); tries++) {
		struct pollfd fd = { .fd = chatterbox_get_fd(box), .events = POLLIN };

		poll(&fd, 1, 1000);
		chatterbox_dispatch(box);
	}
	chatterbox_stop(box);
	return failed;
}

static int read_config(const char *path, char **environment, struct chatterbox_config *config)
{
	size_t i;

	if (path)
		chatterbox_config_load_file(config, path);
	chatterbox_config_load_environment(config, environment);
	for (i = 0; i < chatterbox_config_problem_count(config); i++)
		fprintf(stderr, "print_active_jobs: %s\n",
			chatterbox_config_problem_at(config, i, NULL));
	return chatterbox_config_check(config, NULL);
}

int main(int argc, char **argv, char **environment)
{
	struct chatterbox_config *config = NULL;
	struct chatterbox *box = NULL;
	int result = chatterbox_config_new(&config);

	if (!result)
		result = read_config(argc > 1 ? argv[1] : NULL, environment, config);
	if (!result)
		result = chatterbox_new(config, NULL, NULL, &box, NULL);
	if (!result)
		result = watch(box);
	if (box)
		chatterbox_unref(box);
	if (config)
		chatterbox_config_unref(config);
	return result ? EXIT_FAILURE : EXIT_SUCCESS;
}
