// SPDX-License-Identifier: MIT
/* test_sse_parts.c - frames, the ring, filters, and pages of events: what needs no connection */
#include "common/cleanup.h"
#include "sse/filter.h"
#include "sse/internal.h"
#include "sse/page.h"
#include "sse/ring.h"
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct cbd_frame *frame_of(uint64_t id, const char *name, const char *system,
				  const char *data, bool counts)
{
	const struct cbd_position position = { .ms = id };
	const struct cbd_frame_parts parts = { .id = id ? &position : NULL,
					       .name = cbd_slice_of(name, strlen(name)),
					       .system = cbd_slice_of(system, strlen(system)),
					       .data = cbd_slice_of(data, strlen(data)),
					       .counts = counts };
	struct cbd_frame *frame = cbd_frame_new(&parts, 1);

	ck_assert_ptr_nonnull(frame);
	return frame;
}

static const struct {
	const char *data, *wire;
} lines[] = {
	{ "{}", "id: 7-0\nevent: status\ndata: {}\n\n" },
	{ "{\n\"a\":1\r\n}", "id: 7-0\nevent: status\ndata: {\ndata: \"a\":1\ndata: }\n\n" },
	{ "[\r]", "id: 7-0\nevent: status\ndata: [\ndata: ]\n\n" },
	{ "[]\n", "id: 7-0\nevent: status\ndata: []\ndata: \n\n" },
};

START_TEST(a_line_end_in_the_data_makes_another_line)
{
	cbx_auto(cbd_frame_unrefp) struct cbd_frame *frame =
		frame_of(7, "status", "", lines[_i].data, true);

	ck_assert_uint_eq(frame->len, strlen(lines[_i].wire));
	ck_assert(!memcmp(frame->bytes, lines[_i].wire, frame->len));
}
END_TEST

static const struct {
	const char *text;
	bool fits;
} positions[] = {
	{ "1526919030474-55", true },
	{ "0-0", true },
	{ "18446744073709551615-1", true },
	{ "18446744073709551616-1", false },
	{ "1", false },
	{ "1-", false },
	{ "-1", false },
	{ "1-1 ", false },
	{ "", false },
	{ "1_1", false },
};

START_TEST(a_position_is_two_numbers)
{
	char text[CBD_POSITION_TEXT];
	struct cbd_position at;
	bool fits = cbd_position_read(positions[_i].text, strlen(positions[_i].text), &at);

	ck_assert_int_eq(fits, positions[_i].fits);
	if (!fits)
		return;
	cbd_position_write(at, text);
	ck_assert_str_eq(text, positions[_i].text);
}
END_TEST

static const struct {
	const char *name, *system; /* the filter */
	const char *event, *of;
	bool takes;
} filters[] = {
	{ NULL, NULL, "status", "A", true },
	{ NULL, NULL, "jobs_data", "", true },
	{ NULL, NULL, "job_status", "", false },
	{ "job_status", NULL, "job_status", "", true },
	{ "status,jobs_data", NULL, "status", "A", true },
	{ "status,jobs_data", NULL, "update_job_status", "A", false },
	{ NULL, "A", "status", "A", true },
	{ NULL, "A", "status", "AB", false },
	{ NULL, "A,B", "status", "B", true },
	{ NULL, "A\\,B", "status", "A,B", true },
	{ NULL, "A\\,B", "status", "A", false },
	{ NULL, "A\\", "status", "A\\", true },
	{ NULL, "A", "jobs_data", "", false },
	{ "jobs_data", "A", "jobs_data", "", true },
	{ NULL, ",", "status", "A", false },
};

START_TEST(a_filter_takes_what_was_asked_for)
{
	cbx_auto(cbd_filter_free) struct cbd_filter filter = { 0 };
	cbx_auto(cbd_frame_unrefp) struct cbd_frame *frame =
		frame_of(0, filters[_i].event, filters[_i].of, "{}", true);
	char error[CHATTERBOX_ERROR_TEXT];

	ck_assert_int_eq(cbd_filter_read(filters[_i].name, filters[_i].system, &filter, error), 0);
	ck_assert_int_eq(cbd_filter_takes(&filter, frame), filters[_i].takes);
}
END_TEST

