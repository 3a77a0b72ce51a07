/* SPDX-License-Identifier: MIT */
/* options.h - the command line of chatterboxd */
#ifndef CBD_OPTIONS_H
#define CBD_OPTIONS_H

#include <stdbool.h>

enum cbd_mode { CBD_RUN, CBD_MIGRATE, CBD_CHECK_CONFIG, CBD_PRINT_CONFIG };

struct cbd_options {
	enum cbd_mode mode;
	const char *config;    /* --config FILE, or NULL */
	const char *log_level; /* --log-level L, or NULL */
	const char *record;    /* --record FILE, or NULL */
	bool record_anonymous;
	bool connect;          /* with CBD_CHECK_CONFIG: log in everywhere, too */
	unsigned demo;         /* how many simulated systems; 0 = no demo */
};

/* Ends the program itself for --help and --version (0), and with 64 when the usage is wrong. */
void cbd_options_parse(int argc, char **argv, struct cbd_options *out);

#endif
