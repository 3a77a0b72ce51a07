// SPDX-License-Identifier: MIT
/*
 * environment.c - reads NLCONF_<SECTION>__<KEY> from the environment
 *
 * "__" separates the parts of a path, and the case of letters does not matter. NLCONF_X_FILE names
 * a file that holds the value of NLCONF_X, for secrets that are mounted as files; setting both is
 * an error, since nobody could tell which one was meant.
 */
#include "config/slots.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PREFIX "NLCONF_"
#define PREFIX_LEN (sizeof(PREFIX) - 1)
#define SUFFIX "_file"
#define SUFFIX_LEN (sizeof(SUFFIX) - 1)
#define SECRET_FILE_BYTES ((size_t)64 << 10)

struct variable {
	char path[CBX_KEY_PATH]; /* "rmq.host", in lower case */
	const char *name;
	size_t name_len;
	const char *value;
	bool is_file;
};

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_known(const char *path)
{
	bool overlay;

	return cbx_key_find(path, true, &overlay) || cbx_key_is_section(path, true);
}

/* Splits NLCONF_RMQ__PASS=… into { "rmq.pass", … }; false = not one of ours */
static bool read_variable(const char *entry, struct variable *out)
{
	const char *value = strchr(entry, '=');
	const char *p = entry + PREFIX_LEN;
	size_t n = 0;

	if (!value || strncmp(entry, PREFIX, PREFIX_LEN) != 0)
		return false;
	for (; p < value && n < sizeof(out->path) - 1; p++) {
		bool nests = p[0] == '_' && p[1] == '_';

		out->path[n++] = nests ? '.' : lower(*p);
		p += nests;
	}
	if (p < value)
		return false;
	out->path[n] = '\0';
	out->name = entry;
	out->name_len = (size_t)(value - entry);
	out->value = value + 1;
	out->is_file = !is_known(out->path) && n > SUFFIX_LEN &&
		       !strcmp(out->path + n - SUFFIX_LEN, SUFFIX);
	if (out->is_file)
		out->path[n - SUFFIX_LEN] = '\0';
	return true;
}

/* Does another variable give the same value without a file? */
static bool is_given_twice(const struct variable *variable, char *const *environment)
{
	struct variable other;

	for (; *environment; environment++)
		if (read_variable(*environment, &other) && !other.is_file &&
		    !strcmp(other.path, variable->path))
			return true;
	return false;
}

static int refuse(struct chatterbox_config *config, const struct variable *variable,
		  const char *why, const struct cbx_value_source *from)
{
	return cbx_problem_add(&config->laid, CHATTERBOX_PROBLEM_ERROR,
			       "%s: the file that %.*s names: %s (from %s)", variable->path,
			       (int)variable->name_len, variable->name, why, from->name);
}

static int apply_secret_file(struct chatterbox_config *config, const struct variable *variable,
			     const struct cbx_value_source *from)
{
	cbx_auto(cbx_bytes_wipe) struct cbx_bytes bytes = { 0 };
	size_t len;
	int r;

	/* the value is never shown: somebody will put the secret itself into X_FILE */
	r = cbx_bytes_read(variable->value, SECRET_FILE_BYTES, &bytes);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		return refuse(config, variable, chatterbox_strerror(r), from);
	len = bytes.len;
	if (len && bytes.at[len - 1] == '\n')
		bytes.at[--len] = '\0';
	if (len && bytes.at[len - 1] == '\r')
		bytes.at[--len] = '\0';
	if (strlen(bytes.at) != len)
		return refuse(config, variable, "holds a NUL byte", from);
	/* an empty token would leave the API open */
	if (!len)
		return refuse(config, variable, "is empty", from);
	return cbx_config_apply_text(config, variable->path, bytes.at, from);
}

static int apply_variable(struct chatterbox_config *config, const struct variable *variable,
			  char *const *environment)
{
	cbx_auto(cbx_freep) char *name = NULL;
	struct cbx_value_source from = { .source = CBX_SOURCE_ENVIRONMENT, .fold = true };

	if (asprintf(&name, "environment %.*s", (int)variable->name_len, variable->name) < 0) {
		name = NULL;
		return -ENOMEM;
	}
	from.name = name;
	if (!variable->is_file)
		return cbx_config_apply_text(config, variable->path, variable->value, &from);
	/* files named by OCD's own variables are not opened */
	if (!is_known(variable->path))
		return cbx_key_is_foreign(variable->path, true)
			       ? 0
			       : cbx_problem_unknown(config, variable->path, &from);
	if (is_given_twice(variable, environment))
		return cbx_problem_add(&config->laid, CHATTERBOX_PROBLEM_ERROR,
				       "%s: given twice, takes one of %.*s and its _FILE (from %s)",
				       variable->path, (int)(variable->name_len - SUFFIX_LEN),
				       variable->name, from.name);
	return apply_secret_file(config, variable, &from);
}

int chatterbox_config_load_environment(struct chatterbox_config *config, char *const *environment)
{
	struct variable variable;
	char *const *at;
	int r;

	for (at = environment; at && *at; at++) {
		if (!read_variable(*at, &variable))
			continue;
		r = apply_variable(config, &variable, environment);
		if (r < 0)
			return r;
	}
	return cbx_config_cross(config);
}
