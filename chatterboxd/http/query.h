/* SPDX-License-Identifier: MIT */
/* query.h - query parameters as a JSON object, as the library's queries take them */
#ifndef CBD_QUERY_H
#define CBD_QUERY_H

#include <chatterbox/error.h>

struct MHD_Connection;

/* @names: the parameters of the route, NULL at the end; NULL = it has none. Values
 * are still percent-encoded. Return: 0; -EINVAL for one that is empty or can't be read, or for
 * another, with @error naming those there are; -ENOMEM. */
int cbd_query_read(struct MHD_Connection *connection, const char *const *names, char **json,
		   char error[CHATTERBOX_ERROR_TEXT]);

#endif
