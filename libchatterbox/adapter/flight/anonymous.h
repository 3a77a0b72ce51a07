/* SPDX-License-Identifier: MIT */
/*
 * anonymous.h - replaces the names in a line of JSON
 *
 * Every text becomes "n" and sixteen hexadecimal digits, the same text always the same, but for
 * what is a figure or one plain word (a status, a type, a code) in a member that contract 1.1
 * knows. So are the names of members that it does not know. Numbers stay. Who does not have the key
 * can't find a name by trying: it is a keyed hash (SipHash-2-4).
 */
#ifndef CBX_ADAPTER_FLIGHT_ANONYMOUS_H
#define CBX_ADAPTER_FLIGHT_ANONYMOUS_H

#include "common/text.h"

#include <stdint.h>

struct cbx_anonymous_key {
	uint64_t half[2];
};

/* @line is JSON; what is none is no worse off afterwards. -ENOMEM */
int cbx_anonymise(const struct cbx_anonymous_key *key, const char *line, size_t len,
		  struct cbx_text *out);

#endif
