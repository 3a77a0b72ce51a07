/* SPDX-License-Identifier: MIT */
/* accept.h - which of the two metrics formats a scraper prefers */
#ifndef CBD_ACCEPT_H
#define CBD_ACCEPT_H

#include <stdbool.h>

/* @accept names application/openmetrics-text, and with no lower quality than text/plain */
bool cbd_accept_openmetrics(const char *accept);

#endif
