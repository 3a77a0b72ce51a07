/* SPDX-License-Identifier: MIT */
/* decode_room.h - yajl's memory: one block that is known to be enough */
#ifndef CBX_DECODE_MEMORY_H
#define CBX_DECODE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <yajl/yajl_common.h>

struct cbx_json_room {
	char *bytes;
	size_t size;
	size_t used;
	size_t last; /* where the last block begins */
};

/* What a text of @len needs, with another @len for decoded strings if it has escapes; 0 = too much
 */
size_t cbx_json_room_size(size_t len, bool has_escapes);
yajl_alloc_funcs cbx_json_room_functions(struct cbx_json_room *room);

#endif
