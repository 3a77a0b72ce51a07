// SPDX-License-Identifier: MIT
/* counters.c - creates the metric families and sets the gauges; no label ever holds a system or a
 * job */
#include "runtime/counters.h"

#include "decode/decode.h"
#include "port/clock.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

/* So long before an activation somebody has to act */
#define SOON_MS (2 * 3600 * 1000)

/* One family: where to keep its pointer, and what Prometheus is told about it */
static const struct {
	size_t offset;
	enum cbx_metric_type type;
	const char *name, *help, *label1, *label2;
} families[] = {
#define FAMILY(member, ...)                                        \
	{                                                          \
		offsetof(struct cbx_counters, member), __VA_ARGS__ \
	}
	FAMILY(jobs, CBX_GAUGE, "chatterbox_jobs", "Live jobs by status and origin.", "status",
	       "origin"),
	FAMILY(live_jobs, CBX_GAUGE, "chatterbox_live_jobs", "Live jobs (job_count).", NULL, NULL),
	FAMILY(active_jobs, CBX_GAUGE, "chatterbox_active_jobs", "Running jobs (activte_jobs).",
	       NULL, NULL),
	FAMILY(download_speed, CBX_GAUGE, "chatterbox_download_speed_bytes_per_second",
	       "Sum of the running jobs' download speeds.", NULL, NULL),
	FAMILY(active_ocd_jobs, CBX_GAUGE, "chatterbox_active_ocd_jobs", "Running jobs of OCD.",
	       NULL, NULL),
	FAMILY(live_ocd_jobs, CBX_GAUGE, "chatterbox_live_ocd_jobs", "Live jobs of OCD.", NULL,
	       NULL),
	FAMILY(stalled_jobs, CBX_GAUGE, "chatterbox_stalled_jobs",
	       "Jobs that have run for stall_after without progress.", "origin", NULL),
	FAMILY(stale_jobs, CBX_GAUGE, "chatterbox_stale_jobs",
	       "Jobs that were not reported for three intervals, or whose system is offline.", NULL,
	       NULL),
	FAMILY(incidents, CBX_GAUGE, "chatterbox_incidents", "Open incidents by kind.", "kind",
	       NULL),
	FAMILY(outlook, CBX_GAUGE, "chatterbox_outlook",
	       "Lists that are to be activated, by the state that was told.", "state", NULL),
	FAMILY(outlook_soon, CBX_GAUGE, "chatterbox_outlook_soon",
	       "Of these, those that are activated within two hours, or should have been.", "state",
	       NULL),
	FAMILY(next_activation, CBX_GAUGE, "chatterbox_outlook_next_activation_seconds",
	       "Until the next list is activated, as of the last look.", NULL, NULL),
	FAMILY(systems, CBX_GAUGE, "chatterbox_systems", "Known systems by state.", "state", NULL),
	FAMILY(cycle_duration, CBX_HISTOGRAM, "chatterbox_cycle_duration_seconds",
	       "How long rounds took.", "task", NULL),
	FAMILY(rpc_requests, CBX_COUNTER, "chatterbox_rpc_requests_total",
	       "Questions to nl-hdms by outcome.", "event", "outcome"),
	FAMILY(rpc_duration, CBX_HISTOGRAM, "chatterbox_rpc_duration_seconds",
	       "How long answers of nl-hdms took.", NULL, NULL),
	FAMILY(rpc_in_flight, CBX_GAUGE, "chatterbox_rpc_in_flight",
	       "Questions that wait for an answer.", NULL, NULL),
	FAMILY(decode_rejects, CBX_COUNTER, "chatterbox_decode_rejects_total",
	       "Members and statuses rejected by the decoder.", "member", NULL),
	FAMILY(late_statuses, CBX_COUNTER, "chatterbox_late_words_total",
	       "Reported statuses older than the last one applied, dropped.", "source", NULL),
	FAMILY(job_transitions, CBX_COUNTER, "chatterbox_job_transitions_total",
	       "Recorded status changes by kind of the new status.", "kind", NULL),
	FAMILY(events_published, CBX_COUNTER, "chatterbox_events_published_total",
	       "Events published, by outcome.", "event", "outcome"),
	FAMILY(events_consumed, CBX_COUNTER, "chatterbox_events_consumed_total",
	       "Events received, by outcome.", "event", "outcome"),
	FAMILY(outbox_pending, CBX_GAUGE, "chatterbox_outbox_pending",
	       "Recorded events that are not yet published everywhere.", NULL, NULL),
	FAMILY(outbox_oldest, CBX_GAUGE, "chatterbox_outbox_oldest_seconds",
	       "Age of the oldest event that is not yet published everywhere.", NULL, NULL),
	FAMILY(foreign_consumers, CBX_GAUGE, "chatterbox_foreign_consumers",
	       "Consumers of others on our queues, each of which takes a part of what is ours.",
	       NULL, NULL),
	FAMILY(server_errors, CBX_COUNTER, "chatterbox_server_errors_total",
	       "Failed calls and lost connections by server.", "server", NULL),
	FAMILY(server_up, CBX_GAUGE, "chatterbox_server_up",
	       "1 when all wanted connections to the server are up.", "server", NULL),
	FAMILY(reconnects, CBX_COUNTER, "chatterbox_reconnects_total",
	       "Connections that were lost and are up again.", "server", NULL),
	FAMILY(poll_interval, CBX_GAUGE, "chatterbox_poll_interval_seconds",
	       "The Job Status Task's present interval.", NULL, NULL),
	FAMILY(under_load, CBX_GAUGE, "chatterbox_under_load",
	       "1 for the reason why the interval is stretched.", "reason", NULL),
	FAMILY(scheduler_paused, CBX_GAUGE, "chatterbox_scheduler_paused",
	       "1 while the scheduler is paused.", NULL, NULL),
	FAMILY(leader, CBX_GAUGE, "chatterbox_leader", "1 on the instance that leads.", NULL, NULL),
	FAMILY(cleaned_up, CBX_COUNTER, "chatterbox_cleaned_up_total",
	       "Rows removed by the clean-up.", "what", NULL),
	FAMILY(recorded_lines, CBX_COUNTER, "chatterbox_recorded_lines_total",
	       "Lines of the flight recorder, by outcome.", "outcome", NULL),
	FAMILY(last_round, CBX_GAUGE, "chatterbox_last_round_timestamp_seconds",
	       "When the last round ended, on the instance that leads.", NULL, NULL),
	FAMILY(certificate_ends, CBX_GAUGE, "chatterbox_certificate_not_after_timestamp_seconds",
	       "When the first certificate ends that connections to the server, or of HTTP, use.",
	       "server", NULL),
	FAMILY(build_info, CBX_GAUGE, "chatterbox_build_info", "1, labelled with what was built.",
	       "version", "revision"),
#undef FAMILY
};

