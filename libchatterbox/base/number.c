// SPDX-License-Identifier: MIT
/*
 * number.c - reads and writes decimal numbers without the locale
 *
 * A number is kept as its digits and the place of its point as long as possible. Up to 15 digits
 * its text is already the shortest one, so the common case needs neither strtod() nor printf(). The
 * rest uses those, with this thread set to the "C" locale.
 */
#include "base/number.h"

#include "common/text.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS 20 /* more digits change a double by its last bit at most */
#define EXACT 15  /* so many survive decimal -> double -> decimal */
#define POINT_MAX 4096

/* 0.DIGITS * 10^point; no leading or trailing zeros; zero has no digits */
struct decimal {
	bool negative;
	int count;
	int point;
	char digits[DIGITS + 1];
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static void decimal_push(struct decimal *d, char digit, bool fraction)
{
	if (!d->count && digit == '0') {
		d->point -= fraction && d->point > -POINT_MAX;
		return;
	}
	if (d->count < DIGITS)
		d->digits[d->count++] = digit;
	d->point += !fraction && d->point < POINT_MAX;
}

static bool read_exponent(const char *p, const char *end, int *exponent)
{
	bool negative = false;
	int value = 0;

	if (p < end && (*p == '+' || *p == '-'))
		negative = *p++ == '-';
	if (p == end)
		return false;
	for (; p < end; p++) {
		if (!is_digit(*p))
			return false;
		if (value < POINT_MAX)
			value = value * 10 + (*p - '0');
	}
	*exponent = negative ? -value : value;
	return true;
}

static bool decimal_read(const char *bytes, size_t len, struct decimal *out)
{
	struct decimal d = { 0 };
	const char *p = bytes;
	const char *end = bytes + len;
	int exponent = 0;
	bool fraction = false;
	bool any = false;

	if (p < end && *p == '-') {
		d.negative = true;
		p++;
	}
	for (; p < end; p++) {
		if (*p == '.' && !fraction) {
			fraction = true;
			continue;
		}
		if (!is_digit(*p))
			break;
		any = true;
		decimal_push(&d, *p, fraction);
	}
	if (!any)
		return false;
	if (p < end && ((*p != 'e' && *p != 'E') || !read_exponent(p + 1, end, &exponent)))
		return false;
	while (d.count && d.digits[d.count - 1] == '0')
		d.count--;
	d.point = d.count ? d.point + exponent : 0;
	*out = d;
	return true;
}

static double to_double_slowly(const struct decimal *d)
{
	locale_t c = newlocale(LC_ALL_MASK, "C", NULL);
	char text[DIGITS + 16];
	double value;

	if (!c)
		return NAN;
	snprintf(text, sizeof(text), "0.%.*se%d", d->count, d->digits, d->point);
	value = strtod_l(text, NULL, c);
	freelocale(c);
	return value;
}

/* Without the sign */
static double to_double(const struct decimal *d)
{
	static const double powers[] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
					 1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
					 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };
	int scale = d->point - d->count;
	uint64_t digits = 0;
	int i;

	/* both factors are exact, so one operation rounds once */
	if (d->count > EXACT || scale > 22 || scale < -22)
		return to_double_slowly(d);
	for (i = 0; i < d->count; i++)
		digits = digits * 10 + (uint64_t)(d->digits[i] - '0');
	return scale < 0 ? (double)digits / powers[-scale] : (double)digits * powers[scale];
}

/* The same of up to 15 digits that are not far from the point: both factors are exact, so that the
 * first n / 10^k that gives back @value is its shortest text */
static bool from_short(double value, struct decimal *out)
{
	char text[2 * CBX_INTEGER_TEXT];
	double power = 1;
	double n = rint(value);
	size_t len;
	int k;

	for (k = 0; n / power != value; n = rint(value * power)) {
		power *= 10;
		if (++k > 22 || !(fabs(n) < 1e15))
			return false;
	}
	if (!(fabs(n) < 1e15))
		return false;
	len = cbx_integer_text((int64_t)n, text);
	text[len++] = 'e';
	len += cbx_integer_text(-k, text + len);
	return decimal_read(text, len, out);
}

