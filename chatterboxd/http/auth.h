/* SPDX-License-Identifier: MIT */
/* auth.h - bearer tokens */
#ifndef CBD_AUTH_H
#define CBD_AUTH_H

#include <stdbool.h>

/* Equal texts; how long it takes tells nothing of where they differ, only of @given's length */
bool cbd_auth_equal(const char *secret, const char *given);
/* The token of an Authorization header, NULL when it is another scheme or there is none */
const char *cbd_auth_bearer(const char *header);

#endif
