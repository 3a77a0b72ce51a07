// SPDX-License-Identifier: MIT
/*
 * job_filter.c - reads the filters of a list of jobs, and applies them
 *
 * A parameter may have several values, by comma; a comma that belongs to a value is written `\,`.
 * A job is taken that has one of the values of each parameter.
 */
#include "controller/job_filter.h"

#include "base/read.h"
#include "common/cleanup.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

int cbx_take_text(const json_t *params, const char *name, const char **out, char error[256])
{
	const json_t *value = json_object_get(params, name);

	*out = NULL;
	if (!value || json_is_null(value))
		return 0;
	if (!json_is_string(value)) {
		snprintf(error, 256, "%s: takes a text", name);
		return -EINVAL;
	}
	if (json_string_length(value))
		*out = json_string_value(value);
	return 0;
}

int cbx_take_flag(const json_t *params, const char *name, bool *out, char error[256])
{
	const json_t *value = json_object_get(params, name);
	const char *text = json_string_value(value);

	*out = json_is_true(value) || json_integer_value(value) == 1 ||
	       (text && !strcmp(text, "1"));
	if (!value || json_is_null(value) || json_is_boolean(value) || *out ||
	    (json_is_integer(value) && !json_integer_value(value)) ||
	    (text && (!*text || !strcmp(text, "0"))))
		return 0;
	snprintf(error, 256, "%s: takes 1 or 0", name);
	return -EINVAL;
}

static const char *next(const char *value)
{
	return value + strlen(value) + 1;
}

/* Splits @text into @out, which has room for it; empty values are left out */
static void split(const char *text, struct cbx_values *out)
{
	char *to = out->texts;
	char *begin = to;

	for (;; text++) {
		if (text[0] == '\\' && text[1] == ',') {
			*to++ = *++text;
			continue;
		}
		if (*text && *text != ',') {
			*to++ = *text;
			continue;
		}
		if (to > begin) {
			*to++ = '\0';
			out->count++;
		}
		begin = to;
		if (!*text)
			return;
	}
}

int cbx_take_values(const json_t *params, const char *name, bool several, struct cbx_values *out,
		    char error[256])
{
	const char *text = NULL;
	int result = cbx_take_text(params, name, &text, error);

	if (result < 0 || !text)
		return result;
	out->texts = calloc(1, strlen(text) + 2);
	if (!out->texts)
		return -ENOMEM;
	if (several) {
		split(text, out);
		return 0;
	}
	strcpy(out->texts, text);
	out->count = 1;
	return 0;
}

void cbx_values_trim(struct cbx_values *values)
{
	const char *from = values->texts;
	char *to = values->texts;
	size_t count = values->count;

	for (values->count = 0; count; count--) {
		const char *value = from;
		size_t len = strlen(value);

		from = next(from);
		cbx_trim(&value, &len);
		if (!len)
			continue;
		memmove(to, value, len);
		to[len] = '\0';
		to += len + 1;
		values->count++;
	}
}

/* Each value has to be one of @names, which end with NULL */
static int check_names(const struct cbx_values *values, const char *parameter,
		       const char *const *names, const char *listed, char error[256])
{
	const char *value = values->texts;
	size_t i;
	size_t k;

	for (i = 0; i < values->count; i++, value = next(value)) {
		for (k = 0; names[k] && strcmp(names[k], value) != 0; k++)
			;
		if (names[k])
			continue;
		snprintf(error, 256, "%s: takes %s", parameter, listed);
		return -EINVAL;
	}
	return 0;
}

static int take_known(const json_t *params, const struct cbx_moment *moment,
		      struct cbx_job_filter *out, char error[256])
{
	static const char *const kinds[] = { "running", "paused", "other", "completed",
					     "errored", "killed", NULL };
	int result = cbx_take_values(params, "kind", true, &out->kind, error);

	if (!result)
		result = check_names(&out->kind, "kind", kinds,
				     "running, paused, other, completed, errored or killed", error);
	if (!result)
		result = cbx_take_flag(params, "stalled", &out->stalled, error);
	if (!result)
		result = cbx_take_flag(params, "stale", &out->stale, error);
	if (!result && out->stale && !moment->stale_after) {
		snprintf(error, 256, "only the leader knows which jobs are stale");
		return CHATTERBOX_E_STANDBY;
	}
	return result;
}

int cbx_job_filter_read(const json_t *params, const struct cbx_moment *moment,
			struct cbx_job_filter *out, char error[256])
{
	static const char *const origins[] = { "ocd", "user", NULL };
	bool several = moment != NULL;
	int result = cbx_take_values(params, "system", several, &out->system, error);

	cbx_values_trim(&out->system);
	if (!result)
		result = cbx_take_values(params, "status", several, &out->status, error);
	if (!result)
		result = cbx_take_values(params, "job_type", several, &out->job_type, error);
	if (!result)
		result = cbx_take_values(params, "origin", several, &out->origin, error);
	if (!result)
		result = check_names(&out->origin, "origin", origins, "ocd or user", error);
	if (!result)
		result = cbx_take_text(params, "q", &out->q, error);
	if (!result && moment)
		result = take_known(params, moment, out, error);
	return result;
}

void cbx_job_filter_free(struct cbx_job_filter *filter)
{
	free(filter->system.texts);
	free(filter->status.texts);
	free(filter->job_type.texts);
	free(filter->origin.texts);
	free(filter->kind.texts);
	*filter = (struct cbx_job_filter){ 0 };
}

/* Is @text, or @other (NULL: nothing), one of the values? */
static bool has(const struct cbx_values *values, const char *text, const char *other,
		int (*compare)(const char *, const char *))
{
	const char *value = values->texts;
	size_t i;

	for (i = 0; i < values->count; i++, value = next(value))
		if ((text && !compare(value, text)) || (other && !compare(value, other)))
			return true;
	return !values->count;
}

bool cbx_values_have(const struct cbx_values *values, const char *text)
{
	return has(values, text, NULL, strcmp);
}

bool cbx_job_filter_takes_system(const struct cbx_job_filter *filter, const char *system)
{
	return cbx_values_have(&filter->system, system);
}

static bool contains(const char *text, const char *part)
{
	return text && strcasestr(text, part);
}

static bool matches_q(const struct cbx_job *job, const char *q)
{
	const struct cbx_status *status = job->status;
	char id[24];

	snprintf(id, sizeof(id), "%lld", (long long)status->job_id);
	return contains(status->system, q) || contains(id, q) || contains(status->job_type, q) ||
	       contains(status->text, q);
}

bool cbx_job_filter_takes(const struct cbx_job_filter *filter, const struct cbx_job *job,
			  bool offline, const struct cbx_moment *moment)
{
	const struct cbx_status *status = job->status;
	const char *kind = cbx_kind_name(job->kind);

	return has(&filter->status, status->text, kind, strcasecmp) &&
	       has(&filter->kind, kind, NULL, strcmp) &&
	       has(&filter->job_type, status->job_type, NULL, strcmp) &&
	       has(&filter->origin, cbx_origin_name(job->origin), NULL, strcmp) &&
	       (!filter->stalled || cbx_job_is_stalled(job, moment)) &&
	       (!filter->stale || cbx_job_is_stale(job, offline, moment)) &&
	       (!filter->q || matches_q(job, filter->q));
}
