// SPDX-License-Identifier: MIT
/* job_api.c - lists of jobs, filtered, in pages, sorted by system (bytewise) and job_id */
#include "controller/job_api.h"
#include "base/read.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define PAGE_BYTES ((size_t)4 << 20)

/* A filter's texts, borrowed from the parameters; NULL = any */
struct filter {
	const char *system, *status, *job_type, *origin, *q;
	size_t system_len; /* after trimming */
};

static int take_text(const json_t *params, const char *name, const char **out,
		     char error[CBX_API_ERROR])
{
	const json_t *value = json_object_get(params, name);

	*out = NULL;
	if (!value || json_is_null(value))
		return 0;
	if (!json_is_string(value)) {
		snprintf(error, CBX_API_ERROR, "%s: takes a text", name);
		return -EINVAL;
	}
	if (json_string_length(value))
		*out = json_string_value(value);
	return 0;
}

static int take_filter(const json_t *params, struct filter *filter, char error[CBX_API_ERROR])
{
	int result = take_text(params, "system", &filter->system, error);

	if (!result)
		result = take_text(params, "status", &filter->status, error);
	if (!result)
		result = take_text(params, "job_type", &filter->job_type, error);
	if (!result)
		result = take_text(params, "origin", &filter->origin, error);
	if (!result)
		result = take_text(params, "q", &filter->q, error);
	if (result < 0)
		return result;
	if (filter->system) {
		filter->system_len = strlen(filter->system);
		cbx_trim(&filter->system, &filter->system_len);
	}
	if (filter->origin && strcmp(filter->origin, "ocd") && strcmp(filter->origin, "user")) {
		snprintf(error, CBX_API_ERROR, "origin: takes ocd or user");
		return -EINVAL;
	}
	return 0;
}

static bool is_wanted(const struct filter *filter, const char *system)
{
	return !filter->system_len || (strlen(system) == filter->system_len &&
				       !memcmp(system, filter->system, filter->system_len));
}

static bool contains(const char *text, const char *part)
{
	return text && strcasestr(text, part);
}

static bool matches_q(const struct cbx_job *job, const char *q)
{
	const struct cbx_status *status = job->status;
	char id[24];

	snprintf(id, sizeof(id), "%lld", (long long)status->job_id);
	return contains(status->system, q) || contains(id, q) || contains(status->job_type, q) ||
	       contains(status->text, q);
}

static bool matches(const struct cbx_job *job, const struct filter *filter)
{
	const struct cbx_status *status = job->status;

	if (job->phase != CBX_LIVE)
		return false;
	if (filter->status && strcasecmp(filter->status, status->text) &&
	    strcasecmp(filter->status, cbx_kind_name(job->kind)))
		return false;
	if (filter->job_type && (!status->job_type || strcmp(filter->job_type, status->job_type)))
		return false;
	if (filter->origin && strcmp(filter->origin, cbx_origin_name(job->origin)))
		return false;
	return !filter->q || matches_q(job, filter->q);
}

/* Does the job come after the page's cursor? */
static bool is_after(const struct cbx_job *job, const struct cbx_page *page)
{
	int order = strcmp(job->status->system, page->system);

	return order > 0 || (!order && job->status->job_id > page->job_id);
}

struct listing {
	const struct cbx_snapshot *snapshot;
	const struct cbx_moment *moment; /* NULL: an RPC asks */
	bool detail;
	const struct filter *filter;
	const struct cbx_page *page;
	struct cbx_text *out;
	size_t shown, total;
	const struct cbx_job *last;
	bool more;
};

/* A page ends at its limit, or at the size that brokers and readers take in one piece; a single
 * status may be larger */
static bool is_full(const struct listing *listing, const struct cbx_status *status)
{
	return listing->shown == listing->page->limit ||
	       (listing->shown && listing->out->len + status->json_len > PAGE_BYTES);
}

static void write_job(const struct listing *listing, const struct cbx_job *job)
{
	struct cbx_job_facts facts;

	if (!listing->detail) {
		cbx_text_add(listing->out, job->status->json, job->status->json_len);
		return;
	}
	facts = cbx_job_facts_of(job);
	cbx_job_api_job(listing->snapshot, &facts, listing->moment, listing->out);
}

static void list_system(struct listing *listing, const struct cbx_job_list *list)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		const struct cbx_job *job = list->jobs[i];

		if (!matches(job, listing->filter))
			continue;
		listing->total++;
		if (!is_after(job, listing->page))
			continue;
		listing->more = listing->more || is_full(listing, job->status);
		if (listing->more)
			continue;
		if (listing->shown++)
			cbx_text_putc(listing->out, ',');
		write_job(listing, job);
		listing->last = job;
	}
}

/* "1" or 1 */
static int take_flag(const json_t *params, const char *name, bool *out, char error[CBX_API_ERROR])
{
	const json_t *value = json_object_get(params, name);
	const char *text = json_string_value(value);

	*out = json_is_true(value) || json_integer_value(value) == 1 ||
	       (text && !strcmp(text, "1"));
	if (!value || json_is_null(value) || json_is_boolean(value) || *out ||
	    (json_is_integer(value) && !json_integer_value(value)) ||
	    (text && (!*text || !strcmp(text, "0"))))
		return 0;
	snprintf(error, CBX_API_ERROR, "%s: takes 1 or 0", name);
	return -EINVAL;
}

int cbx_job_api_jobs(const struct cbx_snapshot *snapshot, const json_t *params,
		     const struct cbx_moment *moment, struct cbx_text *out,
		     char error[CBX_API_ERROR])
{
	struct filter filter = { 0 };
	struct cbx_page page;
	struct listing listing = {
		.snapshot = snapshot, .moment = moment, .filter = &filter, .page = &page, .out = out
	};
	int result = take_filter(params, &filter, error);
	size_t i;

	if (!result && moment)
		result = take_flag(params, "detail", &listing.detail, error);

	if (!result)
		result = cbx_page_parse(params, &page, error);
	if (result < 0)
		return result;
	cbx_text_puts(out, "{\"jobs\":[");
	for (i = 0; i < snapshot->jobs->count; i++) {
		const struct cbx_frozen_jobs_entry *entry = &snapshot->jobs->entries[i];

		if (is_wanted(&filter, entry->system))
			list_system(&listing, entry->list);
	}
	cbx_text_puts(out, "],\"next\":");
	cbx_page_next(out, listing.more ? listing.last->status->system : NULL,
		      listing.more ? listing.last->status->job_id : 0);
	if (moment)
		cbx_text_printf(out, ",\"total\":%zu", listing.total);
	cbx_text_putc(out, '}');
	return 0;
}
