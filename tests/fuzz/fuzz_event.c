// SPDX-License-Identifier: MIT
/*
 * fuzz_event.c - the body of an event in, by the routing key that the first byte picks
 *
 * Each event that can be understood is written down again as it was understood, and means the same.
 */
#include "fuzz.h"

#include "controller/job_status.h"
#include "runtime/inbound.h"

#include <chatterbox/error.h>
#include <string.h>

#define JOBS 20

static const char *const keys[] = {
	"nl-hdms.event.content.job_status",
	"nl-hdms.event.control.system_online",
	"my.system_offline",
	"nl-ocd.event.update_time_till_next_check",
	"update_database",
	"nl-hdms.event.content.unheard_of",
};

static const struct cbx_decode_limits limits = { 1 << 20, JOBS };

static void write_again(struct cbx_text *out, const struct cbx_reply *reply)
{
	size_t i;

	cbx_text_putc(out, '[');
	for (i = 0; i < reply->count; i++)
		cbx_text_printf(out, "%s%s", i ? "," : "", reply->statuses[i]->json);
	for (i = 0; i < reply->system_count; i++) {
		cbx_text_puts(out, i ? "," : "");
		cbx_text_json_string(out, reply->systems[i]);
	}
	cbx_text_putc(out, ']');
}

static void check_same(const struct cbx_reply *a, const struct cbx_reply *b)
{
	size_t i;

	FUZZ_CHECK(a->count == b->count && a->system_count == b->system_count);
	for (i = 0; i < a->count; i++)
		FUZZ_CHECK(cbx_status_equal(a->statuses[i], b->statuses[i]));
	for (i = 0; i < a->system_count; i++)
		FUZZ_CHECK(!strcmp(a->systems[i], b->systems[i]));
	FUZZ_CHECK(!b->rejected_count && !b->rejected_any);
}

/* In a bare body one container more than it came in, at most */
static void check_again(const char *key, const struct cbx_reply *reply)
{
	cbx_auto(cbx_inbound_freep) struct cbx_inbound *again = NULL;
	cbx_auto(cbx_text_free) struct cbx_text text = { 0 };
	size_t opened = 0;
	size_t i;

	write_again(&text, reply);
	for (i = 0; i < text.len; i++)
		opened += text.bytes[i] == '[' || text.bytes[i] == '{';
	if (opened > 60)
		return;
	FUZZ_CHECK(!cbx_inbound_decode(key, text.bytes, text.len, &limits, &again));
	check_same(reply, again->reply);
}

static void check_interval(const struct cbx_inbound *inbound)
{
	uint64_t ns = 0;

	FUZZ_CHECK(strlen(inbound->text) < sizeof(inbound->text));
	if (cbx_interval_parse(inbound->text, &ns))
		FUZZ_CHECK(ns >= CBX_SECOND && ns <= 86400 * CBX_SECOND);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input in = fuzz_input(data, size);
	const char *key = keys[fuzz_pick(&in, CBX_COUNT(keys))];
	cbx_auto(cbx_inbound_freep) struct cbx_inbound *inbound = NULL;
	int result = cbx_inbound_decode(key, in.at, in.left, &limits, &inbound);
	size_t i;

	FUZZ_CHECK(!result || result == CHATTERBOX_E_DECODE || result == CHATTERBOX_E_LIMIT);
	FUZZ_CHECK(!result == !!inbound);
	if (result)
		return 0;
	if (inbound->type == CBX_IN_INTERVAL)
		check_interval(inbound);
	if (!inbound->reply)
		return 0;
	json_decref(fuzz_json(in.at, in.left));
	FUZZ_CHECK(inbound->reply->count <= JOBS);
	for (i = 0; i < inbound->reply->count; i++) {
		fuzz_check_status(inbound->reply->statuses[i]);
		fuzz_check_verbatim(inbound->reply->statuses[i], in.at, in.left);
	}
	check_again(key, inbound->reply);
	return 0;
}
