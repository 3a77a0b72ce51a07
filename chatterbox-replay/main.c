// SPDX-License-Identifier: MIT
/*
 * main.c - chatterbox-replay: plays what chatterboxd --record wrote, and says whether the same is
 * told now
 *
 * Exit: 0 the same, 1 something else, 64 wrong usage, 65 no (whole) recording, 66 it can't be
 * opened, 70 out of memory.
 */
#include "play.h"

#include "base/number.h"

#include <argp.h>
#include <chatterbox/error.h>
#include <chatterbox/version.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sysexits.h>

struct options {
	const char *file;
	double speed;
	bool quiet;
};

enum { KEY_SPEED = 256, KEY_QUIET };

static const struct argp_option table[] = {
	{ "speed", KEY_SPEED, "N", 0,
	  "Play it N times as fast as it was recorded (as fast as it goes)", 0 },
	{ "quiet", KEY_QUIET, NULL, 0, "No progress", 0 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case KEY_SPEED:
		if (!cbx_number_parse(arg, strlen(arg), &options->speed) || options->speed <= 0 ||
		    options->speed > 1e6)
			argp_error(state, "--speed takes a number above 0, up to 1000000, got '%s'",
				   arg);
		return 0;
	case KEY_QUIET:
		options->quiet = true;
		return 0;
	case ARGP_KEY_ARG:
		if (options->file)
			argp_error(state, "takes one file, got '%s', too", arg);
		options->file = arg;
		return 0;
	case ARGP_KEY_END:
		if (!options->file)
			argp_error(state, "which recording?");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static void print_version(FILE *out, struct argp_state *state)
{
	(void)state;
	fprintf(out, "chatterbox-replay %s\n", CHATTERBOX_VERSION_TEXT);
}

static void report(const struct replay_play *play)
{
	const struct facts *facts = &play->facts;

	printf("%s: %" PRIu64 " lines, %.0f s, %" PRIu64 " transactions%s\n", play->source.name,
	       play->source.line.number, facts->seconds, play->commits,
	       play->anonymous ? ", names replaced" : "");
	if (play->breaks || play->gaps)
		printf("not compared: what follows %" PRIu64 " breaks and %" PRIu64
		       " gaps, up to the next state (%" PRIu64 " events)\n",
		       play->breaks, play->gaps, play->left_out);
	if (facts->unsaid)
		printf("not compared: %" PRIu64
		       " events of a transaction of which not all was written down\n",
		       facts->unsaid);
	if (!play->ended)
		puts("it has no end: chatterboxd was killed, or records still");
	if (facts->shown < facts->differ)
		printf("(%" PRIu64 " more that differ are not shown)\n",
		       facts->differ - facts->shown);
	if (facts->differ)
		printf("DIFFERS: %" PRIu64 " were told something else, %" PRIu64 " events agree\n",
		       facts->differ, facts->agreed);
	else
		printf("agrees: %" PRIu64 " events, all as recorded\n", facts->agreed);
}

static int work(const struct options *options, FILE *file)
{
	struct replay_play play;
	struct stat about;
	int result;
	int code = EXIT_SUCCESS;

	replay_play_init(&play, file, options->file, stdout);
	play.speed = options->speed;
	if (!options->quiet && isatty(STDERR_FILENO) && !fstat(fileno(file), &about))
		play.size = (uint64_t)about.st_size;
	result = replay_play_run(&play);
	if (play.states)
		report(&play);
	if (result < 0) {
		fflush(stdout);
		fprintf(stderr, "chatterbox-replay: %s\n",
			*play.source.error ? play.source.error : chatterbox_strerror(result));
		code = result == CHATTERBOX_E_DECODE ? EX_DATAERR : EX_SOFTWARE;
	} else if (play.facts.differ) {
		code = EXIT_FAILURE;
	}
	replay_play_close(&play);
	return code;
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		.options = table,
		.parser = parse,
		.args_doc = "FILE",
		.doc = "Plays a recording of chatterboxd --record, and compares what is told.\v"
		       "Exit codes: 0 the same is told, 1 something else, 64 wrong usage, 65 FILE "
		       "is "
		       "no whole recording, 66 it can't be opened, 70 internal error.",
	};
	struct options options = { 0 };
	FILE *file;
	int code;

	argp_program_version_hook = print_version;
	argp_parse(&argp, argc, argv, 0, NULL, &options);
	file = fopen(options.file, "re");
	if (!file) {
		fprintf(stderr, "chatterbox-replay: %s: %s\n", options.file,
			chatterbox_strerror(-errno));
		return EX_NOINPUT;
	}
	code = work(&options, file);
	fclose(file);
	return code;
}
