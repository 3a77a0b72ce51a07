/* SPDX-License-Identifier: MIT */
/*
 * encode.h - answers that cost the network less: compressed, or not sent again
 *
 * An entity tag is made of the content, not of a snapshot's number: a new snapshot comes with each
 * batch, and mostly says the same about what a page shows. The hash costs far less than writing the
 * answer did.
 */
#ifndef CBD_ENCODE_H
#define CBD_ENCODE_H

#include <stdbool.h>
#include <stddef.h>

#define CBD_ETAG 24
/* Shorter answers are sent as they are: they fit into one packet */
#define CBD_GZIP_LEAST ((size_t)1024)

/* Compressed, allocated; NULL when that makes it no shorter, or there is no memory for it */
char *cbd_gzip(const char *bytes, size_t len, size_t *out_len);
/* With its quotes. What is compressed has another tag than the same content that is not. */
void cbd_etag(const char *bytes, size_t len, bool zipped, char tag[CBD_ETAG]);
/* Is @tag one of a header If-None-Match? That is compared as the weak comparison of RFC 9110 says.
 */
bool cbd_etag_is_known(const char *if_none_match, const char *tag);

#endif
