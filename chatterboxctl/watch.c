// SPDX-License-Identifier: MIT
/*
 * watch.c - the command that shows how it goes, live
 *
 * Figures are asked for: once a second at most while events come, else every five. The events are
 * read by the command events itself, in a process of its own, which resumes by itself; here they
 * are lines. Signals come as a file, so that one poll() waits for all.
 */
#include "ask.h"
#include "commands.h"
#include "say.h"
#include "screen.h"
#include "show.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#define BUSY_SECONDS 1
#define LOST_SECONDS 2
#define QUIET_SECONDS 5
#define ANSWER_SECONDS 10

struct watch {
	const struct ctl_options *given;
	struct ctl_options options; /* with what breaks a request off */
	struct ctl_view view;
	bool screen;
	bool keys; /* stdin is a terminal */
	bool ended;
	bool changed; /* an event came since it was asked */
	bool resized;
	double asked;
	double drawn;
	sigset_t former;
	int signals;
	int events; /* -1: nobody reads them */
	pid_t reader;
	char line[CTL_VIEW_TEXT]; /* of events, as far as it came */
	size_t len;
};

static void take_signals(struct watch *watch)
{
	struct signalfd_siginfo one;

	while (read(watch->signals, &one, sizeof(one)) == (ssize_t)sizeof(one)) {
		if (one.ssi_signo == SIGWINCH)
			watch->resized = true;
		else
			watch->ended = true;
	}
}

static void take_keys(struct watch *watch)
{
	struct pollfd one = { .fd = STDIN_FILENO, .events = POLLIN };
	char key;

	while (watch->keys && poll(&one, 1, 0) > 0) {
		watch->keys = read(STDIN_FILENO, &key, 1) == 1;
		if (watch->keys && (key == 'q' || key == 'Q'))
			watch->ended = true;
	}
}

/* Asked while a request runs: nobody wants to wait for an answer in order to leave */
static bool should_stop(void *user)
{
	struct watch *watch = user;

	take_signals(watch);
	take_keys(watch);
	return watch->ended;
}

static void keep_line(struct watch *watch)
{
	struct ctl_view *view = &watch->view;

	if (view->event_count == CTL_VIEW_EVENTS)
		memmove(view->events[0], view->events[1],
			sizeof(view->events) - sizeof(view->events[0]));
	else
		view->event_count++;
	watch->line[watch->len] = '\0';
	memcpy(view->events[view->event_count - 1], watch->line, sizeof(watch->line));
	watch->len = 0;
	watch->changed = true;
}

static void stop_reader(struct watch *watch)
{
	if (watch->events < 0)
		return;
	close(watch->events);
	watch->events = -1;
	watch->len = 0;
	kill(watch->reader, SIGTERM);
	waitpid(watch->reader, NULL, 0);
}

static void take_events(struct watch *watch)
{
	char bytes[4096];
	ssize_t len = read(watch->events, bytes, sizeof(bytes));
	ssize_t i;

	if (len <= 0)
		stop_reader(watch);
	for (i = 0; i < len; i++) {
		if (bytes[i] == '\n')
			keep_line(watch);
		else if (watch->len < sizeof(watch->line) - 1)
			watch->line[watch->len++] = bytes[i];
	}
}

/* In the other process: what it has to say of lost connections is seen here as well */
static void read_events(const struct watch *watch, int out)
{
	struct ctl_options options = *watch->given;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	sigprocmask(SIG_SETMASK, &watch->former, NULL);
	if (dup2(out, STDOUT_FILENO) >= 0 && freopen("/dev/null", "w", stderr)) {
		ctl_say_into(NULL, 0);
		ctl_events(&options);
	}
	_exit(0);
}

/* Without a reader it goes on, more slowly; the next answer tries again */
static void start_reader(struct watch *watch)
{
	int ends[2];

	if (watch->events >= 0 || pipe(ends) < 0)
		return;
	fflush(stdout);
	watch->reader = fork();
	if (!watch->reader) {
		close(ends[0]);
		read_events(watch, ends[1]);
	}
	close(ends[1]);
	watch->events = ends[0];
	if (watch->reader < 0) {
		close(ends[0]);
		watch->events = -1;
	}
}

static int ask_for_jobs(struct watch *watch, json_t **out)
{
	char path[96];
	int result;

	snprintf(path, sizeof(path), "/api/v1/jobs?detail=1&kind=running&sort=left&limit=%u",
		 ctl_screen_jobs());
	result = ctl_ask(&watch->options, "GET", path, NULL, out);
	if (!result && !json_is_array(json_object_get(*out, "jobs")))
		result = ctl_ask_strange(&watch->options, path);
	return result;
}

