// SPDX-License-Identifier: MIT
/*
 * query.c - collects the query parameters of a request
 *
 * An unknown parameter is refused: who misspells a filter must not get what it would have left out.
 * So is an empty one, since a filter that a script left empty would let everything through, and one
 * that is given twice: of two systems only one would count.
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

/* The name is the client's, and is not repeated */
static void write_unknown(const char *const *names, char error[CHATTERBOX_ERROR_TEXT])
{
	int len = snprintf(error, CHATTERBOX_ERROR_TEXT, "there is no such parameter here: %s",
			   names[0] ? "this path takes " : "this path takes none");
	size_t i;

	for (i = 0; names[i] && len > 0 && len < CHATTERBOX_ERROR_TEXT; i++)
		len += snprintf(error + len, CHATTERBOX_ERROR_TEXT - (size_t)len, "%s%s",
				i ? ", " : "", names[i]);
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
	if (!all->names[i]) {
		write_unknown(all->names, all->error);
		return fail(all, -EINVAL);
	}
	if (!value || !*value) {
		snprintf(all->error, CHATTERBOX_ERROR_TEXT, "%s: is empty", key);
		return fail(all, -EINVAL);
	}
	if (json_object_get(all->params, key)) {
		snprintf(all->error, CHATTERBOX_ERROR_TEXT, "%s: is given twice", key);
		return fail(all, -EINVAL);
	}
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
	static const char *const none[] = { NULL };
	struct collection all = { .names = names ? names : none, .error = error };
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
