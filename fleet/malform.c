// SPDX-License-Identifier: MIT
/* malform.c - makes a reply malformed, in one of the ways that contract 3.2 lists, so that nothing
 * in it may be believed */
#include "fleet/inside.h"

#include <string.h>

#define DEPTH 100

static void nest(struct cbx_text *reply)
{
	int i;

	cbx_text_clear(reply);
	cbx_text_puts(reply, "{\"verb\":{\"event\":\"job_list\"},\"object\":{\"jobs\":");
	for (i = 0; i < DEPTH; i++)
		cbx_text_putc(reply, '[');
	for (i = 0; i < DEPTH; i++)
		cbx_text_putc(reply, ']');
	cbx_text_puts(reply, "}}");
}

void cbx_fleet_malform(struct cbx_random *random, struct cbx_text *reply)
{
	switch (cbx_random_between(random, 0, 4)) {
	case 0: /* truncated */
		reply->len /= 2;
		break;
	case 1: /* invalid UTF-8 */
		if (reply->len > 2)
			memcpy(reply->bytes + reply->len / 2, "\xc0\x80", 2);
		break;
	case 2:
		nest(reply);
		break;
	case 3: /* not JSON */
		cbx_text_clear(reply);
		cbx_text_puts(reply, "<html><body>502 Bad Gateway</body></html>");
		break;
	default:
		cbx_text_clear(reply);
		break;
	}
}