START_TEST(an_unknown_name_is_refused_and_not_repeated)
{
	struct cbd_filter filter;
	char error[CHATTERBOX_ERROR_TEXT];

	ck_assert_int_eq(cbd_filter_read("status,canary", NULL, &filter, error), -EINVAL);
	ck_assert_ptr_nonnull(strstr(error, "update_job_status"));
	ck_assert_ptr_null(strstr(error, "canary"));
}
END_TEST

static void add(struct cbd_ring *ring, uint64_t id, const char *data, bool counts)
{
	ck_assert_int_eq(cbd_ring_add(ring, frame_of(id, "status", "A", data, counts)), 0);
}

START_TEST(a_ring_keeps_a_mebibyte_and_knows_what_follows_an_id)
{
	cbx_auto(cbd_ring_free) struct cbd_ring ring = { 0 };
	static char data[8192];
	uint64_t kept = 0;
	uint64_t i;

	memset(data, 'x', sizeof(data) - 1);
	ck_assert_uint_eq(cbd_ring_after(&ring, (struct cbd_position){ .ms = 5 }), 0);
	cbd_ring_restart(&ring, (struct cbd_position){ .ms = 1 });
	ck_assert_uint_eq(cbd_ring_after(&ring, (struct cbd_position){ .ms = 1 }),
			  cbd_ring_next(&ring));
	for (i = 2; i < 502; i++)
		add(&ring, i, data, true);
	ck_assert_uint_eq(ring.next, 501);
	for (i = ring.first; i < ring.next; i++)
		kept += cbd_ring_at(&ring, i)->len;
	ck_assert(kept <= CBD_RING_BYTES && kept + 2 * sizeof(data) > CBD_RING_BYTES);
	ck_assert_uint_eq(cbd_ring_behind(&ring, ring.first), kept);
	ck_assert_uint_eq(cbd_ring_behind(&ring, ring.next), 0);
	/* number n has the id n + 1 */
	ck_assert_uint_eq(cbd_ring_after(&ring, (struct cbd_position){ .ms = ring.first - 1 }), 0);
	ck_assert_uint_eq(cbd_ring_after(&ring, (struct cbd_position){ .ms = ring.first }),
			  ring.first);
	ck_assert_uint_eq(cbd_ring_after(&ring, (struct cbd_position){ .ms = 500 }), 500);
	ck_assert_uint_eq(cbd_ring_after(&ring, (struct cbd_position){ .ms = 999 }), 501);
}
END_TEST

START_TEST(a_whole_list_counts_nothing_and_replaces_the_last_one)
{
	cbx_auto(cbd_ring_free) struct cbd_ring ring = { 0 };
	char *large = calloc(1, 2 << 20);

	ck_assert_ptr_nonnull(large);
	memset(large, 'x', (2 << 20) - 1);
	cbd_ring_restart(&ring, (struct cbd_position){ .ms = 1 });
	add(&ring, 2, "{}", true);
	add(&ring, 0, large, false);
	add(&ring, 3, "{}", true);
	add(&ring, 0, large, false);
	free(large);
	ck_assert_uint_eq(ring.first, 1);
	ck_assert_ptr_null(cbd_ring_at(&ring, 2));
	ck_assert_ptr_nonnull(cbd_ring_at(&ring, 4));
	ck_assert_uint_eq(cbd_ring_behind(&ring, 4), 0);
	ck_assert_uint_eq(cbd_ring_after(&ring, (struct cbd_position){ .ms = 2 }), 2);
}
END_TEST

START_TEST(what_came_before_a_gap_is_not_resumed_from)
{
	cbx_auto(cbd_ring_free) struct cbd_ring ring = { 0 };

	cbd_ring_restart(&ring, (struct cbd_position){ .ms = 100 });
	add(&ring, 200, "{}", true);
	cbd_ring_restart(&ring, (struct cbd_position){ .ms = 10 });
	add(&ring, 20, "{}", true);
	ck_assert_uint_eq(cbd_ring_after(&ring, (struct cbd_position){ .ms = 10 }), 2);
	ck_assert_uint_eq(cbd_ring_after(&ring, (struct cbd_position){ .ms = 9 }), 0);
}
END_TEST

static char seen[1024];

static int note(void *user, const struct cbd_page_event *event)
{
	size_t len = strlen(seen);

	(void)user;
	snprintf(seen + len, sizeof(seen) - len, "%llu %.*s <%.*s> %.*s|",
		 (unsigned long long)event->id.ms, (int)event->name.len, event->name.at,
		 (int)event->system.len, event->system.at, (int)event->params.len,
		 event->params.at);
	return 0;
}

