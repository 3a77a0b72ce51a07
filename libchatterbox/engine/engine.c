// SPDX-License-Identifier: MIT
/*
 * engine/engine.c - the service container's life: made from a configuration, started, reloaded,
 * stopped
 *
 * Nothing here is global: two engines in one process do not know of each other.
 */
#include "engine/internal.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#ifndef CHATTERBOX_REVISION
#define CHATTERBOX_REVISION "unknown"
#endif

const char *chatterbox_version(void)
{
	return CHATTERBOX_VERSION;
}

static int log_level(const char *name)
{
	static const struct {
		const char *name;
		int level;
	} levels[] = {
		{ "trace", CHATTERBOX_LOG_TRACE }, { "debug", CHATTERBOX_LOG_DEBUG },
		{ "info", CHATTERBOX_LOG_INFO },   { "warn", CHATTERBOX_LOG_WARN },
		{ "error", CHATTERBOX_LOG_ERROR }, { "fatal", CHATTERBOX_LOG_FATAL },
	};
	size_t i;

	for (i = 0; i < CBX_COUNT(levels); i++)
		if (!strcmp(levels[i].name, name))
			return levels[i].level;
	return CHATTERBOX_LOG_INFO;
}

static int build(struct chatterbox *box)
{
	int result = engine_settings_new(box->config, &box->settings);

	if (!result)
		result = cbx_observe_init(&box->observe, CHATTERBOX_VERSION, CHATTERBOX_REVISION);
	if (!result)
		result = cbx_health_new(box->clock, &box->health);
	if (!result)
		result = cbx_mailbox_new(16384, &box->host);
	if (!result)
		result = cbx_memory_broker_new(box->clock, &box->broker);
	if (!result)
		result = cbx_memory_store_new(&box->store);
	if (result < 0)
		return result;
	cbx_leadership_init(&box->leadership, box->clock, box->settings->app_name);
	box->startup_timeout =
		(uint64_t)chatterbox_config_get_integer(box->config, "chatterbox.startup_timeout") *
		CBX_SECOND;
	box->shutdown_timeout = (uint64_t)chatterbox_config_get_integer(
					box->config, "chatterbox.shutdown_timeout") *
				CBX_SECOND;
	return engine_build_threads(box);
}

static void destroy(struct chatterbox *box)
{
	engine_close_threads(box);
	cbx_mailbox_free(box->host, engine_drop_word);
	cbx_memory_broker_unref(box->broker);
	cbx_memory_store_unref(box->store);
	cbx_window_close(&box->window);
	cbx_health_free(box->health);
	cbx_observe_close(&box->observe);
	cbx_settings_unref(box->settings);
	pthread_mutex_destroy(&box->settings_lock);
	pthread_mutex_destroy(&box->desk.lock);
	chatterbox_config_unref(box->config);
	free(box);
}

int chatterbox_new(struct chatterbox_config *config, chatterbox_log_fn log, void *log_user,
		   struct chatterbox **out)
{
	return engine_new(config, cbx_system_clock(), log, log_user, out);
}

int engine_new(struct chatterbox_config *config, struct cbx_clock *clock, chatterbox_log_fn log,
	       void *log_user, struct chatterbox **out)
{
	struct chatterbox *box;
	int result = chatterbox_config_check(config);

	if (result < 0)
		return result;
	box = calloc(1, sizeof(*box));
	if (!box)
		return -ENOMEM;
	box->refs = 1;
	box->config = chatterbox_config_ref(config);
	box->clock = clock;
	box->log = (struct cbx_log){ .sink = log,
				     .user = log_user,
				     .level = log_level(
					     chatterbox_config_get_text(config, "log.level")) };
	pthread_mutex_init(&box->settings_lock, NULL);
	pthread_mutex_init(&box->desk.lock, NULL);
	cbx_window_init(&box->window);
	result = build(box);
	if (result < 0) {
		destroy(box);
		return result;
	}
	*out = box;
	return 0;
}

struct chatterbox *chatterbox_ref(struct chatterbox *box)
{
	box->refs++;
	return box;
}

struct chatterbox *chatterbox_unref(struct chatterbox *box)
{
	if (!box || --box->refs > 0)
		return NULL;
	chatterbox_stop(box);
	engine_fleet_stop(box);
	destroy(box);
	return NULL;
}