static int ask(struct watch *watch)
{
	cbx_auto(json_decrefp) json_t *summary = NULL;
	cbx_auto(json_decrefp) json_t *jobs = NULL;
	int result = ctl_ask(&watch->options, "GET", "/api/v1/summary", NULL, &summary);

	if (!result && (!json_is_object(json_object_get(summary, "systems")) ||
			!json_is_object(json_object_get(summary, "interval"))))
		result = ctl_ask_strange(&watch->options, "/api/v1/summary");
	if (!result && watch->screen)
		result = ask_for_jobs(watch, &jobs);
	watch->asked = ctl_screen_now();
	watch->changed = watch->resized = false;
	if (result)
		return result;
	json_decref(watch->view.summary);
	json_decref(watch->view.jobs);
	watch->view.summary = cbx_steal(summary);
	watch->view.jobs = json_incref(json_object_get(jobs, "jobs"));
	watch->view.answered = watch->asked;
	watch->view.lost[0] = '\0';
	if (watch->screen)
		start_reader(watch);
	return CTL_OK;
}

static double due_at(const struct watch *watch)
{
	if (!watch->screen)
		return watch->asked + QUIET_SECONDS;
	if (watch->resized)
		return 0;
	return watch->asked + (*watch->view.lost ? LOST_SECONDS
			       : watch->changed  ? BUSY_SECONDS
						 : QUIET_SECONDS);
}

/* Ages move on every second, on a screen */
static void wait_for_something(struct watch *watch)
{
	double due = due_at(watch);
	double until = watch->screen && watch->drawn + 1 < due ? watch->drawn + 1 : due;
	double left = (until - ctl_screen_now()) * 1000 + 1;
	struct pollfd all[] = {
		{ .fd = watch->signals, .events = POLLIN },
		{ .fd = watch->events, .events = POLLIN },
		{ .fd = watch->keys ? STDIN_FILENO : -1, .events = POLLIN },
	};

	if (poll(all, CBX_COUNT(all), left > 0 ? (int)left : 0) <= 0)
		return;
	if (all[1].revents)
		take_events(watch);
	should_stop(watch);
}

static int show(struct watch *watch, int asked)
{
	watch->drawn = ctl_screen_now();
	if (watch->screen)
		return ctl_screen_draw(&watch->view);
	if (!watch->options.json)
		ctl_screen_print_line(&watch->view);
	else if (!asked)
		ctl_print_json(watch->view.summary);
	fflush(stdout);
	return CTL_OK;
}

/* What was asked for the first time is there already */
static int run(struct watch *watch)
{
	long times = watch->given->times;
	int result = show(watch, CTL_OK);

	while (!result && !ferror(stdout) && times != 1) {
		double now;

		wait_for_something(watch);
		if (watch->ended)
			break;
		now = ctl_screen_now();
		if (now >= due_at(watch)) {
			int asked = ask(watch);

			if (watch->ended)
				break;
			result = show(watch, asked);
			times -= times > 0;
		} else if (watch->screen && now >= watch->drawn + 1) {
			result = show(watch, CTL_OK);
		}
	}
	return result;
}

static bool set_up(struct watch *watch)
{
	sigset_t mask;

	watch->screen = !watch->options.json && ctl_screen_is_possible();
	watch->keys = watch->screen && isatty(STDIN_FILENO);
	watch->options.stop = should_stop;
	watch->options.stop_user = watch;
	if (!watch->options.timeout)
		watch->options.timeout = ANSWER_SECONDS;
	sigemptyset(&mask);
	sigaddset(&mask, SIGINT);
	sigaddset(&mask, SIGTERM);
	sigaddset(&mask, SIGHUP);
	sigaddset(&mask, SIGWINCH);
	sigprocmask(SIG_BLOCK, &mask, &watch->former);
	watch->signals = signalfd(-1, &mask, SFD_NONBLOCK | SFD_CLOEXEC);
	if (watch->signals < 0)
		ctl_say("no file for signals: %s", strerror(errno));
	return watch->signals >= 0;
}

int ctl_watch(const struct ctl_options *options)
{
	struct watch watch = { .given = options, .options = *options, .events = -1 };
	int result = CTL_UNAVAILABLE;

	if (set_up(&watch)) {
		/* a wrong address should be told at once, where it can be read */
		result = ask(&watch);
		if (!result) {
			if (!options->json)
				ctl_say_into(watch.view.lost, sizeof(watch.view.lost));
			if (watch.screen)
				ctl_screen_begin();
			result = run(&watch);
			if (watch.screen)
				ctl_screen_end();
			ctl_say_into(NULL, 0);
		}
		stop_reader(&watch);
		close(watch.signals);
		if (result && *watch.view.lost)
			ctl_say("%s", watch.view.lost);
	}
	json_decref(watch.view.summary);
	json_decref(watch.view.jobs);
	return watch.ended ? CTL_OK : result;
}
