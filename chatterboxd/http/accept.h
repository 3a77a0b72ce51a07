/* SPDX-License-Identifier: MIT */
/* accept.h - finds out which of the two formats of metrics a client prefers */
#ifndef CBD_ACCEPT_H
#define CBD_ACCEPT_H

#include <stdbool.h>

/* Does @accept name application/openmetrics-text, with a quality not lower than that of text/plain?
 */
bool cbd_accept_openmetrics(const char *accept);

#endif
