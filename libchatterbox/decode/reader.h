/* SPDX-License-Identifier: MIT */
/* reader.h - the levels (json.h) of the documents that are understood: an answer, a report, a list
 * of systems */
#ifndef CBX_DECODE_READER_H
#define CBX_DECODE_READER_H

#include "decode/decode.h"
#include "decode/json.h"
#include "decode/status.h"

/* Members of the frame. Each may occur once: a frame that says something twice is malformed. */
enum cbx_frame {
	CBX_FRAME_BODY = 1,
	CBX_FRAME_ERROR = 2,
	CBX_FRAME_VERB = 4,
	CBX_FRAME_OBJECT = 8,
	CBX_FRAME_JOBS = 16,
	CBX_FRAME_SYSTEMS = 32,
	CBX_FRAME_OFFLINE = 64,
};

struct cbx_reader {
	struct cbx_reply *reply;
	const struct cbx_decode_limits *limits; /* NULL = none */
	const struct cbx_level *body;           /* what `params` or `result` hold */
	const struct cbx_known *known;          /* NULL = nothing */
	struct cbx_status_reader status;
	size_t status_capacity, rejected_capacity, system_capacity, offline_capacity;
	size_t jobs;      /* elements seen, whether kept or not */
	unsigned frame;   /* enum cbx_frame: members seen */
	bool for_offline; /* the list of names being read is `offline` */
	bool named;       /* the object being read has named its system */
	bool data_code;   /* the code of a JSON-RPC error was taken from its data */
};

/* What a bare document is, or what `params` or `result` of an envelope hold */
extern const struct cbx_level cbx_body_of_reply;
extern const struct cbx_level cbx_body_of_report;
extern const struct cbx_level cbx_body_of_systems;
extern const struct cbx_level cbx_body_of_status;

/* The statuses of an answer, and what json.h asks about each of them */
extern const struct cbx_level cbx_level_jobs;
ssize_t cbx_reader_known(void *context, const char *at, size_t left);

/* The error of JSON-RPC */
extern const struct cbx_level cbx_level_rpc_error;

/* Adds to reply->rejected which job the rejected status may be about; -ENOMEM */
int cbx_reader_note_rejected(struct cbx_reader *reader);
/* CHATTERBOX_E_DECODE the second time */
int cbx_reader_once(struct cbx_reader *reader, enum cbx_frame member);

#endif
