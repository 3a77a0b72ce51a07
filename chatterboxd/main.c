// SPDX-License-Identifier: MIT
/* main.c - chatterboxd: reads the options, starts the daemon, and waits for signals and for the
 * engine */
#include "common/cleanup.h"
#include "demo.h"
#include "http/deadline.h"
#include "notify.h"
#include "privacy.h"
#include "service.h"
#include "signals.h"

#include <poll.h>
#include <signal.h>

struct run {
	struct cbd_service service;
	bool ended;
	bool reload; /* SIGHUP came before the start */
	int code;
};

static void on_ready(void *user)
{
	(void)user; /* the engine has logged it */
	cbd_notify_ready();
}

static void on_event(void *user, const struct chatterbox_event *event)
{
	struct run *run = user;

	cbd_http_event(run->service.http, event);
}

static void on_failed(void *user, const struct chatterbox_error *error)
{
	struct run *run = user;

	cbd_service_complain(&run->service, error->text);
	run->code = cbd_exit_code(error->code);
	run->ended = true;
}

static void take_signal(struct run *run, int signals)
{
	int number = cbd_signals_take(signals);

	/* what has not been started can't take it over yet */
	if (number == SIGHUP && !run->service.http) {
		run->reload = true;
	} else if (number == SIGHUP) {
		cbd_notify_reloading();
		cbd_service_reload(&run->service);
		cbd_notify_ready();
	}
	if (number != SIGTERM && number != SIGINT)
		return;
	cbd_log_say(run->service.log, CHATTERBOX_LOG_INFO, "stopping on %s",
		    number == SIGINT ? "SIGINT" : "SIGTERM");
	cbd_notify_stopping();
	run->ended = true;
}

/* Starts HTTP as soon as its address can be had. Return: 0, or an exit code. */
static int listen_patiently(struct run *run, int signals, struct cbd_watchdog *dog)
{
	int64_t end = cbd_monotonic_ms() +
		      1000 * chatterbox_config_get_integer(run->service.config,
							   "chatterbox.startup_timeout");
	struct pollfd ready = { .fd = signals, .events = POLLIN };
	int code;

	while (!run->ended) {
		code = cbd_service_listen(&run->service, cbd_monotonic_ms() < end);
		if (code != CBD_SERVICE_WAITS)
			return code;
		if (poll(&ready, 1, 250) > 0)
			take_signal(run, signals);
		cbd_watchdog_turn(dog, run->service.box, cbd_monotonic_ms());
	}
	return 0;
}

static int serve(struct run *run, int signals)
{
	const struct chatterbox_observer observer = { .version = CHATTERBOX_OBSERVER_VERSION,
						      .user = run,
						      .on_ready = on_ready,
						      .on_failed = on_failed,
						      .on_event = on_event };
	struct cbd_watchdog dog;
	int wait_ms = 0;

	cbd_watchdog_begin(&dog);
	run->code = listen_patiently(run, signals, &dog);
	if (!run->code && !run->ended)
		run->code = cbd_service_start(&run->service, &observer);
	if (!run->code && run->reload)
		cbd_service_reload(&run->service);
	while (!run->code && !run->ended) {
		struct pollfd fds[] = {
			{ .fd = signals, .events = POLLIN },
			{ .fd = chatterbox_get_fd(run->service.box), .events = POLLIN },
			{ .fd = cbd_http_fd(run->service.http), .events = POLLIN },
		};

		poll(fds, CBX_COUNT(fds), wait_ms);
		if (fds[0].revents)
			take_signal(run, signals);
		chatterbox_dispatch(run->service.box);
		wait_ms = cbd_http_tick(run->service.http);
		cbd_watchdog_turn(&dog, run->service.box, cbd_monotonic_ms());
	}
	return run->code;
}

static int work(struct run *run, const struct cbd_options *options)
{
	cbx_auto(cbx_closep) int signals = -1;
	int result = options->demo ? cbd_demo_begin() : 0;
	int code;

	if ((options->mode == CBD_CHECK_CONFIG && !options->connect) ||
	    options->mode == CBD_PRINT_CONFIG)
		return cbd_settings_show(options, cbd_demo_sqlite_path());
	/* before any thread is started, so that all of them leave signals to the main thread */
	if (!result && options->mode == CBD_RUN)
		result = cbd_signals_open(&signals);
	if (result < 0) {
		cbd_service_complain(&run->service, chatterbox_strerror(result));
		return CBD_EXIT_INTERNAL;
	}
	code = cbd_service_open(&run->service, options);
	if (!code && options->mode == CBD_CHECK_CONFIG)
		return cbd_service_check(&run->service);
	if (code || options->mode == CBD_MIGRATE)
		return code ? code : cbd_service_migrate(&run->service);
	code = serve(run, signals);
	cbd_signals_release(cbd_demo_end);
	return code;
}

int main(int argc, char **argv)
{
	struct cbd_options options;
	struct run run = { 0 };
	int code;

	cbd_privacy_begin();
	cbd_options_parse(argc, argv, &options);
	code = work(&run, &options);
	cbd_service_closep(&run.service);
	return code;
}
