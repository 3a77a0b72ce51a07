// SPDX-License-Identifier: MIT
/*
 * kind.c - tells from a status text whether a job runs, is paused or has ended
 *
 * Configured texts win over the built-in ones.
 */
#include "domain/kind.h"

#include <stddef.h>
#include <strings.h>

#define CONFIGURED 5

static const struct known {
	const char *text;
	enum cbx_kind kind;
} built_in[] = {
	{ "Complete", CBX_COMPLETED }, { "Finished", CBX_COMPLETED }, { "Done", CBX_COMPLETED },
	{ "Error", CBX_ERRORED },      { "Failed", CBX_ERRORED },     { "Cancelled", CBX_KILLED },
	{ "Canceled", CBX_KILLED },
};

static void take_configured(const struct cbx_kind_keys *keys, struct known out[CONFIGURED])
{
	out[0] = (struct known){ keys->running, CBX_RUNNING };
	out[1] = (struct known){ keys->paused, CBX_PAUSED };
	out[2] = (struct known){ keys->completed, CBX_COMPLETED };
	out[3] = (struct known){ keys->errored, CBX_ERRORED };
	out[4] = (struct known){ keys->killed, CBX_KILLED };
}

enum cbx_kind cbx_kind_of(const struct cbx_kind_keys *keys, const char *status)
{
	struct known configured[CONFIGURED];
	size_t i;

	take_configured(keys, configured);
	for (i = 0; i < CONFIGURED; i++)
		if (!strcasecmp(configured[i].text, status))
			return configured[i].kind;
	for (i = 0; i < sizeof(built_in) / sizeof(built_in[0]); i++)
		if (!strcasecmp(built_in[i].text, status))
			return built_in[i].kind;
	return CBX_OTHER;
}

void cbx_kind_texts(const struct cbx_kind_keys *keys, enum cbx_kind kind,
		    struct cbx_kind_texts *out)
{
	struct known configured[CONFIGURED];
	size_t count = 0;
	size_t i;

	*out = (struct cbx_kind_texts){ { NULL } };
	take_configured(keys, configured);
	for (i = 0; i < CONFIGURED; i++)
		if (configured[i].kind == kind)
			out->texts[count++] = configured[i].text;
	for (i = 0; i < sizeof(built_in) / sizeof(built_in[0]); i++)
		if (built_in[i].kind == kind)
			out->texts[count++] = built_in[i].text;
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
