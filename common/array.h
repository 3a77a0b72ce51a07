/* SPDX-License-Identifier: MIT */
/* array.h - arrays that grow */
#ifndef CBX_COMMON_ARRAY_H
#define CBX_COMMON_ARRAY_H

#include <stddef.h>

/* Makes room for @wanted items, by doubling. @array is a pointer to the items (or NULL) and
 * @capacity a size_t; both are written only on success. Return: 0, or -ENOMEM. */
#define cbx_grow(array, capacity, wanted) \
	cbx_array_grow(&(array), &(capacity), (wanted), sizeof(*(array)))

/* @array is the address of the pointer to the items, @size is that of one */
int cbx_array_grow(void *array, size_t *capacity, size_t wanted, size_t size);

#endif
