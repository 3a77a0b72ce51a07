/* SPDX-License-Identifier: MIT */
/*
 * cleanup.h - ownership in the daemon: one tag, one move, as in the library
 *
 * The daemon sees the library through its public headers alone, so it has its own few lines.
 */
#ifndef CBD_CLEANUP_H
#define CBD_CLEANUP_H

#include <chatterbox/chatterbox.h>
#include <stdlib.h>
#include <unistd.h>

#define cbd_auto(fn) __attribute__((cleanup(fn)))

#define cbd_steal(p)                             \
	__extension__({                          \
		__typeof__(p) cbd_stolen_ = (p); \
		(p) = NULL;                      \
		cbd_stolen_;                     \
	})

#define CBD_COUNT(array) (sizeof(array) / sizeof((array)[0]))

static inline void cbd_freep(void *p)
{
	free(*(void **)p);
}

static inline void cbd_closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void cbd_config_unrefp(struct chatterbox_config **config)
{
	if (*config)
		chatterbox_config_unref(*config);
}

static inline void cbd_box_unrefp(struct chatterbox **box)
{
	if (*box)
		chatterbox_unref(*box);
}

#endif
