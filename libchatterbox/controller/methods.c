// SPDX-License-Identifier: MIT
/* methods.c - the table of methods, and those that only read: from the snapshot, or from SQL */
#include "controller/command_relay.h"
#include "controller/job_api.h"
#include "controller/orders.h"
#include "port/directory.h"
#include "port/errors.h"
#include "road/road.h"

#include <chatterbox/error.h>
#include <stdio.h>
#include <string.h>

static void finish(struct cbx_call *call, int result, struct cbx_text *text, const char *error)
{
	if (!result) {
		cbx_call_done(call, text);
		return;
	}
	cbx_text_free(text);
	cbx_call_fail_by(call, result, error);
}

/* Answers a question about jobs from the snapshot */
static void answer_from_snapshot(struct cbx_request_worker *worker, struct cbx_call *call)
{
	cbx_auto(cbx_snapshot_unrefp) struct cbx_snapshot *snapshot =
		cbx_snapshot_slot_get(worker->slot);
	struct cbx_text text = { 0 };
	char error[CBX_API_ERROR] = "";

	finish(call, cbx_job_api_jobs(snapshot, call->params, true, &text, error), &text, error);
}

static void find(struct cbx_request_worker *worker, struct cbx_call *call)
{
	answer_from_snapshot(worker, call);
}

/* statusAll takes limit and cursor, but no filter */
static void status_all(struct cbx_request_worker *worker, struct cbx_call *call)
{
	static const char *const filters[] = { "system", "status", "job_type", "origin", "q" };
	size_t i;

	for (i = 0; i < CBX_COUNT(filters); i++)
		json_object_del(call->params, filters[i]);
	answer_from_snapshot(worker, call);
}

struct wanted {
	const char *system;
	int64_t job_id;
	struct cbx_text *text;
};

static int write_row(void *user, const struct cbx_row *row)
{
	struct wanted *wanted = user;
	cbx_auto(cbx_status_unrefp) struct cbx_status *status = NULL;
	int result = cbx_status_of_row(row, &status);

	if (!result)
		cbx_text_add(wanted->text, status->json, status->json_len);
	return result;
}

static int ask_job(struct cbx_sql *sql, void *user)
{
	struct wanted *wanted = user;

	return sql->directory->find_job(sql, wanted->system, wanted->job_id, write_row, wanted);
}

static int status_of_job(struct cbx_request_worker *worker, const struct cbx_snapshot *snapshot,
			 struct wanted *wanted, char *error)
{
	const struct cbx_job *job = cbx_job_api_find(snapshot, wanted->system, wanted->job_id);
	int result;

	if (job) {
		cbx_text_add(wanted->text, job->status->json, job->status->json_len);
		return 0;
	}
	result = cbx_request_worker_query(worker, ask_job, wanted, error);
	if (result != 1)
		return result;
	snprintf(error, CBX_API_ERROR, "no job %lld of system %.64s is known",
		 (long long)wanted->job_id, wanted->system);
	return CHATTERBOX_E_UNKNOWN;
}

static int status_of_system(const struct cbx_snapshot *snapshot, struct wanted *wanted, char *error)
{
	const struct cbx_job_list *list = cbx_frozen_jobs_find(snapshot->jobs, wanted->system);

	if (!list && !cbx_system_list_find(snapshot->systems, wanted->system)) {
		snprintf(error, CBX_API_ERROR, "no system %.64s is known", wanted->system);
		return CHATTERBOX_E_UNKNOWN;
	}
	cbx_job_list_write_live(list, 0, wanted->text);
	return 0;
}

static void status(struct cbx_request_worker *worker, struct cbx_call *call)
{
	cbx_auto(cbx_snapshot_unrefp) struct cbx_snapshot *snapshot =
		cbx_snapshot_slot_get(worker->slot);
	struct cbx_text text = { 0 };
	char error[CBX_API_ERROR] = "";
	char system[80];
	struct wanted wanted = { .system = system, .text = &text };
	int result = cbx_param_system(call, true, system, error);

	if (!result)
		result = cbx_param_count(call, "job_id", false, &wanted.job_id, error);
	cbx_text_puts(&text, "{\"jobs\":[");
	if (!result && wanted.job_id >= 0)
		result = status_of_job(worker, snapshot, &wanted, error);
	else if (!result)
		result = status_of_system(snapshot, &wanted, error);
	cbx_text_puts(&text, "]}");
	finish(call, result, &text, error);
}

const struct cbx_method cbx_methods[] = {
	{ "nl-ocd.content.job.status", status, NULL, NULL },
	{ "nl-ocd.content.job.statusAll", status_all, NULL, NULL },
	{ "nl-ocd.content.job.find", find, NULL, NULL },
	{ "nl-ocd.content.job.pause", NULL, cbx_order_pause, cbx_observer_rpc },
	{ "nl-ocd.content.job.resume", NULL, cbx_order_resume, cbx_observer_rpc },
	{ "nl-ocd.content.job.kill", NULL, cbx_order_kill, cbx_observer_rpc },
	{ "nl-ocd.content.job.pauseAll", NULL, cbx_order_pause_all, cbx_observer_rpc },
	{ "nl-ocd.content.job.resumeAll", NULL, cbx_order_resume_all, cbx_observer_rpc },
	{ "nl-ocd.content.job.cleanUpErrored", NULL, cbx_order_clean_up, cbx_observer_rpc },
	{ "nl-ocd.server.errors.get", cbx_request_worker_errors_get, NULL, cbx_observer_rpc },
	{ "nl-ocd.server.errors.remove", NULL, cbx_order_remove_errors, cbx_observer_rpc },
	{ "chatterbox.scheduler.pause", NULL, cbx_order_pause_scheduler, NULL },
	{ "chatterbox.scheduler.resume", NULL, cbx_order_resume_scheduler, NULL },
	{ "chatterbox.job_status.set_time_till_next_check", NULL, cbx_order_set_interval,
	  cbx_observer_set_interval },
	{ "chatterbox.job_status.delete_entry", NULL, cbx_order_delete_entry, NULL },
	{ "chatterbox.job_status.send_status", NULL, cbx_order_send_status, NULL },
	{ "chatterbox.errors.report_errors", NULL, cbx_order_report_errors, NULL },
	{ "chatterbox.errors.store_errors", NULL, cbx_order_store_errors, NULL },
	{ "chatterbox.errors.add_syncing", NULL, cbx_order_add_syncing, cbx_order_add_syncing },
	{ "chatterbox.errors.remove_syncing", NULL, cbx_order_remove_syncing,
	  cbx_order_remove_syncing },
	{ "chatterbox.errors.is_syncing", NULL, cbx_order_is_syncing, cbx_observer_is_syncing },
	{ "chatterbox.online_systems.populate", NULL, cbx_order_populate_online, NULL },
	{ "chatterbox.online_systems.update_server_configuration", NULL,
	  cbx_order_update_configuration, cbx_observer_reread },
	{ "chatterbox.internal_systems.populate", NULL, cbx_order_populate_internal, NULL },
	{ "chatterbox.internal_systems.cleanup_internal_systems", NULL, cbx_order_clean_internal,
	  NULL },
	{ "chatterbox.internal_systems.put", NULL, cbx_order_put_internal, cbx_order_put_internal },
	{ "chatterbox.internal_systems.remove", NULL, cbx_order_remove_internal,
	  cbx_order_remove_internal },
	{ NULL, NULL, NULL, NULL },
};
