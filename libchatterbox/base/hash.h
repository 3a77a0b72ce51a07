/* SPDX-License-Identifier: MIT */
/* hash.h - uthash, set up so that a failed allocation does not end the process */
#ifndef CBX_BASE_HASH_H
#define CBX_BASE_HASH_H

#include <errno.h>
#include <stdbool.h>

/* Adds @item (its handle is called hh) under the @len bytes at @key, which belong to it. Yields 0,
 * or -ENOMEM with nothing added. */
#define cbx_hash_add(head, key, len, item)                       \
	__extension__({                                          \
		bool cbx_hash_failed = false;                    \
		HASH_ADD_KEYPTR(hh, head, (key), (len), (item)); \
		cbx_hash_failed ? -ENOMEM : 0;                   \
	})

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
