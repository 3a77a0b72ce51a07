/* SPDX-License-Identifier: MIT */
/* options.h - what the command line and the environment say (contract 8.3) */
#ifndef CTL_OPTIONS_H
#define CTL_OPTIONS_H

#include "common/cleanup.h"

#include <stdbool.h>
#include <stddef.h>

#define CTL_OK 0
#define CTL_NO 1 /* the answer is no */
#define CTL_USAGE 64
#define CTL_UNAVAILABLE 69 /* there is no answer, or none that can be understood */

#define CTL_ARGUMENTS 2

/* Options that only some commands take */
enum ctl_option {
	CTL_SYSTEM = 1 << 0,
	CTL_FILTERS = 1 << 1, /* of jobs: --status to --sort */
	CTL_LIMIT = 1 << 2,
	CTL_DISCOVERY = 1 << 3,
	CTL_OLDER_THAN = 1 << 4,
	CTL_DRY_RUN = 1 << 5,
	CTL_NAME = 1 << 6,
	CTL_COUNT = 1 << 7,
	CTL_OPEN = 1 << 8,
	CTL_INCIDENT = 1 << 9,
	CTL_STATE = 1 << 10,
	CTL_HOURS = 1 << 11,
};

struct ctl_options;

struct ctl_command {
	const char *name;
	int (*run)(const struct ctl_options *options);
	unsigned takes;    /* of enum ctl_option */
	unsigned counts;   /* bit N: it takes N arguments */
	const char *usage; /* its arguments, for errors */
};

struct ctl_options {
	const struct ctl_command *command;
	const char *arguments[CTL_ARGUMENTS];
	unsigned count;
	char *url;   /* without a slash at its end */
	char *token; /* or NULL */
	bool json;
	bool discovery;
	bool dry_run;
	bool stalled;
	bool stale;
	bool open;
	long timeout; /* s; 0 = that of the request */
	long limit;   /* 0 = all */
	long older_than;
	long incident; /* 0 = none */
	long hours;    /* 0 = as many as the command says */
	long times;    /* 0 = until it is ended */
	const char *system;
	const char *status;
	const char *type;
	const char *origin;
	const char *search;
	const char *state;
	const char *sort;
	const char *name;         /* of events, by comma */
	unsigned given;           /* of enum ctl_option */
	bool (*stop)(void *user); /* or NULL: asked now and then while a request runs */
	void *stop_user;
};

/* Ends the program when something is wrong, with CTL_USAGE, and for --help and --version */
void ctl_options_parse(int argc, char **argv, const struct ctl_command *commands, size_t count,
		       struct ctl_options *out);
void ctl_options_free(struct ctl_options *options);
/* A number of digits alone, min..max; -1 for anything else */
long ctl_number(const char *text, long min, long max);

#endif