static const char *const load_reasons[] = { "cycle", "timeouts", "queue", "reply_time" };
static const char *const server_names[] = { "redis", "rmq", "sql" };

/* Counters that have not counted yet are exported as 0, since alerts need them. These label values
 * are known beforehand (every first with every second one); others appear when they first count. */
#define FIRST_MOST 7
#define SECOND_MOST 5
#define NO_SECOND    \
	{            \
		NULL \
	}
static const struct {
	size_t offset;
	const char *first[FIRST_MOST], *second[SECOND_MOST];
} zeros[] = {
#define ZEROS(member, ...)                                         \
	{                                                          \
		offsetof(struct cbx_counters, member), __VA_ARGS__ \
	}
	ZEROS(server_errors, { "redis", "rmq", "sql" }, NO_SECOND),
	ZEROS(reconnects, { "redis", "rmq", "sql" }, NO_SECOND),
	ZEROS(cycle_duration, { "job_status", "update_database" }, NO_SECOND),
	ZEROS(rpc_duration, { "" }, NO_SECOND),
	ZEROS(rpc_requests, { "job_status", "job_list", "job_pause", "job_resume", "job_kill" },
	      { "ok", "error", "timeout", "malformed" }),
	ZEROS(late_statuses, { "answer", "push" }, NO_SECOND),
	ZEROS(job_transitions, { "running", "paused", "completed", "errored", "killed", "other" },
	      NO_SECOND),
	ZEROS(events_published,
	      { "update_job_status", "status", "user_job_errors", "incident", "outlook" },
	      { "ok", "unrouted", "refused", "error" }),
	ZEROS(events_published, { "job_status", "jobs_data" }, { "ok", "error" }),
	ZEROS(events_consumed,
	      { "system_online", "system_offline", "job_status", "update_time_till_next_check",
		"update_database" },
	      { "ok", "rejected" }),
	ZEROS(events_consumed, { "unknown" }, { "rejected" }),
	ZEROS(events_consumed, { "own" }, { "ignored" }),
	ZEROS(cleaned_up,
	      { "jobs", "errors", "completed", "internal_systems", "history", "orders",
		"incidents" },
	      NO_SECOND),
#undef ZEROS
};

