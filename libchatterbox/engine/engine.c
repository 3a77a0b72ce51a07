// SPDX-License-Identifier: MIT
/*
 * engine/engine.c - creates an engine from a configuration, starts, reloads and stops it
 *
 * There is no global state: two engines in one process do not know of each other.
 */
#include "engine/internal.h"

#include "base/error.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#ifndef CHATTERBOX_REVISION
#define CHATTERBOX_REVISION "unknown"
#endif

const char *chatterbox_version(void)
{
	return CHATTERBOX_VERSION_TEXT;
}

static void set_log_level(struct chatterbox *box, const struct cbx_settings *settings)
{
	static const int levels[] = { CHATTERBOX_LOG_TRACE, CHATTERBOX_LOG_DEBUG,
				      CHATTERBOX_LOG_INFO,  CHATTERBOX_LOG_WARN,
				      CHATTERBOX_LOG_ERROR, CHATTERBOX_LOG_FATAL };

	box->log.level = levels[settings->log_level];
}

static int build(struct chatterbox *box)
{
	struct cbx_settings *settings = NULL;
	int result = cbx_settings_new(box->config, NULL, &settings);

	if (result < 0)
		return result;
	cbx_settings_put(&box->settings, settings);
	set_log_level(box, settings);
	if (!result)
		result = cbx_counters_init(&box->counters, CHATTERBOX_VERSION_TEXT,
					   CHATTERBOX_REVISION);
	if (!result)
		result = cbx_health_new(box->clock, &box->health);
	if (!result)
		result = cbx_mailbox_new(16384, &box->host);
	if (!result)
		result = cbx_memory_broker_new(box->clock, &box->broker);
	if (!result)
		result = cbx_memory_store_new(box->clock, &box->store);
	if (result < 0)
		return result;
	cbx_leadership_init(&box->leadership, box->clock, settings->app_name);
	box->startup_timeout = settings->startup_timeout_ns;
	box->shutdown_timeout = settings->shutdown_timeout_ns;
	return cbx_engine_build_threads(box);
}

static void destroy(struct chatterbox *box)
{
	cbx_engine_close_threads(box);
	cbx_engine_close_host(box);
	cbx_memory_broker_unref(box->broker);
	cbx_memory_store_unref(box->store);
	cbx_snapshot_slot_close(&box->slot);
	cbx_shown_close(&box->shown);
	cbx_order_book_close(&box->orders);
	cbx_health_free(box->health);
	cbx_counters_close(&box->counters);
	cbx_settings_place_close(&box->settings);
	pthread_mutex_destroy(&box->worker.lock);
	chatterbox_config_unref(box->config);
	free(box);
}

int chatterbox_new(struct chatterbox_config *config, chatterbox_log_fn log, void *log_user,
		   struct chatterbox **out, struct chatterbox_error *error)
{
	return cbx_engine_new(config, cbx_system_clock(), log, log_user, out, error);
}

int cbx_engine_new(struct chatterbox_config *config, struct cbx_clock *clock, chatterbox_log_fn log,
		   void *log_user, struct chatterbox **out, struct chatterbox_error *error)
{
	struct chatterbox *box;
	int result = chatterbox_config_check(config, error);

	if (result < 0)
		return result;
	box = calloc(1, sizeof(*box));
	if (!box)
		return cbx_fail(error, -ENOMEM, CHATTERBOX_SERVER_NONE, "%s", "");
	box->refs = 1;
	box->config = chatterbox_config_ref(config);
	box->clock = clock;
	box->log = (struct cbx_log){ .sink = log, .user = log_user };
	cbx_settings_place_init(&box->settings);
	pthread_mutex_init(&box->host_lock, NULL);
	box->last_ended = &box->ended;
	pthread_mutex_init(&box->worker.lock, NULL);
	cbx_snapshot_slot_init(&box->slot);
	cbx_shown_init(&box->shown);
	cbx_order_book_init(&box->orders, clock);
	result = build(box);
	if (result < 0) {
		destroy(box);
		return cbx_fail(error, result, CHATTERBOX_SERVER_NONE, "%s", "");
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
	destroy(box);
	return NULL;
}

int chatterbox_start(struct chatterbox *box, const struct chatterbox_observer *observer,
		     struct chatterbox_error *error)
{
	int result;

	assert(!box->started);
	if (observer && observer->version != CHATTERBOX_OBSERVER_VERSION)
		return cbx_fail(error, -EINVAL, CHATTERBOX_SERVER_NONE,
				"this library knows version %d of struct chatterbox_observer, "
				"not %u",
				CHATTERBOX_OBSERVER_VERSION, observer->version);
	if (observer)
		box->observer = *observer;
	cbx_engine_listen(box);
	box->started_at = cbx_now(box->clock);
	box->started = true;
	result = cbx_engine_start_threads(box);
	if (!result)
		return 0;
	chatterbox_stop(box);
	return cbx_fail(error, result, CHATTERBOX_SERVER_NONE, "%s", "");
}

void chatterbox_stop(struct chatterbox *box)
{
	if (!box->started || box->stopped)
		return;
	box->stopped = true;
	cbx_engine_stop_threads(box);
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

int chatterbox_reload(struct chatterbox *box, struct chatterbox_config *config,
		      struct chatterbox_error *error)
{
	struct cbx_settings *settings = NULL;
	int result = chatterbox_config_check(config, error);

	if (result < 0)
		return result;
	result = cbx_settings_new(config, box->settings.present, &settings);
	if (result < 0)
		return cbx_fail(error, result, CHATTERBOX_SERVER_NONE, "%s", "");
	chatterbox_config_compare(box->config, config, note_change, box);
	chatterbox_config_ref(config);
	chatterbox_config_unref(box->config);
	box->config = config;
	set_log_level(box, settings);
	cbx_settings_put(&box->settings, settings);
	cbx_engine_wake_threads(box);
	return 0;
}
