// SPDX-License-Identifier: MIT
/*
 * privacy.c - hardens the process at its start
 *
 * PG* variables are dropped, since libpq would read them and only the configuration should say how
 * PostgreSQL is reached. Memory may hold passwords, so there is no core file, and other processes
 * of the same user can't attach; root's debugger still can.
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
		/* this moves the following ones up */
		if (unsetenv(name))
			at++;
	}
}

void cbd_privacy_begin(void)
{
	drop_pg_variables();
	prctl(PR_SET_DUMPABLE, 0);
}
