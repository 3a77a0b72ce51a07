// SPDX-License-Identifier: MIT
/* file.c - what stands at a path, without opening it */
#include "common/file.h"

#include <stddef.h>
#include <sys/stat.h>

#define MOST ((off_t)16 << 20) /* all the world's authorities need less */

const char *cbx_file_trouble(const char *path)
{
	struct stat at;

	if (!path || !*path || stat(path, &at) < 0)
		return NULL;
	if (S_ISFIFO(at.st_mode))
		return "it is a FIFO";
	if (S_ISDIR(at.st_mode))
		return "it is a directory";
	if (S_ISCHR(at.st_mode) || S_ISBLK(at.st_mode))
		return "it is a device";
	if (!S_ISREG(at.st_mode))
		return "it is a socket";
	return at.st_size > MOST ? "it is larger than 16 MiB" : NULL;
}
