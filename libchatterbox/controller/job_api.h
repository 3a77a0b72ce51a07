/* SPDX-License-Identifier: MIT */
/*
 * job_api.h - the proposal's JobAPI: answers questions about jobs and systems in JSON, from a
 * snapshot
 *
 * Pure functions of a snapshot and parsed parameters, shared by HTTP, RPC and the C API. Any
 * thread. -EINVAL and CHATTERBOX_E_UNKNOWN leave a line in @error that says what is wrong.
 */
#ifndef CBX_CONTROLLER_JOB_API_H
#define CBX_CONTROLLER_JOB_API_H

#include "controller/job_figures.h"
#include "runtime/snapshot.h"

#include <jansson.h>

#define CBX_API_ERROR 256

/* limit and cursor of a page (contract 3.5), which starts after this job */
struct cbx_page {
	size_t limit;
	char system[80]; /* "" = from the start */
	int64_t job_id;
};

int cbx_page_limit(const json_t *params, size_t *limit, char error[CBX_API_ERROR]);
int cbx_page_parse(const json_t *params, struct cbx_page *page, char error[CBX_API_ERROR]);
/* A text of 1..64 bytes, as a part of a cursor */
#define CBX_HEX_TEXT 65
bool cbx_hex_read(const char *text, size_t len, char out[CBX_HEX_TEXT]);
void cbx_hex_write(struct cbx_text *out, const char *text);
/* Writes the cursor after this job, a JSON string or null */
void cbx_page_next(struct cbx_text *out, const char *system, int64_t job_id);

/* {"jobs":[…],"next":…,"total":n}. @moment NULL: as an RPC answers, without total and detail */
int cbx_job_api_jobs(const struct cbx_snapshot *snapshot, const json_t *params,
		     const struct cbx_moment *moment, struct cbx_text *out,
		     char error[CBX_API_ERROR]);
int cbx_job_api_systems(const struct cbx_snapshot *snapshot, const json_t *params,
			struct cbx_text *out, char error[CBX_API_ERROR]);
int cbx_job_api_system(const struct cbx_snapshot *snapshot, const char *system,
		       struct cbx_text *out, char error[CBX_API_ERROR]);

/* {"outlook":[…],"next":…,"totals":{…}} */
int cbx_job_api_outlook(const struct cbx_snapshot *snapshot, const json_t *params, int64_t now_ms,
			struct cbx_text *out, char error[CBX_API_ERROR]);

/* One job, as GET /api/v1/jobs/{system}/{job_id} shows it */
struct cbx_job_facts {
	const struct cbx_status *status;
	enum cbx_kind kind;
	const char *origin;
	int64_t revision;
	int64_t first_seen_ms;
	int64_t updated_ms;
	const struct cbx_job *live; /* whose figures are shown; NULL = it has none */
};

struct cbx_job_facts cbx_job_facts_of(const struct cbx_job *job);

/* Adds `,"name":` and the time, or null for none (0) */
void cbx_add_time(struct cbx_text *out, const char *name, int64_t ms);
/* The system's status is "unknown" when nothing is known of it */
void cbx_job_api_job(const struct cbx_snapshot *snapshot, const struct cbx_job_facts *facts,
		     const struct cbx_moment *moment, struct cbx_text *out);
/* A live or recently ended job of the snapshot; NULL: SQL has to be asked */
const struct cbx_job *cbx_job_api_find(const struct cbx_snapshot *snapshot, const char *system,
				       int64_t job_id);

/* What the summary says beside the snapshot */
struct cbx_summary_facts {
	const char *role;   /* "leader", "standby", "observer" */
	const char *leader; /* "" = nobody known */
};

void cbx_job_api_summary(const struct cbx_snapshot *snapshot, const struct cbx_summary_facts *facts,
			 struct cbx_text *out);

#endif
