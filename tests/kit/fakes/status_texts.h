/* SPDX-License-Identifier: MIT */
/*
 * status_texts.h - statuses from a short text, so that a table of cases can be read
 *
 *	17 Running 42% 3/10 250K t=Music c=disk_full m=no_room files=[1]
 *
 * The order after the status is free. `_` in m= stands for a space; anything else with = becomes a
 * verbatim member.
 */
#ifndef CBX_TESTS_STATUS_TEXTS_H
#define CBX_TESTS_STATUS_TEXTS_H

#include "domain/status.h"

/* A new reference; a text that can't be read is an assertion */
struct cbx_status *status_of(const char *system, const char *text);
/* "17 Running; 18 Paused": how many, new references in @out */
size_t statuses_of(const char *system, const char *text, struct cbx_status **out, size_t most);

#endif
