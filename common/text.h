/* SPDX-License-Identifier: MIT */
/*
 * text.h - growing text
 */
#ifndef CBX_COMMON_TEXT_H
#define CBX_COMMON_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A growing buffer, NUL-terminated once something was added. After the first failed allocation all
 * calls do nothing, and cbx_text_take() reports it. */
struct cbx_text {
	char *bytes;
	size_t len;
	size_t capacity;
	bool failed;
};

/* Makes room for @more bytes: adding them will not move what is there (moving leaves copies behind)
 */
void cbx_text_reserve(struct cbx_text *text, size_t more);
void cbx_text_add(struct cbx_text *text, const char *bytes, size_t len);
void cbx_text_puts(struct cbx_text *text, const char *string);
void cbx_text_putc(struct cbx_text *text, char c);
void cbx_text_integer(struct cbx_text *text, int64_t value);
void cbx_text_printf(struct cbx_text *text, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* A JSON string with its quotes; the bytes must be valid UTF-8 */
void cbx_text_json(struct cbx_text *text, const char *bytes, size_t len);
void cbx_text_json_string(struct cbx_text *text, const char *string);
void cbx_text_clear(struct cbx_text *text); /* empties it, keeps the memory */
void cbx_text_free(struct cbx_text *text);
/* Hands the bytes over, to be freed by the caller, and empties the text; -ENOMEM if anything failed
 */
int cbx_text_take(struct cbx_text *text, char **bytes, size_t *len);

/* Writes @value in decimal digits, with a NUL; returns their number. Many times faster than printf.
 */
#define CBX_INTEGER_TEXT 24
size_t cbx_integer_text(int64_t value, char out[CBX_INTEGER_TEXT]);

char *cbx_strndup(const char *bytes, size_t len); /* NULL when out of memory */

#endif
