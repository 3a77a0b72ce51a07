/* SPDX-License-Identifier: MIT */
/* counters.h - the metrics of contract 7; each engine has a set of its own */
#ifndef CBX_RUNTIME_COUNTERS_H
#define CBX_RUNTIME_COUNTERS_H

#include "base/metrics.h"
#include "decode/decode.h"
#include "runtime/snapshot.h"

struct cbx_counters {
	struct cbx_metrics *registry;
	struct cbx_metric *jobs, *live_jobs, *active_jobs, *download_speed, *active_ocd_jobs,
		*live_ocd_jobs, *stalled_jobs, *stale_jobs, *incidents, *outlook, *outlook_soon,
		*next_activation;
	struct cbx_metric *systems, *cycle_duration, *rpc_requests, *rpc_duration, *rpc_in_flight;
	struct cbx_metric *decode_rejects, *late_statuses, *job_transitions;
	struct cbx_metric *events_published, *events_consumed, *outbox_pending, *outbox_oldest;
	struct cbx_metric *foreign_consumers;
	struct cbx_metric *server_errors, *server_up, *reconnects;
	struct cbx_metric *poll_interval, *under_load, *scheduler_paused, *leader, *cleaned_up;
	struct cbx_metric *last_round, *certificate_ends, *recorded_lines;
	struct cbx_metric *build_info;
};

int cbx_counters_init(struct cbx_counters *counters, const char *version, const char *revision);
void cbx_counters_close(struct cbx_counters *counters);
/* Counts what the decoder rejected */
void cbx_counters_add_rejects(struct cbx_counters *counters, const struct cbx_reply *reply);
/* Sets the gauges from a snapshot; only a leader exports the figures of jobs */
void cbx_counters_set_snapshot(struct cbx_counters *counters, const struct cbx_snapshot *snapshot,
			       bool leads);

#endif
