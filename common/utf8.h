/* SPDX-License-Identifier: MIT */
/* utf8.h - well-formed UTF-8 by RFC 3629: no overlong forms, surrogates or code points past
 * U+10FFFF */
#ifndef CBX_COMMON_UTF8_H
#define CBX_COMMON_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool cbx_utf8_valid(const char *bytes, size_t len);
/* The length of the sequence at @bytes (of which there is at least one byte), and its code point;
 * 0: not well-formed */
size_t cbx_utf8_next(const char *bytes, size_t left, uint32_t *code);
/* C0, DEL, C1 and the line separators: what may move a terminal's cursor or break a line */
bool cbx_utf8_control(uint32_t code);

#endif
