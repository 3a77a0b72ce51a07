// SPDX-License-Identifier: MIT
/*
 * documents.c - the documents of HTTP and of chatterbox_query(), made of a snapshot or with a query
 * to SQL
 *
 * On the leader the snapshot knows a job best. A follower asks SQL first, since Redis lacks origin,
 * revision and times; if SQL is down, what it last read of them is better than nothing.
 */
#include "controller/documents.h"

#include "base/read.h"
#include "controller/ended_jobs.h"
#include "controller/job_api.h"
#include "port/directory.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Jobs that have ended are in SQL alone */
static int list_ended(struct cbx_request_worker *worker, struct cbx_ended_jobs *list,
		      const json_t *params, char error[CBX_API_ERROR])
{
	int result = cbx_ended_jobs_open(list, params, error);

	if (!result)
		result = cbx_request_worker_query(worker, cbx_ended_jobs_ask, list, error);
	cbx_ended_jobs_close(list);
	return result;
}

void cbx_document_jobs(struct cbx_request_worker *worker, struct cbx_call *call)
{
	cbx_auto(cbx_snapshot_unrefp) struct cbx_snapshot *snapshot =
		cbx_snapshot_slot_get(worker->slot);
	cbx_auto(cbx_moment_close) struct cbx_moment moment;
	struct cbx_text text = { 0 };
	struct cbx_ended_jobs list = { .snapshot = snapshot, .moment = &moment, .out = &text };
	char error[CBX_API_ERROR] = "";
	enum cbx_job_state state;
	int result = cbx_job_state_read(call->params, &state, error);

	cbx_request_worker_moment(worker, snapshot, &moment);
	list.errored = state == CBX_JOBS_ERRORED;
	if (!result && state == CBX_JOBS_LIVE)
		result = cbx_job_api_jobs(snapshot, call->params, &moment, &text, error);
	else if (!result)
		result = list_ended(worker, &list, call->params, error);
	cbx_call_end(call, result, &text, error);
}

void cbx_document_systems(struct cbx_request_worker *worker, struct cbx_call *call)
{
	cbx_auto(cbx_snapshot_unrefp) struct cbx_snapshot *snapshot =
		cbx_snapshot_slot_get(worker->slot);
	struct cbx_text text = { 0 };
	char error[CBX_API_ERROR] = "";

	cbx_call_end(call, cbx_job_api_systems(snapshot, call->params, &text, error), &text, error);
}

/* A name that no system can have is an unknown system */
static int take_system(const struct cbx_call *call, const char **system, char name[80],
		       char error[CBX_API_ERROR])
{
	int result = cbx_param_text(call, "system", true, system, error);

	if (!result)
		*system = cbx_system_trim(*system, name);
	return result;
}

void cbx_document_system(struct cbx_request_worker *worker, struct cbx_call *call)
{
	cbx_auto(cbx_snapshot_unrefp) struct cbx_snapshot *snapshot =
		cbx_snapshot_slot_get(worker->slot);
	struct cbx_text text = { 0 };
	char error[CBX_API_ERROR] = "";
	const char *system = NULL;
	char name[80];
	int result = take_system(call, &system, name, error);

	if (!result)
		result = cbx_job_api_system(snapshot, system, &text, error);
	cbx_call_end(call, result, &text, error);
}

/* The job that is asked for; what SQL says about it is rendered while the row is valid */
struct sought {
	const char *system;
	int64_t job_id;
	const struct cbx_snapshot *snapshot;
	const struct cbx_moment *moment;
	const struct cbx_job *shown; /* of the snapshot; NULL = not there */
	struct cbx_text *text;
};

static int render_row(void *user, const struct cbx_row *row)
{
	struct sought *sought = user;
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
	/* the shared state has the later progress; where the texts differ SQL knows better */
	if (sought->shown && !strcmp(sought->shown->status->text, status->text)) {
		facts.status = sought->shown->status;
		facts.live = sought->shown;
	}
	facts.kind = cbx_kind_of(&sought->moment->kinds, status->text);
	cbx_job_api_job(sought->snapshot, &facts, sought->moment, sought->text);
	return 0;
}

static int ask_job(struct cbx_sql *sql, void *user)
{
	struct sought *sought = user;

	return sql->directory->find_job(sql, sought->system, sought->job_id, render_row, sought);
}

static int ask_sql(struct cbx_request_worker *worker, struct sought *sought,
		   char error[CBX_API_ERROR])
{
	int result = cbx_request_worker_query(worker, ask_job, sought, error);

	if (result != 1)
		return result;
	snprintf(error, CBX_API_ERROR, "no job %lld of system %.64s is known",
		 (long long)sought->job_id, sought->system);
	return CHATTERBOX_E_UNKNOWN;
}

static void render_shown(const struct sought *sought)
{
	struct cbx_job_facts facts = cbx_job_facts_of(sought->shown);

	cbx_job_api_job(sought->snapshot, &facts, sought->moment, sought->text);
}

static int find_job(struct cbx_request_worker *worker, struct sought *sought,
		    char error[CBX_API_ERROR])
{
	int result = 1;

	sought->shown = cbx_job_api_find(sought->snapshot, sought->system, sought->job_id);
	if (!sought->shown || !cbx_leadership_epoch(worker->calls->leadership))
		result = ask_sql(worker, sought, error);
	if (result == CHATTERBOX_E_DOWN && sought->shown && sought->shown->revision)
		result = 1;
	if (result == 1)
		render_shown(sought);
	return result < 0 ? result : 0;
}

void cbx_document_job(struct cbx_request_worker *worker, struct cbx_call *call)
{
	cbx_auto(cbx_snapshot_unrefp) struct cbx_snapshot *snapshot =
		cbx_snapshot_slot_get(worker->slot);
	cbx_auto(cbx_moment_close) struct cbx_moment moment;
	struct cbx_text text = { 0 };
	struct sought sought = { .snapshot = snapshot, .moment = &moment, .text = &text };
	char error[CBX_API_ERROR] = "";
	char name[80];
	int result = take_system(call, &sought.system, name, error);

	cbx_request_worker_moment(worker, snapshot, &moment);
	if (!result)
		result = cbx_param_count(call, "job_id", true, &sought.job_id, error);
	if (!result)
		result = find_job(worker, &sought, error);
	cbx_call_end(call, result, &text, error);
}

void cbx_document_summary(struct cbx_request_worker *worker, struct cbx_call *call)
{
	cbx_auto(cbx_snapshot_unrefp) struct cbx_snapshot *snapshot =
		cbx_snapshot_slot_get(worker->slot);
	struct cbx_text text = { 0 };
	char leader[CBX_HOLDER_TEXT];
	struct cbx_summary_facts facts = { .role = "standby", .leader = leader };

	if (worker->calls->observer)
		facts.role = "observer";
	else if (cbx_leadership_epoch(worker->calls->leadership))
		facts.role = "leader";
	cbx_leadership_leader(worker->calls->leadership, leader);
	cbx_job_api_summary(snapshot, &facts, &text);
	cbx_call_end(call, 0, &text, "");
}
