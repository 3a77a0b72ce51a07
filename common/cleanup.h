/* SPDX-License-Identifier: MIT */
/*
 * cleanup.h - who frees what, by one attribute and one move
 *
 * A local variable that owns something carries cbx_auto(fn), which frees it at the end of its
 * scope; cbx_steal() gives it away. Free functions accept NULL. File descriptors start at -1,
 * pointers at NULL.
 */
#ifndef CBX_COMMON_CLEANUP_H
#define CBX_COMMON_CLEANUP_H

#include <stdlib.h>
#include <unistd.h>

#define cbx_auto(fn) __attribute__((cleanup(fn)))

#define cbx_steal(p)                             \
	__extension__({                          \
		__typeof__(p) cbx_stolen_ = (p); \
		(p) = NULL;                      \
		cbx_stolen_;                     \
	})

/* Defines fn##p, for cbx_auto(), from a free function that returns nothing */
#define CBX_DEFINE_CLEANUP(type, fn)      \
	static inline void fn##p(type *p) \
	{                                 \
		if (*p)                   \
			fn(*p);           \
	}

static inline void cbx_freep(void *p)
{
	free(*(void **)p);
}

static inline void cbx_closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline int cbx_steal_fd(int *fd)
{
	int stolen = *fd;

	*fd = -1;
	return stolen;
}

#define CBX_COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
