// SPDX-License-Identifier: MIT
/* read.c - checks and parses counts, system names and times, for every input alike (contract 1.1)
 */
#include "base/read.h"
#include "common/cleanup.h"
#include "common/utf8.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#define COUNT_MAX ((int64_t)1 << 53)
/* The years 0 to 9999, in ms since the epoch */
#define TIME_FIRST (-62167219200000LL)
#define TIME_LAST 253402300799999LL

/* White_Space of Unicode, and the byte order mark, which comes with text that was pasted */
static bool is_space(uint32_t c)
{
	static const uint32_t wide[] = { 0x85,   0xa0,   0x1680, 0x2028, 0x2029,
					 0x202f, 0x205f, 0x3000, 0xfeff };
	size_t i;

	if (c <= 0x20)
		return c == ' ' || (c >= '\t' && c <= '\r');
	for (i = 0; i < CBX_COUNT(wide); i++)
		if (c == wide[i])
			return true;
	return c >= 0x2000 && c <= 0x200a;
}

/* Length of the white space at the start of @len bytes; 0 = there is none */
static size_t first_space(const char *bytes, size_t len)
{
	uint32_t c;
	size_t step = len ? cbx_utf8_next(bytes, len, &c) : 0;

	return step && is_space(c) ? step : 0;
}

static size_t last_space(const char *bytes, size_t len)
{
	size_t step;

	for (step = 1; step <= 3 && step <= len; step++)
		if (first_space(bytes + len - step, step) == step)
			return step;
	return 0;
}

void cbx_trim(const char **bytes, size_t *len)
{
	size_t step;

	while ((step = first_space(*bytes, *len))) {
		*bytes += step;
		*len -= step;
	}
	while ((step = last_space(*bytes, *len)))
		*len -= step;
}

bool cbx_parse_count(const char *bytes, size_t len, int64_t *out)
{
	int64_t value = 0;
	size_t i;

	if (!len)
		return false;
	for (i = 0; i < len; i++) {
		if (bytes[i] < '0' || bytes[i] > '9')
			return false;
		value = value * 10 + (bytes[i] - '0');
		if (value >= COUNT_MAX)
			return false;
	}
	*out = value;
	return true;
}

bool cbx_system_name(const char **bytes, size_t *len)
{
	const char *name = *bytes;
	size_t n = *len;
	size_t i;

	cbx_trim(&name, &n);
	if (!n || n > 64 || !cbx_utf8_valid(name, n))
		return false;
	for (i = 0; i < n; i++) {
		unsigned char c = (unsigned char)name[i];

		if (c < 0x20 || c == 0x7f || c == '/')
			return false;
		/* C1 control characters, U+0080..U+009F, are C2 80..C2 9F */
		if (c == 0xc2 && (unsigned char)name[i + 1] < 0xa0)
			return false;
	}
	*bytes = name;
	*len = n;
	return true;
}

const char *cbx_system_trim(const char *name, char out[80])
{
	const char *bytes = name;
	size_t len = strlen(name);

	if (!cbx_system_name(&bytes, &len))
		return name;
	memcpy(out, bytes, len);
	out[len] = '\0';
	return out;
}

/* The last @count digits of @value, and @after */
static char *put_digits(char *out, int value, int count, char after)
{
	int i;

	for (i = count; i--; value /= 10)
		out[i] = (char)('0' + value % 10);
	out[count] = after;
	return out + count + 1;
}

void cbx_time_text(int64_t ms, char out[CBX_TIME_TEXT])
{
	time_t seconds = (time_t)(ms / 1000);
	int rest = (int)(ms % 1000);
	struct tm tm;

	if (rest < 0) {
		rest += 1000;
		seconds--;
	}
	if (ms < TIME_FIRST || ms > TIME_LAST || !gmtime_r(&seconds, &tm)) {
		seconds = 0;
		rest = 0;
		gmtime_r(&seconds, &tm);
	}
	out = put_digits(out, tm.tm_year + 1900, 4, '-');
	out = put_digits(out, tm.tm_mon + 1, 2, '-');
	out = put_digits(out, tm.tm_mday, 2, 'T');
	out = put_digits(out, tm.tm_hour, 2, ':');
	out = put_digits(out, tm.tm_min, 2, ':');
	out = put_digits(out, tm.tm_sec, 2, '.');
	out = put_digits(out, rest, 3, 'Z');
	*out = '\0';
}

/* Takes exactly @count digits; *@p moves behind them */
static bool take_digits(const char **p, int count, int *out)
{
	*out = 0;
	for (; count; count--, (*p)++) {
		if (**p < '0' || **p > '9')
			return false;
		*out = *out * 10 + (**p - '0');
	}
	return true;
}

/* What follows the seconds: a fraction, then nothing, 'Z', or an offset */
static bool parse_tail(const char *p, int *ms, int *offset_minutes)
{
	int scale = 100;
	int hours = 0;
	int minutes = 0;
	char sign;

	*ms = 0;
	*offset_minutes = 0;
	if (*p == '.') {
		for (p++; *p >= '0' && *p <= '9'; p++, scale /= 10)
			*ms += (*p - '0') * scale;
	}
	if (!*p || !strcmp(p, "Z"))
		return true;
	sign = *p++;
	if ((sign != '+' && sign != '-') || !take_digits(&p, 2, &hours))
		return false;
	if (*p == ':' && (p++, !take_digits(&p, 2, &minutes)))
		return false;
	*offset_minutes = (hours * 60 + minutes) * (sign == '-' ? -1 : 1);
	return !*p && hours < 24 && minutes < 60;
}

static bool in_range(const struct tm *tm)
{
	return tm->tm_mon >= 1 && tm->tm_mon <= 12 && tm->tm_mday >= 1 && tm->tm_mday <= 31 &&
	       tm->tm_hour <= 23 && tm->tm_min <= 59 && tm->tm_sec <= 60;
}

/* Takes date and time up to the seconds, all digits */
static bool parse_head(const char **p, struct tm *tm)
{
	static const char separators[] = "-- ::";
	int *const parts[] = { &tm->tm_year, &tm->tm_mon, &tm->tm_mday,
			       &tm->tm_hour, &tm->tm_min, &tm->tm_sec };
	size_t i;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		if (i && **p != separators[i - 1] && !(i == 3 && **p == 'T'))
			return false;
		*p += i > 0;
		if (!take_digits(p, i ? 2 : 4, parts[i]))
			return false;
	}
	return in_range(tm);
}

bool cbx_time_parse(const char *text, int64_t *ms)
{
	struct tm tm = { 0 };
	int64_t found;
	int fraction;
	int offset;

	if (!parse_head(&text, &tm) || !parse_tail(text, &fraction, &offset))
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	found = ((int64_t)timegm(&tm) - (int64_t)offset * 60) * 1000 + fraction;
	if (found < TIME_FIRST || found > TIME_LAST)
		return false;
	*ms = found;
	return true;
}

void cbx_uuid(char out[CBX_UUID_TEXT])
{
	unsigned char b[16] = { 0 };

	if (getrandom(b, sizeof(b), 0) != (ssize_t)sizeof(b)) {
		uint64_t now = (uint64_t)time(NULL);

		memcpy(b, &now, sizeof(now));
	}
	b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
	b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
	snprintf(out, CBX_UUID_TEXT,
		 "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
		 b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14],
		 b[15]);
}
