// SPDX-License-Identifier: MIT
/*
 * query.c - collects the query parameters of a request
 *
 * An empty parameter counts as absent (forms send them), unknown ones are ignored, and of a
 * repeated one the last wins, as with the members of a status.
 */
#include "query.h"

#include "common/cleanup.h"
#include "common/json.h"
#include "uri.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdio.h>
#include <string.h>

#define VALUE_SIZE 4096

struct collection {
	json_t *params;
	const char *const *names;
	char *error;
	int result;
};

static enum MHD_Result fail(struct collection *all, int result)
{
	all->result = result;
	return MHD_NO;
}

static enum MHD_Result collect(void *arg, enum MHD_ValueKind kind, const char *key,
			       const char *value)
{
	struct collection *all = arg;
	char decoded[VALUE_SIZE];
	size_t i = 0;
	int len;

	(void)kind;
	while (all->names[i] && strcmp(all->names[i], key) != 0)
		i++;
	if (!all->names[i] || !value || !*value)
		return MHD_YES;
	len = cbd_uri_decode(value, strlen(value), decoded, sizeof(decoded));
	if (len < 0) {
		snprintf(all->error, CHATTERBOX_ERROR_TEXT, "%s: %s", key,
			 len == -ENAMETOOLONG ? "too long" : "bad percent-encoding or no UTF-8");
		return fail(all, -EINVAL);
	}
	if (json_object_set_new(all->params, key, json_stringn(decoded, (size_t)len)))
		return fail(all, -ENOMEM);
	return MHD_YES;
}

int cbd_query_read(struct MHD_Connection *connection, const char *const *names, char **json,
		   char error[CHATTERBOX_ERROR_TEXT])
{
	struct collection all = { .names = names, .error = error };
	char *text = NULL;

	all.params = json_object();
	if (!all.params)
		return -ENOMEM;
	MHD_get_connection_values(connection, MHD_GET_ARGUMENT_KIND, collect, &all);
	if (!all.result) {
		text = cbx_json_text(all.params);
		all.result = text ? 0 : -ENOMEM;
	}
	json_decref(all.params);
	if (all.result < 0)
		return all.result;
	*json = text;
	return 0;
}
