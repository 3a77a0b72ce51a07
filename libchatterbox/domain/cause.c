// SPDX-License-Identifier: MIT
/* cause.c - decides why a job does not move, and says what led there (contract 9.2) */
#include "domain/cause.h"

#include <string.h>

#define SILENT_SHARE 0.8  /* of a round's questions: then it is nl-hdms, not the systems */
#define CONTENT_SYSTEMS 5 /* so many systems at once: then it is the content server */

const char *cbx_cause_name(enum cbx_cause cause)
{
	switch (cause) {
	case CBX_SERVER_DOWN:
		return "server_down";
	case CBX_NL_HDMS_SILENT:
		return "nl_hdms_silent";
	case CBX_SYSTEM_OFFLINE:
		return "system_offline";
	case CBX_SYSTEM_SILENT:
		return "system_silent";
	case CBX_JOB_PAUSED:
		return "paused";
	case CBX_CONTENT_SERVER:
		return "content_server";
	case CBX_DISK:
		return "disk";
	case CBX_NOT_MOVING:
		return "not_moving";
	case CBX_SLOW:
		return "slow";
	case CBX_CAUSE_UNKNOWN:
		return "unknown";
	case CBX_NO_CAUSE:
		break;
	}
	return NULL;
}

bool cbx_code_is_content_server(const char *code)
{
	return code && !strncmp(code, "content_server", strlen("content_server"));
}

bool cbx_code_is_disk(const char *code)
{
	return code && !strncmp(code, "disk", strlen("disk"));
}

static bool nl_hdms_is_silent(const struct cbx_fleet_evidence *fleet)
{
	return fleet->questions &&
	       (double)fleet->unanswered >= SILENT_SHARE * (double)fleet->questions;
}

static bool content_fails(const struct cbx_fleet_evidence *fleet)
{
	return fleet->content_systems >= CONTENT_SYSTEMS;
}

/* What is said of the fleet or not: figures that say the same do not make two of it */
bool cbx_fleet_evidence_same(const struct cbx_fleet_evidence *a, const struct cbx_fleet_evidence *b)
{
	bool silent = nl_hdms_is_silent(a);

	return a->server_down == b->server_down && silent == nl_hdms_is_silent(b) &&
	       content_fails(a) == content_fails(b) &&
	       (!silent || (a->questions == b->questions && a->unanswered == b->unanswered)) &&
	       (!content_fails(a) || a->content_systems == b->content_systems);
}

enum cbx_cause cbx_cause_of(const struct cbx_cause_facts *facts)
{
	if (facts->fleet->server_down)
		return CBX_SERVER_DOWN;
	if (nl_hdms_is_silent(facts->fleet))
		return CBX_NL_HDMS_SILENT;
	if (facts->offline)
		return CBX_SYSTEM_OFFLINE;
	if (facts->timeouts)
		return CBX_SYSTEM_SILENT;
	if (facts->paused)
		return CBX_JOB_PAUSED;
	if (facts->denied || content_fails(facts->fleet))
		return CBX_CONTENT_SERVER;
	if (cbx_code_is_disk(facts->error_code))
		return CBX_DISK;
	if (facts->stalled)
		return CBX_NOT_MOVING;
	return facts->moves ? CBX_SLOW : CBX_CAUSE_UNKNOWN;
}

static void write_content_server(const struct cbx_cause_facts *facts, struct cbx_text *out)
{
	if (facts->denied)
		cbx_text_puts(out, "The content server denies its system access.");
	else
		cbx_text_printf(out, "%llu systems have an error of the content server.",
				(unsigned long long)facts->fleet->content_systems);
}

void cbx_cause_write(enum cbx_cause cause, const struct cbx_cause_facts *facts,
		     struct cbx_text *out)
{
	switch (cause) {
	case CBX_SERVER_DOWN:
		cbx_text_printf(out, "%s is down.", facts->fleet->server_down);
		break;
	case CBX_NL_HDMS_SILENT:
		cbx_text_printf(out,
				"nl-hdms left %llu of the last round's %llu questions unanswered.",
				(unsigned long long)facts->fleet->unanswered,
				(unsigned long long)facts->fleet->questions);
		break;
	case CBX_SYSTEM_OFFLINE:
		cbx_text_puts(out, "Its system is offline.");
		break;
	case CBX_SYSTEM_SILENT:
		cbx_text_printf(out, "Its system left the last %s unanswered.",
				facts->timeouts == 1 ? "question" : "questions");
		break;
	case CBX_JOB_PAUSED:
		cbx_text_puts(out, "It is paused.");
		break;
	case CBX_CONTENT_SERVER:
		write_content_server(facts, out);
		break;
	case CBX_DISK:
		cbx_text_puts(out, "Its error is one of the disk: ");
		cbx_text_puts(out, facts->error_code);
		cbx_text_putc(out, '.');
		break;
	case CBX_NOT_MOVING:
		cbx_text_puts(out, "Its system answers, but its progress does not grow.");
		break;
	case CBX_SLOW:
		cbx_text_puts(out, "It moves, but not fast enough.");
		break;
	case CBX_CAUSE_UNKNOWN:
	case CBX_NO_CAUSE:
		break;
	}
}
