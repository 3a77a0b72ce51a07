// SPDX-License-Identifier: MIT
/* row.c - a status out of a row: what is none by CONTRACT 1 is left out */
#include "port/ledger.h"

#include <string.h>

int cbx_status_of_row(const struct cbx_row *row, struct cbx_status **out)
{
	struct cbx_status_parts parts;
	char percent[CBX_PERCENT_TEXT];
	double value;

	cbx_status_parts_init(&parts);
	parts.system = row->system;
	parts.system_len = strlen(row->system);
	parts.job_id = row->job_id;
	parts.text = row->status ?: "";
	parts.text_len = strlen(parts.text);
	parts.downloaded = row->downloaded;
	parts.total_files = row->total_files;
	if (row->percent_completed &&
	    cbx_percent_parse(row->percent_completed, strlen(row->percent_completed), percent,
			      &value)) {
		parts.percent_text = percent;
		parts.percent_len = strlen(percent);
	}
	if (row->download_speed && row->download_speed[0]) {
		parts.speed_text = row->download_speed;
		parts.speed_len = strlen(row->download_speed);
	}
	if (row->job_type && row->job_type[0]) {
		parts.job_type = row->job_type;
		parts.job_type_len = strlen(row->job_type);
	}
	return cbx_status_new(&parts, out);
}
