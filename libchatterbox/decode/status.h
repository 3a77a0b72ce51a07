/* SPDX-License-Identifier: MIT */
/*
 * status.h - collects the members of an object and makes one status of them
 *
 * One reader serves all statuses of a document and reuses its memory.
 */
#ifndef CBX_DECODE_STATUS_H
#define CBX_DECODE_STATUS_H

#include "common/text.h"
#include "decode/decode.h"
#include "decode/json.h"

#define CBX_KNOWN_MEMBERS CBX_MEMBER_OTHER

/* A member that the contract does not name, or files_downloading: passed through as it is */
struct cbx_other_member {
	struct cbx_json key;
	struct cbx_json value;
	bool repeated; /* its value was moved to an earlier member of the same name */
};

struct cbx_status_reader {
	unsigned *rejects; /* by enum cbx_member */
	unsigned seen;     /* bit per known member */
	struct cbx_json known[CBX_KNOWN_MEMBERS];
	struct cbx_other_member *others;
	struct cbx_other_member **sorted; /* scratch, of the same capacity */
	size_t other_count;
	size_t other_capacity;
	struct cbx_text tail;
};

void cbx_status_reader_start(struct cbx_status_reader *reader);
int cbx_status_reader_take(struct cbx_status_reader *reader, const struct cbx_json *key,
			   const struct cbx_json *value);
/* *out is NULL when the status was rejected (and counted); -ENOMEM */
int cbx_status_reader_finish(struct cbx_status_reader *reader, struct cbx_status **out);
/* Of a rejected status: system (or NULL) and job_id (or -1), as far as they can be read */
void cbx_status_reader_identify(const struct cbx_status_reader *reader,
				struct cbx_status_parts *parts);
void cbx_status_reader_free(struct cbx_status_reader *reader);

#endif
