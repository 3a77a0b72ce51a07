// SPDX-License-Identifier: MIT
/* utf8.c - steps through bytes that should be UTF-8, for replies, names, paths and log lines alike
 */
#include "common/utf8.h"

#include <string.h>

size_t cbx_utf8_next(const char *bytes, size_t left, uint32_t *code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char first = (unsigned char)*bytes;
	size_t len = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	uint32_t c = len == 1 ? first : first & (0x7fU >> len);
	size_t i;

	if (!len || len > left || first > 0xf4)
		return 0;
	for (i = 1; i < len; i++) {
		if (((unsigned char)bytes[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | ((unsigned char)bytes[i] & 0x3fU);
	}
	if (c < least[len] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	*code = c;
	return len;
}

bool cbx_utf8_valid(const char *bytes, size_t len)
{
	const char *end = bytes + len;
	uint32_t code;

	while (bytes < end) {
		size_t step;
		uint64_t word;

		/* eight ASCII bytes at a time, since every reply comes by here */
		while (end - bytes >= 8) {
			memcpy(&word, bytes, 8);
			if (word & 0x8080808080808080ULL)
				break;
			bytes += 8;
		}
		if (bytes == end)
			break;
		step = cbx_utf8_next(bytes, (size_t)(end - bytes), &code);
		if (!step)
			return false;
		bytes += step;
	}
	return true;
}

bool cbx_utf8_control(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x2028 || code == 0x2029;
}
