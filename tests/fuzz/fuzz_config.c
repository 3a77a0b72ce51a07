// SPDX-License-Identifier: MIT
/*
 * fuzz_config.c - a configuration file, and (after a newline) variables NLCONF_… over it
 *
 * The first byte picks which. Whatever it is, the whole stays a configuration: it prints as JSON,
 * shows no secret, its problems are single lines; and each value that it prints, set by hand in a
 * fresh one, gives the same again.
 */
#include "fuzz.h"

#include "common/utf8.h"
#include "config/slots.h"

#include <chatterbox/error.h>
#include <stdio.h>
#include <string.h>

#define VARIABLES 32

static const char *secret_file = "/dev/null";

static void check_problems(const struct cbx_problems *problems)
{
	size_t i;

	for (i = 0; i < problems->count; i++) {
		const char *p = problems->items[i].text;

		FUZZ_CHECK(*p && cbx_utf8_valid(p, strlen(p)));
		for (; *p; p++)
			FUZZ_CHECK((unsigned char)*p >= 0x20 && *p != 0x7f);
	}
}

/* What is printed of @key is what the others see, and says the same again */
static void check_value(const struct chatterbox_config *config, struct chatterbox_config *again,
			const struct cbx_key *key, const json_t *printed)
{
	const struct cbx_slot *slot = &config->slots[key - cbx_keys];
	const json_t *value = json_object_get(printed, "value");
	char *text;

	FUZZ_CHECK(value && json_is_string(json_object_get(printed, "from")));
	if ((key->flags & CBX_KEY_SECRET) && slot->value.text) {
		FUZZ_CHECK(!strcmp(json_string_value(value), "***"));
		FUZZ_CHECK(!chatterbox_config_set(again, key->path, slot->value.text, "x"));
		return;
	}
	if (json_is_null(value))
		return;
	text = json_is_string(value) ? strdup(json_string_value(value))
				     : json_dumps(value, JSON_ENCODE_ANY);
	FUZZ_CHECK(text && !chatterbox_config_set(again, key->path, text, "x"));
	free(text);
}

static void expect_no_change(void *user, const char *path, bool restart)
{
	(void)restart;
	fprintf(stderr, "%s changed\n", path);
	*(int *)user = 1;
}

static void check_printed(struct chatterbox_config *config)
{
	struct chatterbox_config *again = NULL;
	char *text = NULL;
	json_t *all;
	size_t i;
	int changed = 0;

	FUZZ_CHECK(!chatterbox_config_to_json(config, &text));
	all = fuzz_json(text, strlen(text));
	FUZZ_CHECK(json_object_size(all) == cbx_key_count);
	FUZZ_CHECK(!chatterbox_config_new(&again));
	for (i = 0; i < cbx_key_count; i++)
		check_value(config, again, &cbx_keys[i], json_object_get(all, cbx_keys[i].path));
	chatterbox_config_compare(config, again, expect_no_change, &changed);
	FUZZ_CHECK(!changed);
	json_decref(all);
	free(text);
	chatterbox_config_unref(again);
}

/* No variable opens a file of this machine, but one that is there for it */
static char *tame(char *variable)
{
	char *value = strchr(variable, '=');
	char *tamed = NULL;

	if (!value || value - variable < 5 || strncasecmp(value - 5, "_FILE", 5) != 0)
		return variable;
	FUZZ_CHECK(asprintf(&tamed, "%.*s=%s", (int)(value - variable), variable, secret_file) > 0);
	free(variable);
	return tamed;
}

static void apply_variables(struct chatterbox_config *config, struct fuzz_input *in)
{
	char *variables[VARIABLES + 1] = { NULL };
	size_t count = 0;

	while (in->left && count < VARIABLES)
		variables[count++] = tame(fuzz_line(in));
	FUZZ_CHECK(!chatterbox_config_load_environment(config, variables));
	while (count)
		free(variables[--count]);
}

static void apply_file(struct chatterbox_config *config, const struct fuzz_input *in)
{
	char *bytes = malloc(in->left + 1);
	int result;

	FUZZ_CHECK(bytes);
	memcpy(bytes, in->at, in->left);
	bytes[in->left] = '\0';
	result = cbx_config_apply_bytes(config, bytes, in->left, "x.json");
	FUZZ_CHECK(!result || (result == CHATTERBOX_E_CONFIG && config->laid.count));
	FUZZ_CHECK(!cbx_config_cross(config));
	free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = fuzz_input(data, size);
	struct chatterbox_config *config = NULL;

	FUZZ_CHECK(!chatterbox_config_new(&config));
	if (fuzz_pick(&in, 2))
		apply_variables(config, &in);
	else
		apply_file(config, &in);
	check_problems(&config->laid);
	check_problems(&config->crossed);
	check_printed(config);
	chatterbox_config_unref(config);
	return 0;
}
