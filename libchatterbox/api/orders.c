// SPDX-License-Identifier: MIT
/* api/orders.c - the proposal's controllers and its JobAPI as C calls: their parameters, by name */
#include "api/api.h"

#include "base/error.h"
#include "common/json.h"
#include "common/utf8.h"

#include <errno.h>
#include <string.h>

/* --- job_api.h --- */

static int order_job(struct chatterbox *box, const char *method, const char *system, int64_t job_id,
		     const struct cbx_api_reply *reply)
{
	if (!cbx_utf8_valid(system, strlen(system)))
		return cbx_fail(reply->error, -EINVAL, CHATTERBOX_SERVER_NONE,
				"system: is not UTF-8");
	return cbx_api_call(box, method,
			    json_pack("{s:s,s:I}", "system", system, "job_id", (json_int_t)job_id),
			    reply);
}

int chatterbox_pause_job(struct chatterbox *box, const char *system, int64_t job_id,
			 chatterbox_done_fn done, void *user, struct chatterbox_error *error)
{
	return order_job(box, "nl-ocd.content.job.pause", system, job_id,
			 &(struct cbx_api_reply){ done, user, error, NULL, NULL });
}

int chatterbox_resume_job(struct chatterbox *box, const char *system, int64_t job_id,
			  chatterbox_done_fn done, void *user, struct chatterbox_error *error)
{
	return order_job(box, "nl-ocd.content.job.resume", system, job_id,
			 &(struct cbx_api_reply){ done, user, error, NULL, NULL });
}

int chatterbox_kill_job(struct chatterbox *box, const char *system, int64_t job_id,
			chatterbox_done_fn done, void *user, struct chatterbox_error *error)
{
	return order_job(box, "nl-ocd.content.job.kill", system, job_id,
			 &(struct cbx_api_reply){ done, user, error, NULL, NULL });
}

int chatterbox_pause_jobs(struct chatterbox *box, const char *system, chatterbox_done_fn done,
			  void *user, struct chatterbox_error *error)
{
	return cbx_api_call_system(box, "nl-ocd.content.job.pauseAll", system,
				   &(struct cbx_api_reply){ done, user, error, "jobs", NULL });
}

int chatterbox_resume_jobs(struct chatterbox *box, const char *system, chatterbox_done_fn done,
			   void *user, struct chatterbox_error *error)
{
	return cbx_api_call_system(box, "nl-ocd.content.job.resumeAll", system,
				   &(struct cbx_api_reply){ done, user, error, "jobs", NULL });
}

/* --- job_status.h --- */

int chatterbox_set_interval(struct chatterbox *box, int64_t seconds, chatterbox_done_fn done,
			    void *user, struct chatterbox_error *error)
{
	return cbx_api_call(box, "nl-ocd.chatterbox.interval",
			    json_pack("{s:I}", "seconds", (json_int_t)seconds),
			    &(struct cbx_api_reply){ done, user, error, NULL, NULL });
}

int chatterbox_update_database(struct chatterbox *box, chatterbox_done_fn done, void *user,
			       struct chatterbox_error *error)
{
	return cbx_api_call(box, "nl-ocd.chatterbox.poll", json_pack("{s:b}", "discovery", 1),
			    &(struct cbx_api_reply){ done, user, error, NULL, NULL });
}

int chatterbox_poll_jobs(struct chatterbox *box, chatterbox_done_fn done, void *user,
			 struct chatterbox_error *error)
{
	return cbx_api_call(box, "nl-ocd.chatterbox.poll", json_object(),
			    &(struct cbx_api_reply){ done, user, error, NULL, NULL });
}

int chatterbox_pause_tasks(struct chatterbox *box, int64_t seconds, chatterbox_done_fn done,
			   void *user, struct chatterbox_error *error)
{
	json_t *params =
		seconds ? json_pack("{s:I}", "seconds", (json_int_t)seconds) : json_object();

	return cbx_api_call(box, "nl-ocd.chatterbox.pause", params,
			    &(struct cbx_api_reply){ done, user, error, NULL, NULL });
}

