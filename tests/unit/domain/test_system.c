// SPDX-License-Identifier: MIT
/* The table of systems and its frozen copies; a system's JSON (contract 4.1). */
#include "domain/system.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

static struct cbx_systems *systems;

static void set_up(void)
{
	ck_assert_int_eq(cbx_systems_new(&systems), 0);
}

static void tear_down(void)
{
	cbx_systems_free(systems);
}

static void expect_json(const struct cbx_system *system, const char *wanted)
{
	struct cbx_text text = { 0 };

	cbx_system_json(system, &text);
	ck_assert_str_eq(text.bytes, wanted);
	cbx_text_free(&text);
}

START_TEST(a_new_one_is_unknown_and_never_checked)
{
	struct cbx_system_entry *entry = cbx_systems_get(systems, "ABC1");

	ck_assert_ptr_null(cbx_systems_find(systems, "abc1"));
	ck_assert_ptr_eq(cbx_systems_find(systems, "ABC1"), entry);
	ck_assert_ptr_eq(cbx_systems_get(systems, "ABC1"), entry);
	ck_assert_uint_eq(cbx_systems_count(systems), 1);
	ck_assert(!entry->dirty);
	expect_json(entry->system,
		    "{\"systemID\":\"ABC1\",\"lastCheck\":null,\"status\":\"unknown\"}");
}
END_TEST

/* lastCheck moves with a list answer, and with a change of state */
START_TEST(what_makes_it_dirty)
{
	static const struct {
		enum cbx_system_state from, to;
		bool checked, dirty;
	} rows[] = {
		{ CBX_UNKNOWN, CBX_ONLINE, false, true },
		{ CBX_ONLINE, CBX_ONLINE, false, false },
		{ CBX_ONLINE, CBX_ONLINE, true, true },
		{ CBX_ONLINE, CBX_OFFLINE, false, true },
		{ CBX_OFFLINE, CBX_OFFLINE, false, false },
	};
	struct cbx_system_entry *entry = cbx_systems_get(systems, "ABC1");

	cbx_systems_restore(systems, entry, rows[_i].from, 1000);
	ck_assert(!entry->dirty);
	ck_assert_int_eq(
		cbx_systems_set(systems, entry, rows[_i].to, 1795456800123, rows[_i].checked), 0);
	ck_assert_int_eq(entry->dirty, rows[_i].dirty);
	ck_assert_int_eq(entry->system->state, rows[_i].to);
	ck_assert_int_eq(entry->system->last_check_ms, rows[_i].dirty ? 1795456800123 : 1000);
}
END_TEST

START_TEST(the_json_of_each_state)
{
	struct cbx_system_entry *entry = cbx_systems_get(systems, "A\"B");

	cbx_systems_set(systems, entry, CBX_ONLINE, 1795456800123, true);
	expect_json(entry->system, "{\"systemID\":\"A\\\"B\",\"lastCheck\":"
				   "\"2026-11-23T18:00:00.123Z\",\"status\":\"online\"}");
	cbx_systems_set(systems, entry, CBX_OFFLINE, 1795456801000, false);
	expect_json(entry->system, "{\"systemID\":\"A\\\"B\",\"lastCheck\":"
				   "\"2026-11-23T18:00:01.000Z\",\"status\":\"offline\"}");
}
END_TEST

START_TEST(an_activation_is_kept_through_changes)
{
	struct cbx_system_entry *entry = cbx_systems_get(systems, "ABC1");

	cbx_systems_set_activation(systems, entry, 77);
	cbx_systems_set(systems, entry, CBX_ONLINE, 5, true);
	ck_assert_int_eq(entry->system->next_activation_ms, 77);
	cbx_systems_set_activation(systems, entry, 0);
	ck_assert_int_eq(entry->system->next_activation_ms, 0);
	ck_assert_int_eq(entry->system->last_check_ms, 5);
}
END_TEST

START_TEST(all_of_them_by_name_and_none_moves)
{
	struct cbx_system_entry *entries[200];
	struct cbx_system_entry *const *all;
	char name[16];
	int n;

	for (n = 0; n < 200; n++) {
		snprintf(name, sizeof(name), "S%d", (n * 37) % 200);
		entries[n] = cbx_systems_get(systems, name);
	}
	for (n = 0; n < 200; n++) {
		snprintf(name, sizeof(name), "S%d", (n * 37) % 200);
		ck_assert_ptr_eq(cbx_systems_find(systems, name), entries[n]);
	}
	all = cbx_systems_all(systems);
	for (n = 1; n < 200; n++)
		ck_assert_int_lt(strcmp(all[n - 1]->system->name, all[n]->system->name), 0);
	ck_assert_ptr_eq(cbx_systems_all(systems), all);
}
END_TEST

