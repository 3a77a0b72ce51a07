// SPDX-License-Identifier: MIT
/*
 * precedence.c - applies values, sections and texts to the configuration, by precedence
 *
 * Of two values the one with the higher precedence wins, of equals the later. A wrong value is a
 * problem even if one of higher precedence hides it, and changes nothing.
 */
#include "config/config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static unsigned rank_of(const struct cbx_value_source *from, bool overlay)
{
	return (unsigned)from->source * 2 + (overlay ? 1 : 0);
}

/* Takes over @value */
static int put(struct cbx_slot *slot, struct cbx_value *value, unsigned rank, const char *from)
{
	cbx_auto(cbx_freep) char *name = NULL;

	if (from) {
		name = strdup(from);
		if (!name)
			return -ENOMEM;
		cbx_text_clean(name);
	}
	cbx_value_clear(&slot->value);
	slot->value = *value;
	*value = (struct cbx_value){ 0 };
	free(slot->from);
	slot->from = cbx_steal(name);
	slot->rank = rank;
	return 0;
}

static int default_value(const struct cbx_key *key, struct cbx_value *out)
{
	json_t *json = NULL;
	bool reset;
	int r;

	if (!key->initial) {
		*out = (struct cbx_value){ 0 };
		return 0;
	}
	r = cbx_value_parse(key, key->initial, &json);
	if (r < 0)
		return r;
	r = cbx_value_read(key, json, out, &reset);
	json_decref(json);
	/* a test reads every default, so if one can't be read there was no memory */
	return r == CHATTERBOX_E_CONFIG ? -ENOMEM : r;
}

int cbx_config_apply_default(struct chatterbox_config *config, const struct cbx_key *key,
			     unsigned rank)
{
	cbx_auto(cbx_value_clear) struct cbx_value value = { 0 };
	int r;

	r = default_value(key, &value);
	if (r < 0)
		return r;
	return put(&config->slots[key - cbx_keys], &value, rank, NULL);
}

/* A member of "tls" turns "tls" on, unless something of the same or higher precedence set it */
static int turn_on(struct chatterbox_config *config, const struct cbx_key *key, unsigned rank,
		   const char *from)
{
	const struct cbx_key *flag = cbx_key_switch(key);
	struct cbx_value on = { .number = 1 };
	struct cbx_slot *slot;

	if (!flag)
		return 0;
	slot = &config->slots[flag - cbx_keys];
	return slot->rank < rank ? put(slot, &on, rank, from) : 0;
}

static int apply_value(struct chatterbox_config *config, const struct cbx_key *key, bool overlay,
		       const json_t *json, const struct cbx_value_source *from)
{
	cbx_auto(cbx_value_clear) struct cbx_value value = { 0 };
	struct cbx_slot *slot = &config->slots[key - cbx_keys];
	unsigned rank = rank_of(from, overlay);
	bool reset = false;
	int r;

	r = cbx_value_read(key, json, &value, &reset);
	if (r == CHATTERBOX_E_CONFIG)
		return cbx_problem_wrong(config, key, overlay, json, from);
	if (r < 0)
		return r;
	if (rank < slot->rank)
		return 0;
	if (reset)
		return cbx_config_apply_default(config, key, rank);
	r = put(slot, &value, rank, from->name);
	return r < 0 ? r : turn_on(config, key, rank, from->name);
}

static int apply_unknown(struct chatterbox_config *config, const char *path,
			 const struct cbx_value_source *from)
{
	if (from->source != CBX_SOURCE_OPTION && cbx_key_is_foreign(path, from->fold))
		return 0;
	return cbx_problem_unknown(config, path, from);
}

int cbx_config_apply_members(struct chatterbox_config *config, const char *section, json_t *json,
			     const struct cbx_value_source *from)
{
	/* variables ignore case, members of a JSON object don't */
	struct cbx_value_source exact = { from->source, from->name, false };
	const char *name;
	json_t *child;
	int r = 0;

	json_object_foreach(json, name, child)
	{
		cbx_auto(cbx_freep) char *path = NULL;

		if (asprintf(&path, "%s%s%s", section, *section ? "." : "", name) < 0) {
			path = NULL;
			return -ENOMEM;
		}
		/* a member called "redis.host" is not the member host of redis */
		r = strchr(name, '.') ? apply_unknown(config, path, &exact)
				      : cbx_config_apply_path(config, path, child, &exact);
		if (r < 0)
			break;
	}
	return r;
}

int cbx_config_apply_path(struct chatterbox_config *config, const char *path, json_t *json,
			  const struct cbx_value_source *from)
{
	bool overlay;
	const struct cbx_key *key = cbx_key_find(path, from->fold, &overlay);
	bool section = cbx_key_is_section(path, from->fold);
	int r;

	if (!key && !section)
		return apply_unknown(config, path, from);
	if (key && !(section && json_is_object(json)))
		return apply_value(config, key, overlay, json, from);
	if (json_is_null(json))
		return 0;
	if (!json_is_object(json))
		return cbx_problem_section(config, path, json, from);
	if (key) { /* "tls": {…} means on */
		r = apply_value(config, key, overlay, json_true(), from);
		if (r < 0)
			return r;
	}
	return cbx_config_apply_members(config, path, json, from);
}

int cbx_config_apply_text(struct chatterbox_config *config, const char *path, const char *text,
			  const struct cbx_value_source *from)
{
	cbx_auto(cbx_json_wipe) json_t *json = NULL;
	bool overlay;
	const struct cbx_key *key = cbx_key_find(path, from->fold, &overlay);
	int r;

	r = cbx_value_parse(key, text, &json);
	if (r == CHATTERBOX_E_CONFIG && key)
		return cbx_problem_wrong(config, key, overlay, NULL, from);
	if (r == CHATTERBOX_E_CONFIG)
		return apply_unknown(config, path, from);
	if (r < 0)
		return r;
	return cbx_config_apply_path(config, path, json, from);
}
