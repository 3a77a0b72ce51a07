// SPDX-License-Identifier: MIT
/*
 * privacy.c - closes two side doors of a process
 *
 * Decides that nothing but the configuration says how PostgreSQL is reached: PG* variables, which
 * libpq would read, are dropped. And that memory with passwords in it is nobody's: there is no core
 * file, and no other process of the same user may attach. Root's debugger still can.
 */
#include "privacy.h"

#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

extern char **environ;

static void drop_pg_variables(void)
{
	char name[64];
	char **at = environ;

	while (at && *at) {
		size_t len = strcspn(*at, "=");

		if (strncmp(*at, "PG", 2) != 0 || len >= sizeof(name)) {
			at++;
			continue;
		}
		memcpy(name, *at, len);
		name[len] = '\0';
		/* it moves those behind it up */
		if (unsetenv(name))
			at++;
	}
}

void cbd_privacy_begin(void)
{
	drop_pg_variables();
	prctl(PR_SET_DUMPABLE, 0);
}
