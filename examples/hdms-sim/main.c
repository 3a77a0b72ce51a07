// SPDX-License-Identifier: MIT
/*
 * main.c - hdms-sim: answers on a RabbitMQ like an nl-hdms with a fleet of systems behind it
 *
 * There is one thread: the fleet uses the connection, and the signal descriptor wakes it. A broker
 * that is not there yet, or goes away, is waited for.
 */
#include "adapter/amqp_bus/amqp_bus.h"
#include "options.h"
#include "truth.h"

#include <argp.h>
#include <chatterbox/error.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>

#define EXIT_UNAVAILABLE 69
#define EXIT_SOFTWARE 70
#define EXIT_IO 74
#define COUNTERS_NS (10 * CBX_SECOND)
#define MAX_BODY (16 * 1024 * 1024)

/* libc looks it up by name, so it has to be visible */
__attribute__((visibility("default"))) const char *argp_program_version =
	"hdms-sim " HDMS_SIM_VERSION;

struct sim {
	struct options options;
	struct cbx_clock *clock;
	struct cbx_log log;
	struct cbx_bus *bus;
	struct cbx_fleet *fleet;
	struct truth truth;
	int signals;
	uint64_t began;
	uint64_t next_counters;
	uint64_t last_answers;
	bool was_ready;
};

static void write_log(void *user, enum chatterbox_log_level level,
		      const struct chatterbox_log_field *fields, size_t count, const char *message)
{
	size_t i;

	(void)user;
	fprintf(stderr, "hdms-sim: %s%s", level >= CHATTERBOX_LOG_WARN ? "warning: " : "", message);
	for (i = 0; i < count; i++)
		if (fields[i].value && *fields[i].value)
			fprintf(stderr, "%s%s=%s", i ? ", " : " (", fields[i].name,
				fields[i].value);
	fputs(count ? ")\n" : "\n", stderr);
}

static int complain(const char *what, int error)
{
	fprintf(stderr, "hdms-sim: %s: %s\n", what, chatterbox_strerror(error));
	return error;
}

static int watch_signals(struct sim *sim)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	sim->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return sim->signals < 0 ? -errno : 0;
}

static int open_bus(struct sim *sim)
{
	const struct options *o = &sim->options;
	const struct cbx_amqp_options options = { .host = o->host,
						  .port = (int)o->port,
						  .vhost = o->vhost,
						  .user = o->user,
						  .pass = o->pass,
						  .name = "hdms-sim" };
	int error = cbx_amqp_bus_new(&options, sim->clock, &sim->log, &sim->bus);

	if (!error)
		sim->bus->max_body = MAX_BODY;
	return error;
}

static int set_up(struct sim *sim)
{
	struct cbx_fleet_options *fleet = &sim->options.fleet;
	int error;

	sim->clock = cbx_system_clock();
	sim->log.sink = write_log;
	sim->log.level = sim->options.quiet ? CHATTERBOX_LOG_WARN : CHATTERBOX_LOG_INFO;
	error = watch_signals(sim);
	if (error)
		return complain("signals", error);
	if (sim->options.truth) {
		error = truth_open(&sim->truth, sim->options.truth, cbx_wall(sim->clock),
				   fleet->time_factor);
		if (error)
			return complain(sim->options.truth, error);
		fleet->rules.watch = truth_watch(&sim->truth);
	}
	error = open_bus(sim);
	if (error)
		return complain("bus", error);
	error = cbx_fleet_new(fleet, sim->bus, sim->clock, &sim->log, &sim->fleet);
	if (error == -EINVAL)
		fprintf(stderr, "hdms-sim: --name takes a pattern with one %%u that gives names "
				"of at most 64 bytes without '/'\n");
	return error;
}

static void say_ready(struct sim *sim)
{
	const struct cbx_fleet_options *fleet = &sim->options.fleet;

	if (sim->was_ready || !cbx_fleet_is_up(sim->fleet))
		return;
	sim->was_ready = true;
	printf("ready %s at %s, systems %u, jobs %u, seed %" PRIu64 "\n", fleet->request_queue,
	       sim->bus->where, fleet->rules.systems, fleet->rules.jobs_per_system,
	       fleet->rules.seed);
	fflush(stdout);
}

static void say_counters(struct sim *sim)
{
	const struct cbx_fleet_counts *c = cbx_fleet_counts(sim->fleet);

	if (sim->options.quiet || cbx_now(sim->clock) < sim->next_counters)
		return;
	fprintf(stderr,
		"hdms-sim: %" PRIu64 " answers/s, %" PRIu64 " requests, %" PRIu64 " changes%s\n",
		(c->answers - sim->last_answers) / 10, c->requests, c->changes,
		cbx_fleet_is_up(sim->fleet) ? "" : ", not connected");
	sim->last_answers = c->answers;
	sim->next_counters += COUNTERS_NS;
}

static void say_summary(const struct sim *sim)
{
	const struct cbx_fleet_counts *c = cbx_fleet_counts(sim->fleet);

	printf("requests %" PRIu64 ", answers %" PRIu64 ", errors %" PRIu64 ", dropped %" PRIu64
	       ", malformed %" PRIu64 ", unsent %" PRIu64 ", changes %" PRIu64 ", pushes %" PRIu64
	       ", events %" PRIu64 ", connects %" PRIu64 ", seconds %.1f\n",
	       c->requests, c->answers, c->errors, c->dropped, c->malformed, c->unsent, c->changes,
	       c->pushes, c->events, c->connects, (double)(cbx_now(sim->clock) - sim->began) / 1e9);
}

/* Runs until a signal, the end of the duration, or a failure */
static int run(struct sim *sim)
{
	uint64_t end = UINT64_MAX;
	struct signalfd_siginfo info;
	uint64_t now = sim->began;
	int error = 0;

	if (sim->options.duration > 0)
		end = sim->began + (uint64_t)(sim->options.duration * 1e9);
	while (!error && now < end) {
		if (read(sim->signals, &info, sizeof(info)) > 0) {
			if (info.ssi_signo != SIGUSR1)
				break;
			cbx_fleet_hold(sim->fleet);
		}
		error = cbx_fleet_run_once(sim->fleet, sim->signals,
					   now + CBX_SECOND < end ? now + CBX_SECOND : end);
		say_ready(sim);
		say_counters(sim);
		truth_flush(&sim->truth, cbx_wall(sim->clock));
		now = cbx_now(sim->clock);
	}
	return error;
}

static int exit_code(struct sim *sim, int error)
{
	if (error == -EINVAL)
		return argp_err_exit_status;
	if (error)
		return EXIT_SOFTWARE;
	return sim->was_ready ? 0 : EXIT_UNAVAILABLE;
}

int main(int argc, char **argv)
{
	struct sim sim = { .signals = -1 };
	int error;
	int code;

	options_read(&sim.options, argc, argv);
	error = set_up(&sim);
	if (!error) {
		sim.began = cbx_now(sim.clock);
		sim.next_counters = sim.began + COUNTERS_NS;
		error = run(&sim);
		say_summary(&sim);
	}
	code = exit_code(&sim, error);
	cbx_fleet_free(sim.fleet);
	cbx_bus_free(sim.bus);
	if (truth_close(&sim.truth)) {
		fprintf(stderr, "hdms-sim: %s is not complete\n", sim.options.truth);
		code = EXIT_IO;
	}
	cbx_closep(&sim.signals);
	return code;
}
