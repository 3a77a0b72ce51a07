/* SPDX-License-Identifier: MIT */
/* utf8.h - one step through bytes that ought to be UTF-8: for log lines and for paths alike */
#ifndef CBD_UTF8_H
#define CBD_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Length of the well-formed sequence at @p (RFC 3629), 0 if there is none; @code is its character
 */
static inline size_t cbd_utf8_next(const char *p, size_t left, uint32_t *code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char first = (unsigned char)*p;
	size_t len = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	uint32_t c = len == 1 ? first : first & (0x7fU >> len);
	size_t i;

	if (!len || len > left || first > 0xf4)
		return 0;
	for (i = 1; i < len; i++) {
		if (((unsigned char)p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | ((unsigned char)p[i] & 0x3fU);
	}
	if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	*code = c;
	return len;
}

static inline bool cbd_utf8_valid(const char *bytes, size_t len)
{
	uint32_t code;
	size_t step;

	for (; len; bytes += step, len -= step) {
		step = cbd_utf8_next(bytes, len, &code);
		if (!step)
			return false;
	}
	return true;
}

/* C0, DEL and C1: what may move a terminal's cursor or break a line */
static inline bool cbd_utf8_control(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x2028 || code == 0x2029;
}

#endif
