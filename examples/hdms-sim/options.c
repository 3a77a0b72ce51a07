// SPDX-License-Identifier: MIT
/*
 * options.c - the command line of hdms-sim
 *
 * Every option has a default, so that `hdms-sim` alone plays 500 lively systems on the local
 * RabbitMQ.
 */
#include "options.h"
#include "values.h"

enum key {
	KEY_HOST = 256,
	KEY_PORT,
	KEY_VHOST,
	KEY_USER,
	KEY_PASS,
	KEY_PASS_FILE,
	KEY_SYSTEMS,
	KEY_JOBS,
	KEY_SEED,
	KEY_NAME,
	KEY_OFFLINE,
	KEY_USERS,
	KEY_LINGER,
	KEY_CHANCE,
	KEY_RATE,
	KEY_STEP,
	KEY_FLIP,
	KEY_SHARE,
	KEY_FROZEN,
	KEY_DELAY,
	KEY_DROP,
	KEY_MALFORMED,
	KEY_PUSH,
	KEY_ENVELOPE,
	KEY_QUEUE,
	KEY_EXCHANGE,
	KEY_EVENT_EXCHANGE,
	KEY_TRUTH,
	KEY_DURATION,
	KEY_QUIET,
};

static const struct argp_option known[] = {
	{ NULL, 0, NULL, 0, "The broker:", 1 },
	{ "host", KEY_HOST, "HOST", 0, "RabbitMQ's address (127.0.0.1)", 0 },
	{ "port", KEY_PORT, "PORT", 0, "its port (5672)", 0 },
	{ "vhost", KEY_VHOST, "NAME", 0, "virtual host (/)", 0 },
	{ "user", KEY_USER, "NAME", 0, "user (guest)", 0 },
	{ "pass", KEY_PASS, "TEXT", 0, "password (guest); others can see it in the process list",
	  0 },
	{ "pass-file", KEY_PASS_FILE, "FILE", 0, "read the password from FILE", 0 },
	{ "queue", KEY_QUEUE, "NAME", 0, "where requests come (nl-hdms.request)", 0 },
	{ "exchange", KEY_EXCHANGE, "NAME", 0, "bind that queue to this exchange, too", 0 },
	{ "event-exchange", KEY_EVENT_EXCHANGE, "NAME", 0, "where events go (amq.topic)", 0 },
	{ NULL, 0, NULL, 0, "The fleet:", 2 },
	{ "systems", KEY_SYSTEMS, "N", 0, "how many (500)", 0 },
	{ "jobs", KEY_JOBS, "N", 0, "live jobs of each system, at most (4)", 0 },
	{ "seed", KEY_SEED, "N", 0, "the same seed plays the same fleet (1)", 0 },
	{ "name", KEY_NAME, "PATTERN", 0, "names of the systems (NL-HDMS-%06u)", 0 },
	{ "offline", KEY_OFFLINE, "SHARE", 0, "systems that are offline at first (0)", 0 },
	{ "user-share", KEY_USERS, "SHARE", 0, "jobs that users started (0.3)", 0 },
	{ "linger", KEY_LINGER, "SECONDS", 0,
	  "how long an ended job is reported, in real time (60)", 0 },
	{ "chance", KEY_CHANCE, "NAME=RATE", 0,
	  "how often something happens a simulated second; may be repeated. NAME is start, begin, "
	  "progress (percent), pause, resume, fail, kill, vanish, offline, online",
	  0 },
	{ "rate", KEY_RATE, "FACTOR", 0, "simulated seconds a second (1)", 0 },
	{ "frozen", KEY_FROZEN, NULL, 0, "nothing changes except by commands", 0 },
	{ "step", KEY_STEP, "PERCENT", OPTION_ARG_OPTIONAL,
	  "nothing changes except by asking: each question moves half of the jobs by PERCENT (1)",
	  0 },
	{ "flip", KEY_FLIP, NULL, 0, "as --step, but these jobs change between Running and Paused",
	  0 },
	{ "share", KEY_SHARE, "SHARE", 0, "the jobs that --step or --flip move (0.5)", 0 },
	{ NULL, 0, NULL, 0, "The answers:", 3 },
	{ "delay", KEY_DELAY, "MIN[-MAX]", 0, "delay replies by so many ms (0)", 0 },
	{ "drop", KEY_DROP, "SHARE", 0, "replies that are never sent (0)", 0 },
	{ "malformed", KEY_MALFORMED, "SHARE", 0, "replies that are malformed (0)", 0 },
	{ "push", KEY_PUSH, "SHARE", 0, "status changes that are pushed (0)", 0 },
	{ "envelope", KEY_ENVELOPE, "jsonrpc|bare", 0,
	  "of events (jsonrpc); a reply has that of its request", 0 },
	{ NULL, 0, NULL, 0, "The run:", 4 },
	{ "truth", KEY_TRUTH, "FILE", 0, "write every status change as a line of JSON", 0 },
	{ "duration", KEY_DURATION, "SECONDS", 0, "stop after that time (never)", 0 },
	{ "quiet", KEY_QUIET, NULL, 0, "no counters every 10 s, only warnings", 0 },
	{ 0 },
};

