// SPDX-License-Identifier: MIT
/* What a status text means: the configured texts and the built-in ones, without case. */
#include "domain/kind.h"
#include "unit.h"

static const struct cbx_kind_keys usual = { "Running", "Paused", "Completed", "Errored", "Killed" };
static const struct cbx_kind_keys own = { "Laeuft", "Steht", "Fertig", "Kaputt", "Weg" };

static const struct {
	const struct cbx_kind_keys *keys;
	const char *text;
	enum cbx_kind kind;
} words[] = {
	{ &usual, "running", CBX_RUNNING },     { &usual, "PAUSED", CBX_PAUSED },
	{ &usual, "Completed", CBX_COMPLETED }, { &usual, "complete", CBX_COMPLETED },
	{ &usual, "Finished", CBX_COMPLETED },  { &usual, "DONE", CBX_COMPLETED },
	{ &usual, "Errored", CBX_ERRORED },     { &usual, "error", CBX_ERRORED },
	{ &usual, "Failed", CBX_ERRORED },      { &usual, "killed", CBX_KILLED },
	{ &usual, "Cancelled", CBX_KILLED },    { &usual, "canceled", CBX_KILLED },
	{ &usual, "Queued", CBX_OTHER },        { &usual, "", CBX_OTHER },
	{ &own, "laeuft", CBX_RUNNING },        { &own, "Running", CBX_OTHER },
	{ &own, "STEHT", CBX_PAUSED },          { &own, "Paused", CBX_OTHER },
	{ &own, "fertig", CBX_COMPLETED },      { &own, "Done", CBX_COMPLETED },
	{ &own, "kaputt", CBX_ERRORED },        { &own, "weg", CBX_KILLED },
};

START_TEST(each_text_has_its_kind)
{
	ck_assert_int_eq(cbx_kind_of(words[_i].keys, words[_i].text), words[_i].kind);
}
END_TEST

START_TEST(ends_and_names)
{
	ck_assert(cbx_kind_is_end(CBX_COMPLETED) && cbx_kind_is_end(CBX_ERRORED));
	ck_assert(cbx_kind_is_end(CBX_KILLED) && !cbx_kind_is_end(CBX_PAUSED));
	ck_assert(!cbx_kind_is_end(CBX_RUNNING) && !cbx_kind_is_end(CBX_OTHER));
	ck_assert_str_eq(cbx_kind_name(CBX_RUNNING), "running");
	ck_assert_str_eq(cbx_kind_name(CBX_OTHER), "other");
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("kind");

	tcase_add_loop_test(tcase, each_text_has_its_kind, 0,
			    (int)(sizeof(words) / sizeof(words[0])));
	tcase_add_test(tcase, ends_and_names);
	suite_add_tcase(suite, tcase);
}
