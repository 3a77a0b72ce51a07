// SPDX-License-Identifier: MIT
/*
 * memory.c - the memory that yajl works in
 *
 * yajl does not survive a failed allocation, so it gets all of its memory from one block that is
 * allocated before it starts. The size can be computed: of yajl's two growing buffers one holds the
 * longest string with escapes, decoded, and the other the unfinished last token of a truncated
 * text. Both grow by doubling, and each is the last block in the room while it grows, so it grows
 * in place. Nothing is freed before the whole block is.
 */
#include "decode/memory.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#define FIXED 16384 /* yajl's own structures, and the least size of its buffers */
#define ALIGN 16

size_t cbx_json_room_size(size_t len, bool has_escapes)
{
	size_t lens = has_escapes ? 5 : 2; /* decoded strings and two buffers, or one buffer */

	return len > (SIZE_MAX - FIXED) / lens ? 0 : FIXED + lens * len;
}

static void *take(void *context, size_t size)
{
	struct cbx_json_room *room = context;
	size_t at = (room->used + ALIGN - 1) & ~(size_t)(ALIGN - 1);

	assert(at + size <= room->size);
	room->last = at;
	room->used = at + size;
	return room->bytes + at;
}

static void *grow(void *context, void *old, size_t size)
{
	struct cbx_json_room *room = context;
	size_t at;
	void *bigger;

	if (!old)
		return take(context, size);
	at = (size_t)((char *)old - room->bytes);
	if (at == room->last) {
		assert(at + size <= room->size);
		room->used = at + size;
		return old;
	}
	/* the old size is not known: this copies more than the old block held, but still from the
	 * room */
	bigger = take(context, size);
	memmove(bigger, old, size < room->last - at ? size : room->last - at);
	return bigger;
}

static void give(void *context, void *block)
{
	(void)context;
	(void)block;
}

yajl_alloc_funcs cbx_json_room_functions(struct cbx_json_room *room)
{
	return (yajl_alloc_funcs){ take, grow, give, room };
}
