/* SPDX-License-Identifier: MIT */
/*
 * text.h - growing text, and the few readings of text that several rooms share
 */
#ifndef CBX_BASE_TEXT_H
#define CBX_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A growing byte buffer, always NUL-terminated once something was added. The first failed
 * allocation sticks: later calls do nothing, and cbx_text_take() reports it once. */
struct cbx_text {
	char *bytes;
	size_t len;
	size_t capacity;
	bool failed;
};

/* Room for @more bytes: adding them does not move, and so leave copies of, what is there */
void cbx_text_reserve(struct cbx_text *text, size_t more);
void cbx_text_add(struct cbx_text *text, const char *bytes, size_t len);
void cbx_text_puts(struct cbx_text *text, const char *string);
void cbx_text_putc(struct cbx_text *text, char c);
void cbx_text_printf(struct cbx_text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* A JSON string with its quotes; the bytes must be valid UTF-8 */
void cbx_text_json(struct cbx_text *text, const char *bytes, size_t len);
void cbx_text_json_string(struct cbx_text *text, const char *string);
void cbx_text_clear(struct cbx_text *text); /* empties it, keeps the memory */
void cbx_text_free(struct cbx_text *text);
/* Hands over the bytes (the caller frees them) and resets; -ENOMEM if anything failed. */
int cbx_text_take(struct cbx_text *text, char **bytes, size_t *len);

/* Well-formed UTF-8 by RFC 3629: no overlong forms, surrogates or code points past U+10FFFF */
bool cbx_utf8_valid(const char *bytes, size_t len);
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
char *cbx_strndup(const char *bytes, size_t len); /* NULL when out of memory */

#endif
