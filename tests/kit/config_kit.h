/* SPDX-License-Identifier: MIT */
/* config_kit.h - shared by the tests of the configuration */
#ifndef CBX_TESTS_CONFIG_KIT_H
#define CBX_TESTS_CONFIG_KIT_H

#include "config/slots.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

static inline struct chatterbox_config *config_new(void)
{
	struct chatterbox_config *config = NULL;

	ck_assert_int_eq(chatterbox_config_new(&config), 0);
	return config;
}

/* Applies @json as the file "/t.json" */
static inline int config_apply(struct chatterbox_config *config, const char *json)
{
	int r = cbx_config_apply_bytes(config, json, strlen(json), "/t.json");

	return r < 0 ? r : cbx_config_cross(config);
}

static inline struct chatterbox_config *config_of(const char *json)
{
	struct chatterbox_config *config = config_new();

	ck_assert_int_eq(config_apply(config, json), 0);
	return config;
}

/* Applies one variable, "NLCONF_X=y" */
static inline void config_env(struct chatterbox_config *config, const char *entry)
{
	char *copy = strdup(entry);
	char *environment[] = { copy, NULL };

	ck_assert_int_eq(chatterbox_config_load_environment(config, environment), 0);
	free(copy);
}

/* Is it a warning of warn_insecure.c, which has a test of its own? */
static inline bool config_is_of_warn_insecure(const char *problem)
{
	return strstr(problem, "another machine") || strstr(problem, "the other machine");
}

/* All other problems as lines "warning …\n", "error …\n"; valid until the next call */
static inline const char *config_problems(const struct chatterbox_config *config)
{
	static char text[65536];
	enum chatterbox_problem_kind kind;
	size_t used = 0;
	size_t i;

	text[0] = '\0';
	for (i = 0; i < chatterbox_config_problem_count(config); i++) {
		const char *problem = chatterbox_config_problem_at(config, i, &kind);
		int n;

		if (config_is_of_warn_insecure(problem))
			continue;
		n = snprintf(text + used, sizeof(text) - used, "%s %s\n",
			     kind == CHATTERBOX_PROBLEM_ERROR ? "error" : "warning", problem);
		ck_assert(n > 0 && (size_t)n < sizeof(text) - used);
		used += (size_t)n;
	}
	return text;
}

/* What --print-config says of @path, {"value":…,"from":…} on one line; valid until the next call */
static inline const char *config_shown(const struct chatterbox_config *config, const char *path)
{
	static char text[4096];
	char *all = NULL;
	json_t *json;
	char *one;

	ck_assert_int_eq(chatterbox_config_to_json(config, &all), 0);
	json = json_loads(all, JSON_REJECT_DUPLICATES, NULL);
	ck_assert_ptr_nonnull(json);
	one = json_dumps(json_object_get(json, path), JSON_COMPACT | JSON_PRESERVE_ORDER);
	ck_assert_msg(one != NULL, "%s is not printed", path);
	snprintf(text, sizeof(text), "%s", one);
	free(one);
	json_decref(json);
	free(all);
	return text;
}

static inline void config_check_shown(const struct chatterbox_config *config, const char *path,
				      const char *value, const char *from)
{
	char want[4096];
	const char *got = config_shown(config, path);

	snprintf(want, sizeof(want), "{\"value\":%s,\"from\":\"%s\"}", value, from);
	ck_assert_msg(!strcmp(got, want), "%s: is %s, should be %s", path, got, want);
}

#endif