static error_t read_broker(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case KEY_HOST:
		options->host = arg;
		return 0;
	case KEY_PORT:
		options->port = value_whole(state, "port", arg, 1, 65535);
		return 0;
	case KEY_VHOST:
		options->vhost = arg;
		return 0;
	case KEY_USER:
		options->user = arg;
		return 0;
	case KEY_PASS:
		options->pass = arg;
		return 0;
	case KEY_PASS_FILE:
		value_pass_file(state, options, arg);
		return 0;
	case KEY_QUEUE:
		options->fleet.request_queue = arg;
		return 0;
	case KEY_EXCHANGE:
		options->fleet.request_exchange = arg;
		return 0;
	case KEY_EVENT_EXCHANGE:
		options->fleet.event_exchange = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t read_fleet(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;
	struct cbx_fleet_rules *rules = &options->fleet.rules;

	switch (key) {
	case KEY_SYSTEMS:
		rules->systems = value_whole(state, "systems", arg, 1, 1000000);
		return 0;
	case KEY_JOBS:
		rules->jobs_per_system = value_whole(state, "jobs", arg, 0, 10000);
		return 0;
	case KEY_SEED:
		rules->seed = value_seed(state, arg);
		return 0;
	case KEY_NAME:
		rules->name = arg;
		return 0;
	case KEY_OFFLINE:
		rules->offline_share = value_number(state, "offline", arg, 0, 1);
		return 0;
	case KEY_USERS:
		rules->user_share = value_number(state, "user-share", arg, 0, 1);
		return 0;
	case KEY_LINGER:
		rules->linger = (int64_t)(value_number(state, "linger", arg, 0, 1e9) * 1000);
		return 0;
	case KEY_CHANCE:
		value_chance(state, &rules->rates, arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t read_mode(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;
	struct cbx_fleet_rules *rules = &options->fleet.rules;

	switch (key) {
	case KEY_RATE:
		options->fleet.time_factor = value_number(state, "rate", arg, 0, 1e6);
		return 0;
	case KEY_FROZEN:
		rules->mode = CBX_FLEET_FROZEN;
		return 0;
	case KEY_STEP:
		rules->mode = CBX_FLEET_STEP;
		if (arg)
			rules->step_percent = value_number(state, "step", arg, 0, 100);
		return 0;
	case KEY_FLIP:
		rules->mode = CBX_FLEET_FLIP;
		return 0;
	case KEY_SHARE:
		rules->step_share = value_number(state, "share", arg, 0, 1);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t read_answers(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case KEY_DELAY:
		value_delay(state, &options->fleet, arg);
		return 0;
	case KEY_DROP:
		options->fleet.drop_share = value_number(state, "drop", arg, 0, 1);
		return 0;
	case KEY_MALFORMED:
		options->fleet.malformed_share = value_number(state, "malformed", arg, 0, 1);
		return 0;
	case KEY_PUSH:
		options->fleet.push_share = value_number(state, "push", arg, 0, 1);
		return 0;
	case KEY_ENVELOPE:
		value_envelope(state, &options->fleet, arg);
		return 0;
	case KEY_TRUTH:
		options->truth = arg;
		return 0;
	case KEY_DURATION:
		options->duration = value_number(state, "duration", arg, 0, 1e9);
		return 0;
	case KEY_QUIET:
		options->quiet = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static error_t read_option(int key, char *arg, struct argp_state *state)
{
	static error_t (*const readers[])(int, char *,
					  struct argp_state *) = { read_broker, read_fleet,
								   read_mode, read_answers };
	size_t i;

	if (key == ARGP_KEY_ARG)
		argp_error(state, "'%s' is no option", arg);
	for (i = 0; i < CBX_COUNT(readers); i++)
		if (readers[i](key, arg, state) == 0)
			return 0;
	return ARGP_ERR_UNKNOWN;
}

void options_read(struct options *options, int argc, char **argv)
{
	static const struct argp argp = {
		.options = known,
		.parser = read_option,
		.doc = "Answers nl-hdms.request on a RabbitMQ with a simulated fleet of systems.\v"
		       "It prints one line that begins with 'ready' when it answers, and a summary "
		       "when it ends, on SIGTERM, SIGINT or after --duration.",
	};

	*options = (struct options){
		.host = "127.0.0.1", .port = 5672, .vhost = "/", .user = "guest", .pass = "guest"
	};
	cbx_fleet_options_init(&options->fleet);
	options->fleet.announce = true;
	argp_err_exit_status = 64;
	argp_parse(&argp, argc, argv, 0, NULL, options);
}
