// SPDX-License-Identifier: MIT
/* incident_words.c - how an incident is shown: the names of kinds, its title, its size, what it
 * began with */
#include "domain/incident_groups.h"

#include <errno.h>
#include <string.h>

#define SAMPLE_SYSTEMS 5

static const char *const names[] = { "error_code", "file", "system", "silence", "stall" };

const char *cbx_incident_kind_name(enum cbx_incident_kind kind)
{
	return names[kind];
}

bool cbx_incident_kind_read(const char *name, enum cbx_incident_kind *out)
{
	int kind;

	for (kind = 0; kind < CBX_INCIDENT_KINDS; kind++)
		if (name && !strcmp(names[kind], name)) {
			*out = (enum cbx_incident_kind)kind;
			return true;
		}
	return false;
}

static void add_text(struct cbx_text *out, const char *name, const char *text, size_t most)
{
	char key[CBX_INCIDENT_KEY];

	if (!text)
		return;
	cbx_incident_key(text, most, key);
	cbx_text_printf(out, ",\"%s\":", name);
	cbx_text_json_string(out, key);
}

static void add_job(const struct cbx_trouble *trouble, struct cbx_text *out)
{
	cbx_text_puts(out, ",\"job\":{\"system\":");
	cbx_text_json_string(out, trouble->system);
	cbx_text_printf(out, ",\"job_id\":%lld", (long long)trouble->job_id);
	add_text(out, "code", trouble->code, 64);
	add_text(out, "message", trouble->message, 255);
	cbx_text_putc(out, '}');
}

int cbx_groups_sample(const struct cbx_groups *groups, const struct cbx_group_name *name,
		      struct cbx_text *out)
{
	const struct cbx_waiting *first = NULL;
	const struct cbx_waiting *waiting;
	const char *last = "";
	size_t systems = 0;

	cbx_text_puts(out, "{\"systems\":[");
	for (waiting = groups->oldest; waiting; waiting = waiting->next) {
		if (!cbx_waiting_is_in(waiting, name))
			continue;
		first = first ? first : waiting;
		if (systems == SAMPLE_SYSTEMS || !strcmp(last, waiting->trouble.system))
			continue;
		last = waiting->trouble.system;
		cbx_text_puts(out, systems++ ? "," : "");
		cbx_text_json_string(out, last);
	}
	cbx_text_putc(out, ']');
	if (first && first->trouble.job_id >= 0)
		add_job(&first->trouble, out);
	cbx_text_putc(out, '}');
	return out->failed ? -ENOMEM : 0;
}

void cbx_incident_title(const struct cbx_incident *incident, struct cbx_text *out)
{
	const char *s = incident->systems == 1 ? "" : "s";

	switch (incident->kind) {
	case CBX_SAME_CODE:
		cbx_text_printf(out, "%s at %zu system%s", incident->key, incident->systems, s);
		break;
	case CBX_SAME_FILE:
		cbx_text_printf(out, "%s fails at %zu system%s", incident->key, incident->systems,
				s);
		break;
	case CBX_SAME_SYSTEM:
		cbx_text_printf(out, "%zu job%s failed at %s", incident->jobs,
				incident->jobs == 1 ? "" : "s", incident->key);
		break;
	case CBX_SILENCE:
		cbx_text_printf(out, "%zu system%s fell silent", incident->systems, s);
		break;
	case CBX_STALL:
		cbx_text_printf(out, "downloads stand still at %zu system%s", incident->systems, s);
		break;
	case CBX_INCIDENT_KINDS:
		break;
	}
}

size_t cbx_incident_size(const struct cbx_incident *incident)
{
	return incident->kind == CBX_SAME_SYSTEM ? incident->jobs : incident->systems;
}

bool cbx_incident_is_news(const struct cbx_incident *incident)
{
	return incident->closed_ms || !incident->told ||
	       cbx_incident_size(incident) >= 2 * incident->told;
}
