// SPDX-License-Identifier: MIT
/*
 * percent.c - the two figures that systems report as text: how far, and how fast
 *
 * Decides what of a free text is still a figure (contract 1.1): a percent must be one, or the
 * member is dropped; a speed is for people, so its text stays as it is and only its meaning may be
 * 0.
 */
#include "base/number.h"
#include "domain/status.h"

_Static_assert(CBX_PERCENT_TEXT == CBX_NUMBER_TEXT, "a percent is a number's text");

bool cbx_percent_parse(const char *bytes, size_t len, char out[CBX_PERCENT_TEXT], double *value)
{
	cbx_trim(&bytes, &len);
	if (len && bytes[len - 1] == '%') {
		len--;
		cbx_trim(&bytes, &len);
	}
	return cbx_number_plain(bytes, len, 100, out, value);
}

static double unit_factor(char unit)
{
	switch (unit) {
	case 'k':
	case 'K':
		return 1024.0;
	case 'm':
	case 'M':
		return 1024.0 * 1024;
	case 'g':
	case 'G':
		return 1024.0 * 1024 * 1024;
	case 't':
	case 'T':
		return 1024.0 * 1024 * 1024 * 1024;
	default:
		return 1;
	}
}

double cbx_speed_parse(const char *bytes, size_t len)
{
	bool point = false;
	double number;
	size_t n;

	for (n = 0; n < len; n++) {
		if (bytes[n] == '.' && !point)
			point = true;
		else if (bytes[n] < '0' || bytes[n] > '9')
			break;
	}
	if (!cbx_number_parse(bytes, n, &number))
		return 0;
	while (n < len && bytes[n] == ' ')
		n++;
	return n < len ? number * unit_factor(bytes[n]) : number;
}