static void begin_at_zero(struct cbx_counters *counters)
{
	struct cbx_metric *metric;
	size_t i;
	size_t k;
	size_t n;

	for (i = 0; i < CBX_COUNT(zeros); i++) {
		memcpy(&metric, (char *)counters + zeros[i].offset, sizeof(struct cbx_metric *));
		for (k = 0; k < FIRST_MOST && zeros[i].first[k]; k++)
			for (n = 0; !n || (n < SECOND_MOST && zeros[i].second[n]); n++)
				cbx_metric_add(metric, zeros[i].first[k], zeros[i].second[n], 0);
	}
	for (i = 0; i < CBX_MEMBERS; i++)
		cbx_metric_add(counters->decode_rejects, cbx_member_name((enum cbx_member)i), NULL,
			       0);
}

int cbx_counters_init(struct cbx_counters *counters, const char *version, const char *revision)
{
	size_t i;
	int result = cbx_metrics_new(&counters->registry);

	if (result < 0)
		return result;
	for (i = 0; i < CBX_COUNT(families); i++) {
		struct cbx_metric *metric =
			cbx_metrics_add(counters->registry, families[i].type, families[i].name,
					families[i].help, families[i].label1, families[i].label2);

		if (!metric)
			return -ENOMEM;
		memcpy((char *)counters + families[i].offset, &metric, sizeof(struct cbx_metric *));
	}
	cbx_metric_set(counters->build_info, version, revision, 1);
	begin_at_zero(counters);
	for (i = 0; i < CBX_COUNT(server_names); i++)
		cbx_metric_set(counters->server_up, server_names[i], NULL, 0);
	cbx_metric_set(counters->rpc_in_flight, NULL, NULL, 0);
	return 0;
}

void cbx_counters_close(struct cbx_counters *counters)
{
	cbx_metrics_free(counters->registry);
	counters->registry = NULL;
}

void cbx_counters_add_rejects(struct cbx_counters *counters, const struct cbx_reply *reply)
{
	int member;

	for (member = 0; member < CBX_MEMBERS; member++)
		if (reply->rejects[member])
			cbx_metric_add(counters->decode_rejects,
				       cbx_member_name((enum cbx_member)member), NULL,
				       reply->rejects[member]);
}

static void clear_job_figures(struct cbx_counters *counters)
{
	cbx_metric_clear(counters->jobs);
	cbx_metric_clear(counters->live_jobs);
	cbx_metric_clear(counters->active_jobs);
	cbx_metric_clear(counters->download_speed);
	cbx_metric_clear(counters->active_ocd_jobs);
	cbx_metric_clear(counters->live_ocd_jobs);
}

