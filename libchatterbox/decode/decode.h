/* SPDX-License-Identifier: MIT */
/*
 * decode.h - turns bytes from the bus into statuses; input that is not valid is refused here and
 * nowhere else
 *
 * Replies of nl-hdms and pushed reports are read by json.h (HACKING, Dependencies). A bad optional
 * member is dropped; a bad system, job_id or status rejects that one status and none of its
 * neighbours; each is counted by member (contract 1.1). A document may be bare or in a JSON-RPC
 * envelope. These functions may be called from any thread.
 */
#ifndef CBX_DECODE_DECODE_H
#define CBX_DECODE_DECODE_H

#include "domain/status.h"

/* Members whose rejects are counted, as label values of chatterbox_decode_rejects_total */
enum cbx_member {
	CBX_MEMBER_SYSTEM,
	CBX_MEMBER_JOB_ID,
	CBX_MEMBER_STATUS,
	CBX_MEMBER_PERCENT_COMPLETED,
	CBX_MEMBER_DOWNLOADED,
	CBX_MEMBER_TOTAL_FILES,
	CBX_MEMBER_DOWNLOAD_SPEED,
	CBX_MEMBER_JOB_TYPE,
	CBX_MEMBER_FILES_DOWNLOADING,
	CBX_MEMBER_OTHER,     /* a member that the contract does not name */
	CBX_MEMBER_DUPLICATE, /* a repeated member, or two statuses of one job in one report */
	CBX_MEMBER_REPORT,    /* an element of the list that is no object */
	CBX_MEMBERS,
};

const char *cbx_member_name(enum cbx_member member);

struct cbx_decode_limits {
	size_t bytes; /* limits.reply_bytes */
	size_t jobs;  /* limits.jobs_per_reply */
};

/* What could be read of a rejected status, to know which job it may be about */
struct cbx_rejected {
	char system[65]; /* "" = unreadable: it may be any system */
	int64_t job_id;  /* -1 = unreadable: it may be any job of the system */
};

/* An answer, or a pushed report (which only has statuses). Of two statuses of one job the later one
 * is kept, at the place of the earlier one. Names of systems are valid, trimmed and unique. */
struct cbx_reply {
	char event[32]; /* verb.event; "" when absent */
	struct cbx_status **statuses;
	size_t count;
	char **systems; /* object.systems, of names or {system}, sorted */
	size_t system_count;
	char **offline; /* object.offline */
	size_t offline_count;
	bool has_systems;
	bool has_jobs;     /* object.jobs was present; an answer to job_list or job_status that has
			      neither it nor `offline` is malformed */
	bool is_error;     /* verb.event is "error", or a JSON-RPC error object */
	char code[65];     /* object.code of an error, as text; "" when absent */
	char message[257]; /* object.message, truncated */
	unsigned rejects[CBX_MEMBERS];
	struct cbx_rejected *rejected;
	size_t rejected_count;
	bool rejected_any; /* a rejected status with neither system nor job_id, or an unreadable
			      name of a system */
};

/* CHATTERBOX_E_DECODE: not JSON, invalid UTF-8, nested deeper than 64, or not shaped like an
 * answer; CHATTERBOX_E_LIMIT: over a limit; -ENOMEM. @out is written only on success. */
int cbx_decode_reply(const char *bytes, size_t len, const struct cbx_decode_limits *limits,
		     struct cbx_reply **out);
/* Statuses that need not be read again when their JSON comes byte for byte. @find: a status whose
 * JSON @at may begin with, borrowed; or NULL */
struct cbx_known {
	struct cbx_status *(*find)(void *user, const char *at, size_t left);
	void *user;
};
int cbx_decode_reply_knowing(const char *bytes, size_t len, const struct cbx_decode_limits *limits,
			     const struct cbx_known *known, struct cbx_reply **out);
/* A pushed report: params is a Status or an array of them, in either envelope. */
int cbx_decode_report(const char *bytes, size_t len, const struct cbx_decode_limits *limits,
		      struct cbx_reply **out);
/* The systems of a system_online or system_offline event: params is "ABC1", an object with system,
 * system_id, systemID or actor_id (itself or under `object`), or an array of those. Fills only
 * `systems`, and the rejects of the member `system`. */
int cbx_decode_systems(const char *bytes, size_t len, const struct cbx_decode_limits *limits,
		       struct cbx_reply **out);
/* One status, as Redis holds it. */
int cbx_decode_status(const char *bytes, size_t len, struct cbx_status **out);
/* Which jobs of @system a rejected status may be about: their ids, ascending, in an array to be
 * freed (NULL when nothing was rejected). Return: 0; 1 when it may also be any other job of that
 * system; -ENOMEM. */
int cbx_reply_rejected(const struct cbx_reply *reply, const char *system, int64_t **ids,
		       size_t *count);
void cbx_reply_free(struct cbx_reply *reply);
CBX_DEFINE_CLEANUP(struct cbx_reply *, cbx_reply_free)

#endif
