/* SPDX-License-Identifier: MIT */
/* accept.h - finds out which of the two formats of metrics a client prefers, and whether it takes
 * gzip
 */
#ifndef CBD_ACCEPT_H
#define CBD_ACCEPT_H

#include <stdbool.h>

/* Does @accept name application/openmetrics-text, with a quality not lower than that of text/plain?
 */
bool cbd_accept_openmetrics(const char *accept);

/* May the answer to a request with @accept_encoding be compressed? */
bool cbd_accept_gzip(const char *accept_encoding);

#endif
