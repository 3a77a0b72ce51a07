/* SPDX-License-Identifier: MIT */
/*
 * number.h - decimal numbers and their texts, whatever the host's locale is
 *
 * "Shortest" is the text with the fewest digits that still names the same double.
 */
#ifndef CBX_BASE_NUMBER_H
#define CBX_BASE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CBX_NUMBER_TEXT 32
#define CBX_COUNT_MAX (((int64_t)1 << 53) - 1)

/* Parses all of the text: [-]digits[.digits][e[+-]digits]. False: not a number, or out of range. */
bool cbx_number_parse(const char *bytes, size_t len, double *out);
/* Parses an integer in 0..2^53-1, however it is written: 5, 5.0, 1e3 */
bool cbx_number_integer(const char *bytes, size_t len, int64_t *out);
/* Normalises a number in [0, max] to its shortest form without an exponent: 42, 42.5, 0.001; too
 * small a number becomes 0. False: not a number, or out of range. @value may be NULL. */
bool cbx_number_plain(const char *bytes, size_t len, double max, char out[CBX_NUMBER_TEXT],
		      double *value);
/* The shortest text of any finite @value, valid in JSON too; NaN and infinities give "0".
 * Returns its length. */
size_t cbx_number_format(double value, char out[CBX_NUMBER_TEXT]);

#endif
