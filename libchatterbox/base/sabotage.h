/* SPDX-License-Identifier: MIT */
/*
 * sabotage.h - what the negative controls of tests/faults switch off, one mechanism at a time
 *
 * A test of a promise proves nothing unless it fails without the mechanism that keeps the promise.
 * Only a second build of the core, which is never installed, is compiled with CBX_SABOTAGE and asks
 * tests/kit/sabotage.c; in every other build this is a constant, and what it guards is not there.
 */
#ifndef CBX_BASE_SABOTAGE_H
#define CBX_BASE_SABOTAGE_H

#include <stdbool.h>

#ifdef CBX_SABOTAGE
/* Is @mechanism the one that CHATTERBOX_SABOTAGE names? */
bool cbx_sabotage(const char *mechanism);
#else
static inline bool cbx_sabotage(const char *mechanism)
{
	(void)mechanism;
	return false;
}
#endif

#endif