START_TEST(a_frozen_list_does_not_change)
{
	struct cbx_system_entry *a = cbx_systems_get(systems, "A");
	struct cbx_system_list *one = NULL;
	struct cbx_system_list *same = NULL;
	struct cbx_system_list *two = NULL;

	cbx_systems_set(systems, a, CBX_ONLINE, 5, true);
	cbx_systems_get(systems, "C");
	cbx_systems_freeze(systems, &one);
	cbx_systems_freeze(systems, &same);
	ck_assert_ptr_eq(one, same);
	cbx_systems_set(systems, a, CBX_OFFLINE, 6, false);
	cbx_systems_get(systems, "B");
	cbx_systems_freeze(systems, &two);
	ck_assert_uint_eq(one->count, 2);
	ck_assert_uint_eq(one->online, 1);
	ck_assert_uint_eq(one->unknown, 1);
	ck_assert_int_eq(cbx_system_list_find(one, "A")->state, CBX_ONLINE);
	ck_assert_ptr_null(cbx_system_list_find(one, "B"));
	ck_assert_uint_eq(two->count, 3);
	ck_assert_uint_eq(two->offline, 1);
	ck_assert_ptr_nonnull(cbx_system_list_find(two, "B"));
	ck_assert_ptr_nonnull(cbx_system_list_find(two, "C"));
	/* an unchanged system is shared */
	ck_assert_ptr_eq(cbx_system_list_find(one, "C"), cbx_system_list_find(two, "C"));
	cbx_systems_clear(systems);
	ck_assert_uint_eq(cbx_systems_count(systems), 0);
	ck_assert_str_eq(cbx_system_list_at(one, 0)->name, "A");
	cbx_system_list_unref(one);
	cbx_system_list_unref(same);
	cbx_system_list_unref(two);
}
END_TEST

START_TEST(of_many_only_what_changed_is_frozen_anew)
{
	struct cbx_system_list *one = NULL;
	struct cbx_system_list *two = NULL;
	char name[8];
	size_t i;

	for (i = 0; i < 700; i++) {
		snprintf(name, sizeof(name), "S%03zu", i);
		ck_assert_ptr_nonnull(cbx_systems_get(systems, name));
	}
	ck_assert_int_eq(cbx_systems_freeze(systems, &one), 0);
	ck_assert_int_eq(cbx_systems_set(systems, cbx_systems_find(systems, "S300"), CBX_OFFLINE, 5,
					 true),
			 0);
	ck_assert_int_eq(cbx_systems_freeze(systems, &two), 0);
	ck_assert_uint_eq(one->unknown, 700);
	ck_assert_uint_eq(two->unknown, 699);
	ck_assert_uint_eq(two->offline, 1);
	ck_assert_int_eq(cbx_system_list_find(one, "S300")->state, CBX_UNKNOWN);
	ck_assert_int_eq(cbx_system_list_find(two, "S300")->state, CBX_OFFLINE);
	for (i = 0; i < cbx_pieces_of(700); i++)
		ck_assert_int_eq(one->pieces[i] == two->pieces[i], i != 300 / CBX_PIECE);
	cbx_system_list_unref(one);
	/* who comes moves the others */
	ck_assert_ptr_nonnull(cbx_systems_get(systems, "S0005"));
	ck_assert_int_eq(cbx_systems_freeze(systems, &one), 0);
	ck_assert_str_eq(cbx_system_list_at(one, 1)->name, "S0005");
	ck_assert_str_eq(cbx_system_list_at(two, 1)->name, "S001");
	ck_assert_int_eq(cbx_system_list_find(one, "S300")->state, CBX_OFFLINE);
	cbx_system_list_unref(one);
	cbx_system_list_unref(two);
}
END_TEST

START_TEST(an_empty_table)
{
	struct cbx_system_list *list = NULL;

	ck_assert_int_eq(cbx_systems_freeze(systems, &list), 0);
	ck_assert_uint_eq(list->count, 0);
	ck_assert_ptr_null(cbx_system_list_find(list, "A"));
	cbx_system_list_unref(list);
	cbx_systems_free(NULL);
	cbx_system_list_unref(NULL);
}
END_TEST

UNIT_SUITE(suite)
{
	const TTest *const tests[] = { a_new_one_is_unknown_and_never_checked,
				       the_json_of_each_state,
				       an_activation_is_kept_through_changes,
				       all_of_them_by_name_and_none_moves,
				       a_frozen_list_does_not_change,
				       of_many_only_what_changed_is_frozen_anew,
				       an_empty_table };
	TCase *tcase = tcase_create("system");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	unit_add(tcase, tests, sizeof(tests) / sizeof(tests[0]));
	tcase_add_loop_test(tcase, what_makes_it_dirty, 0, 5);
	suite_add_tcase(suite, tcase);
}
