// SPDX-License-Identifier: MIT
/* methods.c - the table of methods, and those that only read: from the snapshot, or from SQL */
#include "controller/command_relay.h"
#include "controller/documents.h"
#include "controller/job_api.h"
#include "controller/orders.h"
#include "port/directory.h"
#include "port/errors.h"
#include "road/road.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Answers a question about jobs from the snapshot */
static void answer_from_snapshot(struct cbx_request_worker *worker, struct cbx_call *call)
{
	cbx_auto(cbx_snapshot_unrefp) struct cbx_snapshot *snapshot =
		cbx_snapshot_slot_get(worker->slot);
	struct cbx_text text = { 0 };
	char error[CBX_API_ERROR] = "";

	cbx_call_end(call, cbx_job_api_jobs(snapshot, call->params, NULL, &text, error), &text,
		     error);
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
	cbx_call_end(call, result, &text, error);
}

/* What a host says without waiting for the poller, as the events of contract 3.4 say it */

static void put(struct cbx_request_worker *worker, struct cbx_call *call,
		struct cbx_inbound *inbound)
{
	cbx_auto(cbx_text_free) struct cbx_text text = { 0 };
	int result = cbx_mailbox_put(worker->calls->poller, inbound);

	if (result < 0) {
		cbx_inbound_free(inbound);
		cbx_call_fail_by(call, result, "");
		return;
	}
	cbx_text_puts(&text, "{\"ok\":true}");
	cbx_call_done(call, &text);
}

static void mark(struct cbx_request_worker *worker, struct cbx_call *call, const char *event)
{
	cbx_auto(cbx_text_free) struct cbx_text body = { 0 };
	const struct cbx_decode_limits limits = { .bytes = 4096, .jobs = 1 };
	struct cbx_inbound *inbound = NULL;
	char error[CBX_API_ERROR] = "";
	char system[80];
	int result = cbx_param_system(call, true, system, error);

	if (result < 0) {
		cbx_call_fail_by(call, result, error);
		return;
	}
	if (cbx_calls_refuse(worker->calls, call))
		return;
	cbx_text_json_string(&body, system);
	result = body.failed ? -ENOMEM
			     : cbx_inbound_decode(event, body.bytes, body.len, &limits, &inbound);
	if (result < 0) {
		cbx_call_fail_by(call, result, "");
		return;
	}
	inbound->at = cbx_now(worker->clock);
	put(worker, call, inbound);
}

static void mark_online(struct cbx_request_worker *worker, struct cbx_call *call)
{
	mark(worker, call, "system_online");
}

static void mark_offline(struct cbx_request_worker *worker, struct cbx_call *call)
{
	mark(worker, call, "system_offline");
}

/* A method that reads, answered by the request worker */
#define READS(handler, from) .worker = (handler), .reads = true, .server = CHATTERBOX_SERVER_##from
/* An order that the leader's poller carries out, whichever instance is asked */
#define ORDER(handler, from) \
	.poller = (handler), .relayed = true, .order = true, .server = CHATTERBOX_SERVER_##from
/* One that has no RPC, and how an instance does it that does not lead (NULL = it can't) */
#define LOCAL(handler, follows, from) \
	.poller = (handler), .follower = (follows), .server = CHATTERBOX_SERVER_##from

