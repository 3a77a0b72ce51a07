// SPDX-License-Identifier: MIT
/* metrics.c - what is wrong by the figures for Prometheus (contract 7) */
#include "common/cleanup.h"
#include "findings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DAY 86400.0

enum kind { ABOVE, BELOW, ENDS_WITHIN };

/* A sentence is @before, the figure and @after, or @one of a 1; without @after it has no figure */
static const struct rule {
	const char *metric;
	enum kind kind;
	double bound;
	const char *before;
	const char *after;
	const char *advice;
	const char *one;
} rules[] = {
	{ "chatterbox_outbox_oldest_seconds", ABOVE, 60,
	  "Events wait to be published, the oldest for ", " s",
	  "See that RabbitMQ and Redis take what is published: a full queue, a deleted exchange, "
	  "a right that is missing.",
	  NULL },
	{ "chatterbox_config_last_reload_successful", BELOW, 1,
	  "The last reload of the configuration was refused", NULL,
	  "`chatterboxd --check-config` says why; mend it and send SIGHUP again.", NULL },
	{ "chatterbox_certificate_not_after_timestamp_seconds", ENDS_WITHIN, 14,
	  "A certificate ends in ", " days", "Renew it, and restart or send SIGHUP.", NULL },
	{ "chatterbox_stalled_jobs", ABOVE, 0, "", " running jobs make no progress",
	  "`chatterboxctl jobs --status=running` lists what runs; pause and resume one, or look at "
	  "the content server if there are many.",
	  " running job makes no progress" },
	{ "chatterbox_incidents", ABOVE, 0, "", " incidents are open",
	  "`chatterboxctl incidents` says what fails, and at which systems.", " incident is open" },
	{ "chatterbox_outlook{state=\"late\"}", ABOVE, 0, "",
	  " lists will not be there when they are activated",
	  "`chatterboxctl tonight` says which, and why.",
	  " list will not be there when it is activated" },
	{ "chatterbox_log_lines_dropped_total", ABOVE, 0, "The log has lost ",
	  " lines that could not be written",
	  "See that its disk has room, or that somebody reads its pipe.", NULL },
};

static bool is_wrong(const struct rule *rule, double *value)
{
	switch (rule->kind) {
	case ABOVE:
		return *value > rule->bound;
	case BELOW:
		return *value < rule->bound;
	case ENDS_WITHIN:
		break;
	}
	*value = (*value - (double)time(NULL)) / DAY;
	return *value < rule->bound;
}

/* @sample: what follows the name, "{labels} value" or " value" */
static bool apply(json_t *findings, const struct rule *rule, const char *sample)
{
	const char *end = *sample == '{' ? strchr(sample, '}') : NULL;
	int labels = end ? (int)(end - sample) + 1 : 0;
	double value = strtod(sample + labels, NULL);
	const char *after = rule->after ? rule->after : "";
	char figure[64] = "";

	if (!is_wrong(rule, &value))
		return true;
	if (rule->after)
		snprintf(figure, sizeof(figure), "%.0f", value);
	if (rule->one && !strcmp(figure, "1"))
		after = rule->one;
	return ctl_find(findings, rule->advice, "%s%s%s%s%.*s.", rule->before, figure, after,
			labels ? " " : "", labels, sample);
}

static bool look_at(json_t *findings, const char *line)
{
	size_t i;

	for (i = 0; i < CBX_COUNT(rules); i++) {
		size_t len = strlen(rules[i].metric);

		if (!strncmp(line, rules[i].metric, len) && (line[len] == ' ' || line[len] == '{'))
			return apply(findings, &rules[i], line + len);
	}
	return true;
}

bool ctl_find_in_metrics(json_t *findings, const char *text)
{
	while (*text) {
		const char *end = strchrnul(text, '\n');
		cbx_auto(cbx_freep) char *line = strndup(text, (size_t)(end - text));

		if (!line || !look_at(findings, line))
			return false;
		text = *end ? end + 1 : end;
	}
	return true;
}
