// SPDX-License-Identifier: MIT
/*
 * encode.c - gzip by zlib, and tags of contents
 *
 * No answer mixes a secret with what a client sent, so its compressed length gives nothing away.
 */
#include "encode.h"

#include "common/cleanup.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

/* zlib's number for a window of 32 KiB, and 16 more for gzip's own frame */
#define GZIP_WINDOW (15 + 16)
#define MEMORY 8

char *cbd_gzip(const char *bytes, size_t len, size_t *out_len)
{
	z_stream stream = { .next_in = (Bytef *)(uintptr_t)bytes, .avail_in = (uInt)len };
	cbx_auto(cbx_freep) char *out = NULL;
	int result;

	/* the fastest level: JSON of jobs shrinks to an eighth by it, and a thread waits */
	if (len > INT32_MAX || deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, GZIP_WINDOW, MEMORY,
					    Z_DEFAULT_STRATEGY) != Z_OK)
		return NULL;
	/* no room for what would not be shorter */
	out = malloc(len);
	stream.next_out = (Bytef *)out;
	stream.avail_out = (uInt)len;
	result = out ? deflate(&stream, Z_FINISH) : Z_MEM_ERROR;
	*out_len = len - stream.avail_out;
	deflateEnd(&stream);
	return result == Z_STREAM_END ? cbx_steal(out) : NULL;
}

/* FNV-1a, 64 bits */
static uint64_t hash(const char *bytes, size_t len)
{
	uint64_t value = UINT64_C(0xcbf29ce484222325);
	size_t i;

	for (i = 0; i < len; i++)
		value = (value ^ (unsigned char)bytes[i]) * UINT64_C(0x100000001b3);
	return value;
}

void cbd_etag(const char *bytes, size_t len, bool zipped, char tag[CBD_ETAG])
{
	snprintf(tag, CBD_ETAG, "\"%016" PRIx64 "%s\"", hash(bytes, len), zipped ? "-gz" : "");
}

bool cbd_etag_is_known(const char *if_none_match, const char *tag)
{
	const char *p = if_none_match;

	while (p && *p) {
		size_t len;

		p += strspn(p, ", \t");
		if (*p == '*')
			return true;
		if (!strncmp(p, "W/", 2))
			p += 2;
		/* a comma may stand inside the quotes */
		len = *p == '"' ? strcspn(p + 1, "\"") + 2 : strcspn(p, ",");
		if (strlen(tag) == len && !strncmp(p, tag, len))
			return true;
		if (strlen(p) < len)
			return false;
		p += len;
	}
	return false;
}
