/* SPDX-License-Identifier: MIT */
/*
 * hash.h - the one door to uthash, with allocation failures that do not end the process
 *
 * After HASH_ADD*, check cbx_hash_failed: it is set by the macro when the entry was not added.
 * Declare `bool cbx_hash_failed = false;` in the function that adds.
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

/* uthash's own choice falls through its cases in a way that clang refuses */
#define HASH_FUNCTION(key, key_len, value) HASH_OAT(key, key_len, value)

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wundef"
#include <uthash.h>
#pragma GCC diagnostic pop

#endif