int chatterbox_resume_tasks(struct chatterbox *box, chatterbox_done_fn done, void *user,
			    struct chatterbox_error *error)
{
	return cbx_api_call(box, "nl-ocd.chatterbox.resume", json_object(),
			    &(struct cbx_api_reply){ done, user, error, NULL, NULL });
}

int chatterbox_send_status(struct chatterbox *box, chatterbox_done_fn done, void *user,
			   struct chatterbox_error *error)
{
	return cbx_api_call(box, "chatterbox.send_status", json_object(),
			    &(struct cbx_api_reply){ done, user, error, NULL, NULL });
}

int chatterbox_delete_entry(struct chatterbox *box, const char *system, int64_t job_id,
			    chatterbox_done_fn done, void *user, struct chatterbox_error *error)
{
	return order_job(box, "chatterbox.delete_entry", system, job_id,
			 &(struct cbx_api_reply){ done, user, error, NULL, NULL });
}

/* --- errors.h --- */

static int hand_errors(struct chatterbox *box, const char *method, const char *errors,
		       const struct cbx_api_reply *reply)
{
	json_error_t why = { 0 };
	json_t *list = NULL;

	if (cbx_json_read(errors, strlen(errors), &list, &why) == -ENOMEM)
		return cbx_fail(reply->error, -ENOMEM, CHATTERBOX_SERVER_NONE, "%s", "");
	if (!json_is_array(list)) {
		json_decref(list);
		return cbx_fail(reply->error, -EINVAL, CHATTERBOX_SERVER_NONE,
				"errors: takes a JSON array%s%s", *why.text ? ": " : "", why.text);
	}
	return cbx_api_call(box, method, json_pack("{s:o}", "errors", list), reply);
}

int chatterbox_errors_report(struct chatterbox *box, const char *errors, chatterbox_done_fn done,
			     void *user, struct chatterbox_error *error)
{
	return hand_errors(box, "chatterbox.errors.report", errors,
			   &(struct cbx_api_reply){ done, user, error, NULL, NULL });
}

int chatterbox_errors_store(struct chatterbox *box, const char *errors, chatterbox_done_fn done,
			    void *user, struct chatterbox_error *error)
{
	return hand_errors(box, "chatterbox.errors.store", errors,
			   &(struct cbx_api_reply){ done, user, error, NULL, NULL });
}

static json_t *pack_ids(const int64_t *ids, size_t count)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; list && i < count; i++)
		if (json_array_append_new(list, json_integer(ids[i])) < 0)
			json_decref(cbx_steal(list));
	return list ? json_pack("{s:o}", "ids", list) : NULL;
}

int chatterbox_errors_remove(struct chatterbox *box, const char *system, const int64_t *ids,
			     size_t count, chatterbox_done_fn done, void *user,
			     struct chatterbox_error *error)
{
	const struct cbx_api_reply reply = { done, user, error, "removed", NULL };

	if (system)
		return cbx_api_call_system(box, "nl-ocd.server.errors.remove", system, &reply);
	if (count > 1000)
		return cbx_fail(error, -EINVAL, CHATTERBOX_SERVER_NONE, "ids: takes 1000 at most");
	return cbx_api_call(box, "nl-ocd.server.errors.remove", pack_ids(ids, count), &reply);
}

int chatterbox_errors_clean_up(struct chatterbox *box, const char *system, int64_t older_than,
			       chatterbox_done_fn done, void *user, struct chatterbox_error *error)
{
	const struct cbx_api_reply reply = { done, user, error, "removed", NULL };
	json_t *params;

	if (system && !cbx_utf8_valid(system, strlen(system)))
		return cbx_fail(error, -EINVAL, CHATTERBOX_SERVER_NONE, "system: is not UTF-8");
	/* one that lost its system would clean up all of them */
	params = system ? json_pack("{s:s,s:I}", "system", system, "older_than",
				    (json_int_t)older_than)
			: json_pack("{s:I}", "older_than", (json_int_t)older_than);
	return cbx_api_call(box, "nl-ocd.content.job.cleanUpErrored", params, &reply);
}

