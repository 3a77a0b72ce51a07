// SPDX-License-Identifier: MIT
/* sabotage.c - one mechanism may be switched off, in the build for the negative controls alone */
#include "base/sabotage.h"

#include <stdlib.h>
#include <string.h>

bool cbx_sabotage(const char *mechanism)
{
	const char *chosen = getenv("CHATTERBOX_SABOTAGE");

	return chosen && !strcmp(chosen, mechanism);
}
