// SPDX-License-Identifier: MIT
/* findings.c - what is wrong by the words of /readyz and by the summary */
#include "findings.h"

#include "common/cleanup.h"
#include "show.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A round may take a while beyond the interval */
#define ROUND_GRACE 60

bool ctl_find(json_t *findings, const char *advice, const char *what, ...)
{
	cbx_auto(cbx_freep) char *text = NULL;
	json_t *finding;
	va_list args;
	int len;

	va_start(args, what);
	len = vasprintf(&text, what, args);
	va_end(args);
	if (len < 0) {
		text = NULL;
		return false;
	}
	finding = json_pack("{s:s, s:s}", "what", text, "do", advice);
	return finding && !json_array_append_new(findings, finding);
}

#define DOWN ": DOWN since "
#define REACH                                                                                   \
	"See that the server runs and that chatterboxd's machine may reach it: a firewall, or " \
	"IPAddressAllow= of its unit; chatterboxd connects by itself."

/* What a line of /readyz says when it is bad, and what can be done then; the first one that fits */
static const struct {
	const char *contains, *too;
	const char *advice;
} bad_lines[] = {
	{ DOWN, "timed out", REACH },
	{ DOWN, "no answer in time", REACH },
	{ DOWN, "",
	  "Start that server again or mend what the line names; chatterboxd connects by itself." },
	{ "NOT APPLIED", "",
	  "Run `chatterboxd --migrate` with a role that may create tables, or give that right." },
	{ "NOT BOUND", "",
	  "See that RabbitMQ runs and that its user may declare and bind queues." },
	{ "consumers of others", "", "End the other program that consumes chatterbox's queues." },
	{ "GIVEN UP", "", "Mend what the line names; the lease is tried again by itself." },
	{ "stuck for", "", "Restart this chatterboxd, and keep its log for a report." },
	{ "leader: nobody known", "",
	  "Start an instance whose role is auto, and see that it reaches SQL." },
};

/* Why, of a line that says so after the time */
static const char *reason_of(const char *down)
{
	const char *time = down + strlen(DOWN);

	return time + strcspn(time, " ");
}

/* Names @len bytes of @purpose in a finding, too; false when memory ran out */
static bool add_purpose(json_t *finding, const char *what, const char *purpose, int len)
{
	const char *end = strstr(what, DOWN) - 1;
	cbx_auto(cbx_freep) char *text = NULL;

	if (asprintf(&text, "%.*s, %.*s%s", (int)(end - what), what, len, purpose, end) < 0) {
		text = NULL;
		return false;
	}
	return !json_object_set_new(finding, "what", json_string(text));
}

/*
 * A server has a connection for each purpose, "redis HOST (jobs): DOWN since TIME: refused", and is
 * one finding when all say the same. @folded: one of them is there already, and names this one now
 */
static bool fold(json_t *findings, const char *line, bool *folded)
{
	const char *down = strstr(line, DOWN);
	const char *open = down ? memrchr(line, '(', (size_t)(down - line)) : NULL;
	json_t *finding;
	size_t i;

	*folded = false;
	if (!open)
		return true;
	json_array_foreach(findings, i, finding)
	{
		const char *what = json_string_value(json_object_get(finding, "what"));
		const char *its = strstr(what, DOWN);

		if (!its || strncmp(what, line, (size_t)(open + 1 - line)) != 0 ||
		    strncmp(reason_of(its), reason_of(down), strlen(reason_of(down))) != 0)
			continue;
		*folded = true;
		return add_purpose(finding, what, open + 1, (int)(down - open) - 2);
	}
	return true;
}

static bool find_in_line(json_t *findings, const char *line, size_t len)
{
	cbx_auto(cbx_freep) char *copy = strndup(line, len);
	bool folded;
	size_t i;

	if (!copy || !fold(findings, copy, &folded))
		return false;
	for (i = 0; !folded && i < CBX_COUNT(bad_lines); i++)
		if (strstr(copy, bad_lines[i].contains) && strstr(copy, bad_lines[i].too))
			return ctl_find(findings, bad_lines[i].advice, "%s%s", copy,
					len && copy[len - 1] == '?' ? "" : ".");
	return true;
}

bool ctl_find_in_health(json_t *findings, const char *text)
{
	bool found = true;

	while (*text && found) {
		size_t len = strcspn(text, "\n");

		found = find_in_line(findings, text, len);
		text += len + (text[len] == '\n');
	}
	return found;
}

static double number(const json_t *object, const char *name)
{
	return json_number_value(json_object_get(object, name));
}

static bool find_in_interval(json_t *findings, const json_t *interval)
{
	const char *reason = json_string_value(json_object_get(interval, "reason"));

	if (!json_is_true(json_object_get(interval, "under_load")))
		return true;
	return ctl_find(findings,
			"See what slows the answers down: nl-hdms, the queue nl-hdms.request, or "
			"SQL. A longer `chatterboxctl interval` helps until then.",
			"The systems are asked every %.0f s instead of every %.0f s, because of "
			"load (%s).",
			number(interval, "current"), number(interval, "base"),
			reason ? reason : "no reason given");
}

static bool find_in_systems(json_t *findings, const json_t *systems)
{
	double online = number(systems, "online");
	double offline = number(systems, "offline");
	const char *source = json_string_value(json_object_get(systems, "source"));

	if (source && !strcmp(source, "none") && online + offline < 1)
		return ctl_find(findings,
				"See that the table connections has rows and may be read, or that "
				"nl-hdms publishes its events.",
				"No system is known, so nobody is asked.");
	if (offline < 1 || offline <= online)
		return true;
	return ctl_find(findings,
			"See whether nl-hdms and the network to the systems are up; "
			"`chatterboxctl systems` lists them.",
			"%.0f of %.0f systems are offline.", offline, online + offline);
}

static bool find_in_round(json_t *findings, const json_t *round, double interval, bool paused)
{
	const char *finished = json_string_value(json_object_get(round, "finished_at"));
	double systems = number(round, "systems");
	double timeouts = number(round, "timeouts");
	double age = ctl_age(finished);
	bool found = true;

	if (!paused && age > 3 * interval + ROUND_GRACE)
		found = ctl_find(findings,
				 "See the other findings and chatterboxd's log; `chatterboxctl "
				 "poll` orders a round.",
				 "The last round ended %.0f s ago, and one is due every %.0f s.",
				 age, interval);
	if (found && timeouts * 5 > systems)
		found = ctl_find(findings,
				 "See whether nl-hdms runs and consumes nl-hdms.request, and how "
				 "many messages wait there.",
				 "%.0f of %.0f systems did not answer in time in the last round.",
				 timeouts, systems);
	return found;
}

bool ctl_find_in_summary(json_t *findings, const json_t *summary, bool leads)
{
	const json_t *interval = json_object_get(summary, "interval");
	const char *until = json_string_value(json_object_get(summary, "paused_until"));
	bool paused = json_is_true(json_object_get(summary, "paused"));

	if (paused && !ctl_find(findings, "`chatterboxctl resume` ends the pause.",
				"The scheduler is paused%s%s: nobody is asked.",
				until ? " until " : "", until ? until : ""))
		return false;
	if (!find_in_systems(findings, json_object_get(summary, "systems")))
		return false;
	/* these are the leader's own, and older on others */
	return !leads || (find_in_interval(findings, interval) &&
			  find_in_round(findings, json_object_get(summary, "last_cycle"),
					number(interval, "current"), paused));
}
