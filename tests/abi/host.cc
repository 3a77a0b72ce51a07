// SPDX-License-Identifier: MIT
/*
 * host.cc - a C++ host: every public header (all.h, written by installed.sh), linked and called
 *
 * It decides nothing; it shows that a C++11 program gets from a configuration to a running engine
 * and back, and runs a task of its own, with nothing but what is installed.
 */
#include "all.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <poll.h>

#define NEED(condition)                                                                 \
	do {                                                                            \
		if (!(condition)) {                                                     \
			std::fprintf(stderr, "host.cc:%d: %s\n", __LINE__, #condition); \
			std::exit(1);                                                   \
		}                                                                       \
	} while (0)

namespace
{

struct host {
	bool ready;
	int error;
	unsigned runs;
};

void on_ready(void *user)
{
	static_cast<host *>(user)->ready = true;
}

void on_failed(void *user, const chatterbox_error *error)
{
	std::fprintf(stderr, "%s: %s\n", chatterbox_server_to_string(error->server), error->text);
	static_cast<host *>(user)->error = error->code;
}

uint64_t now(void *user)
{
	return *static_cast<uint64_t *>(user);
}

void run_tasks(host &h)
{
	uint64_t time = 1000000000;
	chatterbox_clock clock = { 1, &time, now };
	chatterbox_scheduler *scheduler = nullptr;
	chatterbox_task *task = nullptr;

	NEED(chatterbox_scheduler_new(&clock, &scheduler) == 0);
	NEED(chatterbox_task_new(
		     2, [](void *user) { static_cast<host *>(user)->runs++; }, &h, "a task of C++",
		     &task) == 0);
	NEED(chatterbox_scheduler_add(scheduler, task) == 0);
	for (int i = 0; i < 4; i++) {
		time += 1000000000;
		chatterbox_scheduler_tick(scheduler);
	}
	NEED(h.runs == 2);
	chatterbox_task_unref(task);
	chatterbox_scheduler_unref(scheduler);
}

void wait_until_ready(chatterbox *box, host &h)
{
	pollfd p = { chatterbox_get_fd(box), POLLIN, 0 };

	while (!h.ready && !h.error) {
		NEED(poll(&p, 1, 30000) == 1);
		chatterbox_dispatch(box);
	}
	NEED(h.ready);
}

void read_from(chatterbox *box)
{
	chatterbox_jobs *jobs = nullptr;
	char *json = nullptr;
	chatterbox_error error;

	NEED(chatterbox_get_jobs(box, nullptr, &jobs) == 0);
	NEED(chatterbox_jobs_find(jobs, "nobody", 1) == nullptr);
	chatterbox_jobs_unref(jobs);
	NEED(chatterbox_query(box, CHATTERBOX_TOPIC_SUMMARY, nullptr, nullptr, nullptr, &json,
			      &error) == 0);
	std::free(json);
	NEED(chatterbox_query(box, CHATTERBOX_TOPIC_JOBS, "[]", nullptr, nullptr, &json, &error) ==
		     -22 &&
	     error.code == -22 && error.text[0]);
}

} // namespace

int main(int argc, char **argv)
{
	host h = {};
	chatterbox_config *config = nullptr;
	chatterbox *box = nullptr;
	chatterbox_observer observer = {};

	NEED(argc == 2);
	NEED(std::strcmp(chatterbox_version(), CHATTERBOX_VERSION_TEXT) == 0);
	NEED(CHATTERBOX_VERSION_AT_LEAST(0, 1, 0) && !CHATTERBOX_VERSION_AT_LEAST(99, 0, 0));
	run_tasks(h);
	NEED(chatterbox_config_new(&config) == 0);
	NEED(chatterbox_config_set_embedded(config, argv[1]) == 0);
	NEED(chatterbox_config_check(config, NULL) == 0);
	NEED(chatterbox_new(config, nullptr, nullptr, &box, nullptr) == 0);
	chatterbox_config_unref(config);
	observer.version = CHATTERBOX_OBSERVER_VERSION;
	observer.user = &h;
	observer.on_ready = on_ready;
	observer.on_failed = on_failed;
	NEED(chatterbox_start(box, &observer, nullptr) == 0);
	wait_until_ready(box, h);
	read_from(box);
	chatterbox_stop(box);
	NEED(chatterbox_unref(box) == nullptr);
	return 0;
}
