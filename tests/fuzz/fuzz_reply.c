// SPDX-License-Identifier: MIT
/*
 * fuzz_reply.c - the body of an answer of nl-hdms, in either envelope
 *
 * What was taken of it, written down again in both envelopes, means the same and is taken whole.
 */
#include "fuzz.h"

#include "base/read.h"
#include "common/text.h"
#include "decode/decode.h"

#include <chatterbox/error.h>
#include <string.h>

#define JOBS 20
#define DEEP 50 /* what is nested deeper may be too deep in an envelope */

static void write_names(struct cbx_text *out, const char *name, char *const *names, size_t count)
{
	size_t i;

	cbx_text_printf(out, ",\"%s\":[", name);
	for (i = 0; i < count; i++) {
		cbx_text_puts(out, i ? "," : "");
		cbx_text_json_string(out, names[i]);
	}
	cbx_text_putc(out, ']');
}

static void write_reply(struct cbx_text *out, const struct cbx_reply *reply)
{
	size_t i;

	cbx_text_puts(out, "{\"verb\":{\"event_category\":\"request_system\",\"event\":");
	cbx_text_json_string(out, reply->is_error ? "error" : reply->event);
	cbx_text_puts(out, "},\"object\":{\"code\":");
	cbx_text_json_string(out, reply->code);
	cbx_text_puts(out, ",\"message\":");
	cbx_text_json_string(out, reply->message);
	if (reply->has_jobs) {
		cbx_text_puts(out, ",\"jobs\":[");
		for (i = 0; i < reply->count; i++)
			cbx_text_printf(out, "%s%s", i ? "," : "", reply->statuses[i]->json);
		cbx_text_putc(out, ']');
	}
	if (reply->has_systems)
		write_names(out, "systems", reply->systems, reply->system_count);
	write_names(out, "offline", reply->offline, reply->offline_count);
	cbx_text_puts(out, "}}");
}

static void check_names(char *const *names, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++) {
		const char *name = names[i];
		size_t len = strlen(name);

		FUZZ_CHECK(cbx_system_name(&name, &len) && name == names[i] && !name[len]);
		FUZZ_CHECK(!i || strcmp(names[i - 1], name) < 0);
	}
}

static void check_same_names(char *const *a, size_t a_count, char *const *b, size_t b_count)
{
	size_t i;

	FUZZ_CHECK(a_count == b_count);
	for (i = 0; i < a_count; i++)
		FUZZ_CHECK(!strcmp(a[i], b[i]));
}

static void check_same(const struct cbx_reply *a, const struct cbx_reply *b)
{
	size_t i;

	FUZZ_CHECK(a->is_error == b->is_error && a->has_jobs == b->has_jobs);
	FUZZ_CHECK(a->has_systems == b->has_systems && a->count == b->count);
	FUZZ_CHECK(a->is_error || !strcmp(a->event, b->event));
	FUZZ_CHECK(!strcmp(a->code, b->code) && !strcmp(a->message, b->message));
	for (i = 0; i < a->count; i++)
		FUZZ_CHECK(cbx_status_equal(a->statuses[i], b->statuses[i]));
	check_same_names(a->systems, a->system_count, b->systems, b->system_count);
	check_same_names(a->offline, a->offline_count, b->offline, b->offline_count);
	for (i = 0; i < CBX_MEMBERS; i++)
		FUZZ_CHECK(!b->rejects[i]);
}

/* Each rejected status is noted, with what can be read of it */
static void check_rejected(const struct cbx_reply *reply)
{
	const unsigned *rejects = reply->rejects;
	size_t i;

	FUZZ_CHECK(reply->rejected_count <= JOBS);
	FUZZ_CHECK((rejects[CBX_MEMBER_SYSTEM] || rejects[CBX_MEMBER_JOB_ID] ||
		    rejects[CBX_MEMBER_STATUS] || rejects[CBX_MEMBER_REPORT]) ==
		   (reply->rejected_count || reply->rejected_any));
	for (i = 0; i < reply->rejected_count; i++) {
		const struct cbx_rejected *one = &reply->rejected[i];
		const char *name = one->system;
		size_t len = strlen(name);

		FUZZ_CHECK(!len ||
			   (cbx_system_name(&name, &len) && name == one->system && !name[len]));
		FUZZ_CHECK(one->job_id >= (len ? -1 : 0));
	}
}

/* However its containers stand: the depth is no more than their number */
static bool is_deep(const struct cbx_reply *reply)
{
	size_t i, k, opened;

	for (i = 0; i < reply->count; i++) {
		const struct cbx_status *status = reply->statuses[i];

		for (k = opened = 0; k < status->json_len; k++)
			opened += status->json[k] == '[' || status->json[k] == '{';
		if (opened > DEEP)
			return true;
	}
	return false;
}

static struct cbx_status *find(void *user, const char *at, size_t left)
{
	const struct cbx_reply *reply = user;
	size_t i;

	for (i = 0; i < reply->count; i++)
		if (reply->statuses[i]->json_len <= left &&
		    !memcmp(reply->statuses[i]->json, at, reply->statuses[i]->json_len))
			return reply->statuses[i];
	return NULL;
}

/* What is known is taken as it is, and the rest of the answer means the same */
static void check_knowing(const struct cbx_reply *reply, const struct cbx_text *text)
{
	const struct cbx_known known = { find, (void *)(uintptr_t)reply };
	cbx_auto(cbx_reply_freep) struct cbx_reply *again = NULL;
	size_t i;

	FUZZ_CHECK(!cbx_decode_reply_knowing(text->bytes, text->len, NULL, &known, &again));
	check_same(reply, again);
	for (i = 0; i < reply->count; i++)
		FUZZ_CHECK(again->statuses[i] == reply->statuses[i]);
}

static void check_again(const struct cbx_reply *reply, const char *before, const char *after)
{
	cbx_auto(cbx_reply_freep) struct cbx_reply *again = NULL;
	cbx_auto(cbx_text_free) struct cbx_text text = { 0 };

	cbx_text_puts(&text, before);
	write_reply(&text, reply);
	cbx_text_puts(&text, after);
	FUZZ_CHECK(!cbx_decode_reply(text.bytes, text.len, NULL, &again));
	check_same(reply, again);
	check_knowing(reply, &text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct cbx_decode_limits limits = { 1 << 20, JOBS };
	cbx_auto(cbx_reply_freep) struct cbx_reply *reply = NULL;
	int result = cbx_decode_reply((const char *)data, size, &limits, &reply);
	size_t i;

	FUZZ_CHECK(!result || result == CHATTERBOX_E_DECODE || result == CHATTERBOX_E_LIMIT);
	FUZZ_CHECK(!result == !!reply);
	if (result)
		return 0;
	json_decref(fuzz_json((const char *)data, size));
	FUZZ_CHECK(reply->count <= JOBS && (reply->has_jobs || !reply->count));
	for (i = 0; i < reply->count; i++) {
		fuzz_check_status(reply->statuses[i]);
		fuzz_check_verbatim(reply->statuses[i], data, size);
	}
	check_names(reply->systems, reply->system_count);
	check_names(reply->offline, reply->offline_count);
	check_rejected(reply);
	if (is_deep(reply))
		return 0;
	check_again(reply, "", "");
	check_again(reply, "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":", "}");
	return 0;
}
