// SPDX-License-Identifier: MIT
/* engine/settings.c - the configuration's values as the flow wants them; units are turned here */
#include "engine/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int64_t integer(const struct chatterbox_config *config, const char *path)
{
	return chatterbox_config_get_integer(config, path);
}

static void fill_numbers(const struct chatterbox_config *config, struct cbx_settings *settings)
{
	settings->check_job_status_time = (double)integer(config, "check_job_status_time");
	settings->time_till_next_check = (double)integer(config, "time_till_next_check");
	settings->offline_job_ttl_ms = (uint64_t)integer(config, "offline_job_ttl") * 1000;
	settings->progress_checkpoint =
		(uint64_t)integer(config, "progress_checkpoint") * CBX_SECOND;
	settings->csa_timer = (uint64_t)integer(config, "csaTimer");
	settings->max_sync_time_ms = (uint64_t)integer(config, "maxSyncTime");
	settings->recheck_system_time_ms = (uint64_t)integer(config, "recheck_system_time");
	settings->error_retention = integer(config, "error_retention");
	settings->completed_retention = integer(config, "completed_retention");
	settings->paused_timeout_ms = (uint64_t)integer(config, "pausedTimeOut");
	settings->max_jobs_per_event = (size_t)integer(config, "max_jobs_per_event");
	settings->stream_max_length = integer(config, "events.max_length");
	settings->load_queue_depth = integer(config, "load.queue_depth");
	settings->load_reply = (double)integer(config, "load.reply_ms") / 1000;
	settings->load_max_interval = (double)integer(config, "load.max_interval");
	settings->limits.bytes = (size_t)integer(config, "limits.reply_bytes");
	settings->limits.jobs = (size_t)integer(config, "limits.jobs_per_reply");
	settings->lease_ttl = (int)integer(config, "lease.ttl");
	settings->poll_timeout = (uint64_t)integer(config, "rmq_rpc.poll_timeout") * CBX_MS;
	settings->rpc_timeout = (uint64_t)integer(config, "rmq_rpc.rpc_timeout") * CBX_MS;
	settings->systems_per_request = (size_t)integer(config, "rmq_rpc.systems_per_request");
	settings->in_flight = (size_t)integer(config, "rmq_rpc.in_flight");
	settings->jsonrpc =
		!strcmp(chatterbox_config_get_text(config, "rmq_rpc.envelope"), "jsonrpc");
}

static int fill_bindings(const struct chatterbox_config *config, struct cbx_settings *settings)
{
	static const char path[] = "chatterbox.rmq_rpc.event_queue_bindings.default";
	size_t count = chatterbox_config_list_count(config, path);
	size_t i;

	settings->bindings = calloc(count + 1, sizeof(char *));
	if (!settings->bindings)
		return -ENOMEM;
	for (i = 0; i < count; i++) {
		settings->bindings[i] = strdup(chatterbox_config_list_at(config, path, i));
		if (!settings->bindings[i])
			return -ENOMEM;
		settings->binding_count++;
	}
	return 0;
}

static int fill_texts(const struct chatterbox_config *config, struct cbx_settings *settings)
{
	const struct {
		const char *path;
		const char **to;
	} keys[] = {
		{ "runningKey", &settings->keys.running },
		{ "pausedKey", &settings->keys.paused },
		{ "completedKey", &settings->keys.completed },
		{ "erroredKey", &settings->keys.errored },
		{ "killedKey", &settings->keys.killed },
	};
	const struct {
		const char *path;
		char **to;
	} texts[] = {
		{ "chatterbox.app_name", &settings->app_name },
		{ "rmq_rpc.request_exchange", &settings->request_exchange },
		{ "rmq_rpc.event_exchange", &settings->event_exchange },
	};
	size_t i;

	for (i = 0; i < CBX_COUNT(keys); i++)
		if (!(*keys[i].to = strdup(chatterbox_config_get_text(config, keys[i].path))))
			return -ENOMEM;
	for (i = 0; i < CBX_COUNT(texts); i++)
		if (!(*texts[i].to = strdup(chatterbox_config_get_text(config, texts[i].path))))
			return -ENOMEM;
	return 0;
}

CBX_DEFINE_CLEANUP(struct cbx_settings *, cbx_settings_unref)

int engine_settings_new(const struct chatterbox_config *config, struct cbx_settings **out)
{
	cbx_auto(cbx_settings_unrefp) struct cbx_settings *settings = calloc(1, sizeof(*settings));

	if (!settings)
		return -ENOMEM;
	settings->refs = 1;
	fill_numbers(config, settings);
	if (fill_texts(config, settings) < 0 || fill_bindings(config, settings) < 0)
		return -ENOMEM;
	*out = cbx_steal(settings);
	return 0;
}

struct cbx_settings *engine_settings(struct chatterbox *box)
{
	struct cbx_settings *settings;

	pthread_mutex_lock(&box->settings_lock);
	settings = cbx_settings_ref(box->settings);
	pthread_mutex_unlock(&box->settings_lock);
	return settings;
}
