/* SPDX-License-Identifier: MIT */
/*
 * status.h - one status of one job: the record that everything carries (contract 1.1)
 *
 * A status is immutable and counted. Its canonical JSON is made once, when it is decoded; Redis,
 * AMQP and HTTP carry those very bytes, and two statuses are equal when their bytes are.
 */
#ifndef CBX_DOMAIN_STATUS_H
#define CBX_DOMAIN_STATUS_H

#include "common/cleanup.h"

#include <stdbool.h>
#include <stdint.h>

#define CBX_NO_COUNT (-1) /* downloaded, total_files: absent */

struct cbx_status {
	_Atomic unsigned refs;
	uint32_t json_len;
	/* The verbatim tail of json: files_downloading and unknown members, as `,"k":v,"k":v`,
	 * from here on, but for the closing brace; for cbx_status_with_text() */
	uint32_t tail_offset;
	uint32_t list_offset, list_len; /* the value of `list_id` in json; its length 0 = absent */
	int64_t job_id;
	int64_t downloaded;  /* or CBX_NO_COUNT */
	int64_t total_files; /* or CBX_NO_COUNT */
	double percent;      /* -1 = absent */
	double speed;        /* bytes per second; 0 when absent or not understood */
	/* NUL-terminated, inside this allocation; NULL when absent */
	const char *system;
	const char *text; /* the member `status` */
	const char *percent_text;
	const char *speed_text;
	const char *job_type;
	const char *error_code;    /* member error_code, else code (1..64 bytes), else NULL */
	const char *error_message; /* member error_message, else error, else NULL */
	char json[];               /* canonical, json_len bytes */
};

/* The parts of a status, borrowed; NULL or absent values as in struct cbx_status */
struct cbx_status_parts {
	const char *system;
	size_t system_len;
	int64_t job_id;
	const char *text;
	size_t text_len;
	const char *percent_text; /* shortest decimal already */
	size_t percent_len;
	int64_t downloaded;
	int64_t total_files;
	const char *speed_text;
	size_t speed_len;
	const char *job_type;
	size_t job_type_len;
	const char *error_code;
	size_t error_code_len;
	const char *error_message;
	size_t error_message_len;
	const char *tail; /* `,"files_downloading":…,"other":…` or NULL */
	size_t tail_len;
	size_t list_at, list_len; /* in the tail: the value of `list_id`; its length 0 = absent */
};

/* All counts absent, all texts NULL */
void cbx_status_parts_init(struct cbx_status_parts *parts);
int cbx_status_new(const struct cbx_status_parts *parts, struct cbx_status **out);
/* The same status with another text: for ends that chatterbox infers */
int cbx_status_with_text(const struct cbx_status *status, const char *text,
			 struct cbx_status **out);
struct cbx_status *cbx_status_ref(struct cbx_status *status);
void cbx_status_unref(struct cbx_status *status);
CBX_DEFINE_CLEANUP(struct cbx_status *, cbx_status_unref)
bool cbx_status_equal(const struct cbx_status *a, const struct cbx_status *b);
/* Percent 100, or downloaded = total_files > 0: if such a job vanishes, it has completed */
bool cbx_status_is_full(const struct cbx_status *status);

/* The shortest decimal text of a percent in [0,100], from the text of a number or string; a
 * trailing % and white space around it are accepted. False: not a percent. Writes a NUL-terminated
 * text. */
#define CBX_PERCENT_TEXT 32
bool cbx_percent_parse(const char *bytes, size_t len, char out[CBX_PERCENT_TEXT], double *value);
/* Bytes per second of a speed text: "250K" is 256000; anything that is not understood is 0 */
double cbx_speed_parse(const char *bytes, size_t len);

#endif
