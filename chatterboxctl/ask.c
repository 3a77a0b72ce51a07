// SPDX-License-Identifier: MIT
/* ask.c - JSON from chatterboxd, and its refusals as sentences with what to do */
#include "ask.h"

#include "common/json.h"
#include "say.h"

#include <string.h>

#define PAGE 1000

static const char *advice(const struct ctl_options *options, long code)
{
	switch (code) {
	case 401:
		if (options->token)
			return "see whether it is the token where chatterboxd runs, which a reload "
			       "may "
			       "have changed, and what --token-file or CHATTERBOX_TOKEN gives here";
		return "give the token (http_server.token, or read_token to read) by --token-file "
		       "or CHATTERBOX_TOKEN";
	case 403:
		return "set http_server.token where chatterboxd runs, and give it here by "
		       "--token-file or CHATTERBOX_TOKEN";
	case 404:
		return "see whether the name is right, and that chatterboxd is as new as this "
		       "program";
	case 409:
		return "no instance leads just now: try again, or see `chatterboxctl doctor`";
	case 502:
		return "nl-hdms says no; its own log knows more";
	case 503:
	case 500:
		return "`chatterboxctl doctor` says which server is missing";
	case 504:
		return "nl-hdms did not answer; the order may still be carried out";
	default:
		return NULL;
	}
}

int ctl_ask_refuse(const struct ctl_options *options, const struct ctl_reply *reply)
{
	cbx_auto(json_decrefp) json_t *problem = NULL;
	const char *hint = advice(options, reply->code);
	const char *detail;
	const char *code;

	if (reply->body.len)
		cbx_json_read(reply->body.bytes, reply->body.len, &problem, NULL);
	detail = json_string_value(json_object_get(problem, "detail"));
	code = json_string_value(json_object_get(problem, "code"));
	ctl_say("%s: %ld%s%s%s%s%s%s%s", reply->url, reply->code, detail ? " " : "",
		detail ? detail : "", code ? " (" : "", code ? code : "", code ? ")" : "",
		hint ? "; " : "", hint ? hint : "");
	return CTL_NO;
}

int ctl_ask_strange(const struct ctl_options *options, const char *path)
{
	ctl_say("%s%s: what came is no answer of chatterboxd's; see that --url or CHATTERBOX_URL "
		"leads to one",
		options->url, path);
	return CTL_UNAVAILABLE;
}

int ctl_ask(const struct ctl_options *options, const char *method, const char *path,
	    const char *body, json_t **out)
{
	cbx_auto(ctl_reply_free) struct ctl_reply reply = { 0 };
	cbx_auto(json_decrefp) json_t *json = NULL;
	int result = ctl_http(options, method, path, body, &reply);

	if (result)
		return result;
	if (reply.code >= 400)
		return ctl_ask_refuse(options, &reply);
	if (cbx_json_read(reply.body.bytes ? reply.body.bytes : "", reply.body.len, &json, NULL) ==
	    -ENOMEM) {
		ctl_say_memory();
		return CTL_UNAVAILABLE;
	}
	if (reply.code < 200 || reply.code >= 300 || !json_is_object(json))
		return ctl_ask_strange(options, path);
	*out = cbx_steal(json);
	return CTL_OK;
}

int ctl_ask_text(const struct ctl_options *options, const char *path, long *code, char **out)
{
	cbx_auto(ctl_reply_free) struct ctl_reply reply = { 0 };
	int result = ctl_http(options, "GET", path, NULL, &reply);

	if (result)
		return result;
	if (code)
		*code = reply.code;
	else if (reply.code >= 400)
		return ctl_ask_refuse(options, &reply);
	cbx_text_puts(&reply.body, "");
	if (cbx_text_take(&reply.body, out, NULL) < 0) {
		ctl_say_memory();
		return CTL_UNAVAILABLE;
	}
	return CTL_OK;
}

static size_t page_size(const struct ctl_options *options, size_t have)
{
	if (!options->limit || (size_t)options->limit - have > PAGE)
		return PAGE;
	return (size_t)options->limit - have;
}

static int ask_page(const struct ctl_options *options, const char *path, const char *query,
		    const char *cursor, size_t have, json_t **out)
{
	struct cbx_text text = { 0 };
	cbx_auto(cbx_freep) char *address = NULL;

	cbx_text_printf(&text, "%s?%slimit=%zu", path, query, page_size(options, have));
	if (cursor) {
		cbx_text_puts(&text, "&cursor=");
		ctl_encode(&text, cursor);
	}
	if (cbx_text_take(&text, &address, NULL) < 0) {
		ctl_say_memory();
		return CTL_UNAVAILABLE;
	}
	return ctl_ask(options, "GET", address, NULL, out);
}

/* A page may be empty though others follow (contract 6.2). A cursor that comes again would never
 * end. */
static bool goes_on(const json_t *page, const char *before)
{
	const char *next = json_string_value(json_object_get(page, "next"));

	return next && !(before && !strcmp(next, before));
}

int ctl_ask_all(const struct ctl_options *options, const char *path, const char *query,
		const char *name, json_t **out)
{
	cbx_auto(json_decrefp) json_t *all = json_array();
	cbx_auto(json_decrefp) json_t *page = NULL;
	cbx_auto(json_decrefp) json_t *before = NULL; /* owns the cursor */
	const char *cursor = NULL;
	int result;

	do {
		json_t *entries;

		json_decref(before);
		before = cbx_steal(page);
		cursor = json_string_value(json_object_get(before, "next"));
		result = ask_page(options, path, query, cursor, json_array_size(all), &page);
		if (result)
			return result;
		entries = json_object_get(page, name);
		if (!json_is_array(entries))
			return ctl_ask_strange(options, path);
		if (json_array_extend(all, entries) < 0)
			goto memory;
		if (!goes_on(page, cursor))
			break;
	} while (!options->limit || json_array_size(all) < (size_t)options->limit);
	if (json_object_set_new(page, name, cbx_steal(all)) < 0)
		goto memory;
	*out = cbx_steal(page);
	return CTL_OK;
memory:
	ctl_say_memory();
	return CTL_UNAVAILABLE;
}

void ctl_add_filter(struct cbx_text *query, const char *name, const char *value)
{
	if (!value)
		return;
	cbx_text_printf(query, "%s=", name);
	ctl_encode(query, value);
	cbx_text_putc(query, '&');
}

void ctl_add_one(struct cbx_text *query, const char *name, const char *value)
{
	if (!value)
		return;
	cbx_text_printf(query, "%s=", name);
	for (; *value; value++) {
		const char one[] = { *value, '\0' };

		if (*value == ',')
			cbx_text_puts(query, "%5C");
		ctl_encode(query, one);
	}
	cbx_text_putc(query, '&');
}

int ctl_ask_list(const struct ctl_options *options, const char *path, struct cbx_text *query,
		 const char *name, json_t **out)
{
	cbx_auto(cbx_freep) char *filters = NULL;

	cbx_text_puts(query, "");
	if (cbx_text_take(query, &filters, NULL) < 0) {
		ctl_say_memory();
		return CTL_UNAVAILABLE;
	}
	return ctl_ask_all(options, path, filters, name, out);
}