int chatterbox_start(struct chatterbox *box, const struct chatterbox_observer *observer)
{
	int result;

	assert(!box->started);
	if (observer) {
		assert(observer->version == 1 || observer->version == 2);
		/* a host of version 1 has a shorter struct */
		memcpy(&box->observer, observer,
		       observer->version == 1 ? offsetof(struct chatterbox_observer, on_event)
					      : sizeof(*observer));
	}
	engine_listen(box);
	box->started_at = cbx_now(box->clock);
	box->started = true;
	result = engine_start_threads(box);
	if (result < 0)
		chatterbox_stop(box);
	return result;
}

void chatterbox_stop(struct chatterbox *box)
{
	if (!box->started || box->stopped)
		return;
	box->stopped = true;
	engine_stop_threads(box);
	engine_fleet_stop(box);
}

/* --- reload --- */

static void note_change(void *user, const char *path, bool restart)
{
	struct chatterbox *box = user;

	if (restart)
		cbx_warn(&box->log, CBX_FIELDS({ "key", path }),
			 "%s has changed; it takes a restart to take effect", path);
	else
		cbx_info(&box->log, CBX_FIELDS({ "key", path }), "%s has changed", path);
}

static int keep_text(char **to, const char *from)
{
	char *copy = strdup(from);

	if (!copy)
		return -ENOMEM;
	free(*to);
	*to = copy;
	return 0;
}

static int keep_key(const char **to, const char *from)
{
	char *copy = strdup(from);

	if (!copy)
		return -ENOMEM;
	free((void *)(uintptr_t)*to);
	*to = copy;
	return 0;
}

/* Keys that need a restart keep their old value, whatever the new settings say */
static int keep_fixed(struct cbx_settings *settings, const struct cbx_settings *old)
{
	settings->lease_ttl = old->lease_ttl;
	settings->jsonrpc = old->jsonrpc;
	if (keep_text(&settings->app_name, old->app_name) < 0 ||
	    keep_text(&settings->request_exchange, old->request_exchange) < 0 ||
	    keep_text(&settings->event_exchange, old->event_exchange) < 0 ||
	    keep_key(&settings->keys.running, old->keys.running) < 0 ||
	    keep_key(&settings->keys.paused, old->keys.paused) < 0 ||
	    keep_key(&settings->keys.completed, old->keys.completed) < 0 ||
	    keep_key(&settings->keys.errored, old->keys.errored) < 0 ||
	    keep_key(&settings->keys.killed, old->keys.killed) < 0)
		return -ENOMEM;
	return 0;
}

static int hand_over(struct chatterbox *box, struct cbx_settings *settings)
{
	struct cbx_inbound *inbound = NULL;
	int result = cbx_inbound_new(CBX_IN_SETTINGS, &inbound);

	if (result < 0)
		return result;
	inbound->settings = cbx_settings_ref(settings);
	result = cbx_mailbox_put(box->poller.flow.inbox, inbound);
	if (result < 0)
		cbx_inbound_free(inbound);
	return result;
}

int chatterbox_reload(struct chatterbox *box, struct chatterbox_config *config)
{
	struct cbx_settings *settings = NULL;
	struct cbx_settings *old;
	int result = chatterbox_config_check(config);

	if (!result)
		result = engine_settings_new(config, &settings);
	if (result < 0)
		return result;
	chatterbox_config_compare(box->config, config, note_change, box);
	result = keep_fixed(settings, box->settings);
	if (!result)
		result = hand_over(box, settings);
	if (result < 0) {
		cbx_settings_unref(settings);
		return result;
	}
	box->log.level = log_level(chatterbox_config_get_text(config, "log.level"));
	chatterbox_config_ref(config);
	chatterbox_config_unref(box->config);
	box->config = config;
	pthread_mutex_lock(&box->settings_lock);
	old = box->settings;
	box->settings = settings;
	pthread_mutex_unlock(&box->settings_lock);
	cbx_settings_unref(old);
	return 0;
}

int chatterbox_poll_now(struct chatterbox *box, bool discovery)
{
	struct cbx_inbound *inbound = NULL;
	int result;

	if (!box->keeper.observer && !cbx_leadership_epoch(&box->leadership))
		return CHATTERBOX_E_STANDBY;
	result = cbx_inbound_new(discovery ? CBX_IN_DISCOVER : CBX_IN_POLL, &inbound);
	if (result < 0)
		return result;
	result = cbx_mailbox_put(box->poller.flow.inbox, inbound);
	if (result < 0)
		cbx_inbound_free(inbound);
	return result;
}
