// SPDX-License-Identifier: MIT
/* api/controllers.c - the proposal's controllers as C functions; each submits a call and waits for
 * it */
#include "common/utf8.h"
#include "engine/internal.h"

#include <errno.h>
#include <string.h>

/* --- job_status.h --- */

int chatterbox_job_status_update_database(struct chatterbox *box)
{
	return chatterbox_poll_now(box, true);
}

int chatterbox_job_status_get_all_jobs_status(struct chatterbox *box)
{
	return chatterbox_poll_now(box, false);
}

int chatterbox_job_status_delete_entry(struct chatterbox *box, const char *system, int64_t job_id)
{
	return engine_call(box, "chatterbox.job_status.delete_entry",
			   json_pack("{s:s,s:I}", "system", system, "job_id", (json_int_t)job_id),
			   NULL);
}

bool chatterbox_job_status_check_if_server_is_under_load(struct chatterbox *box,
							 const char **reason)
{
	cbx_auto(cbx_snapshot_unrefp) struct cbx_snapshot *snapshot =
		cbx_snapshot_slot_get(&box->slot);

	if (reason)
		*reason = snapshot->load_reason;
	return snapshot->load_reason != NULL;
}

int chatterbox_job_status_set_time_till_next_check(struct chatterbox *box, int64_t seconds)
{
	return engine_call(box, "chatterbox.job_status.set_time_till_next_check",
			   json_pack("{s:I}", "seconds", (json_int_t)seconds), NULL);
}

double chatterbox_job_status_get_time_till_next_check(struct chatterbox *box, double *current)
{
	cbx_auto(cbx_snapshot_unrefp) struct cbx_snapshot *snapshot =
		cbx_snapshot_slot_get(&box->slot);

	if (current)
		*current = cbx_seconds(snapshot->interval_current_ns);
	return cbx_seconds(snapshot->interval_base_ns);
}

int chatterbox_job_status_send_status(struct chatterbox *box)
{
	return engine_call(box, "chatterbox.job_status.send_status", json_object(), NULL);
}

/* --- errors.h, cleanup.h --- */

int chatterbox_errors_report_errors(struct chatterbox *box, const char *errors)
{
	return engine_call_errors(box, "chatterbox.errors.report_errors", errors);
}

int chatterbox_errors_store_errors(struct chatterbox *box, const char *errors)
{
	return engine_call_errors(box, "chatterbox.errors.store_errors", errors);
}

int chatterbox_errors_get(struct chatterbox *box, const char *params, char **json)
{
	json_t *parsed = NULL;
	int result = engine_params(params, &parsed, NULL);

	return result < 0 ? result : engine_call(box, "nl-ocd.server.errors.get", parsed, json);
}

int chatterbox_errors_remove(struct chatterbox *box, const char *params, int64_t *removed)
{
	json_t *parsed = NULL;
	int result = engine_params(params, &parsed, NULL);

	return result < 0 ? result
			  : engine_call_number(box, "nl-ocd.server.errors.remove", parsed,
					       "removed", removed);
}

int chatterbox_errors_add_syncing(struct chatterbox *box, const char *system)
{
	return engine_call_system(box, "chatterbox.errors.add_syncing", system);
}

int chatterbox_errors_remove_syncing(struct chatterbox *box, const char *system)
{
	return engine_call_system(box, "chatterbox.errors.remove_syncing", system);
}

int chatterbox_errors_is_syncing(struct chatterbox *box, const char *system)
{
	int64_t syncing = 0;
	int error = engine_call_number(box, "chatterbox.errors.is_syncing",
				       json_pack("{s:s}", "system", system), "syncing", &syncing);

	return error < 0 ? error : (int)syncing;
}

int chatterbox_cleanup_set_errors(struct chatterbox *box, const char *errors)
{
	return chatterbox_errors_report_errors(box, errors);
}

int chatterbox_cleanup_errored(struct chatterbox *box, const char *system, int64_t older_than,
			       int64_t *removed)
{
	json_t *params = json_pack("{s:I}", "older_than", (json_int_t)older_than);

	/* without its system it would clean up all systems */
	if (params && system && json_object_set_new(params, "system", json_string(system)) < 0) {
		json_decref(params);
		return cbx_utf8_valid(system, strlen(system)) ? -ENOMEM : -EINVAL;
	}
	return engine_call_number(box, "nl-ocd.content.job.cleanUpErrored", params, "removed",
				  removed);
}

/* --- internal_systems.h --- */

int chatterbox_internal_systems_populate(struct chatterbox *box)
{
	return engine_call(box, "chatterbox.internal_systems.populate", json_object(), NULL);
}

int chatterbox_internal_systems_cleanup_internal_systems(struct chatterbox *box, int64_t *removed)
{
	return engine_call_number(box, "chatterbox.internal_systems.cleanup_internal_systems",
				  json_object(), "removed", removed);
}

int chatterbox_internal_systems_put(struct chatterbox *box, const char *system)
{
	return engine_call_system(box, "chatterbox.internal_systems.put", system);
}

int chatterbox_internal_systems_remove(struct chatterbox *box, const char *system)
{
	return engine_call_system(box, "chatterbox.internal_systems.remove", system);
}

/* --- online_systems.h --- */

int chatterbox_online_systems_populate(struct chatterbox *box)
{
	return engine_call(box, "chatterbox.online_systems.populate", json_object(), NULL);
}

int chatterbox_online_systems_update_server_configuration(struct chatterbox *box)
{
	return engine_call(box, "chatterbox.online_systems.update_server_configuration",
			   json_object(), NULL);
}
