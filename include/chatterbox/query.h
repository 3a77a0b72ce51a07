/* SPDX-License-Identifier: MIT */
/**
 * chatterbox/query.h - questions whose answers are JSON, for HTTP, RPC and the addon alike
 *
 * Each call writes an allocated JSON text to @json (free() it) on success only. On failure it
 * returns a negative value and, when @error is not NULL, writes one line that names what is wrong.
 * Any thread. Failures: -EINVAL (bad parameter), CHATTERBOX_E_UNKNOWN (no such system or job),
 * CHATTERBOX_E_DOWN (the database is needed and down), -ENOMEM.
 */
#ifndef CHATTERBOX_QUERY_H
#define CHATTERBOX_QUERY_H

#include <chatterbox/engine.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * chatterbox_jobs_query() - live jobs, filtered, a page at a time
 * @box: engine
 * @params: JSON object, or NULL for {}: system, status (a text or a kind, without case), job_type,
 *	origin, q (substring of system, job_id, job_type or status), limit (1..1000, default 100;
 *	integer or decimal string), cursor (the last page's `next`)
 * @json: {"jobs":[Status…],"next":string|null,"total":n} by system (bytewise), job_id
 * @error: NULL, or a buffer for what is wrong
 *
 * Never blocks on a server. Return: 0, -EINVAL, -ENOMEM.
 */
CHATTERBOX_API int chatterbox_jobs_query(struct chatterbox *box, const char *params, char **json,
					 char error[CHATTERBOX_ERROR_TEXT]);
/**
 * chatterbox_job_query() - one job, live or ended
 * @box: engine
 * @system: its system, trimmed
 * @job_id: 0..2^53-1
 * @json: {"job":Status,"origin","revision","first_seen","updated_at","system_status"}
 * @error: NULL, or a buffer for what is wrong
 *
 * An ended job is looked up in the database: up to 5 s; on an instance that does not lead, any job.
 * Return: 0, or one of the failures above.
 */
CHATTERBOX_API int chatterbox_job_query(struct chatterbox *box, const char *system, int64_t job_id,
					char **json, char error[CHATTERBOX_ERROR_TEXT]);
/**
 * chatterbox_systems_query() - all known systems, a page at a time
 * @box: engine
 * @params: JSON object or NULL: limit, cursor
 * @json: {"systems":[{"systemID","lastCheck","status","jobs":n}],"next"}
 * @error: NULL, or a buffer for what is wrong
 *
 * Never blocks on a server. Return: 0, -EINVAL, -ENOMEM.
 */
CHATTERBOX_API int chatterbox_systems_query(struct chatterbox *box, const char *params, char **json,
					    char error[CHATTERBOX_ERROR_TEXT]);
/**
 * chatterbox_system_query() - one system with its live jobs
 * @box: engine
 * @system: its name, trimmed
 * @json: {"systemID","lastCheck","status","next_activation","jobs":[Status]}
 * @error: NULL, or a buffer for what is wrong
 *
 * Never blocks on a server. Return: 0, CHATTERBOX_E_UNKNOWN, -ENOMEM.
 */
CHATTERBOX_API int chatterbox_system_query(struct chatterbox *box, const char *system, char **json,
					   char error[CHATTERBOX_ERROR_TEXT]);
/**
 * chatterbox_summary_query() - the figures of GET /api/v1/summary (contract 6.2)
 * @box: engine
 * @json: a JSON object
 * @error: NULL, or a buffer for what is wrong
 *
 * Never blocks on a server. Return: 0, -ENOMEM.
 */
CHATTERBOX_API int chatterbox_summary_query(struct chatterbox *box, char **json,
					    char error[CHATTERBOX_ERROR_TEXT]);

/**
 * chatterbox_leads() - does this instance hold the lease now?
 * @box: engine
 *
 * Any thread, never blocks. Return: whether; else it stands by or observes, and follows the leader.
 */
CHATTERBOX_API bool chatterbox_leads(struct chatterbox *box);
/**
 * chatterbox_health() - what /livez and /readyz say
 * @box: engine
 * @ready: every configured server answers, migrations are applied and, on the leader, the queues
 *	are bound; NULL = not wanted
 * @alive: the engine's threads make progress; NULL = not wanted
 * @text: allocated, one line per dependency: "redis 127.0.0.1:6379 up",
 *	"sql … down since …: why"; free() it
 *
 * Any thread, never blocks on a server. Return: 0, -ENOMEM.
 */
CHATTERBOX_API int chatterbox_health(struct chatterbox *box, bool *ready, bool *alive, char **text);

/**
 * chatterbox_metrics_text() - all figures of contract 7
 * @box: engine
 * @openmetrics: OpenMetrics 1.0 instead of the Prometheus text format 0.0.4
 * @text: allocated; free() it
 *
 * Any thread, never blocks on a server. Return: 0, -ENOMEM.
 */
CHATTERBOX_API int chatterbox_metrics_text(struct chatterbox *box, bool openmetrics, char **text);
/**
 * chatterbox_http_count() - count one answered request of the host's HTTP server
 * @box: engine
 * @route: the route's pattern, "/api/v1/jobs/{system}/{job_id}"; never a path as it came
 * @code: the answer's status, 200
 *
 * Any thread.
 */
CHATTERBOX_API void chatterbox_http_count(struct chatterbox *box, const char *route, int code);

#ifdef __cplusplus
}
#endif
#endif
