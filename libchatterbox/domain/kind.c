// SPDX-License-Identifier: MIT
/*
 * kind.c - tells from a status text whether a job runs, is paused or has ended
 *
 * Configured texts win over the built-in ones.
 */
#include "domain/kind.h"

#include <stddef.h>
#include <strings.h>

enum cbx_kind cbx_kind_of(const struct cbx_kind_keys *keys, const char *status)
{
	const struct {
		const char *text;
		enum cbx_kind kind;
	} known[] = {
		{ keys->running, CBX_RUNNING },     { keys->paused, CBX_PAUSED },
		{ keys->completed, CBX_COMPLETED }, { keys->errored, CBX_ERRORED },
		{ keys->killed, CBX_KILLED },       { "Complete", CBX_COMPLETED },
		{ "Finished", CBX_COMPLETED },      { "Done", CBX_COMPLETED },
		{ "Error", CBX_ERRORED },           { "Failed", CBX_ERRORED },
		{ "Cancelled", CBX_KILLED },        { "Canceled", CBX_KILLED },
	};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcasecmp(known[i].text, status))
			return known[i].kind;
	return CBX_OTHER;
}

const char *cbx_kind_name(enum cbx_kind kind)
{
	switch (kind) {
	case CBX_OTHER:
		return "other";
	case CBX_RUNNING:
		return "running";
	case CBX_PAUSED:
		return "paused";
	case CBX_COMPLETED:
		return "completed";
	case CBX_ERRORED:
		return "errored";
	case CBX_KILLED:
		return "killed";
	}
	return "other";
}
