// SPDX-License-Identifier: MIT
/* incident_json.c - an incident as everybody is shown it */
#include "base/read.h"
#include "controller/incidents.h"
#include "controller/job_api.h"

#include <chatterbox/error.h>
#include <stdio.h>

static void add_text(struct cbx_text *out, const char *name, const char *value)
{
	cbx_text_printf(out, ",\"%s\":", name);
	if (value)
		cbx_text_json_string(out, value);
	else
		cbx_text_puts(out, "null");
}

void cbx_incident_json(const struct cbx_incident_row *row, struct cbx_text *out)
{
	cbx_text_printf(out, "{\"id\":%lld", (long long)row->id);
	add_text(out, "kind", row->kind);
	add_text(out, "key", row->key);
	add_text(out, "title", row->title);
	cbx_add_time(out, "opened_at", row->opened_ms);
	cbx_add_time(out, "updated_at", row->updated_ms);
	cbx_add_time(out, "closed_at", row->closed_ms);
	cbx_text_printf(out, ",\"systems\":%lld,\"jobs\":%lld,\"sample\":%s}",
			(long long)row->systems, (long long)row->jobs, row->sample ?: "null");
}

int cbx_incident_unknown(int64_t id, char error[256])
{
	snprintf(error, 256, "no incident %lld is known", (long long)id);
	return CHATTERBOX_E_UNKNOWN;
}
