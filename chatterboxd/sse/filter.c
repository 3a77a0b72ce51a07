// SPDX-License-Identifier: MIT
/* filter.c - reads the two filters, and applies them to a frame */
#include "sse/filter.h"

#include <chatterbox/engine.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JOB_STATUS "job_status"

/* The values are never longer than the text. Empty ones are left out. */
static int split(const char *text, struct cbd_values *out)
{
	struct cbd_values values = { 0 };
	char *to;
	char *first;

	if (!text)
		return 0;
	values.bytes = to = first = malloc(strlen(text) + 2);
	if (!to)
		return -ENOMEM;
	for (;; text++) {
		bool ends = !*text || *text == ',';

		if (text[0] == '\\' && text[1] == ',')
			*to++ = *++text;
		else if (!ends)
			*to++ = *text;
		if (ends && to > first) {
			*to++ = '\0';
			first = to;
			values.count++;
		}
		if (!*text)
			break;
	}
	*out = values;
	return 0;
}

static bool holds(const struct cbd_values *values, struct cbd_slice wanted)
{
	const char *value = values->bytes;
	size_t i;

	for (i = 0; i < values->count; i++) {
		size_t len = strlen(value);

		if (len == wanted.len && !memcmp(value, wanted.at, len))
			return true;
		value += len + 1;
	}
	return false;
}

/* Later types have names, too: the library knows them */
static const char *name_at(int i)
{
	const char *name = chatterbox_event_type_to_string((enum chatterbox_event_type)i);

	return strcmp(name, "unknown") != 0 ? name : NULL;
}

static bool is_name(const char *value)
{
	const char *name;
	int i;

	for (i = 1; (name = name_at(i)); i++)
		if (!strcmp(name, value))
			return true;
	return false;
}

/* What the client sent is not repeated */
static void write_names(char error[CHATTERBOX_ERROR_TEXT])
{
	int len = snprintf(error, CHATTERBOX_ERROR_TEXT, "name: takes ");
	const char *name;
	int i;

	for (i = 1; (name = name_at(i)) && len > 0 && len < CHATTERBOX_ERROR_TEXT; i++)
		len += snprintf(error + len, CHATTERBOX_ERROR_TEXT - (size_t)len, "%s%s",
				i > 1 ? ", " : "", name);
}

static int check_names(const struct cbd_values *names, char error[CHATTERBOX_ERROR_TEXT])
{
	const char *value = names->bytes;
	size_t i;

	for (i = 0; i < names->count; i++) {
		if (!is_name(value)) {
			write_names(error);
			return -EINVAL;
		}
		value += strlen(value) + 1;
	}
	return 0;
}

int cbd_filter_read(const char *name, const char *system, struct cbd_filter *out,
		    char error[CHATTERBOX_ERROR_TEXT])
{
	cbx_auto(cbd_filter_free) struct cbd_filter filter = { 0 };
	int result = split(name, &filter.names);

	if (!result)
		result = split(system, &filter.systems);
	if (!result)
		result = check_names(&filter.names, error);
	if (result < 0)
		return result;
	*out = filter;
	filter = (struct cbd_filter){ 0 };
	return 0;
}

void cbd_filter_free(struct cbd_filter *filter)
{
	free(filter->names.bytes);
	free(filter->systems.bytes);
	*filter = (struct cbd_filter){ 0 };
}

bool cbd_filter_takes_job_status(const struct cbd_filter *filter)
{
	return holds(&filter->names, cbd_slice_of(JOB_STATUS, strlen(JOB_STATUS)));
}

bool cbd_filter_takes(const struct cbd_filter *filter, const struct cbd_frame *frame)
{
	bool named = holds(&filter->names, frame->name);

	if (filter->names.bytes && !named)
		return false;
	if (frame->name.len == strlen(JOB_STATUS) &&
	    !memcmp(frame->name.at, JOB_STATUS, frame->name.len))
		return named;
	if (!filter->systems.bytes)
		return true;
	return frame->system.len ? holds(&filter->systems, frame->system) : named;
}
