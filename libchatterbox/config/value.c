// SPDX-License-Identifier: MIT
/*
 * value.c - reads a value according to its key's type
 *
 * Types are strict: in JSON a number is not a text, and a text is not a number. Only a duration may
 * be both, "5m" or 300000 (ms). Variables and options have no types: their texts are parsed as JSON
 * if the key wants that and they parse, so a password of 12345 stays a text.
 */
#include "config/slots.h"

#include "common/text.h"
#include "common/utf8.h"

#include <errno.h>
#include <string.h>

#define LIST_MOST 256

static void wipe_text(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
}

void cbx_value_clear(struct cbx_value *value)
{
	size_t i;

	wipe_text(value->text);
	for (i = 0; i < value->count; i++)
		wipe_text(value->items[i]);
	free(value->items);
	*value = (struct cbx_value){ 0 };
}

static bool is_name(const char *text)
{
	return text[strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				 "0123456789._-")] == '\0';
}

static bool is_choice(const char *choices, const char *text)
{
	size_t len = strlen(text);
	const char *p;

	for (p = choices; *p; p += *p == '|') {
		size_t n = strcspn(p, "|");

		if (n == len && !memcmp(p, text, n))
			return true;
		p += n;
	}
	return false;
}

/* Is a port behind one of the hosts? In an address of IPv6 there are more colons than one. */
static bool holds_port(const char *hosts)
{
	const char *colon;
	size_t len;
	size_t end;

	for (; *hosts; hosts += len + (hosts[len] == ',')) {
		len = strcspn(hosts, ",");
		for (end = len; end && hosts[end - 1] == ' '; end--)
			;
		colon = memchr(hosts, ':', end);
		if (!colon || *hosts == '/')
			continue;
		if (memchr(hosts, ']', end)
			    ? hosts[end - 1] != ']'
			    : !memchr(colon + 1, ':', end - (size_t)(colon + 1 - hosts)))
			return true;
	}
	return false;
}

bool cbx_value_is_url(const struct cbx_key *key, const json_t *json)
{
	const char *name = strrchr(key->path, '.');
	const char *text = json_string_value(json);
	const char *scheme = text ? strstr(text, "://") : NULL;

	if (!text || (key->flags & CBX_KEY_SECRET))
		return false;
	if (name && !strcmp(name, ".host"))
		return scheme || strchr(text, '@') || holds_port(text);
	return scheme && strchr(scheme, '@');
}

static int read_text(const struct cbx_key *key, const json_t *json, char **out)
{
	const char *text = json_string_value(json);
	size_t len;

	if (!text || cbx_value_is_url(key, json))
		return CHATTERBOX_E_CONFIG;
	len = json_string_length(json);
	if ((int64_t)len < key->low || (int64_t)len > key->high)
		return CHATTERBOX_E_CONFIG;
	if ((key->type == CBX_KEY_CHOICE && !is_choice(key->hint, text)) ||
	    (key->type == CBX_KEY_NAME && !is_name(text)))
		return CHATTERBOX_E_CONFIG;
	*out = cbx_strndup(text, len);
	return *out ? 0 : -ENOMEM;
}

static int read_list(const struct cbx_key *key, const json_t *json, struct cbx_value *out)
{
	size_t count = json_array_size(json);
	bool all = (key->flags & CBX_KEY_OR_FLAG) && json_is_true(json);
	bool none = (key->flags & CBX_KEY_OR_FLAG) && json_is_false(json);
	size_t i;
	int r;

	if ((!json_is_array(json) && !all && !none) || count > LIST_MOST)
		return CHATTERBOX_E_CONFIG;
	out->items = calloc(count + 2, sizeof(*out->items));
	if (!out->items)
		return -ENOMEM;
	if (all) {
		out->items[0] = strdup("true");
		out->count = out->items[0] != NULL;
		return out->count ? 0 : -ENOMEM;
	}
	for (i = 0; i < count; i++) {
		r = key->hint ? cbx_node_read(key, json_array_get(json, i), &out->items[i])
			      : read_text(key, json_array_get(json, i), &out->items[i]);
		if (r < 0)
			return r;
		out->count++;
	}
	return 0;
}

