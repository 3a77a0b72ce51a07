/* SPDX-License-Identifier: MIT */
/* uri.h - strict percent-decoding */
#ifndef CBD_URI_H
#define CBD_URI_H

#include <stddef.h>

/* Decodes @len bytes into @out and adds a NUL. Return: the length, -EILSEQ for a bad escape, a NUL
 * or invalid UTF-8, -ENAMETOOLONG when it does not fit into @size. */
int cbd_uri_decode(const char *text, size_t len, char *out, size_t size);

#endif
