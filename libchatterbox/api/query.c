// SPDX-License-Identifier: MIT
/*
 * api/query.c - public queries, answered from the snapshot or from SQL
 *
 * SQL is asked over the request worker's connection, under its mutex: hosts may wait for each other
 * there, but never hold up the poller.
 */
#include "engine/internal.h"

#include "base/read.h"
#include "controller/job_api.h"
#include "port/directory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Before the first snapshot there is an empty one */
static int look(struct chatterbox *box, struct cbx_snapshot **out)
{
	*out = cbx_snapshot_slot_get(&box->slot);
	return *out ? 0 : -ENOMEM;
}

static int parse_params(const char *params, json_t **out, char *error)
{
	json_error_t why = { 0 };
	int result = engine_params(params, out, &why);

	if (result == -EINVAL)
		snprintf(error, CHATTERBOX_ERROR_TEXT, "parameters: takes a JSON object%s%s",
			 *why.text ? ": " : "", why.text);
	return result;
}

static int finish(struct cbx_text *text, int result, char **json)
{
	if (!result)
		return cbx_text_take(text, json, NULL);
	cbx_text_free(text);
	return result;
}

typedef int (*page_fn)(struct chatterbox *box, const struct cbx_snapshot *snapshot,
		       const json_t *params, struct cbx_text *out, char *error);

static int jobs_page(struct chatterbox *box, const struct cbx_snapshot *snapshot,
		     const json_t *params, struct cbx_text *out, char *error)
{
	(void)box;
	return cbx_job_api_jobs(snapshot, params, false, out, error);
}

static int systems_page(struct chatterbox *box, const struct cbx_snapshot *snapshot,
			const json_t *params, struct cbx_text *out, char *error)
{
	(void)box;
	return cbx_job_api_systems(snapshot, params, out, error);
}

static int query_page(struct chatterbox *box, const char *params, page_fn page, char **json,
		      char *error)
{
	char unwanted[CHATTERBOX_ERROR_TEXT];
	cbx_auto(cbx_snapshot_unrefp) struct cbx_snapshot *snapshot = NULL;
	struct cbx_text text = { 0 };
	json_t *parsed = NULL;
	int result = parse_params(params, &parsed, error ? error : unwanted);

	if (result < 0)
		return result;
	result = look(box, &snapshot);
	if (!result)
		result = page(box, snapshot, parsed, &text, error ? error : unwanted);
	json_decref(parsed);
	return finish(&text, result, json);
}

int chatterbox_jobs_query(struct chatterbox *box, const char *params, char **json,
			  char error[CHATTERBOX_ERROR_TEXT])
{
	return query_page(box, params, jobs_page, json, error);
}

int chatterbox_systems_query(struct chatterbox *box, const char *params, char **json,
			     char error[CHATTERBOX_ERROR_TEXT])
{
	return query_page(box, params, systems_page, json, error);
}

int chatterbox_system_query(struct chatterbox *box, const char *system, char **json,
			    char error[CHATTERBOX_ERROR_TEXT])
{
	char unwanted[CHATTERBOX_ERROR_TEXT];
	char name[80];
	cbx_auto(cbx_snapshot_unrefp) struct cbx_snapshot *snapshot = NULL;
	struct cbx_text text = { 0 };
	int result = look(box, &snapshot);

	if (!result)
		result = cbx_job_api_system(snapshot, cbx_system_trim(system, name), &text,
					    error ? error : unwanted);
	return finish(&text, result, json);
}

/* What SQL says about a job, rendered while the row is valid */
struct found {
	const struct cbx_snapshot *snapshot;
	const struct cbx_job
		*shown; /* of the snapshot; NULL = not there, or this instance is no follower */
	struct cbx_text *text;
};

