// SPDX-License-Identifier: MIT
/* options.c - reads the command line with argp, whose exit code for wrong usage is 64 (EX_USAGE) */
#include "options.h"

#include "address.h"

#include <argp.h>
#include <chatterbox/version.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define YEAR 31536000

enum {
	KEY_URL = 256,
	KEY_TOKEN_FILE,
	KEY_JSON,
	KEY_TIMEOUT,
	KEY_SYSTEM,
	KEY_STATUS,
	KEY_TYPE,
	KEY_ORIGIN,
	KEY_SEARCH,
	KEY_STATE,
	KEY_STALLED,
	KEY_STALE,
	KEY_SORT,
	KEY_LIMIT,
	KEY_DISCOVERY,
	KEY_OLDER_THAN,
	KEY_DRY_RUN,
	KEY_NAME,
	KEY_COUNT,
	KEY_OPEN,
	KEY_INCIDENT,
	KEY_HOURS,
};

static const struct argp_option table[] = {
	{ NULL, 0, NULL, 0, "For every command:", 1 },
	{ "url", KEY_URL, "URL", 0,
	  "Where chatterboxd listens (else $CHATTERBOX_URL, else " CTL_DEFAULT_URL ")", 1 },
	{ "token-file", KEY_TOKEN_FILE, "FILE", 0,
	  "Read the token from the first line of FILE (else $CHATTERBOX_TOKEN)", 1 },
	{ "json", KEY_JSON, NULL, 0, "Print JSON", 1 },
	{ "timeout", KEY_TIMEOUT, "SECONDS", 0,
	  "Wait so long for an answer (30; orders 330, since nl-hdms may take its time)", 1 },
	{ NULL, 0, NULL, 0, "For some:", 2 },
	{ "system", KEY_SYSTEM, "SYSTEM", 0,
	  "jobs, errors, events, tonight, clean-up: of this system alone", 2 },
	{ "status", KEY_STATUS, "STATUS", 0, "jobs: with this status", 2 },
	{ "type", KEY_TYPE, "TYPE", 0, "jobs: of this job_type", 2 },
	{ "origin", KEY_ORIGIN, "ORIGIN", 0, "jobs: started by ocd or by a user", 2 },
	{ "search", KEY_SEARCH, "TEXT", 0, "jobs: with TEXT in system, job_id, job_type or status",
	  2 },
	{ "state", KEY_STATE, "STATE", 0,
	  "jobs: live (without it), errored or ended; tonight: late, at_risk, unknown, on_time",
	  2 },
	{ "stalled", KEY_STALLED, NULL, 0, "jobs: that run without progress", 2 },
	{ "stale", KEY_STALE, NULL, 0, "jobs: not heard of for too long", 2 },
	{ "sort", KEY_SORT, "COLUMN", 0,
	  "jobs: by system, status, percent, speed, left, heard or progress; -COLUMN the other way",
	  2 },
	{ "limit", KEY_LIMIT, "N", 0,
	  "jobs, history, explain, systems, errors, incidents, tonight: at most N (all)", 2 },
	{ "discovery", KEY_DISCOVERY, NULL, 0, "poll: ask which jobs there are, too", 2 },
	{ "older-than", KEY_OLDER_THAN, "SECONDS", 0, "clean-up: last changed before that", 2 },
	{ "name", KEY_NAME, "NAMES", 0, "events: with these names, by comma", 2 },
	{ "hours", KEY_HOURS, "N", 0, "tonight: what is activated in the next N hours (12)", 2 },
	{ "count", KEY_COUNT, "N", 0, "watch: end after asking N times", 2 },
	{ "open", KEY_OPEN, NULL, 0, "incidents: those that go on", 2 },
	{ "incident", KEY_INCIDENT, "ID", 0, "clean-up: of this incident alone", 2 },
	{ "dry-run", KEY_DRY_RUN, NULL, 0, "clean-up: only say what would go", 2 },
	{ 0 },
};

struct parsing {
	struct ctl_options *options;
	const struct ctl_command *commands;
	size_t count;
	const char *url;
	const char *token_file;
};

