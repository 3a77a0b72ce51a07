/* SPDX-License-Identifier: MIT */
/* query.h - query parameters as the JSON object that the library's queries take */
#ifndef CBD_QUERY_H
#define CBD_QUERY_H

#include <chatterbox/error.h>

struct MHD_Connection;

/* @names: what the route takes, NULL at the end; other parameters are ignored, and so are empty
 * ones. The values are still percent-encoded. Return: 0, -EINVAL with @error naming it, -ENOMEM. */
int cbd_query_read(struct MHD_Connection *connection, const char *const *names, char **json,
		   char error[CHATTERBOX_ERROR_TEXT]);

#endif
