/* SPDX-License-Identifier: MIT */
/*
 * settings.h - the configured values that the flow and the controllers work by
 *
 * Filled by the engine from the configuration; immutable and counted. A reload makes a new one,
 * which each thread takes over at a safe point of its loop.
 */
#ifndef CBX_FLOW_SETTINGS_H
#define CBX_FLOW_SETTINGS_H

#include "domain/kind.h"
#include "decode/decode.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cbx_settings {
	_Atomic unsigned refs;
	char *app_name;
	struct cbx_kind_keys keys;
	double check_job_status_time; /* s */
	double time_till_next_check;  /* s */
	uint64_t offline_job_ttl_ms;
	uint64_t progress_checkpoint; /* ns */
	uint64_t csa_timer;           /* s */
	uint64_t max_sync_time_ms;
	uint64_t recheck_system_time_ms;
	int64_t error_retention;     /* s */
	int64_t completed_retention; /* s; 0 = for ever */
	uint64_t paused_timeout_ms;
	size_t max_jobs_per_event;
	int64_t stream_max_length;
	int64_t load_queue_depth;
	double load_reply;        /* s */
	double load_max_interval; /* s */
	struct cbx_decode_limits limits;
	int lease_ttl;         /* s */
	uint64_t poll_timeout; /* ns */
	uint64_t rpc_timeout;  /* ns */
	bool jsonrpc;          /* the envelope of what goes out */
	char *request_exchange;
	char *event_exchange;
	char **bindings; /* of queue APP.default.event */
	size_t binding_count;
	size_t systems_per_request;
	size_t in_flight;
};

void cbx_settings_unref(struct cbx_settings *settings); /* takes NULL */
struct cbx_settings *cbx_settings_ref(struct cbx_settings *settings);

#endif