int chatterbox_incidents_clean_up(struct chatterbox *box, int64_t id, chatterbox_done_fn done,
				  void *user, struct chatterbox_error *error)
{
	const struct cbx_api_reply reply = { done, user, error, "removed", NULL };

	return cbx_api_call(box, "nl-ocd.server.incidents.cleanUp",
			    json_pack("{s:I}", "id", (json_int_t)id), &reply);
}

int chatterbox_syncing_add(struct chatterbox *box, const char *system, chatterbox_done_fn done,
			   void *user, struct chatterbox_error *error)
{
	return cbx_api_call_system(box, "chatterbox.syncing.add", system,
				   &(struct cbx_api_reply){ done, user, error, NULL, NULL });
}

int chatterbox_syncing_remove(struct chatterbox *box, const char *system, chatterbox_done_fn done,
			      void *user, struct chatterbox_error *error)
{
	return cbx_api_call_system(box, "chatterbox.syncing.remove", system,
				   &(struct cbx_api_reply){ done, user, error, NULL, NULL });
}

int chatterbox_syncing_has(struct chatterbox *box, const char *system, chatterbox_done_fn done,
			   void *user, struct chatterbox_error *error)
{
	return cbx_api_call_system(box, "chatterbox.syncing.has", system,
				   &(struct cbx_api_reply){ done, user, error, "syncing", NULL });
}

/* --- systems.h --- */

int chatterbox_online_systems_set(struct chatterbox *box, const char *system, bool online,
				  chatterbox_done_fn done, void *user,
				  struct chatterbox_error *error)
{
	return cbx_api_call_system(
		box,
		online ? "chatterbox.online_systems.online" : "chatterbox.online_systems.offline",
		system, &(struct cbx_api_reply){ done, user, error, NULL, NULL });
}

int chatterbox_online_systems_populate(struct chatterbox *box, chatterbox_done_fn done, void *user,
				       struct chatterbox_error *error)
{
	return cbx_api_call(box, "chatterbox.online_systems.populate", json_object(),
			    &(struct cbx_api_reply){ done, user, error, NULL, NULL });
}

int chatterbox_update_server_configuration(struct chatterbox *box, chatterbox_done_fn done,
					   void *user, struct chatterbox_error *error)
{
	return cbx_api_call(box, "chatterbox.update_server_configuration", json_object(),
			    &(struct cbx_api_reply){ done, user, error, NULL, NULL });
}

int chatterbox_internal_systems_put(struct chatterbox *box, const char *system,
				    chatterbox_done_fn done, void *user,
				    struct chatterbox_error *error)
{
	return cbx_api_call_system(box, "chatterbox.internal_systems.put", system,
				   &(struct cbx_api_reply){ done, user, error, NULL, NULL });
}

int chatterbox_internal_systems_remove(struct chatterbox *box, const char *system,
				       chatterbox_done_fn done, void *user,
				       struct chatterbox_error *error)
{
	return cbx_api_call_system(box, "chatterbox.internal_systems.remove", system,
				   &(struct cbx_api_reply){ done, user, error, NULL, NULL });
}

int chatterbox_internal_systems_populate(struct chatterbox *box, chatterbox_done_fn done,
					 void *user, struct chatterbox_error *error)
{
	return cbx_api_call(box, "chatterbox.internal_systems.populate", json_object(),
			    &(struct cbx_api_reply){ done, user, error, NULL, NULL });
}

int chatterbox_internal_systems_clean_up(struct chatterbox *box, chatterbox_done_fn done,
					 void *user, struct chatterbox_error *error)
{
	return cbx_api_call(box, "chatterbox.internal_systems.clean_up", json_object(),
			    &(struct cbx_api_reply){ done, user, error, "removed", NULL });
}
