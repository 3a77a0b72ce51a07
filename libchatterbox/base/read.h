/* SPDX-License-Identifier: MIT */
/* read.h - checks and parses counts, system names and times */
#ifndef CBX_BASE_READ_H
#define CBX_BASE_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Cuts the white space of Unicode and U+FEFF off both ends (contract 1.1) */
void cbx_trim(const char **bytes, size_t *len);
/* Digits only, 0..2^53-1 */
bool cbx_parse_count(const char *bytes, size_t len, int64_t *out);
/* Checks the name of a system (contract 1.1): 1..64 bytes after trimming, UTF-8, no '/' or control
 * characters. On success *bytes and *len are the trimmed name. */
bool cbx_system_name(const char **bytes, size_t *len);
/* Trims the name of a system that somebody asks about into @out; returns @name itself if it can't
 * be one */
const char *cbx_system_trim(const char *name, char out[80]);
/* Writes ms since the epoch as UTC, "2026-11-23T18:10:20.123Z", in any locale */
#define CBX_TIME_TEXT 32
void cbx_time_text(int64_t ms, char out[CBX_TIME_TEXT]);
/* The reverse; accepts a fraction of any length, 'Z' or an offset +hh[:mm], and ' ' for 'T' */
bool cbx_time_parse(const char *text, int64_t *ms);
/* A random version-4 UUID in text */
#define CBX_UUID_TEXT 37
void cbx_uuid(char out[CBX_UUID_TEXT]);

#endif