/* Reads digits, and up to 9 digits of a fraction as billionths; false = none, or too many */
static bool read_decimal(const char **p, int64_t *whole, int64_t *billionths)
{
	int64_t scale = 100000000;
	const char *start = *p;

	*whole = 0;
	*billionths = 0;
	for (; **p >= '0' && **p <= '9'; (*p)++) {
		if (*p - start >= 12)
			return false;
		*whole = *whole * 10 + (**p - '0');
	}
	if (*p == start)
		return false;
	if (**p != '.')
		return true;
	start = ++*p;
	for (; **p >= '0' && **p <= '9'; (*p)++, scale /= 10)
		*billionths += (**p - '0') * scale;
	return *p > start && *p - start <= 9;
}

static bool read_duration(const char *text, int64_t *ms)
{
	static const struct {
		const char *unit;
		int64_t ms;
	} units[] = { { "", 1 }, { "ms", 1 }, { "s", 1000 }, { "m", 60000 }, { "h", 3600000 } };
	int64_t whole;
	int64_t billionths;
	size_t i;

	if (!read_decimal(&text, &whole, &billionths))
		return false;
	while (*text == ' ')
		text++;
	for (i = 0; i < CBX_COUNT(units); i++) {
		if (strcmp(units[i].unit, text) != 0)
			continue;
		*ms = whole * units[i].ms + billionths * units[i].ms / 1000000000;
		return true;
	}
	return false;
}

static int read_number(const struct cbx_key *key, const json_t *json, int64_t *out)
{
	int64_t number;

	if (key->type == CBX_KEY_FLAG) {
		if (!json_is_boolean(json))
			return CHATTERBOX_E_CONFIG;
		*out = json_is_true(json);
		return 0;
	}
	if (json_is_integer(json))
		number = json_integer_value(json);
	else if (key->type != CBX_KEY_DURATION || !json_is_string(json) ||
		 !read_duration(json_string_value(json), &number))
		return CHATTERBOX_E_CONFIG;
	if (number < key->low || number > key->high)
		return CHATTERBOX_E_CONFIG;
	*out = number;
	return 0;
}

/* Does @json reset the key to its default? */
static bool is_reset(const struct cbx_key *key, const json_t *json)
{
	if (json_is_null(json))
		return !key->initial || (key->type == CBX_KEY_LIST && key->hint);
	return (key->type == CBX_KEY_TEXT || key->type == CBX_KEY_NAME) && key->low > 0 &&
	       json_is_string(json) && json_string_length(json) == 0;
}

int cbx_value_read(const struct cbx_key *key, const json_t *json, struct cbx_value *out,
		   bool *reset)
{
	cbx_auto(cbx_value_clear) struct cbx_value value = { 0 };
	int r;

	if (is_reset(key, json)) {
		*reset = true;
		return 0;
	}
	switch (key->type) {
	case CBX_KEY_FLAG:
	case CBX_KEY_INTEGER:
	case CBX_KEY_DURATION:
		r = read_number(key, json, &value.number);
		break;
	case CBX_KEY_LIST:
		r = read_list(key, json, &value);
		break;
	case CBX_KEY_TEXT:
	case CBX_KEY_NAME:
	case CBX_KEY_CHOICE:
	default:
		r = read_text(key, json, &value.text);
		break;
	}
	if (r < 0)
		return r;
	*out = value;
	value = (struct cbx_value){ 0 };
	*reset = false;
	return 0;
}

static bool wants_text(enum cbx_key_type type)
{
	return type == CBX_KEY_TEXT || type == CBX_KEY_NAME || type == CBX_KEY_CHOICE;
}

int cbx_value_parse(const struct cbx_key *key, const char *text, json_t **out)
{
	size_t len = strlen(text);
	json_t *json = NULL;

	if (!cbx_utf8_valid(text, len))
		return CHATTERBOX_E_CONFIG;
	if (cbx_json_read(text, len, &json, NULL) == -ENOMEM)
		return -ENOMEM;
	if (json && key && wants_text(key->type) && !json_is_string(json))
		cbx_json_wipe(&json);
	if (!json)
		json = json_stringn(text, len);
	if (!json)
		return -ENOMEM;
	*out = json;
	return 0;
}
