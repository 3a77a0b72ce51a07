/* SPDX-License-Identifier: MIT */
/* memory.h - memory for yajl: one block whose size is known to be sufficient */
#ifndef CBX_DECODE_MEMORY_H
#define CBX_DECODE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <yajl/yajl_common.h>

struct cbx_json_room {
	char *bytes;
	size_t size;
	size_t used;
	size_t last; /* where the last allocation begins */
};

/* The size needed for a text of @len bytes, with another @len for decoded strings if it has
 * escapes; 0 = too large */
size_t cbx_json_room_size(size_t len, bool has_escapes);
yajl_alloc_funcs cbx_json_room_functions(struct cbx_json_room *room);

#endif
