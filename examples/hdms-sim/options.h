/* SPDX-License-Identifier: MIT */
/* options.h - hdms-sim's command line */
#ifndef HDMS_SIM_OPTIONS_H
#define HDMS_SIM_OPTIONS_H

#include "fleet/fleet.h"

struct options {
	const char *host;
	unsigned port;
	const char *vhost;
	const char *user;
	const char *pass;
	char pass_text[256]; /* content of --pass-file */
	const char *truth;   /* a path, or NULL */
	double duration;     /* seconds; 0 = until it is stopped */
	bool quiet;
	struct cbx_fleet_options fleet;
};

/* Ends the process with 64 when the command line is wrong */
void options_read(struct options *options, int argc, char **argv);

#endif
