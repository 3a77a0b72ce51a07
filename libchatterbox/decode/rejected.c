// SPDX-License-Identifier: MIT
/*
 * rejected.c - which job a rejected status may be about
 *
 * A job must not be taken for missing because its own status could not be read. So whatever can be
 * read of a rejected status is kept: with system and job_id it is one job; without one of them it
 * may be any system, or any job. An element that is not an object, and an unreadable name in a list
 * of systems, may be about anything.
 */
#include "common/array.h"
#include "decode/reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int cbx_reader_note_rejected(struct cbx_reader *reader)
{
	struct cbx_reply *reply = reader->reply;
	struct cbx_status_parts known;
	struct cbx_rejected *one;

	cbx_status_reader_identify(&reader->status, &known);
	if (!known.system && known.job_id < 0) {
		reply->rejected_any = true;
		return 0;
	}
	if (cbx_grow(reply->rejected, reader->rejected_capacity, reply->rejected_count + 1) < 0)
		return -ENOMEM;
	one = &reply->rejected[reply->rejected_count++];
	*one = (struct cbx_rejected){ .job_id = known.job_id };
	if (known.system)
		memcpy(one->system, known.system, known.system_len);
	return 0;
}

static int by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a;
	int64_t y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

int cbx_reply_rejected(const struct cbx_reply *reply, const char *system, int64_t **ids,
		       size_t *count)
{
	int64_t *all = NULL;
	size_t known = 0;
	size_t i;
	int any = reply->rejected_any;

	if (reply->rejected_count)
		all = calloc(reply->rejected_count, sizeof(*all));
	if (reply->rejected_count && !all)
		return -ENOMEM;
	for (i = 0; i < reply->rejected_count; i++) {
		const struct cbx_rejected *one = &reply->rejected[i];

		if (one->system[0] && strcmp(one->system, system) != 0)
			continue;
		if (one->job_id < 0)
			any = 1;
		else
			all[known++] = one->job_id;
	}
	if (known)
		qsort(all, known, sizeof(*all), by_number);
	*ids = all;
	*count = known;
	return any;
}
