// SPDX-License-Identifier: MIT
/* system_filter.c - status= takes several states by comma, q= a part of the name */
#include "controller/system_filter.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The bit of a state's name; 0 = there is no such state */
static unsigned state_bit(const char *name, size_t len)
{
	int state;

	for (state = CBX_UNKNOWN; state <= CBX_OFFLINE; state++) {
		const char *known = cbx_system_state_name((enum cbx_system_state)state);

		if (strlen(known) == len && !memcmp(known, name, len))
			return 1u << state;
	}
	return 0;
}

static int read_states(const char *text, unsigned *states)
{
	for (;;) {
		size_t len = strcspn(text, ",");
		unsigned bit = state_bit(text, len);

		if (!bit)
			return -EINVAL;
		*states |= bit;
		if (!text[len])
			return 0;
		text += len + 1;
	}
}

static const char *text_of(const json_t *params, const char *name)
{
	return json_string_value(json_object_get(params, name));
}

int cbx_system_filter_read(const json_t *params, struct cbx_system_filter *filter,
			   char error[CBX_API_ERROR])
{
	const json_t *status = json_object_get(params, "status");
	const json_t *q = json_object_get(params, "q");

	*filter = (struct cbx_system_filter){ .q = text_of(params, "q") };
	if (q && !json_is_null(q) && !filter->q) {
		snprintf(error, CBX_API_ERROR, "q: takes a text");
		return -EINVAL;
	}
	if (!status || json_is_null(status))
		return 0;
	if (!json_is_string(status) || read_states(json_string_value(status), &filter->states)) {
		snprintf(error, CBX_API_ERROR,
			 "status: takes online, offline or unknown, or some of them by comma");
		return -EINVAL;
	}
	return 0;
}

bool cbx_system_filter_matches(const struct cbx_system_filter *filter,
			       const struct cbx_system *system)
{
	if (filter->states && !(filter->states & 1u << system->state))
		return false;
	return !filter->q || strcasestr(system->name, filter->q);
}
