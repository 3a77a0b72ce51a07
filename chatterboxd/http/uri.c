// SPDX-License-Identifier: MIT
/*
 * uri.c - decodes percent-encoded text
 *
 * A bad escape, an encoded NUL and text that is not UTF-8 are errors of the client: names of
 * systems come in through here.
 */
#include "uri.h"

#include "common/utf8.h"

#include <errno.h>

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int cbd_uri_decode(const char *text, size_t len, char *out, size_t size)
{
	size_t used = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		char c = text[i];

		if (c == '%') {
			if (len - i < 3 || hex(text[i + 1]) < 0 || hex(text[i + 2]) < 0)
				return -EILSEQ;
			c = (char)(hex(text[i + 1]) << 4 | hex(text[i + 2]));
			i += 2;
		}
		if (!c)
			return -EILSEQ;
		if (used + 1 >= size)
			return -ENAMETOOLONG;
		out[used++] = c;
	}
	out[used] = '\0';
	return cbx_utf8_valid(out, used) ? (int)used : -EILSEQ;
}
