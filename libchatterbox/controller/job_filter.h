/* SPDX-License-Identifier: MIT */
/* job_filter.h - which jobs a list is asked for (contract 6.2); pure */
#ifndef CBX_CONTROLLER_JOB_FILTER_H
#define CBX_CONTROLLER_JOB_FILTER_H

#include "controller/job_figures.h"

#include <jansson.h>

/* The values of one parameter, each ended by a NUL; none = any will do */
struct cbx_values {
	char *texts;
	size_t count;
};

struct cbx_job_filter {
	struct cbx_values system, status, job_type, origin, kind;
	const char *q; /* borrowed from the parameters; NULL = any */
	bool stalled, stale;
};

/* A parameter that is a text; NULL when absent or empty. -EINVAL with a line in @error. */
int cbx_take_text(const json_t *params, const char *name, const char **out, char error[256]);
/* One that may have @several values by comma; free their texts in any case */
int cbx_take_values(const json_t *params, const char *name, bool several, struct cbx_values *out,
		    char error[256]);
/* Names of systems are trimmed as everywhere; what is empty then is no wish */
void cbx_values_trim(struct cbx_values *values);
/* Is @text one of the values, or are there none? */
bool cbx_values_have(const struct cbx_values *values, const char *text);
/* One that is 1 or 0 */
int cbx_take_flag(const json_t *params, const char *name, bool *out, char error[256]);
/* @moment NULL: as an RPC takes it, where a parameter has one value and figures are not known.
 * Free it in any case. */
int cbx_job_filter_read(const json_t *params, const struct cbx_moment *moment,
			struct cbx_job_filter *out, char error[256]);
void cbx_job_filter_free(struct cbx_job_filter *filter);
bool cbx_job_filter_takes_system(const struct cbx_job_filter *filter, const char *system);
/* A live job of a system that is wanted; @offline: that system is */
bool cbx_job_filter_takes(const struct cbx_job_filter *filter, const struct cbx_job *job,
			  bool offline, const struct cbx_moment *moment);

#endif
