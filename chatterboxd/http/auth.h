/* SPDX-License-Identifier: MIT */
/* auth.h - bearer tokens */
#ifndef CBD_AUTH_H
#define CBD_AUTH_H

#include <stdbool.h>

/* Are the texts equal? The time it takes depends on @given's length, not on where they differ. */
bool cbd_auth_equal(const char *secret, const char *given);
/* The token of an Authorization header; NULL if it has another scheme or is absent */
const char *cbd_auth_bearer(const char *header);

#endif