static int render_row(void *user, const struct cbx_row *row)
{
	struct found *found = user;
	cbx_auto(cbx_status_unrefp) struct cbx_status *status = NULL;
	struct cbx_job_facts facts = { .origin = row->origin && !strcmp(row->origin, "user")
							 ? "user"
							 : "ocd",
				       .revision = row->revision,
				       .first_seen_ms = row->started_ms,
				       .updated_ms = row->updated_ms };
	int result = cbx_status_of_row(row, &status);

	if (result < 0)
		return result;
	facts.status = status;
	/* Redis has later progress; if the texts differ, SQL is right */
	if (found->shown && !strcmp(found->shown->status->text, status->text))
		facts.status = found->shown->status;
	cbx_job_api_job(found->snapshot, &facts, found->text);
	return 0;
}

struct sought {
	const char *system;
	int64_t job_id;
	struct found *found;
};

static int ask_job(struct cbx_sql *sql, void *user)
{
	struct sought *sought = user;

	return sql->directory->find_job(sql, sought->system, sought->job_id, render_row,
					sought->found);
}

static int ask_worker(struct chatterbox *box, const char *system, int64_t job_id,
		      struct found *found, char *error)
{
	struct sought sought = { system, job_id, found };
	int result = cbx_request_worker_query(&box->worker, ask_job, &sought, error);

	if (result != 1)
		return result;
	snprintf(error, CHATTERBOX_ERROR_TEXT, "no job %lld of system %.64s is known",
		 (long long)job_id, system);
	return CHATTERBOX_E_UNKNOWN;
}

static void render_job(const struct cbx_snapshot *snapshot, const struct cbx_job *job,
		       struct cbx_text *out)
{
	struct cbx_job_facts facts = { .status = job->status,
				       .origin = cbx_origin_name(job->origin),
				       .revision = job->revision,
				       .first_seen_ms = job->first_seen_ms,
				       .updated_ms = job->updated_ms };

	cbx_job_api_job(snapshot, &facts, out);
}

/* A follower asks SQL first, since Redis lacks origin, revision and times; if SQL is down, what it
 * last read of them is better than nothing */
int chatterbox_job_query(struct chatterbox *box, const char *system, int64_t job_id, char **json,
			 char error[CHATTERBOX_ERROR_TEXT])
{
	char unwanted[CHATTERBOX_ERROR_TEXT];
	char name[80];
	cbx_auto(cbx_snapshot_unrefp) struct cbx_snapshot *snapshot = NULL;
	struct cbx_text text = { 0 };
	struct found found = { .text = &text };
	const struct cbx_job *job;
	int result = look(box, &snapshot);

	if (result < 0)
		return result;
	system = cbx_system_trim(system, name);
	job = cbx_job_api_find(snapshot, system, job_id);
	found.snapshot = snapshot;
	if (job && chatterbox_leads(box)) {
		render_job(snapshot, job, &text);
	} else {
		found.shown = job;
		result = ask_worker(box, system, job_id, &found, error ? error : unwanted);
	}
	if (result == CHATTERBOX_E_DOWN && job && job->revision) {
		render_job(snapshot, job, &text);
		result = 0;
	}
	return finish(&text, result, json);
}

bool chatterbox_leads(struct chatterbox *box)
{
	return cbx_leadership_epoch(&box->leadership) > 0;
}

static const char *role(struct chatterbox *box)
{
	if (box->lease_keeper.observer)
		return "observer";
	return chatterbox_leads(box) ? "leader" : "standby";
}

int chatterbox_summary_query(struct chatterbox *box, char **json, char error[CHATTERBOX_ERROR_TEXT])
{
	cbx_auto(cbx_snapshot_unrefp) struct cbx_snapshot *snapshot = NULL;
	struct cbx_text text = { 0 };
	char leader[CBX_HOLDER_TEXT];
	struct cbx_summary_facts facts = { .role = role(box), .leader = leader };
	int result = look(box, &snapshot);

	(void)error;
	if (result < 0)
		return result;
	cbx_leadership_leader(&box->leadership, leader);
	cbx_job_api_summary(snapshot, &facts, &text);
	return finish(&text, 0, json);
}