long ctl_number(const char *text, long min, long max)
{
	char *end = NULL;
	long number;

	if (*text < '0' || *text > '9')
		return -1;
	errno = 0;
	number = strtol(text, &end, 10);
	return errno || *end || number < min || number > max ? -1 : number;
}

static long number(const char *name, const char *text, long min, long max,
		   const struct argp_state *state)
{
	long value = ctl_number(text, min, max);

	if (value < 0)
		argp_error(state, "%s takes a number %ld..%ld, got '%s'", name, min, max, text);
	return value;
}

/* An empty one would count as none, and the command concern everything */
static void refuse_empty(const char *arg, const struct argp_state *state)
{
	if (!*arg)
		argp_error(state, "an empty text names nothing: leave it out to mean all");
}

static void take_argument(struct parsing *all, const char *arg, const struct argp_state *state)
{
	struct ctl_options *options = all->options;
	size_t i;

	refuse_empty(arg, state);
	if (options->command) {
		if (options->count == CTL_ARGUMENTS)
			argp_error(state, "%s: '%s' is one too many", options->command->name, arg);
		options->arguments[options->count++] = arg;
		return;
	}
	for (i = 0; i < all->count; i++)
		if (!strcmp(all->commands[i].name, arg))
			options->command = &all->commands[i];
	if (!options->command)
		argp_error(state, "there is no command '%s'", arg);
}

static void finish(const struct parsing *all, const struct argp_state *state)
{
	static const char *const names[] = {
		"--system",
		"--status, --type, --origin, --search, --stalled, --stale and --sort",
		"--limit",
		"--discovery",
		"--older-than",
		"--dry-run",
		"--name",
		"--count",
		"--open",
		"--incident",
		"--state",
		"--hours"
	};
	const struct ctl_options *options = all->options;
	unsigned i;

	if (!options->command)
		argp_error(state, "which command?");
	for (i = 0; i < CBX_COUNT(names); i++)
		if (options->given & ~options->command->takes & 1U << i)
			argp_error(state, "%s takes no %s", options->command->name, names[i]);
	if (!(options->command->counts & 1U << options->count))
		argp_error(state, "usage: %s%s%s", options->command->name,
			   *options->command->usage ? " " : "", options->command->usage);
}

/* The options of some commands whose value is passed on as it is */
static const struct {
	int key;
	enum ctl_option option;
	size_t at; /* in struct ctl_options */
} texts[] = {
	{ KEY_SYSTEM, CTL_SYSTEM, offsetof(struct ctl_options, system) },
	{ KEY_STATUS, CTL_FILTERS, offsetof(struct ctl_options, status) },
	{ KEY_TYPE, CTL_FILTERS, offsetof(struct ctl_options, type) },
	{ KEY_ORIGIN, CTL_FILTERS, offsetof(struct ctl_options, origin) },
	{ KEY_SEARCH, CTL_FILTERS, offsetof(struct ctl_options, search) },
	{ KEY_STATE, CTL_STATE, offsetof(struct ctl_options, state) },
	{ KEY_SORT, CTL_FILTERS, offsetof(struct ctl_options, sort) },
	{ KEY_NAME, CTL_NAME, offsetof(struct ctl_options, name) },
};

static error_t parse_text(int key, const char *arg, struct ctl_options *options,
			  const struct argp_state *state)
{
	size_t i;

	for (i = 0; i < CBX_COUNT(texts); i++)
		if (texts[i].key == key) {
			refuse_empty(arg, state);
			*(const char **)((char *)options + texts[i].at) = arg;
			options->given |= texts[i].option;
			return 0;
		}
	return ARGP_ERR_UNKNOWN;
}

