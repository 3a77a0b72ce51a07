// SPDX-License-Identifier: MIT
/* auth.c - compares bearer tokens in a time that does not depend on how much of one is right */
#include "auth.h"

#include <string.h>
#include <strings.h>

bool cbd_auth_equal(const char *secret, const char *given)
{
	size_t secret_len = strlen(secret);
	size_t given_len = strlen(given);
	volatile unsigned char differs = secret_len != given_len;
	size_t i;

	/* secret[i % (n + 1)] is always valid, its NUL included, whatever the other's length */
	for (i = 0; i < given_len; i++)
		differs |= (unsigned char)(secret[i % (secret_len + 1)] ^ given[i]);
	return !differs && secret_len;
}

const char *cbd_auth_bearer(const char *header)
{
	if (!header || strncasecmp(header, "Bearer ", 7) != 0)
		return NULL;
	header += 7;
	while (*header == ' ')
		header++;
	return header;
}
