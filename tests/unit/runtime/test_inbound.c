// SPDX-License-Identifier: MIT
/* Events in (contract 3): each by the end of its key, in either envelope; and how they go back. */
#include "common/cleanup.h"
#include "fake_clock.h"
#include "runtime/envelope.h"
#include "runtime/inbound.h"
#include "unit.h"

#include <chatterbox/error.h>
#include <string.h>

static const struct cbx_decode_limits limits = { 1000, 3 };

static int decode(const char *key, const char *body, struct cbx_inbound **out)
{
	*out = NULL;
	return cbx_inbound_decode(key, body, strlen(body), &limits, out);
}

static const struct {
	const char *key, *body;
	int result;
	enum cbx_inbound_type type;
	const char *event;
} keys[] = {
	{ "nl-hdms.event.control.system_online", "\"A\"", 0, CBX_IN_ONLINE, "system_online" },
	{ "my.own.system_offline", "\"A\"", 0, CBX_IN_OFFLINE, "system_offline" },
	{ "system_offline", "\"A\"", 0, CBX_IN_OFFLINE, "system_offline" },
	{ "nl-hdms.event.content.job_status", "[]", 0, CBX_IN_REPORT, "job_status" },
	{ "nl-ocd.event.update_time_till_next_check", "{}", 0, CBX_IN_INTERVAL,
	  "update_time_till_next_check" },
	{ "nl-ocd.event.update_database", "not even JSON", 0, CBX_IN_DISCOVER, "update_database" },
	{ "nl-ocd.event.update_database", "", 0, CBX_IN_DISCOVER, "update_database" },
	{ "nl-hdms.event.control.system_onlinee", "\"A\"", CHATTERBOX_E_DECODE, 0, "" },
	{ "nl-hdms.event.system_online.more", "\"A\"", CHATTERBOX_E_DECODE, 0, "" },
	{ "", "\"A\"", CHATTERBOX_E_DECODE, 0, "" },
	{ "x.job_status", "{", CHATTERBOX_E_DECODE, 0, "" },
	{ "x.system_online", "17", CHATTERBOX_E_DECODE, 0, "" },
};

START_TEST(by_its_key)
{
	cbx_auto(cbx_inbound_freep) struct cbx_inbound *inbound = NULL;

	ck_assert_int_eq(decode(keys[_i].key, keys[_i].body, &inbound), keys[_i].result);
	if (keys[_i].result)
		return;
	ck_assert_int_eq(inbound->type, keys[_i].type);
	ck_assert_str_eq(inbound->event, keys[_i].event);
}
END_TEST

static const struct {
	const char *body;
	const char *systems; /* NULL: refused */
} online[] = {
	{ "\"ABC1\"", "ABC1" },
	{ "\" ABC1 \"", "ABC1" },
	{ "{\"system\":\"ABC1\"}", "ABC1" },
	{ "{\"system_id\":\"ABC1\"}", "ABC1" },
	{ "{\"systemID\":\"ABC1\"}", "ABC1" },
	{ "{\"actor_id\":\"ABC1\"}", "ABC1" },
	{ "{\"object\":{\"actor_id\":\"ABC1\"}}", "ABC1" },
	{ "{\"object\":\" ABC1 \"}", "ABC1" },
	{ "{\"object\":null,\"system\":\"A\"}", "A" },
	{ "{\"object\":\"A\",\"system\":\"B\"}", "A" },
	{ "[\"B\",{\"object\":\"A\"}]", "A B" },
	{ "[\"B\",{\"system\":\"A\"},{\"object\":{\"systemID\":\"C\"}}]", "A B C" },
	{ "{\"jsonrpc\":\"2.0\",\"method\":\"x\",\"params\":\"ABC1\"}", "ABC1" },
	{ "{\"jsonrpc\":\"2.0\",\"method\":\"x\",\"params\":{\"object\":{\"system\":\"A\"}}}",
	  "A" },
	{ "[\"A\",\"A\"]", "A" },
	{ "[\"A\",\"b/c\"]", "A" },
};

START_TEST(systems_by_any_name)
{
	cbx_auto(cbx_inbound_freep) struct cbx_inbound *inbound = NULL;
	struct cbx_text text = { 0 };
	size_t i;

	ck_assert_int_eq(decode("x.system_online", online[_i].body, &inbound), 0);
	for (i = 0; i < inbound->reply->system_count; i++)
		cbx_text_printf(&text, "%s%s", i ? " " : "", inbound->reply->systems[i]);
	ck_assert_str_eq(text.bytes, online[_i].systems);
	cbx_text_free(&text);
}
END_TEST

static const struct {
	const char *body, *text; /* NULL: refused */
} intervals[] = {
	{ "{\"info\":\"\\\"600\\\"\"}", "\"600\"" },
	{ "{\"info\":\"600\"}", "600" },
	{ "{\"info\":600}", "600" },
	{ "{\"info\":6e2}", "600" },
	{ "{\"info\":1.5}", "1.5" },
	{ "{\"jsonrpc\":\"2.0\",\"method\":\"x\",\"params\":{\"info\":\"60\"}}", "60" },
	{ "{\"params\":{\"info\":\"60\"}}", "" },
	{ "", "" },
	{ "{}", "" },
	{ "null", "" },
	{ "{\"info\":null}", "" },
	{ "{\"name\":\"x\"}", "" },
	{ "{\"info\":{}}", NULL },
	{ "{\"info\":[600]}", NULL },
	{ "{\"info\":true}", NULL },
	{ "{\"info\":\"00000000000000000000000000000000000000600\"}", NULL },
	{ "{\"info\":", NULL },
};

