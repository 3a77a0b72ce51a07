// SPDX-License-Identifier: MIT
/* doctor.c - asks for all that is known about one instance, and says what is wrong with it */
#include "ask.h"
#include "commands.h"
#include "findings.h"
#include "say.h"
#include "show.h"

#include <stdio.h>

struct visit {
	const struct ctl_options *options;
	json_t *findings;
	json_t *summary;
	char *health;
	char *metrics;
	long ready;
	long leads;
};

static void visit_end(struct visit *visit)
{
	json_decref(visit->findings);
	json_decref(visit->summary);
	free(visit->health);
	free(visit->metrics);
}

static int ask(struct visit *visit)
{
	const struct ctl_options *options = visit->options;
	cbx_auto(cbx_freep) char *text = NULL;
	int result = ctl_ask_text(options, "/readyz", &visit->ready, &visit->health);

	if (!result)
		result = ctl_ask_text(options, "/leaderz", &visit->leads, &text);
	if (!result)
		result = ctl_ask(options, "GET", "/api/v1/summary", NULL, &visit->summary);
	if (!result)
		result = ctl_ask_text(options, "/metrics", NULL, &visit->metrics);
	if (result)
		return result;
	if (visit->ready != 200 && visit->ready != 503)
		return ctl_ask_strange(options, "/readyz");
	if (visit->leads != 200 && visit->leads != 503)
		return ctl_ask_strange(options, "/leaderz");
	if (!json_is_object(json_object_get(visit->summary, "systems")))
		return ctl_ask_strange(options, "/api/v1/summary");
	return CTL_OK;
}

/* False when memory ran out */
static bool examine(struct visit *visit)
{
	visit->findings = json_array();
	if (!visit->findings || !ctl_find_in_health(visit->findings, visit->health))
		return false;
	if (visit->ready != 200 && !json_array_size(visit->findings) &&
	    !ctl_find(visit->findings, "See `GET /readyz` and chatterboxd's log.",
		      "This instance is not ready, and does not say why."))
		return false;
	return ctl_find_in_summary(visit->findings, visit->summary, visit->leads == 200) &&
	       ctl_find_in_metrics(visit->findings, visit->metrics);
}

static int print_json(const struct visit *visit)
{
	cbx_auto(json_decrefp) json_t *answer =
		json_pack("{s:b, s:b, s:O}", "ok", !json_array_size(visit->findings), "leader",
			  visit->leads == 200, "findings", visit->findings);

	if (!answer) {
		ctl_say_memory();
		return CTL_UNAVAILABLE;
	}
	return ctl_print_json(answer);
}

static void print_findings(const struct visit *visit)
{
	json_t *finding;
	size_t i;

	json_array_foreach(visit->findings, i, finding)
	{
		ctl_print_coloured(CTL_RED, json_string_value(json_object_get(finding, "what")));
		fputs("\n    ", stdout);
		ctl_print_clean(stdout, json_string_value(json_object_get(finding, "do")));
		putchar('\n');
	}
	if (!json_array_size(visit->findings)) {
		ctl_print_coloured(CTL_GREEN, "Nothing is wrong.");
		printf(" %s\n",
		       visit->leads == 200 ? "This instance leads." : "This instance stands by.");
	}
}

int ctl_doctor(const struct ctl_options *options)
{
	cbx_auto(visit_end) struct visit visit = { .options = options };
	int result = ask(&visit);

	if (result)
		return result;
	if (!examine(&visit)) {
		ctl_say_memory();
		return CTL_UNAVAILABLE;
	}
	if (options->json)
		result = print_json(&visit);
	else
		print_findings(&visit);
	return result ? result : json_array_size(visit.findings) ? CTL_NO : CTL_OK;
}
