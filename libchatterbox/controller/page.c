// SPDX-License-Identifier: MIT
/*
 * page.c - limits and cursors of paged answers
 *
 * A cursor is the key of the last row, so it is valid on every instance and survives whatever
 * happens between two pages.
 */
#include "base/read.h"
#include "controller/job_api.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LIMIT_DEFAULT 100
#define LIMIT_MOST 1000

int cbx_page_limit(const json_t *params, size_t *limit, char error[CBX_API_ERROR])
{
	const json_t *value = json_object_get(params, "limit");
	int64_t number = -1;

	*limit = LIMIT_DEFAULT;
	if (!value || json_is_null(value))
		return 0;
	if (json_is_integer(value))
		number = json_integer_value(value);
	else if (json_is_string(value) &&
		 !cbx_parse_count(json_string_value(value), json_string_length(value), &number))
		number = -1;
	if (number < 1 || number > LIMIT_MOST) {
		snprintf(error, CBX_API_ERROR, "limit: takes an integer 1..%d", LIMIT_MOST);
		return -EINVAL;
	}
	*limit = (size_t)number;
	return 0;
}

static int hex(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = c ? strchr(digits, c) : NULL;

	return at ? (int)(at - digits) : -1;
}

bool cbx_hex_read(const char *text, size_t len, char out[CBX_HEX_TEXT])
{
	size_t i;

	if (len % 2 || len / 2 >= CBX_HEX_TEXT || !len)
		return false;
	for (i = 0; i < len / 2; i++) {
		int high = hex(text[2 * i]);
		int low = hex(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		out[i] = (char)(high * 16 + low);
	}
	out[len / 2] = '\0';
	return strlen(out) == len / 2;
}

void cbx_hex_write(struct cbx_text *out, const char *text)
{
	const unsigned char *p;

	for (p = (const unsigned char *)text; *p; p++)
		cbx_text_printf(out, "%02x", *p);
}

/* "<system in hex>.<job_id>" */
static bool parse_cursor(const char *text, struct cbx_page *page)
{
	const char *dot = strchr(text, '.');
	const char *name = page->system;
	size_t n;

	if (!dot || !cbx_parse_count(dot + 1, strlen(dot + 1), &page->job_id) ||
	    !cbx_hex_read(text, (size_t)(dot - text), page->system))
		return false;
	n = strlen(page->system);
	return cbx_system_name(&name, &n) && n == strlen(page->system);
}

int cbx_page_parse(const json_t *params, struct cbx_page *page, char error[CBX_API_ERROR])
{
	const json_t *cursor = json_object_get(params, "cursor");
	int result = cbx_page_limit(params, &page->limit, error);

	page->system[0] = '\0';
	page->job_id = -1;
	if (result < 0 || !cursor || json_is_null(cursor))
		return result;
	if (json_is_string(cursor) && parse_cursor(json_string_value(cursor), page))
		return 0;
	snprintf(error, CBX_API_ERROR, "cursor: takes the `next` of an earlier page");
	return -EINVAL;
}

void cbx_page_next(struct cbx_text *out, const char *system, int64_t job_id)
{
	if (!system) {
		cbx_text_puts(out, "null");
		return;
	}
	cbx_text_putc(out, '"');
	cbx_hex_write(out, system);
	cbx_text_printf(out, ".%lld\"", (long long)job_id);
}