START_TEST(the_interval_s_text)
{
	cbx_auto(cbx_inbound_freep) struct cbx_inbound *inbound = NULL;
	int result =
		decode("nl-ocd.event.update_time_till_next_check", intervals[_i].body, &inbound);

	ck_assert_int_eq(result, intervals[_i].text ? 0 : CHATTERBOX_E_DECODE);
	if (intervals[_i].text)
		ck_assert_str_eq(inbound->text, intervals[_i].text);
}
END_TEST

START_TEST(limits_hold_for_events_too)
{
	struct cbx_inbound *inbound;
	char body[1100];

	memset(body, ' ', sizeof(body) - 1);
	body[sizeof(body) - 1] = '\0';
	ck_assert_int_eq(decode("x.update_database", body, &inbound), CHATTERBOX_E_LIMIT);
	ck_assert_int_eq(decode("x.job_status",
				"[{\"system\":\"A\",\"job_id\":1,\"status\":\"x\"},"
				"{\"system\":\"A\",\"job_id\":2,\"status\":\"x\"},"
				"{\"system\":\"A\",\"job_id\":3,\"status\":\"x\"},"
				"{\"system\":\"A\",\"job_id\":4,\"status\":\"x\"}]",
				&inbound),
			 CHATTERBOX_E_LIMIT);
	ck_assert_ptr_null(inbound);
}
END_TEST

START_TEST(it_goes_back_to_where_it_came_from)
{
	struct cbx_mailbox *box = NULL;
	struct cbx_inbound *inbound = NULL;

	ck_assert_int_eq(cbx_mailbox_new(1, &box), 0);
	ck_assert_int_eq(cbx_inbound_new(CBX_IN_DISCOVER, &inbound), 0);
	inbound->answer = box;
	cbx_inbound_finish(inbound, true);
	ck_assert_ptr_eq(cbx_mailbox_take(box), inbound);
	ck_assert(inbound->ok && !inbound->again);
	cbx_inbound_requeue(inbound);
	ck_assert_ptr_eq(cbx_mailbox_take(box), inbound);
	ck_assert(!inbound->ok && inbound->again);
	cbx_inbound_finish(inbound, false);
	/* a full mailbox, or none, frees it */
	ck_assert_int_eq(cbx_inbound_new(CBX_IN_DISCOVER, &inbound), 0);
	inbound->answer = box;
	cbx_inbound_finish(inbound, true);
	ck_assert_int_eq(cbx_inbound_new(CBX_IN_DISCOVER, &inbound), 0);
	cbx_inbound_finish(inbound, true);
	cbx_inbound_free(cbx_mailbox_take(box));
	cbx_mailbox_free(box, NULL);
}
END_TEST

/* The other direction: what every message of ours has in common */
START_TEST(envelopes)
{
	struct cbx_settings settings = { .envelope =
						 _i & 1 ? CBX_ENVELOPE_JSONRPC : CBX_ENVELOPE_BARE,
					 .app_name = (char *)(uintptr_t) "app" };
	struct cbx_bus_message message = { 0 };
	struct fake_clock fake;
	struct cbx_text body = { 0 };

	cbx_envelope_open(&settings, &body, _i & 2 ? "7" : NULL, "a\"b");
	cbx_text_puts(&body, "[1]");
	cbx_envelope_close(&settings, &body);
	ck_assert_str_eq(
		body.bytes,
		_i == 3 ? "{\"jsonrpc\":\"2.0\",\"id\":\"7\",\"method\":\"a\\\"b\",\"params\":[1]}"
		: _i == 1 ? "{\"jsonrpc\":\"2.0\",\"method\":\"a\\\"b\",\"params\":[1]}"
			  : "[1]");
	cbx_text_free(&body);
	fake_clock_init(&fake);
	cbx_envelope_properties(&settings, &fake.clock, "trace", &message);
	ck_assert_str_eq(message.app_id, "app");
	ck_assert_str_eq(message.content_type, "application/json");
	ck_assert_int_eq(message.timestamp, FAKE_CLOCK_WALL / 1000);
	ck_assert_str_eq(cbx_bus_header(&message, "trace_id"), "trace");
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("inbound");

	tcase_add_loop_test(tcase, by_its_key, 0, (int)CBX_COUNT(keys));
	tcase_add_loop_test(tcase, systems_by_any_name, 0, (int)CBX_COUNT(online));
	tcase_add_loop_test(tcase, the_interval_s_text, 0, (int)CBX_COUNT(intervals));
	tcase_add_test(tcase, limits_hold_for_events_too);
	tcase_add_test(tcase, it_goes_back_to_where_it_came_from);
	tcase_add_loop_test(tcase, envelopes, 0, 4);
	suite_add_tcase(suite, tcase);
}
