// SPDX-License-Identifier: MIT
/*
 * main.c - chatterboxd: options, signals, waiting
 *
 * Decides that a second SIGTERM or SIGINT ends a stop that takes too long: once stopping, both
 * signals have their usual effect again.
 */
#include "cleanup.h"
#include "demo.h"
#include "service.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>

struct run {
	struct cbd_service service;
	bool ended;
	int code;
};

static void on_ready(void *user)
{
	struct run *run = user;

	cbd_log_say(run->service.log, CHATTERBOX_LOG_INFO, "ready");
}

static void on_failed(void *user, int error, const char *text)
{
	struct run *run = user;

	cbd_service_complain(&run->service, text);
	run->code = cbd_exit_code(error);
	run->ended = true;
}

/* The second signal; the first one's effect is gone, so raising it again ends the process */
static void at_once(int signal_number)
{
	cbd_demo_end();
	raise(signal_number);
}

static void watch_for_a_second(void)
{
	struct sigaction action = { .sa_handler = at_once, .sa_flags = (int)SA_RESETHAND };
	sigset_t both;

	sigemptyset(&both);
	sigaddset(&both, SIGTERM);
	sigaddset(&both, SIGINT);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigprocmask(SIG_UNBLOCK, &both, NULL);
}

static void take_signal(struct run *run, int fd)
{
	struct signalfd_siginfo info;

	if (read(fd, &info, sizeof(info)) != (ssize_t)sizeof(info))
		return;
	if (info.ssi_signo == SIGHUP) {
		cbd_service_reload(&run->service);
		return;
	}
	cbd_log_say(run->service.log, CHATTERBOX_LOG_INFO, "stopping on %s",
		    info.ssi_signo == SIGINT ? "SIGINT" : "SIGTERM");
	run->ended = true;
}

static int serve(struct run *run, const sigset_t *watched)
{
	const struct chatterbox_observer observer = {
		.version = 1, .user = run, .on_ready = on_ready, .on_failed = on_failed
	};
	cbd_auto(cbd_closep) int signals = signalfd(-1, watched, SFD_CLOEXEC | SFD_NONBLOCK);

	if (signals < 0) {
		cbd_service_complain(&run->service, strerror(errno));
		return CBD_EXIT_INTERNAL;
	}
	run->code = cbd_service_start(&run->service, &observer);
	while (!run->code && !run->ended) {
		struct pollfd fds[] = {
			{ .fd = signals, .events = POLLIN },
			{ .fd = chatterbox_get_fd(run->service.box), .events = POLLIN },
		};

		poll(fds, CBD_COUNT(fds), 1000);
		if (fds[0].revents)
			take_signal(run, signals);
		chatterbox_dispatch(run->service.box);
		cbd_http_tick(run->service.http);
	}
	watch_for_a_second();
	return run->code;
}

static int start(struct run *run, const struct cbd_options *options, const sigset_t *watched)
{
	int result = options->demo ? cbd_demo_begin() : 0;
	int code;

	if (result < 0) {
		cbd_service_complain(&run->service, "--demo: no temporary directory");
		return CBD_EXIT_INTERNAL;
	}
	if (options->mode == CBD_CHECK_CONFIG || options->mode == CBD_PRINT_CONFIG)
		return cbd_settings_show(options, cbd_demo_sqlite_path());
	code = cbd_service_open(&run->service, options);
	if (code)
		return code;
	return options->mode == CBD_MIGRATE ? cbd_service_migrate(&run->service)
					    : serve(run, watched);
}

int main(int argc, char **argv)
{
	struct cbd_options options;
	struct run run = { 0 };
	sigset_t watched;
	int code;

	cbd_options_parse(argc, argv, &options);
	/* before there is any thread, so that all of them leave these to the descriptor */
	sigemptyset(&watched);
	sigaddset(&watched, SIGTERM);
	sigaddset(&watched, SIGINT);
	sigaddset(&watched, SIGHUP);
	sigprocmask(SIG_BLOCK, &watched, NULL);
	signal(SIGPIPE, SIG_IGN);
	code = start(&run, &options, &watched);
	cbd_service_closep(&run.service);
	return code;
}
