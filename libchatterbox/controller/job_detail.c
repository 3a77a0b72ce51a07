// SPDX-License-Identifier: MIT
/* job_detail.c - one job with all that is known about it, and its figures */
#include "base/read.h"
#include "controller/job_api.h"

const struct cbx_job *cbx_job_api_find(const struct cbx_snapshot *snapshot, const char *system,
				       int64_t job_id)
{
	const struct cbx_job *job =
		cbx_job_list_find(cbx_frozen_jobs_find(snapshot->jobs, system), job_id);

	return job && job->phase != CBX_UNREPORTED ? job : NULL;
}

void cbx_add_time(struct cbx_text *out, const char *name, int64_t ms)
{
	char time[CBX_TIME_TEXT];

	if (!ms) {
		cbx_text_printf(out, ",\"%s\":null", name);
		return;
	}
	cbx_time_text(ms, time);
	cbx_text_printf(out, ",\"%s\":\"%s\"", name, time);
}

struct cbx_job_facts cbx_job_facts_of(const struct cbx_job *job)
{
	return (struct cbx_job_facts){ .status = job->status,
				       .kind = job->kind,
				       .origin = cbx_origin_name(job->origin),
				       .revision = job->revision,
				       .first_seen_ms = job->first_seen_ms,
				       .updated_ms = job->updated_ms,
				       .live = job->phase == CBX_LIVE ? job : NULL };
}

void cbx_job_api_job(const struct cbx_snapshot *snapshot, const struct cbx_job_facts *facts,
		     const struct cbx_moment *moment, struct cbx_text *out)
{
	const struct cbx_system *system =
		cbx_system_list_find(snapshot->systems, facts->status->system);
	enum cbx_system_state state = system ? system->state : CBX_UNKNOWN;
	struct cbx_job_figures figures;

	cbx_text_puts(out, "{\"job\":");
	cbx_text_add(out, facts->status->json, facts->status->json_len);
	cbx_text_printf(out, ",\"kind\":\"%s\",\"origin\":\"%s\",\"revision\":%lld",
			cbx_kind_name(facts->kind), facts->origin, (long long)facts->revision);
	cbx_add_time(out, "first_seen", facts->first_seen_ms);
	cbx_add_time(out, "updated_at", facts->updated_ms);
	cbx_text_printf(out,
			",\"system_status\":\"%s\",\"figures\":", cbx_system_state_name(state));
	cbx_job_figures_at(facts->live, state == CBX_OFFLINE, moment, &figures);
	figures.cause = cbx_job_cause(snapshot, facts->live, &figures);
	cbx_job_figures_json(&figures, out);
	cbx_text_putc(out, '}');
}