static void set_job_figures(struct cbx_counters *counters, const struct cbx_totals *totals)
{
	const struct {
		const char *status;
		int64_t all, ocd;
	} rows[] = {
		{ "running", totals->running, totals->running_ocd },
		{ "paused", totals->paused, totals->paused_ocd },
		{ "other", totals->other, totals->other_ocd },
	};
	size_t i;

	for (i = 0; i < CBX_COUNT(rows); i++) {
		cbx_metric_set(counters->jobs, rows[i].status, "ocd", (double)rows[i].ocd);
		cbx_metric_set(counters->jobs, rows[i].status, "user",
			       (double)(rows[i].all - rows[i].ocd));
	}
	cbx_metric_set(counters->live_jobs, NULL, NULL, (double)totals->live);
	cbx_metric_set(counters->active_jobs, NULL, NULL, (double)totals->running);
	cbx_metric_set(counters->download_speed, NULL, NULL, totals->speed);
	cbx_metric_set(counters->active_ocd_jobs, NULL, NULL, (double)totals->running_ocd);
	cbx_metric_set(counters->live_ocd_jobs, NULL, NULL, (double)totals->live_ocd);
}

static const struct cbx_outlook *find_next(const struct cbx_outlook_list *list, int64_t now_ms)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		if (list->items[i]->activate_at_ms >= now_ms)
			return list->items[i];
	return NULL;
}

/* How many of each state are activated until @until_ms: the list has the soonest first */
static void count_until(const struct cbx_outlook_list *list, int64_t until_ms,
			size_t out[CBX_OUTLOOK_STATES])
{
	size_t i;

	for (i = 0; i < list->count && list->items[i]->activate_at_ms <= until_ms; i++)
		out[list->items[i]->state]++;
}

static void set_outlooks(struct cbx_counters *counters, const struct cbx_outlook_list *list,
			 int64_t now_ms)
{
	const struct cbx_outlook *next = list ? find_next(list, now_ms) : NULL;
	size_t soon[CBX_OUTLOOK_STATES] = { 0 };
	int state;

	if (list) {
		count_until(list, now_ms + SOON_MS, soon);
	} else {
		cbx_metric_clear(counters->outlook);
		cbx_metric_clear(counters->outlook_soon);
	}
	for (state = CBX_ON_TIME; list && state <= CBX_LATE; state++) {
		const char *name = cbx_outlook_state_name((enum cbx_outlook_state)state);

		cbx_metric_set(counters->outlook, name, NULL, (double)list->totals[state]);
		cbx_metric_set(counters->outlook_soon, name, NULL, (double)soon[state]);
	}
	if (next)
		cbx_metric_set(counters->next_activation, NULL, NULL,
			       (double)(next->activate_at_ms - now_ms) / 1000);
	else
		cbx_metric_clear(counters->next_activation);
}

void cbx_counters_set_snapshot(struct cbx_counters *counters, const struct cbx_snapshot *snapshot,
			       bool leads)
{
	size_t i;

	if (leads)
		set_job_figures(counters, &snapshot->jobs->totals);
	else
		clear_job_figures(counters);
	set_outlooks(counters, leads ? snapshot->outlooks : NULL, snapshot->published_ms);
	cbx_metric_set(counters->systems, "online", NULL, (double)snapshot->systems->online);
	cbx_metric_set(counters->systems, "offline", NULL, (double)snapshot->systems->offline);
	cbx_metric_set(counters->systems, "unknown", NULL, (double)snapshot->systems->unknown);
	cbx_metric_set(counters->systems, "internal", NULL, (double)snapshot->internal);
	cbx_metric_set(counters->poll_interval, NULL, NULL,
		       cbx_seconds(snapshot->interval_current_ns));
	cbx_metric_set(counters->scheduler_paused, NULL, NULL, snapshot->paused_until_ms != 0);
	cbx_metric_set(counters->leader, NULL, NULL, leads);
	if (leads && snapshot->last_cycle.finished_ms)
		cbx_metric_set(counters->last_round, NULL, NULL,
			       (double)snapshot->last_cycle.finished_ms / 1000);
	else
		cbx_metric_clear(counters->last_round);
	for (i = 0; i < CBX_COUNT(load_reasons); i++)
		cbx_metric_set(counters->under_load, load_reasons[i], NULL,
			       snapshot->load_reason &&
				       !strcmp(snapshot->load_reason, load_reasons[i]));
}