const struct cbx_method cbx_methods[] = {
	{ "nl-ocd.content.job.status", READS(status, SQL) },
	{ "nl-ocd.content.job.statusAll", READS(status_all, NONE) },
	{ "nl-ocd.content.job.find", READS(find, NONE) },
	{ "nl-ocd.content.job.pause", ORDER(cbx_order_pause, NL_HDMS) },
	{ "nl-ocd.content.job.resume", ORDER(cbx_order_resume, NL_HDMS) },
	{ "nl-ocd.content.job.kill", ORDER(cbx_order_kill, NL_HDMS) },
	{ "nl-ocd.content.job.pauseAll", ORDER(cbx_order_pause_all, RMQ) },
	{ "nl-ocd.content.job.resumeAll", ORDER(cbx_order_resume_all, RMQ) },
	{ "nl-ocd.content.job.cleanUpErrored", ORDER(cbx_order_clean_up, SQL) },
	{ "nl-ocd.content.job.history", .relayed = true, READS(cbx_request_worker_history, SQL) },
	{ "nl-ocd.content.outlook", .relayed = true, READS(cbx_request_worker_outlook, RMQ) },
	{ "nl-ocd.content.job.explain", .relayed = true, READS(cbx_request_worker_explain, SQL) },
	{ "nl-ocd.server.errors.get", .relayed = true, READS(cbx_request_worker_errors_get, SQL) },
	{ "nl-ocd.server.errors.remove", ORDER(cbx_order_remove_errors, SQL) },
	{ "nl-ocd.server.incidents.get", .relayed = true,
	  READS(cbx_request_worker_incidents, SQL) },
	{ "nl-ocd.server.incidents.find", .relayed = true,
	  READS(cbx_request_worker_incident, SQL) },
	{ "nl-ocd.server.incidents.cleanUp", ORDER(cbx_order_clean_up_incident, SQL) },
	{ "nl-ocd.chatterbox.poll", ORDER(cbx_order_poll, NONE) },
	{ "nl-ocd.chatterbox.interval", ORDER(cbx_order_set_interval, SQL) },
	{ "nl-ocd.chatterbox.pause", ORDER(cbx_order_pause_scheduler, SQL) },
	{ "nl-ocd.chatterbox.resume", ORDER(cbx_order_resume_scheduler, SQL) },
	/* of HTTP and the C API alone */
	{ "chatterbox.jobs", READS(cbx_document_jobs, NONE) },
	{ "chatterbox.job", READS(cbx_document_job, SQL) },
	{ "chatterbox.systems", READS(cbx_document_systems, NONE) },
	{ "chatterbox.system", READS(cbx_document_system, NONE) },
	{ "chatterbox.summary", READS(cbx_document_summary, NONE) },
	{ "chatterbox.internal_systems",
	  LOCAL(cbx_document_internal_systems, cbx_document_internal_systems, REDIS) },
	{ "chatterbox.events", LOCAL(cbx_document_events, cbx_document_events, REDIS) },
	{ "chatterbox.online_systems.online", .worker = mark_online },
	{ "chatterbox.online_systems.offline", .worker = mark_offline },
	{ "chatterbox.delete_entry", .order = true, LOCAL(cbx_order_delete_entry, NULL, SQL) },
	{ "chatterbox.send_status", .order = true, LOCAL(cbx_order_send_status, NULL, RMQ) },
	{ "chatterbox.errors.report", LOCAL(cbx_order_report_errors, NULL, SQL) },
	{ "chatterbox.errors.store", LOCAL(cbx_order_store_errors, NULL, SQL) },
	{ "chatterbox.syncing.add", LOCAL(cbx_order_add_syncing, cbx_order_add_syncing, NONE) },
	{ "chatterbox.syncing.remove",
	  LOCAL(cbx_order_remove_syncing, cbx_order_remove_syncing, NONE) },
	{ "chatterbox.syncing.has", LOCAL(cbx_order_is_syncing, cbx_follower_is_syncing, NONE) },
	{ "chatterbox.online_systems.populate", LOCAL(cbx_order_populate_online, NULL, SQL) },
	{ "chatterbox.update_server_configuration",
	  LOCAL(cbx_order_update_configuration, cbx_follower_reread, SQL) },
	{ "chatterbox.internal_systems.populate", LOCAL(cbx_order_populate_internal, NULL, REDIS) },
	{ "chatterbox.internal_systems.clean_up", LOCAL(cbx_order_clean_internal, NULL, REDIS) },
	{ "chatterbox.internal_systems.put",
	  LOCAL(cbx_order_put_internal, cbx_order_put_internal, REDIS) },
	{ "chatterbox.internal_systems.remove",
	  LOCAL(cbx_order_remove_internal, cbx_order_remove_internal, REDIS) },
	{ .name = NULL },
};
