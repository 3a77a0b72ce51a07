// SPDX-License-Identifier: MIT
/*
 * text.c - a growing text
 *
 * A failed allocation is remembered in the buffer and reported once, at the end. So code that
 * builds a message reads like the message.
 */
#include "common/text.h"
#include "common/array.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEAST 256

static bool grow(struct cbx_text *text, size_t more)
{
	size_t need;

	if (text->failed)
		return false;
	if (__builtin_add_overflow(text->len + 1, more, &need)) /* 1 for the NUL */
		text->failed = true;
	else if (cbx_grow(text->bytes, text->capacity, need < LEAST ? LEAST : need) < 0)
		text->failed = true;
	return !text->failed;
}

void cbx_text_reserve(struct cbx_text *text, size_t more)
{
	(void)grow(text, more);
}

void cbx_text_add(struct cbx_text *text, const char *bytes, size_t len)
{
	if (!grow(text, len))
		return;
	if (len)
		memcpy(text->bytes + text->len, bytes, len);
	text->len += len;
	text->bytes[text->len] = '\0';
}

void cbx_text_puts(struct cbx_text *text, const char *string)
{
	cbx_text_add(text, string, strlen(string));
}

void cbx_text_putc(struct cbx_text *text, char c)
{
	cbx_text_add(text, &c, 1);
}

size_t cbx_integer_text(int64_t value, char out[CBX_INTEGER_TEXT])
{
	char digits[CBX_INTEGER_TEXT];
	size_t at = sizeof(digits);
	uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
	size_t len;

	digits[--at] = '\0';
	do
		digits[--at] = (char)('0' + rest % 10);
	while (rest /= 10);
	if (value < 0)
		digits[--at] = '-';
	len = sizeof(digits) - at;
	memcpy(out, digits + at, len);
	return len - 1;
}

void cbx_text_integer(struct cbx_text *text, int64_t value)
{
	char digits[CBX_INTEGER_TEXT];

	cbx_text_add(text, digits, cbx_integer_text(value, digits));
}

void cbx_text_printf(struct cbx_text *text, const char *format, ...)
{
	size_t room = 0;
	va_list args;
	int len;

	/* mostly it fits into what is there */
	if (!text->failed && text->capacity)
		room = text->capacity - text->len;
	va_start(args, format);
	len = vsnprintf(room ? text->bytes + text->len : NULL, room, format, args);
	va_end(args);
	if (len >= 0 && (size_t)len < room) {
		text->len += (size_t)len;
		return;
	}
	if (room)
		text->bytes[text->len] = '\0';
	if (len < 0 || !grow(text, (size_t)len)) {
		text->failed = true;
		return;
	}
	va_start(args, format);
	vsnprintf(text->bytes + text->len, (size_t)len + 1, format, args);
	va_end(args);
	text->len += (size_t)len;
}

static void json_escape(struct cbx_text *text, unsigned char c)
{
	static const char shorts[] = "\bb\ff\nn\rr\tt\"\"\\\\";
	const char *s;

	for (s = shorts; *s; s += 2) {
		if ((unsigned char)*s != c)
			continue;
		cbx_text_putc(text, '\\');
		cbx_text_putc(text, s[1]);
		return;
	}
	cbx_text_printf(text, "\\u%04x", c);
}

void cbx_text_json(struct cbx_text *text, const char *bytes, size_t len)
{
	size_t start = 0;
	size_t i;

	cbx_text_putc(text, '"');
	for (i = 0; i < len; i++) {
		unsigned char c = (unsigned char)bytes[i];

		if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f)
			continue;
		cbx_text_add(text, bytes + start, i - start);
		json_escape(text, c);
		start = i + 1;
	}
	cbx_text_add(text, bytes + start, len - start);
	cbx_text_putc(text, '"');
}

void cbx_text_json_string(struct cbx_text *text, const char *string)
{
	cbx_text_json(text, string, strlen(string));
}

void cbx_text_clear(struct cbx_text *text)
{
	text->len = 0;
	text->failed = false;
	if (text->bytes)
		text->bytes[0] = '\0';
}

void cbx_text_free(struct cbx_text *text)
{
	free(text->bytes);
	*text = (struct cbx_text){ 0 };
}

int cbx_text_take(struct cbx_text *text, char **bytes, size_t *len)
{
	if (!text->failed && !text->bytes)
		grow(text, 0);
	if (text->failed) {
		cbx_text_free(text);
		return -ENOMEM;
	}
	text->bytes[text->len] = '\0';
	*bytes = text->bytes;
	if (len)
		*len = text->len;
	*text = (struct cbx_text){ 0 };
	return 0;
}

char *cbx_strndup(const char *bytes, size_t len)
{
	char *copy = malloc(len + 1);

	if (!copy)
		return NULL;
	if (len)
		memcpy(copy, bytes, len);
	copy[len] = '\0';
	return copy;
}
