// SPDX-License-Identifier: MIT
/* array.c - arrays that grow */
#include "common/array.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int cbx_array_grow(void *array, size_t *capacity, size_t wanted, size_t size)
{
	size_t more = *capacity ? *capacity : 8;
	void *old;
	void *grown;

	if (wanted <= *capacity)
		return 0;
	if (wanted > PTRDIFF_MAX / size / 2)
		return -ENOMEM;
	while (more < wanted)
		more *= 2;
	memcpy(&old, array, sizeof(old));
	grown = realloc(old, more * size);
	if (!grown)
		return -ENOMEM;
	memcpy(array, &grown, sizeof(grown));
	*capacity = more;
	return 0;
}
