// SPDX-License-Identifier: MIT
/*
 * fuzz_options.c - the command line of chatterboxd, an argument a line
 *
 * What is taken of it is within its bounds and, written down again, means the same; what stands
 * alone or after the options' end is refused. argp is asked not to end the program: what would have
 * ended it is noted instead.
 */
#include "fuzz.h"

#include "log_line.h"
#include "options.h"

#include <argp.h>
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#define MOST 16

static bool ended; /* the program, by a wrong usage */

/* options.c finds these before libc's */

void argp_error(const struct argp_state *state, const char *format, ...)
{
	FUZZ_CHECK(state && *format);
	ended = true;
}

error_t argp_parse(const struct argp *argp, int argc, char **argv, unsigned flags, int *end,
		   void *input)
{
	__typeof__(&argp_parse) parse;
	void *found = dlsym(RTLD_NEXT, "argp_parse");
	error_t error;

	FUZZ_CHECK(found && !flags && !end);
	memcpy(&parse, &found, sizeof(parse));
	/* without help and version, which print and end with 0 */
	error = parse(argp, argc, argv, ARGP_NO_EXIT | ARGP_NO_ERRS | ARGP_NO_HELP, NULL, input);
	ended = ended || error;
	return error;
}

/* @arguments: NULL at the end; argp may reorder them */
static bool try(char *const *arguments, struct cbd_options *out)
{
	char name[] = "chatterboxd";
	char *argv[MOST + 2] = { name };
	int argc = 1;

	for (; *arguments; arguments++)
		argv[argc++] = *arguments;
	ended = false;
	cbd_options_parse(argc, argv, out);
	return !ended;
}

static void check_same(const struct cbd_options *a, const struct cbd_options *b)
{
	FUZZ_CHECK(a->mode == b->mode && a->demo == b->demo);
	FUZZ_CHECK(!a->config == !b->config && (!a->config || !strcmp(a->config, b->config)));
	FUZZ_CHECK(!a->log_level == !b->log_level &&
		   (!a->log_level || !strcmp(a->log_level, b->log_level)));
}

/* Written in full, each option once */
static void check_again(const struct cbd_options *options)
{
	static char modes[][16] = { "", "--migrate", "--check-config", "--print-config" };
	char *arguments[5] = { NULL };
	struct cbd_options again;
	char demo[32];
	size_t count = 0;
	char *config = NULL;
	char *level = NULL;

	if (options->config) {
		FUZZ_CHECK(asprintf(&config, "--config=%s", options->config) > 0);
		arguments[count++] = config;
	}
	if (options->log_level) {
		FUZZ_CHECK(asprintf(&level, "--log-level=%s", options->log_level) > 0);
		arguments[count++] = level;
	}
	snprintf(demo, sizeof(demo), "--demo=%u", options->demo);
	if (options->demo)
		arguments[count++] = demo;
	if (options->mode != CBD_RUN)
		arguments[count++] = modes[options->mode];
	FUZZ_CHECK(try(arguments, &again));
	check_same(options, &again);
	free(config);
	free(level);
}

/* Is the next argument its text? Options may be cut short. */
static bool takes_text(const char *argument)
{
	size_t len = strlen(argument);

	return len > 2 &&
	       (!strncmp("--config", argument, len) || !strncmp("--log-level", argument, len));
}

/* Is there, after the end of the options, anything left? Only where that end is no option's text.
 */
static bool has_rest(char *const *arguments)
{
	bool open = false; /* the argument before it takes this one as its text */

	for (; *arguments; arguments++) {
		if (!open && !strcmp(*arguments, "--"))
			return arguments[1] != NULL;
		open = !open && takes_text(*arguments);
	}
	return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = fuzz_input(data, size);
	char *arguments[MOST + 1] = { NULL };
	struct cbd_options options;
	size_t count = 0;

	while (in.left && count < MOST)
		arguments[count++] = fuzz_line(&in);
	if (try(arguments, &options)) {
		FUZZ_CHECK(options.mode <= CBD_PRINT_CONFIG && options.demo <= 100000);
		FUZZ_CHECK(!options.demo || options.mode != CBD_MIGRATE);
		FUZZ_CHECK(!options.log_level || cbd_log_level_parse(options.log_level));
		FUZZ_CHECK(!has_rest(arguments));
		check_again(&options);
	} else {
		FUZZ_CHECK(count);
	}
	while (count)
		free(arguments[--count]);
	return 0;
}
