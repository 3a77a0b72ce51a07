// SPDX-License-Identifier: MIT
/* values.c - parses the values of options, strictly: anything not understood completely is an error
 */
#include "values.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

double value_number(struct argp_state *state, const char *name, const char *text, double low,
		    double high)
{
	char *end;
	double value;

	errno = 0;
	value = strtod(text, &end);
	if (errno || end == text || *end || !(value >= low && value <= high))
		argp_error(state, "--%s takes a number from %.10g to %.10g, not '%s'", name, low,
			   high, text);
	return value;
}

unsigned value_whole(struct argp_state *state, const char *name, const char *text, unsigned low,
		     unsigned high)
{
	double value = value_number(state, name, text, low, high);

	if (value != (double)(unsigned)value)
		argp_error(state, "--%s takes a whole number, not '%s'", name, text);
	return (unsigned)value;
}

uint64_t value_seed(struct argp_state *state, const char *text)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 0);
	if (errno || end == text || *end || *text == '-')
		argp_error(state, "--seed takes a whole number, not '%s'", text);
	return value;
}

void value_delay(struct argp_state *state, struct cbx_fleet_options *fleet, const char *text)
{
	unsigned low;
	unsigned high;
	int used = 0;
	int count = sscanf(text, "%u%n-%u%n", &low, &used, &high, &used);

	if (count == 1)
		high = low;
	if (count < 1 || text[used] || low > high || *text == '-')
		argp_error(state, "--delay takes MIN or MIN-MAX in ms, not '%s'", text);
	fleet->delay_min_ms = low;
	fleet->delay_max_ms = high;
}

void value_chance(struct argp_state *state, struct cbx_fleet_rates *rates, const char *text)
{
	const struct {
		const char *name;
		double *rate;
	} chances[] = {
		{ "start", &rates->start },       { "begin", &rates->begin },
		{ "progress", &rates->progress }, { "pause", &rates->pause },
		{ "resume", &rates->resume },     { "fail", &rates->fail },
		{ "kill", &rates->kill },         { "vanish", &rates->vanish },
		{ "offline", &rates->offline },   { "online", &rates->online },
	};
	const char *equals = strchr(text, '=');
	size_t len = equals ? (size_t)(equals - text) : 0;
	size_t i;

	for (i = 0; equals && i < CBX_COUNT(chances); i++) {
		if (strlen(chances[i].name) != len || memcmp(chances[i].name, text, len))
			continue;
		*chances[i].rate = value_number(state, "chance", equals + 1, 0, 1e6);
		return;
	}
	argp_error(state, "--chance takes NAME=RATE, not '%s'; see --help", text);
}

void value_pass_file(struct argp_state *state, struct options *options, const char *path)
{
	FILE *file = fopen(path, "re");
	size_t len;

	if (!file) {
		argp_failure(state, 64, errno, "--pass-file %s", path);
		return;
	}
	len = fread(options->pass_text, 1, sizeof(options->pass_text) - 1, file);
	fclose(file);
	options->pass_text[len] = '\0';
	options->pass_text[strcspn(options->pass_text, "\r\n")] = '\0';
	options->pass = options->pass_text;
}

void value_envelope(struct argp_state *state, struct cbx_fleet_options *fleet, const char *text)
{
	if (strcmp(text, "jsonrpc") && strcmp(text, "bare"))
		argp_error(state, "--envelope takes jsonrpc or bare, not '%s'", text);
	fleet->envelope = strcmp(text, "bare") ? CBX_FLEET_JSONRPC : CBX_FLEET_BARE;
}