/* A number or a switch of some commands */
static error_t parse_special(int key, const char *arg, struct ctl_options *options,
			     const struct argp_state *state)
{
	switch (key) {
	case KEY_STALLED:
	case KEY_STALE:
		*(key == KEY_STALE ? &options->stale : &options->stalled) = true;
		options->given |= CTL_FILTERS;
		return 0;
	case KEY_LIMIT:
		options->limit = number("--limit", arg, 1, 1000000, state);
		options->given |= CTL_LIMIT;
		return 0;
	case KEY_COUNT:
		options->times = number("--count", arg, 1, 1000000, state);
		options->given |= CTL_COUNT;
		return 0;
	case KEY_HOURS:
		options->hours = number("--hours", arg, 1, 8760, state);
		options->given |= CTL_HOURS;
		return 0;
	case KEY_DISCOVERY:
		options->discovery = true;
		options->given |= CTL_DISCOVERY;
		return 0;
	case KEY_OLDER_THAN:
		options->older_than = number("--older-than", arg, 0, YEAR, state);
		options->given |= CTL_OLDER_THAN;
		return 0;
	case KEY_OPEN:
		options->open = true;
		options->given |= CTL_OPEN;
		return 0;
	case KEY_INCIDENT:
		options->incident = number("--incident", arg, 1, (1L << 53) - 1, state);
		options->given |= CTL_INCIDENT;
		return 0;
	case KEY_DRY_RUN:
		options->dry_run = true;
		options->given |= CTL_DRY_RUN;
		return 0;
	default:
		return parse_text(key, arg, options, state);
	}
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct parsing *all = state->input;

	switch (key) {
	case KEY_URL:
		all->url = arg;
		return 0;
	case KEY_TOKEN_FILE:
		all->token_file = arg;
		return 0;
	case KEY_JSON:
		all->options->json = true;
		return 0;
	case KEY_TIMEOUT:
		all->options->timeout = number("--timeout", arg, 1, 3600, state);
		return 0;
	case ARGP_KEY_ARG:
		take_argument(all, arg, state);
		return 0;
	case ARGP_KEY_END:
		finish(all, state);
		return 0;
	default:
		return parse_special(key, arg, all->options, state);
	}
}

static void print_version(FILE *out, struct argp_state *state)
{
	(void)state;
	fprintf(out, "chatterboxctl %s\n", CHATTERBOX_VERSION_TEXT);
}

static const struct argp argp = {
	.options = table,
	.parser = parse,
	.args_doc = "COMMAND [ARGUMENT...]",
	.doc = "Asks a running chatterboxd, or gives it an order, over its HTTP API.\n\n"
	       "status                 what there is and how it goes\n"
	       "jobs                   live jobs, or those that failed or ended\n"
	       "job SYSTEM JOB         one job, an ended one too\n"
	       "history SYSTEM [JOB]   what became of a job, or of a system and its jobs\n"
	       "explain SYSTEM [JOB]   why it is so: what was seen, decided, told and ordered\n"
	       "systems [SYSTEM]       the systems; one, with its jobs\n"
	       "errors                 errors of jobs, newest first\n"
	       "incidents [ID]         the same trouble at many places; one, with its jobs\n"
	       "events                 follow what happens, until Ctrl-C\n"
	       "tonight                will every list be there when it is activated, and if not, "
	       "why\n"
	       "watch                  show live how it goes, until q or Ctrl-C\n"
	       "doctor                 says what is wrong, and what to do\n"
	       "poll                   ask the systems now\n"
	       "interval SECONDS       ask them so often\n"
	       "pause [SECONDS]        ask nobody for a while\n"
	       "pause SYSTEM JOB       pause a job\n"
	       "resume [SYSTEM JOB]    end the pause; resume a job\n"
	       "kill SYSTEM JOB        end a job\n"
	       "pause-all [SYSTEM]     pause every running job\n"
	       "resume-all [SYSTEM]    resume every paused job\n"
	       "clean-up               clear errored jobs; their errors stay\n"
	       "\v"
	       "Exit codes: 0 done, 1 the answer is no, 64 wrong usage, 69 there is no answer.",
};

void ctl_options_parse(int argc, char **argv, const struct ctl_command *commands, size_t count,
		       struct ctl_options *out)
{
	struct parsing all = { .options = out, .commands = commands, .count = count };

	argp_program_version_hook = print_version;
	argp_parse(&argp, argc, argv, 0, NULL, &all);
	if (ctl_address_read(all.url, &out->url) < 0 ||
	    ctl_token_read(all.token_file, &out->token) < 0) {
		ctl_options_free(out);
		exit(CTL_USAGE);
	}
}

void ctl_options_free(struct ctl_options *options)
{
	if (options->token)
		explicit_bzero(options->token, strlen(options->token));
	free(options->token);
	free(options->url);
}
