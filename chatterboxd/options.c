// SPDX-License-Identifier: MIT
/* options.c - reads the command line with argp, whose exit code for wrong usage is 64 (EX_USAGE) */
#include "options.h"

#include "log_line.h"

#include <argp.h>
#include <chatterbox/version.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define DEMO_SYSTEMS 200
#define DEMO_SYSTEMS_MAX 100000

enum {
	KEY_CONFIG = 256,
	KEY_DEMO,
	KEY_MIGRATE,
	KEY_CHECK,
	KEY_CONNECT,
	KEY_PRINT,
	KEY_LOG_LEVEL,
	KEY_RECORD,
	KEY_ANONYMOUS,
};

static const struct argp_option table[] = {
	{ "config", KEY_CONFIG, "FILE", 0,
	  "Read the configuration from FILE (else $CHATTERBOX_CONFIG, else "
	  "/etc/chatterbox/chatterbox.json if it exists)",
	  0 },
	{ "demo", KEY_DEMO, "SYSTEMS", OPTION_ARG_OPTIONAL,
	  "Run without any server, with a simulated fleet of SYSTEMS systems (200)", 0 },
	{ "migrate", KEY_MIGRATE, NULL, 0, "Run the database's migrations and end", 0 },
	{ "check-config", KEY_CHECK, NULL, 0, "Check the configuration and end", 0 },
	{ "connect", KEY_CONNECT, NULL, 0,
	  "With --check-config: log in to each server and name what is missing; changes nothing",
	  0 },
	{ "print-config", KEY_PRINT, NULL, 0,
	  "Print every effective value and where it came from, and end", 0 },
	{ "log-level", KEY_LOG_LEVEL, "L", 0,
	  "Log lines of level L and above: trace, debug, info, warn, error, fatal", 0 },
	{ "record", KEY_RECORD, "FILE", 0,
	  "Record what comes and what is told in FILE, for chatterbox-replay(1)", 0 },
	{ "record-anonymous", KEY_ANONYMOUS, NULL, 0,
	  "Replace the names of systems, files and all else in the recording", 0 },
	{ 0 },
};

static unsigned parse_systems(const char *text, struct argp_state *state)
{
	char *end = NULL;
	long systems;

	if (!text)
		return DEMO_SYSTEMS;
	errno = 0;
	systems = strtol(text, &end, 10);
	if (errno || end == text || *end || systems < 1 || systems > DEMO_SYSTEMS_MAX)
		argp_error(state, "--demo takes a number of systems, 1..%d, got '%s'",
			   DEMO_SYSTEMS_MAX, text);
	return (unsigned)systems;
}

static void choose(struct cbd_options *options, enum cbd_mode mode, struct argp_state *state)
{
	if (options->mode != CBD_RUN && options->mode != mode)
		argp_error(state,
			   "--migrate, --check-config and --print-config exclude each other");
	options->mode = mode;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct cbd_options *options = state->input;

	switch (key) {
	case KEY_CONFIG:
		options->config = arg;
		return 0;
	case KEY_DEMO:
		options->demo = parse_systems(arg, state);
		return 0;
	case KEY_MIGRATE:
		choose(options, CBD_MIGRATE, state);
		return 0;
	case KEY_CHECK:
		choose(options, CBD_CHECK_CONFIG, state);
		return 0;
	case KEY_CONNECT:
		options->connect = true;
		return 0;
	case KEY_PRINT:
		choose(options, CBD_PRINT_CONFIG, state);
		return 0;
	case KEY_LOG_LEVEL:
		if (!cbd_log_level_parse(arg))
			argp_error(state,
				   "--log-level takes trace, debug, info, warn, error or "
				   "fatal, got '%s'",
				   arg);
		options->log_level = arg;
		return 0;
	case KEY_RECORD:
		if (!*arg)
			argp_error(state, "--record takes a file");
		options->record = arg;
		return 0;
	case KEY_ANONYMOUS:
		options->record_anonymous = true;
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "takes no arguments, got '%s'", arg);
		return 0;
	case ARGP_KEY_END:
		if (options->demo && options->mode == CBD_MIGRATE)
			argp_error(state, "--demo has no database to migrate");
		if (options->connect && options->mode != CBD_CHECK_CONFIG)
			argp_error(state, "--connect goes with --check-config");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void print_version(FILE *out, struct argp_state *state)
{
	(void)state;
	fprintf(out, "chatterboxd %s\n", chatterbox_version());
}

void cbd_options_parse(int argc, char **argv, struct cbd_options *out)
{
	static const struct argp argp = {
		.options = table,
		.parser = parse,
		.doc = "Watches the jobs of all systems, keeps their status and publishes "
		       "changes.\v"
		       "Signals: SIGTERM and SIGINT stop, SIGHUP rereads the configuration. "
		       "Exit codes: 0 clean stop, 64 wrong usage, 69 a server is unreachable, "
		       "70 internal error, 78 bad configuration.",
	};
	struct cbd_options options = { .mode = CBD_RUN };

	argp_program_version_hook = print_version;
	argp_parse(&argp, argc, argv, 0, NULL, &options);
	*out = options;
}
