/* SPDX-License-Identifier: MIT */
/* filter.h - which events a subscriber wants: the parameters name and system; pure */
#ifndef CBD_SSE_FILTER_H
#define CBD_SSE_FILTER_H

#include "sse/frame.h"

#include <chatterbox/error.h>

/* Values after each other, each with a NUL */
struct cbd_values {
	char *bytes; /* NULL = every value fits */
	size_t count;
};

struct cbd_filter {
	struct cbd_values names;
	struct cbd_values systems;
};

/* @name, @system: values with commas between them, \, for a comma in one; NULL = all.
 * Return: 0; -EINVAL with a line in @error; -ENOMEM. */
int cbd_filter_read(const char *name, const char *system, struct cbd_filter *out,
		    char error[CHATTERBOX_ERROR_TEXT]);
void cbd_filter_free(struct cbd_filter *filter);
/* job_status has to be asked for by its name; with systems so have events that are about none */
bool cbd_filter_takes(const struct cbd_filter *filter, const struct cbd_frame *frame);
bool cbd_filter_takes_job_status(const struct cbd_filter *filter);

#endif
