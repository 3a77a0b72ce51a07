// SPDX-License-Identifier: MIT
/*
 * config.c - creates a configuration with its defaults, fills it and answers questions about it
 *
 * After every call that fills it, the whole is checked again, so that reading is const and always
 * sees the result.
 */
#include "config/slots.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static void config_free(struct chatterbox_config *config)
{
	size_t i;

	for (i = 0; config->slots && i < cbx_key_count; i++) {
		cbx_value_clear(&config->slots[i].value);
		free(config->slots[i].from);
	}
	free(config->slots);
	for (i = 0; i < CBX_REFUSALS; i++)
		free(config->refused[i].text);
	cbx_problems_clear(&config->laid);
	cbx_problems_clear(&config->crossed);
	free(config);
}

CBX_DEFINE_CLEANUP(struct chatterbox_config *, config_free)

int chatterbox_config_new(struct chatterbox_config **out)
{
	cbx_auto(config_freep) struct chatterbox_config *config = NULL;
	size_t i;
	int r;

	config = calloc(1, sizeof(*config));
	if (!config)
		return -ENOMEM;
	config->references = 1;
	config->slots = calloc(cbx_key_count, sizeof(*config->slots));
	if (!config->slots)
		return -ENOMEM;
	for (i = 0; i < cbx_key_count; i++) {
		r = cbx_config_apply_default(config, &cbx_keys[i], 0);
		if (r < 0)
			return r;
	}
	r = cbx_config_cross(config);
	if (r < 0)
		return r;
	*out = cbx_steal(config);
	return 0;
}

struct chatterbox_config *chatterbox_config_ref(struct chatterbox_config *config)
{
	__atomic_add_fetch(&config->references, 1, __ATOMIC_RELAXED);
	return config;
}

struct chatterbox_config *chatterbox_config_unref(struct chatterbox_config *config)
{
	if (config && __atomic_sub_fetch(&config->references, 1, __ATOMIC_ACQ_REL) == 0)
		config_free(config);
	return NULL;
}

static int set(struct chatterbox_config *config, const char *path, const char *value,
	       const char *source)
{
	cbx_auto(cbx_freep) char *name = NULL;
	struct cbx_value_source from = { .source = CBX_SOURCE_OPTION };

	if (asprintf(&name, "option %s", source) < 0) {
		name = NULL;
		return -ENOMEM;
	}
	from.name = name;
	return cbx_config_apply_text(config, path, value, &from);
}

int chatterbox_config_set(struct chatterbox_config *config, const char *path, const char *value,
			  const char *source)
{
	int r = set(config, path, value, source);

	return r < 0 ? r : cbx_config_cross(config);
}

int chatterbox_config_use_embedded(struct chatterbox_config *config, const char *sqlite_path)
{
	const struct {
		const char *path;
		const char *value;
	} profile[] = {
		{ "chatterbox.store", "memory" }, { "chatterbox.bus", "memory" },
		{ "chatterbox.sql", "sqlite" },   { "chatterbox.sqlite_path", sqlite_path },
		{ "chatterbox.role", "auto" },
	};
	size_t i;
	int r;

	for (i = 0; i < CBX_COUNT(profile); i++) {
		r = set(config, profile[i].path, profile[i].value, "--demo");
		if (r < 0)
			return r;
	}
	return cbx_config_cross(config);
}