/* The fewest digits that give back the finite @value */
static bool from_double(double value, struct decimal *out)
{
	locale_t c;
	locale_t old;
	char text[40];
	int precision;
	bool ok = false;

	if (from_short(value, out))
		return true;
	c = newlocale(LC_ALL_MASK, "C", NULL);
	if (!c)
		return false;
	old = uselocale(c);
	for (precision = EXACT - 1; !ok && precision <= 16; precision++) {
		snprintf(text, sizeof(text), "%.*e", precision, value);
		ok = strtod(text, NULL) == value;
	}
	uselocale(old);
	freelocale(c);
	return ok && decimal_read(text, strlen(text), out);
}

/* Length of the text without exponent, 0 when it does not fit */
static size_t layout_plain(const struct decimal *d, char out[CBX_NUMBER_TEXT])
{
	int whole = d->point > 0 ? d->point : 0;
	int zeros = d->point < 0 ? -d->point : 0;
	int digits = d->count > whole ? zeros + d->count : whole;
	char *p = out;
	int i;

	if (digits + 3 >= CBX_NUMBER_TEXT) /* a sign and "0." */
		return 0;
	if (d->negative && d->count)
		*p++ = '-';
	for (i = 0; i < whole; i++)
		*p++ = i < d->count ? d->digits[i] : '0';
	if (!whole)
		*p++ = '0';
	if (d->count > whole) {
		*p++ = '.';
		for (i = 0; i < zeros; i++)
			*p++ = '0';
		for (i = whole; i < d->count; i++)
			*p++ = d->digits[i];
	}
	*p = '\0';
	return (size_t)(p - out);
}

bool cbx_number_parse(const char *bytes, size_t len, double *out)
{
	struct decimal d;
	double value;

	if (!decimal_read(bytes, len, &d))
		return false;
	value = to_double(&d);
	if (!isfinite(value))
		return false;
	*out = d.negative ? -value : value;
	return true;
}

bool cbx_number_integer(const char *bytes, size_t len, int64_t *out)
{
	struct decimal d;
	int64_t value = 0;
	int i;

	if (!decimal_read(bytes, len, &d) || (d.negative && d.count))
		return false;
	if (d.count > d.point || d.point > 16)
		return false;
	for (i = 0; i < d.point; i++)
		value = value * 10 + (i < d.count ? d.digits[i] - '0' : 0);
	if (value > CBX_COUNT_MAX)
		return false;
	*out = value;
	return true;
}

bool cbx_number_plain(const char *bytes, size_t len, double max, char out[CBX_NUMBER_TEXT],
		      double *value)
{
	struct decimal d;
	double number;

	if (!decimal_read(bytes, len, &d) || (d.negative && d.count))
		return false;
	number = to_double(&d);
	if (!(number <= max))
		return false;
	if (d.count > EXACT && !from_double(number, &d))
		return false;
	if (!layout_plain(&d, out)) {
		if (d.point > 0)
			return false;
		memcpy(out, "0", 2);
		number = 0;
	}
	if (value)
		*value = number;
	return true;
}

size_t cbx_number_format(double value, char out[CBX_NUMBER_TEXT])
{
	struct decimal d = { 0 };
	size_t len;

	if (value >= -(double)CBX_COUNT_MAX && value <= (double)CBX_COUNT_MAX &&
	    value == (double)(int64_t)value)
		return (size_t)snprintf(out, CBX_NUMBER_TEXT, "%lld", (long long)value);
	if (isfinite(value) && !from_double(value, &d))
		d.count = 0;
	len = layout_plain(&d, out);
	if (len)
		return len;
	return (size_t)snprintf(out, CBX_NUMBER_TEXT, "%s%c%s%.*se%d", d.negative ? "-" : "",
				d.digits[0], d.count > 1 ? "." : "", d.count - 1, d.digits + 1,
				d.point - 1);
}
