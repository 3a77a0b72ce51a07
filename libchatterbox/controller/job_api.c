// SPDX-License-Identifier: MIT
/* job_api.c - lists of jobs: filtered, sorted, in pages */
#include "controller/job_api.h"

#include "controller/job_filter.h"
#include "controller/job_order.h"

#include <errno.h>
#include <string.h>

#define PAGE_BYTES ((size_t)4 << 20)

struct listing {
	const struct cbx_snapshot *snapshot;
	const struct cbx_moment *moment; /* NULL: an RPC asks */
	bool detail;
	size_t limit;
	struct cbx_job_filter filter;
	struct cbx_job_order order;
	struct cbx_job_cursor cursor;
	struct cbx_job_rows rows; /* one more than the limit, which shows that there are more */
	size_t total;
	struct cbx_text *out;
};

static void listing_close(struct listing *listing)
{
	cbx_job_filter_free(&listing->filter);
	cbx_job_rows_free(&listing->rows);
}

/* As an RPC has them: one order, and a cursor of its own */
static int read_page(const json_t *params, struct listing *listing, char error[CBX_API_ERROR])
{
	struct cbx_page page;
	struct cbx_job_cursor *cursor = &listing->cursor;
	int result = cbx_page_parse(params, &page, error);

	if (result < 0)
		return result;
	listing->limit = page.limit;
	cursor->given = page.system[0];
	memcpy(cursor->system, page.system, sizeof(cursor->system));
	cursor->row = (struct cbx_job_row){ .text = cursor->system,
					    .system = cursor->system,
					    .job_id = page.job_id };
	return 0;
}

static int read_params(const json_t *params, struct listing *listing, char error[CBX_API_ERROR])
{
	int result = cbx_job_filter_read(params, listing->moment, &listing->filter, error);

	if (result < 0)
		return result;
	if (!listing->moment)
		return read_page(params, listing, error);
	result = cbx_page_limit(params, &listing->limit, error);
	if (!result)
		result = cbx_take_flag(params, "detail", &listing->detail, error);
	if (!result)
		result = cbx_job_order_read(params, &listing->order, error);
	if (!result)
		result = cbx_job_cursor_read(params, &listing->order, &listing->cursor, error);
	return result;
}

static void offer_jobs(struct listing *listing, const struct cbx_job_list *list, bool offline)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		const struct cbx_job *job = list->jobs[i];
		struct cbx_job_row row;

		if (job->phase != CBX_LIVE ||
		    !cbx_job_filter_takes(&listing->filter, job, offline, listing->moment))
			continue;
		listing->total++;
		row = cbx_job_row_of(&listing->order, job, offline, listing->moment);
		if (!listing->cursor.given ||
		    cbx_job_order_compare(&listing->order, &row, &listing->cursor.row) > 0)
			cbx_job_rows_offer(&listing->rows, &row);
	}
}

static void offer_all(struct listing *listing)
{
	const struct cbx_frozen_jobs *jobs = listing->snapshot->jobs;
	size_t at = 0;
	size_t i;

	for (i = 0; i < jobs->count; i++)
		if (cbx_job_filter_takes_system(&listing->filter,
						cbx_job_list_system(cbx_frozen_jobs_at(jobs, i))))
			offer_jobs(listing, cbx_frozen_jobs_at(jobs, i),
				   cbx_snapshot_is_offline(listing->snapshot, i, &at));
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

/* A page ends at its limit, or at the size that brokers and readers take in one piece; a single
 * status may be larger */
static bool is_full(const struct listing *listing, size_t shown)
{
	const struct cbx_status *status = listing->rows.rows[shown].job->status;

	return shown == listing->limit ||
	       (shown && listing->out->len + status->json_len > PAGE_BYTES);
}

static void write_page(struct listing *listing)
{
	const struct cbx_job_row *rows = listing->rows.rows;
	struct cbx_text *out = listing->out;
	size_t count = listing->rows.count;
	size_t shown;

	cbx_text_puts(out, "{\"jobs\":[");
	for (shown = 0; shown < count && !is_full(listing, shown); shown++) {
		if (shown)
			cbx_text_putc(out, ',');
		write_job(listing, rows[shown].job);
	}
	cbx_text_puts(out, "],\"next\":");
	if (shown == count)
		cbx_text_puts(out, "null");
	else if (listing->moment)
		cbx_job_cursor_write(&listing->order, &rows[shown - 1], out);
	else
		cbx_page_next(out, rows[shown - 1].system, rows[shown - 1].job_id);
	if (listing->moment)
		cbx_text_printf(out, ",\"total\":%zu", listing->total);
	cbx_text_putc(out, '}');
}

int cbx_job_api_jobs(const struct cbx_snapshot *snapshot, const json_t *params,
		     const struct cbx_moment *moment, struct cbx_text *out,
		     char error[CBX_API_ERROR])
{
	cbx_auto(listing_close) struct listing listing = { .snapshot = snapshot,
							   .moment = moment,
							   .out = out };
	int result = read_params(params, &listing, error);

	if (!result)
		result = cbx_job_rows_init(&listing.rows, &listing.order, listing.limit + 1);
	if (result < 0)
		return result;
	offer_all(&listing);
	cbx_job_rows_sort(&listing.rows);
	write_page(&listing);
	return 0;
}
