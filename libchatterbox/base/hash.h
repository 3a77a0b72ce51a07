/* SPDX-License-Identifier: MIT */
/*
 * hash.h - uthash, set up so that a failed allocation does not end the process
 *
 * The function that adds an entry declares `bool cbx_hash_failed = false;`. The macros set it when
 * the entry could not be added: check it after each HASH_ADD*.
 */
#ifndef CBX_BASE_HASH_H
#define CBX_BASE_HASH_H

#include <stdbool.h>

#define HASH_NONFATAL_OOM 1
#define uthash_nonfatal_oom(element)    \
	do {                            \
		(void)(element);        \
		cbx_hash_failed = true; \
	} while (0)

/* uthash's default has switch fallthroughs that clang refuses */
#define HASH_FUNCTION(key, key_len, value) HASH_OAT(key, key_len, value)

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wundef"
#include <uthash.h>
#pragma GCC diagnostic pop

#endif
