// SPDX-License-Identifier: MIT
/*
 * show.c - shows keys and values to people: the "takes …" of a problem and the JSON of
 * --print-config
 *
 * A secret is always shown as "***".
 */
#include "common/text.h"
#include "config/slots.h"

#include <string.h>

static void choices(struct cbx_text *text, const char *all)
{
	size_t n;

	for (;; all += n + 1) {
		n = strcspn(all, "|");
		cbx_text_add(text, all, n);
		if (!all[n])
			return;
		cbx_text_puts(text, strchr(all + n + 1, '|') ? ", " : " or ");
	}
}

static void texts(struct cbx_text *text, const struct cbx_key *key)
{
	cbx_text_printf(text, "of %s%lld bytes", key->low ? "1.." : "at most ",
			(long long)key->high);
}

int cbx_value_takes(const struct cbx_key *key, char **out)
{
	struct cbx_text text = { 0 };

	switch (key->type) {
	case CBX_KEY_FLAG:
		cbx_text_puts(&text, "true or false");
		break;
	case CBX_KEY_INTEGER:
		cbx_text_printf(&text, "an integer %lld..%lld", (long long)key->low,
				(long long)key->high);
		if (key->hint)
			cbx_text_printf(&text, " (%s)", key->hint);
		break;
	case CBX_KEY_DURATION:
		cbx_text_puts(&text, "a duration 1ms..24h: a number with ms, s, m or h, or of ms");
		break;
	case CBX_KEY_NAME:
		cbx_text_puts(&text, "1..64 of the characters A-Z a-z 0-9 . _ -");
		break;
	case CBX_KEY_CHOICE:
		choices(&text, key->hint);
		break;
	case CBX_KEY_LIST:
		if (key->hint) {
			cbx_text_puts(&text, "a list of {\"host\",\"port\"} or \"host:port\"");
			if (key->flags & CBX_KEY_OR_FLAG)
				cbx_text_puts(&text, ", or true or false");
			break;
		}
		cbx_text_puts(&text, "a list of texts, each ");
		texts(&text, key);
		break;
	case CBX_KEY_TEXT:
	default:
		cbx_text_puts(&text, "a text ");
		texts(&text, key);
		break;
	}
	return cbx_text_take(&text, out, NULL);
}

static void show_duration(struct cbx_text *text, int64_t ms)
{
	static const struct {
		const char *unit;
		int64_t ms;
	} units[] = { { "h", 3600000 }, { "m", 60000 }, { "s", 1000 }, { "ms", 1 } };
	size_t i = 0;

	while (ms % units[i].ms)
		i++;
	cbx_text_printf(text, "\"%lld%s\"", (long long)(ms / units[i].ms), units[i].unit);
}

static void show_list(struct cbx_text *text, const struct cbx_key *key,
		      const struct cbx_value *value)
{
	size_t i;

	if ((key->flags & CBX_KEY_OR_FLAG) && value->count == 1 &&
	    !strcmp(value->items[0], "true")) {
		cbx_text_puts(text, "true");
		return;
	}
	cbx_text_putc(text, '[');
	for (i = 0; i < value->count; i++) {
		if (i)
			cbx_text_putc(text, ',');
		cbx_text_json_string(text, value->items[i]);
	}
	cbx_text_putc(text, ']');
}

static void show_text(struct cbx_text *text, const struct cbx_key *key, const char *value)
{
	if (!value)
		cbx_text_puts(text, "null");
	else if (key->flags & CBX_KEY_SECRET)
		cbx_text_puts(text, "\"***\"");
	else
		cbx_text_json_string(text, value);
}

void cbx_value_show(struct cbx_text *text, const struct cbx_key *key, const struct cbx_slot *slot)
{
	switch (key->type) {
	case CBX_KEY_FLAG:
		cbx_text_puts(text, slot->number ? "true" : "false");
		break;
	case CBX_KEY_INTEGER:
		cbx_text_printf(text, "%lld", (long long)slot->number);
		break;
	case CBX_KEY_DURATION:
		show_duration(text, slot->number);
		break;
	case CBX_KEY_LIST:
		show_list(text, key, &slot->value);
		break;
	case CBX_KEY_TEXT:
	case CBX_KEY_NAME:
	case CBX_KEY_CHOICE:
	default:
		show_text(text, key, slot->value.text);
		break;
	}
}

int chatterbox_config_to_json(const struct chatterbox_config *config, char **text)
{
	struct cbx_text out = { 0 };
	size_t i;

	for (i = 0; i < cbx_key_count; i++) {
		const struct cbx_slot *slot = &config->slots[i];
		const char *from = slot->from ? slot->from : "default";

		cbx_text_puts(&out, i ? ",\n  " : "{\n  ");
		cbx_text_json_string(&out, cbx_keys[i].path);
		cbx_text_puts(&out, ": {\"value\": ");
		cbx_value_show(&out, &cbx_keys[i], slot);
		cbx_text_puts(&out, ", \"from\": ");
		cbx_text_json_string(&out, slot->lowered ? "rmq_rpc.rpc_timeout" : from);
		cbx_text_putc(&out, '}');
	}
	cbx_text_puts(&out, "\n}\n");
	return cbx_text_take(&out, text, NULL);
}
