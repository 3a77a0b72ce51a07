// SPDX-License-Identifier: MIT
/* settings.c - counting and freeing; the engine fills them in */
#include "runtime/settings.h"

#include "base/cleanup.h"

#include <stdlib.h>

struct cbx_settings *cbx_settings_ref(struct cbx_settings *settings)
{
	settings->refs++;
	return settings;
}

static void free_text(const char *text)
{
	free((void *)(uintptr_t)text);
}

void cbx_settings_unref(struct cbx_settings *settings)
{
	size_t i;

	if (!settings || --settings->refs > 0)
		return;
	free(settings->app_name);
	free_text(settings->keys.running);
	free_text(settings->keys.paused);
	free_text(settings->keys.completed);
	free_text(settings->keys.errored);
	free_text(settings->keys.killed);
	free(settings->request_exchange);
	free(settings->event_exchange);
	for (i = 0; i < settings->binding_count; i++)
		free(settings->bindings[i]);
	free(settings->bindings);
	free(settings);
}
