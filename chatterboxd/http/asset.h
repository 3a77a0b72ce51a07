/* SPDX-License-Identifier: MIT */
/* asset.h - the files built into the binary: the dashboard and openapi.json (web/embed.py) */
#ifndef CBD_ASSET_H
#define CBD_ASSET_H

#include <stddef.h>

struct cbd_asset {
	const char *path; /* "/app.js" */
	const char *type;
	const char *etag; /* with its quotes */
	const unsigned char *bytes;
	size_t len;
	const unsigned char *zipped; /* the same by gzip, NULL = that is no shorter */
	size_t zipped_len;
	const char *zipped_etag;
};

extern const struct cbd_asset cbd_assets[];
extern const size_t cbd_asset_count;

#endif
