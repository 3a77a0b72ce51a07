// SPDX-License-Identifier: MIT
/* The call outlook (contract 6.2): filters, pages and totals, over a list of a few outlooks */
#include "common/text.h"
#include "controller/job_api.h"
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NOW 1000000000

static struct cbx_outlook_list *list;
static struct cbx_snapshot snapshot;

static void add(const char *system, const char *list_id, int seconds, enum cbx_outlook_state state)
{
	const struct cbx_outlook parts = { .system = system,
					   .list_id = list_id,
					   .activate_at_ms = NOW + seconds * 1000,
					   .state = state,
					   .since_ms = NOW,
					   .left_s = -1,
					   .reason = "because" };

	ck_assert_int_eq(cbx_outlook_new(&parts, NULL, 0, &list->items[list->count]), 0);
	list->count++;
}

static void set_up(void)
{
	list = calloc(1, sizeof(*list) + 8 * sizeof(list->items[0]));
	ck_assert_ptr_nonnull(list);
	list->refs = 1;
	add("A", "L1", 60, CBX_LATE);
	add("A", "L2", 120, CBX_ON_TIME);
	add("B", "L1", 120, CBX_AT_RISK);
	add("C", "L1", 7200, CBX_OUTLOOK_UNKNOWN);
	snapshot = (struct cbx_snapshot){ .outlooks = list };
}

static void tear_down(void)
{
	cbx_outlook_list_unref(list);
}

/* "A/L1 B/L1 1/0/1/1", the totals from good to bad; the cursor goes to @cursor, "" = none */
static int ask(const char *params, char out[256], char cursor[256])
{
	char error[CBX_API_ERROR] = "";
	struct cbx_text json = { 0 };
	struct cbx_text text = { 0 };
	json_t *parsed = json_loads(params, 0, NULL);
	int result = cbx_job_api_outlook(&snapshot, parsed, NOW, &json, error);
	json_t *root = result < 0 ? NULL : json_loadb(json.bytes, json.len, 0, NULL);
	const json_t *totals = json_object_get(root, "totals");
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(root, "outlook"), i, one)
		cbx_text_printf(&text, "%s/%s ", json_string_value(json_object_get(one, "system")),
				json_string_value(json_object_get(one, "list_id")));
	for (i = 0; totals && i < CBX_OUTLOOK_STATES; i++)
		cbx_text_printf(
			&text, "%s%lld", i ? "/" : "",
			(long long)json_integer_value(json_object_get(
				totals, cbx_outlook_state_name((enum cbx_outlook_state)i))));
	cbx_text_puts(&text, error);
	cbx_text_putc(&text, '\0');
	snprintf(out, 256, "%s", text.bytes);
	snprintf(cursor, 256, "%s", json_string_value(json_object_get(root, "next")) ?: "");
	json_decref(root);
	json_decref(parsed);
	cbx_text_free(&json);
	cbx_text_free(&text);
	return result;
}

static void answers(const char *params, const char *expected)
{
	char out[256];
	char cursor[256];

	ck_assert_msg(ask(params, out, cursor) == 0, "%s: %s", params, out);
	ck_assert_msg(!strcmp(out, expected), "%s: %s, not %s", params, out, expected);
	ck_assert_str_eq(cursor, "");
}

START_TEST(filters_and_counts_every_state)
{
	answers("{}", "A/L1 A/L2 B/L1 C/L1 1/1/1/1");
	answers("{\"state\":\"late,at_risk\"}", "A/L1 B/L1 1/1/1/1");
	answers("{\"system\":\" A \"}", "A/L1 A/L2 1/0/0/1");
	answers("{\"system\":\"B,C\",\"list\":\"L1\"}", "B/L1 C/L1 0/1/1/0");
	answers("{\"within\":120}", "A/L1 A/L2 B/L1 1/0/1/1");
	answers("{\"within\":\"119\",\"state\":\"on_time\"}", "0/0/0/1");
	answers("{\"system\":\"NOBODY\"}", "0/0/0/0");
}
END_TEST

START_TEST(pages_hold_each_one_once)
{
	char out[256];
	char cursor[256];
	char params[320];

	ck_assert_int_eq(ask("{\"limit\":3}", out, cursor), 0);
	ck_assert_str_eq(out, "A/L1 A/L2 B/L1 1/1/1/1");
	ck_assert_str_ne(cursor, "");
	snprintf(params, sizeof(params), "{\"limit\":3,\"cursor\":\"%s\"}", cursor);
	answers(params, "C/L1 1/1/1/1");
	/* the last page is full, and nothing comes after it */
	answers("{\"limit\":4}", "A/L1 A/L2 B/L1 C/L1 1/1/1/1");
}
END_TEST

START_TEST(refuses_what_it_does_not_take)
{
	static const char *const bad[][2] = {
		{ "{\"state\":\"sunny\"}", "state: " },
		{ "{\"within\":-1}", "within: " },
		{ "{\"within\":604801}", "within: " },
		{ "{\"within\":\"soon\"}", "within: " },
		{ "{\"within\":1.5}", "within: " },
		{ "{\"cursor\":\"1.4\"}", "cursor: " },
		{ "{\"cursor\":\"1.4.zz\"}", "cursor: " },
		{ "{\"cursor\":7}", "cursor: " },
		{ "{\"limit\":0}", "limit: " },
	};
	char out[256];
	char cursor[256];
	size_t i;

	for (i = 0; i < CBX_COUNT(bad); i++) {
		ck_assert_msg(ask(bad[i][0], out, cursor) == -EINVAL, "%s", bad[i][0]);
		ck_assert_msg(!strncmp(out, bad[i][1], strlen(bad[i][1])), "%s: %s", bad[i][0],
			      out);
	}
}
END_TEST

UNIT_SUITE(suite)
{
	const TTest *const tests[] = {
		filters_and_counts_every_state,
		pages_hold_each_one_once,
		refuses_what_it_does_not_take,
	};
	TCase *tcase = tcase_create("outlook_api");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	unit_add(tcase, tests, CBX_COUNT(tests));
	suite_add_tcase(suite, tcase);
}
