// SPDX-License-Identifier: MIT
/*
 * accept.c - reads the headers Accept and Accept-Encoding
 *
 * A client gets OpenMetrics only if it names it; wildcards get the older format, which every reader
 * understands.
 */
#include "accept.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The q parameter of one range, in thousandths; 1000 if there is none */
static int quality(const char *range, size_t len)
{
	const char *end = range + len;
	const char *p = range;

	while ((p = memchr(p, ';', (size_t)(end - p)))) {
		int value = 0;
		int scale = 1000;

		for (p++; p < end && *p == ' '; p++)
			;
		if (end - p < 2 || (*p != 'q' && *p != 'Q') || p[1] != '=')
			continue;
		for (p += 2; p < end && ((*p >= '0' && *p <= '9') || *p == '.'); p++) {
			if (*p == '.')
				continue;
			value += (*p - '0') * scale;
			scale /= 10;
		}
		return value;
	}
	return 1000;
}

bool cbd_accept_openmetrics(const char *accept)
{
	static const char openmetrics[] = "application/openmetrics-text";
	static const char plain[] = "text/plain";
	int wants_openmetrics = 0;
	int wants_plain = 0;

	while (accept && *accept) {
		size_t len = strcspn(accept, ",");
		const char *range = accept + strspn(accept, " \t");
		size_t rest = len - (size_t)(range - accept);
		size_t type = strcspn(range, ";, \t");
		int q = quality(range, rest);

		if (type == sizeof(openmetrics) - 1 && !strncasecmp(range, openmetrics, type))
			wants_openmetrics = q > wants_openmetrics ? q : wants_openmetrics;
		if (type == sizeof(plain) - 1 && !strncasecmp(range, plain, type))
			wants_plain = q > wants_plain ? q : wants_plain;
		accept += len + (accept[len] == ',');
	}
	return wants_openmetrics && wants_openmetrics >= wants_plain;
}

bool cbd_accept_gzip(const char *accept_encoding)
{
	int gzip = -1; /* not named */
	int any = 0;

	while (accept_encoding && *accept_encoding) {
		size_t len = strcspn(accept_encoding, ",");
		const char *coding = accept_encoding + strspn(accept_encoding, " \t");
		size_t rest = coding < accept_encoding + len
				      ? len - (size_t)(coding - accept_encoding)
				      : 0;
		size_t name = strcspn(coding, ";, \t");
		int q = quality(coding, rest);

		if ((name == 4 && !strncasecmp(coding, "gzip", name)) ||
		    (name == 6 && !strncasecmp(coding, "x-gzip", name)))
			gzip = q;
		else if (name == 1 && *coding == '*')
			any = q;
		accept_encoding += len + (accept_encoding[len] == ',');
	}
	return (gzip < 0 ? any : gzip) > 0;
}
