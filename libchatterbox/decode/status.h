/* SPDX-License-Identifier: MIT */
/*
 * status.h - members, as they come, become one status
 *
 * One reader serves all statuses of a document; it keeps its memory from one to the next.
 */
#ifndef CBX_DECODE_STATUS_H
#define CBX_DECODE_STATUS_H

#include "common/text.h"
#include "decode/decode.h"
#include "decode/json.h"

#define CBX_KNOWN_MEMBERS CBX_MEMBER_OTHER

/* A member that is no part of the contract, or files_downloading: goes to the tail as it is */
struct cbx_other_member {
	struct cbx_json key;
	struct cbx_json value;
	bool repeated; /* a later one of the same name has given its value to an earlier one */
};

struct cbx_status_reader {
	unsigned *rejects; /* by enum cbx_member */
	unsigned seen;     /* bits of the known members */
	struct cbx_json known[CBX_KNOWN_MEMBERS];
	struct cbx_other_member *others;
	struct cbx_other_member **sorted; /* of the same capacity */
	size_t other_count;
	size_t other_capacity;
	struct cbx_text tail;
};

void cbx_status_reader_start(struct cbx_status_reader *reader);
int cbx_status_reader_take(struct cbx_status_reader *reader, const struct cbx_json *key,
			   const struct cbx_json *value);
/* *out is NULL when the status is rejected, which has been counted; -ENOMEM */
int cbx_status_reader_finish(struct cbx_status_reader *reader, struct cbx_status **out);
/* Of a rejected status: system (else NULL) and job_id (else -1), each if it can be read */
void cbx_status_reader_identify(const struct cbx_status_reader *reader,
				struct cbx_status_parts *parts);
void cbx_status_reader_free(struct cbx_status_reader *reader);

#endif
