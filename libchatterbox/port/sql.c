// SPDX-License-Identifier: MIT
/*
 * sql.c - frees a connection of any adapter, makes a status of a row and an error of a change
 *
 * Rows may have been written by others: a member that contract 1.1 does not allow is left out, and
 * such a status becomes "unknown" (that of a job which was never reported is not published).
 */
#include "common/array.h"
#include "common/utf8.h"
#include "port/errors.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void cbx_sql_free(struct cbx_sql *sql)
{
	if (!sql)
		return;
	free(sql->faults);
	sql->ops->free(sql);
}

int cbx_sql_add_fault(struct cbx_sql *sql, size_t change, bool refused)
{
	if (cbx_grow(sql->faults, sql->fault_capacity, sql->fault_count + 1) < 0)
		return -ENOMEM;
	sql->faults[sql->fault_count++] = (struct cbx_fault){ change, refused };
	return 0;
}

int64_t cbx_sql_reject_time(struct cbx_sql *sql, const char *column, const char *first,
			    const char *second)
{
	sql->rejected_times++;
	snprintf(sql->rejected_time, sizeof(sql->rejected_time), "%.64s of %.64s%s%.32s", column,
		 first ?: "?", second ? "/" : "", second ?: "");
	return 0;
}

static bool is_text(const char *text)
{
	size_t len = text ? strlen(text) : 0;

	return len && len <= 64 && cbx_utf8_valid(text, len);
}

bool cbx_row_has_status(const struct cbx_row *row)
{
	return is_text(row->status);
}

int cbx_status_of_row(const struct cbx_row *row, struct cbx_status **out)
{
	struct cbx_status_parts parts;
	char percent[CBX_PERCENT_TEXT];
	double value;

	cbx_status_parts_init(&parts);
	parts.system = row->system;
	parts.system_len = strlen(row->system);
	parts.job_id = row->job_id;
	parts.text = is_text(row->status) ? row->status : "unknown";
	parts.text_len = strlen(parts.text);
	parts.downloaded = row->downloaded;
	parts.total_files = row->total_files;
	if (row->percent_completed &&
	    cbx_percent_parse(row->percent_completed, strlen(row->percent_completed), percent,
			      &value)) {
		parts.percent_text = percent;
		parts.percent_len = strlen(percent);
	}
	if (is_text(row->download_speed)) {
		parts.speed_text = row->download_speed;
		parts.speed_len = strlen(row->download_speed);
	}
	if (is_text(row->job_type)) {
		parts.job_type = row->job_type;
		parts.job_type_len = strlen(row->job_type);
	}
	return cbx_status_new(&parts, out);
}

struct cbx_error_row cbx_error_of_change(const struct cbx_change *change)
{
	const struct cbx_job *job = change->job;

	return (struct cbx_error_row){
		.system = job->status->system,
		.job_id = job->status->job_id,
		.job_type = job->status->job_type,
		.code = change->error_code,
		.message = change->error_message,
		.origin = cbx_origin_name(job->origin),
	};
}