START_TEST(params_are_cut_out_byte_for_byte)
{
	static const char json[] =
		"{\"events\":[{\"stream_id\":\"5-1\",\"name\":\"status\",\"message_id\":\"A\\\"]}B/"
		"1\","
		"\"previous_status\":\"x\\\\\",\"params\":{\"n\":1e400,\"x\":[ 1.50 ,\"}\\\"\"]}},"
		"{\"stream_id\":\"6-0\",\"name\":\"user_job_errors\",\"message_id\":\"C/errors/4\","
		"\"params\":[123456789012345678901234567890]},"
		"{\"stream_id\":\"6-1\",\"name\":\"incident\",\"message_id\":\"incident/7/5\","
		"\"params\":{}}],\"next\":\"6-0\",\"lost\":false}";
	struct cbd_page_end end;

	seen[0] = '\0';
	ck_assert_int_eq(cbd_page_read(json, note, NULL, &end), 0);
	ck_assert_str_eq(seen, "5 status <A\"]}B> {\"n\":1e400,\"x\":[ 1.50 ,\"}\\\"\"]}|"
			       "6 user_job_errors <C> [123456789012345678901234567890]|"
			       "6 incident <> {}|");
	ck_assert_uint_eq(end.next.ms, 6);
	ck_assert(!end.lost);
}
END_TEST

START_TEST(a_page_that_is_cut_short_is_none)
{
	static const char json[] =
		"{\"events\":[{\"stream_id\":\"5-1\",\"name\":\"status\",\"message_id\":\"A/1\","
		"\"params\":{\"a\":[1]}}],\"next\":\"6-0\",\"lost\":true}";
	struct cbd_page_end end;
	char part[sizeof(json)];
	size_t i;

	for (i = 0; i < sizeof(json) - 1; i++) {
		snprintf(part, sizeof(part), "%.*s", (int)i, json);
		ck_assert_int_eq(cbd_page_read(part, note, NULL, &end), CHATTERBOX_E_DECODE);
	}
	ck_assert_int_eq(cbd_page_read(json, note, NULL, &end), 0);
	ck_assert(end.lost);
}
END_TEST

static const struct {
	size_t subscribers;
	int64_t waits_ms;
} gathers[] = {
	{ 1, 20 },
	{ 1000, 70 },
	{ 8000, 250 },
};

/* Each is woken once for what comes together; nobody waits longer than that */
START_TEST(the_more_subscribers_the_longer_events_are_gathered)
{
	struct cbd_hub hub = { .count = gathers[_i].subscribers, .ask_at_ms = 10001 };
	int64_t first = 10000 + gathers[_i].waits_ms;

	pthread_mutex_init(&hub.lock, NULL);
	cbd_tail_hurry(&hub, 10000);
	ck_assert_int_eq(hub.ask_at_ms, first);
	cbd_tail_hurry(&hub, 10010);
	ck_assert_int_eq(hub.ask_at_ms, first);
	ck_assert_int_gt(hub.hurry_until_ms, first);
	pthread_mutex_destroy(&hub.lock);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("sse_parts");

	tcase_add_loop_test(tcase, a_line_end_in_the_data_makes_another_line, 0, CBX_COUNT(lines));
	tcase_add_loop_test(tcase, a_position_is_two_numbers, 0, CBX_COUNT(positions));
	tcase_add_loop_test(tcase, a_filter_takes_what_was_asked_for, 0, CBX_COUNT(filters));
	tcase_add_test(tcase, an_unknown_name_is_refused_and_not_repeated);
	tcase_add_test(tcase, a_ring_keeps_a_mebibyte_and_knows_what_follows_an_id);
	tcase_add_test(tcase, a_whole_list_counts_nothing_and_replaces_the_last_one);
	tcase_add_test(tcase, what_came_before_a_gap_is_not_resumed_from);
	tcase_add_test(tcase, params_are_cut_out_byte_for_byte);
	tcase_add_test(tcase, a_page_that_is_cut_short_is_none);
	tcase_add_loop_test(tcase, the_more_subscribers_the_longer_events_are_gathered, 0,
			    CBX_COUNT(gathers));
	suite_add_tcase(suite, tcase);
}
