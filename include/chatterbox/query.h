/* SPDX-License-Identifier: MIT */
/**
 * chatterbox/query.h - questions whose answers have no type of their own: documents in JSON
 *
 * The same documents as over HTTP (docs/openapi.json). For what C can hold there are calls with
 * types: the live jobs (jobs.h), a system's state (systems.h), the interval and the load
 * (job_status.h), the role (engine.h).
 */
#ifndef CHATTERBOX_QUERY_H
#define CHATTERBOX_QUERY_H

#include <chatterbox/call.h>

#ifdef __cplusplus
extern "C" {
#endif

/** enum chatterbox_topic - what is asked, with its parameters and its answer
 *
 * A parameter is a member of @params; numbers may be decimal strings. limit is 1..1000, by default
 * 100; cursor is the `next` of an earlier page, which is null on the last one. */
enum chatterbox_topic {
	/* Live jobs by system (bytewise) and job_id. {system, status (a text or a kind, without
	 * case), job_type, origin, kind (each with several values by comma; a comma in a value is
	 * `\,`), q (a part of system, job_id, job_type or status), stalled, stale, sort (system,
	 * status, percent, speed, left, heard or progress; - before it: descending), state, detail,
	 * limit, cursor} -> {"jobs":[Status],"next","total":n}; with detail 1 each as TOPIC_JOB
	 * gives it. state errored: those that errored and were not cleaned up; ended: those that
	 * SQL has as completed, newest first, without total. Both ask SQL, and take no sort,
	 * stalled, stale; a page of ended ones may be empty while next is given */
	CHATTERBOX_TOPIC_JOBS,
	/* One job, live or ended. {system, job_id} -> {"job":Status,"kind","origin","revision",
	 * "first_seen","updated_at","system_status","figures":{…}} (contract 1.10) */
	CHATTERBOX_TOPIC_JOB,
	/* All known systems by name. {limit, cursor} -> {"systems":[{"systemID","lastCheck",
	 * "status","since","next_activation","jobs":n}],"next"}; since: when it went online or
	 * offline, as it is, or null */
	CHATTERBOX_TOPIC_SYSTEMS,
	/* One system. {system} -> {"systemID","lastCheck","status","since","next_activation",
	 * "jobs":[Status]} */
	CHATTERBOX_TOPIC_SYSTEM,
	/* The figures of GET /api/v1/summary. {} */
	CHATTERBOX_TOPIC_SUMMARY,
	/* The table errors, newest first. {system, limit, cursor} -> {"errors":[{"id","system",
	 * "job_id","job_type","code","message","origin","occurrences","first_seen","last_seen",
	 * "incident"}],"next"}; incident: the one that it belongs to, or null */
	CHATTERBOX_TOPIC_ERRORS,
	/* The internal systems of the shared state, in no order. {} -> {"systems":[{"systemID",
	 * "lastCheck","status"}]}; what others wrote otherwise is null */
	CHATTERBOX_TOPIC_INTERNAL_SYSTEMS,
	/* Events of the stream APP:events, oldest first. {since (a stream id), limit} -> {"events":
	 * [{"stream_id","name","message_id","previous_status","params"}],"next","lost"}: those
	 * behind since, and the since of the next page; when that is the same, there are no more
	 * yet. Without since only next, the stream's end. lost: nobody knows what came behind
	 * since, and next is the stream's end: read chatterbox_get_jobs() again. What was given,
	 * and all before next, the lists hold that are read afterwards. */
	CHATTERBOX_TOPIC_EVENTS,
	/* What chatterbox_errors_clean_up() would move now. {system, older_than} ->
	 * {"jobs":[Status],"errors":n}: the errored jobs, and how many errors are about them */
	CHATTERBOX_TOPIC_CLEAN_UP,
	/* What became of a job, newest first, after clean-up too; without job_id of a system: its
	 * jobs, and when it went online or offline (no job_id). {system, job_id, limit, cursor} ->
	 * {"history":[{"at","job_id","revision","status","previous_status","origin","source",
	 * "reason","percent_completed"}],"next"}; what is not known is left out */
	CHATTERBOX_TOPIC_HISTORY,
	/* The same trouble at many places, newest first; with open 1 only what goes on. {open,
	 * limit, cursor} ->
	 * {"incidents":[{"id","kind","key","title","opened_at","updated_at","closed_at",
	 * "systems":n,"jobs":n,"sample"}],"next"}; kind: error_code, file, system, silence or
	 * stall; closed_at: null while it is open */
	CHATTERBOX_TOPIC_INCIDENTS,
	/* One of them, with a page of its systems and jobs by system and job_id. {id, limit,
	 * cursor}
	 * -> {"incident":{…},"systems":[names],"jobs":[{"system","job_id","code"}],"next"} */
	CHATTERBOX_TOPIC_INCIDENT,
	/* What chatterbox_incidents_clean_up() would move now. {id} -> as TOPIC_CLEAN_UP */
	CHATTERBOX_TOPIC_INCIDENT_CLEAN_UP,
	/* Will every list be there when it is activated, soonest first (contract 9.1). {state,
	 * system, list (each with several values by comma), within (seconds), limit, cursor} ->
	 * {"outlook":
	 * [{"system","list_id","activate_at","state","since","seconds_left","lead_seconds",
	 * "jobs":[ids],"cause","reason"}],"next","totals":{"on_time","unknown","at_risk","late"}};
	 * state: on_time, unknown, at_risk or late; what is not known is null */
	CHATTERBOX_TOPIC_OUTLOOK,
	/* Why a job, or a system and its jobs, are as they are: what was seen, decided, told and
	 * ordered, newest first, after clean-up too. {system, job_id, limit, cursor} ->
	 * {"sentences":[{"at","kind","text","data"}],"next"}; kind is seen, decided, told or
	 * ordered. While Redis is down there are none of kind told, and "told" is "unknown" */
	CHATTERBOX_TOPIC_EXPLAIN,
};

/**
 * chatterbox_query() - ask for a document
 * @box: engine
 * @topic: what is asked
 * @params: JSON object, or NULL for {}
 * @done: receives the answer (call.h); NULL = wait for it
 * @user: handed to @done
 * @json: the answer, if the call waits: allocated, free() it. NULL with @done.
 * @error: why it failed; may be NULL
 *
 * TOPIC_JOBS, TOPIC_SYSTEMS, TOPIC_SYSTEM and TOPIC_SUMMARY are read from the present snapshot, in
 * every role and also after chatterbox_stop(): waiting for them takes no time. TOPIC_ERRORS,
 * TOPIC_HISTORY, TOPIC_EXPLAIN, TOPIC_INCIDENTS and TOPIC_INCIDENT, and TOPIC_JOB for an ended job
 * or on an instance that does not lead, look into the database, for up to 5 s; without it who does
 * not lead asks the leader for all of these but TOPIC_JOB. TOPIC_OUTLOOK is answered by the leader,
 * by itself from its snapshot. TOPIC_INTERNAL_SYSTEMS and TOPIC_EVENTS are read from Redis.
 * TOPIC_CLEAN_UP and TOPIC_INCIDENT_CLEAN_UP are answered by the leader.
 *
 * Return: 0, CHATTERBOX_E_UNKNOWN when there is no such job, system or incident, or a failure of
 * call.h.
 */
CHATTERBOX_API int chatterbox_query(struct chatterbox *box, enum chatterbox_topic topic,
				    const char *params, chatterbox_done_fn done, void *user,
				    char **json, struct chatterbox_error *error);

#ifdef __cplusplus
}
#endif
#endif
