/* SPDX-License-Identifier: MIT */
/* read.h - the readings of text that several rooms share: counts, names, times */
#ifndef CBX_BASE_READ_H
#define CBX_BASE_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ASCII white space trimmed off both ends */
void cbx_trim(const char **bytes, size_t *len);
/* Digits only, 0..2^53-1 */
bool cbx_parse_count(const char *bytes, size_t len, int64_t *out);
/* A system's name by contract 1.1: 1..64 bytes after trimming, UTF-8, no '/' nor control
 * characters. On success *bytes and *len are the trimmed name. */
bool cbx_system_name(const char **bytes, size_t *len);
/* The name that is asked for, trimmed into @out; what can't be one is given back as it is */
const char *cbx_system_trim(const char *name, char out[80]);
/* Time that needs no locale: "2026-11-23T18:10:20.123Z" of milliseconds since the epoch (UTC) */
#define CBX_TIME_TEXT 32
void cbx_time_text(int64_t ms, char out[CBX_TIME_TEXT]);
/* The reverse; takes a fraction of any length, 'Z', or an offset +hh[:mm]; ' ' for 'T' too */
bool cbx_time_parse(const char *text, int64_t *ms);
/* A random version-4 UUID in text */
#define CBX_UUID_TEXT 37
void cbx_uuid(char out[CBX_UUID_TEXT]);

#endif
