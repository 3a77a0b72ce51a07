// SPDX-License-Identifier: MIT
/*
 * history.c - which rows of job_history a batch makes
 *
 * Turns come first: a system whose answer changes its jobs was online before they changed.
 */
#include "port/history.h"

static int give_turn(const struct cbx_turn *turn, cbx_history_fn each, void *user)
{
	const struct cbx_history_row row = {
		.system = turn->system,
		.job_id = CBX_NO_COUNT,
		.revision = CBX_NO_COUNT,
		.at_ms = turn->at_ms,
		.status = turn->status,
		.previous_status = turn->previous,
		.source = turn->source,
	};

	return each(user, &row);
}

static int give_change(const struct cbx_change *change, cbx_history_fn each, void *user)
{
	const struct cbx_status *status = change->job->status;
	const struct cbx_history_row row = {
		.system = status->system,
		.job_id = status->job_id,
		.revision = change->job->revision,
		.status = status->text,
		.previous_status = change->previous_status,
		.origin = cbx_origin_name(change->job->origin),
		.source = change->source,
		.reason = change->reason,
		.percent_completed = status->percent_text,
	};

	return change->source ? each(user, &row) : 0;
}

int cbx_history_of_batch(const struct cbx_sql *sql, const struct cbx_batch *batch,
			 cbx_history_fn each, void *user)
{
	size_t i;
	int r = 0;

	if (sql->no_history)
		return 0;
	for (i = 0; i < batch->turn_count && !r; i++)
		r = give_turn(&batch->turns[i], each, user);
	for (i = 0; i < batch->change_count && !r; i++)
		r = give_change(&batch->changes[i], each, user);
	return r;
}
