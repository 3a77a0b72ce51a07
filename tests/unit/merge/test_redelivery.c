// SPDX-License-Identifier: MIT
#include "merge/redelivery.h"
#include "unit.h"

#include "common/cleanup.h"

#include <string.h>

/*
 * Statuses with spaces between them. "R" or "P": what is said, of job 1 and without a message_id;
 * "R7": with the message_id 7; "2:R7": of job 2.
 */
static void read_script(const char *script, struct cbx_push_identities *list)
{
	while (*script) {
		struct cbx_push_identity identity = { .subject = 1 };

		if (script[1] == ':') {
			identity.subject = (uint64_t)(*script - '0');
			script += 2;
		}
		identity.content = (uint64_t)*script++;
		if (*script && *script != ' ') {
			identity.message = (uint64_t)*script++;
			identity.content = identity.content << 8 | identity.message;
		}
		ck_assert_int_eq(cbx_push_identities_add(list, &identity), 0);
		while (*script == ' ')
			script++;
	}
}

static const struct {
	const char *log;
	const char *run;
	const char *recorded; /* 'o': it was, 'n': it is new */
} cases[] = {
	/* nothing was recorded, all was, a part was */
	{ "", "R P", "nn" },
	{ "R P", "", "" },
	{ "R P", "R P", "oo" },
	{ "R P", "R P Q", "oon" },
	{ "Q R P", "R P S", "oon" },
	{ "Q R P", "P S", "on" },
	/* what was acknowledged does not come again, whatever it said */
	{ "R P", "S R", "nn" },
	{ "R P", "R", "n" },
	{ "R P S", "R P", "nn" },
	{ "P R P", "R Q", "nn" },
	/* a cycle to the letter: nothing is invented, and the last status is right */
	{ "R P R P", "R P", "oo" },
	{ "R P R P", "R P R", "oon" },
	{ "R P R P", "P R P S", "ooon" },
	{ "R R R", "R R", "oo" },
	{ "R", "R R", "on" },
	/* a longer run than the log */
	{ "P", "P R P R", "onnn" },
	/* jobs have nothing to do with each other */
	{ "2:R", "R", "n" },
	{ "2:R R 2:P P", "2:R R 2:P P", "oooo" },
	{ "R 2:R 2:P", "R 2:P 2:S", "oon" },
	{ "2:R R 3:R", "3:P 2:R R 1:P", "noon" },
	{ "1:R 3:R", "2:R 3:R", "no" },
	/* a message_id is found out of order, too: a neighbour's lock put another message off */
	{ "R1 P2", "R1", "o" },
	{ "R1 P2 S3", "P2 R4", "on" },
	{ "R1 P2", "S3 P2", "no" },
	{ "R1 P", "R1 P S", "oon" },
	/* with the same id another thing is said: it is no id */
	{ "R1", "P1", "n" },
	{ "R1 P1", "R1", "n" },
	{ "R1 P1", "P1 R1", "on" },
	{ "P1 R2", "P1 P1", "nn" },
	/* the id of another job's status */
	{ "2:R1", "R1", "n" },
};

START_TEST(each_run)
{
	struct cbx_push_identities log = { 0 };
	struct cbx_push_identities run = { 0 };
	bool recorded[16] = { false };
	char found[16] = "";
	size_t i;

	read_script(cases[_i].log, &log);
	read_script(cases[_i].run, &run);
	ck_assert_int_eq(cbx_push_find_recorded(&log, &run, recorded), 0);
	for (i = 0; i < run.count; i++)
		strcat(found, recorded[i] ? "o" : "n");
	ck_assert_msg(!strcmp(found, cases[_i].recorded), "log \"%s\", run \"%s\": %s, needs %s",
		      cases[_i].log, cases[_i].run, found, cases[_i].recorded);
	cbx_push_identities_clear(&log);
	cbx_push_identities_clear(&run);
}
END_TEST

/* Whatever the broker keeps of a stream of pushes, none is taken for new that was recorded; and
 * without repetition none for recorded that is new */
START_TEST(each_cut_of_a_stream)
{
	enum { LENGTH = 12 };
	struct cbx_push_identities log = { 0 };
	struct cbx_push_identities run = { 0 };
	size_t acknowledged;
	size_t recorded;
	size_t cycle;
	size_t i;

	for (cycle = 1; cycle <= LENGTH; cycle++)
		for (recorded = 0; recorded <= LENGTH; recorded++)
			for (acknowledged = 0; acknowledged <= recorded; acknowledged++) {
				bool old[LENGTH] = { false };

				log.count = 0;
				run.count = 0;
				for (i = 0; i < LENGTH; i++) {
					struct cbx_push_identity one = { 1, i % cycle + 1, 0 };

					if (i < recorded)
						cbx_push_identities_add(&log, &one);
					if (i >= acknowledged)
						cbx_push_identities_add(&run, &one);
				}
				cbx_push_find_recorded(&log, &run, old);
				for (i = acknowledged; i < recorded; i++)
					ck_assert(old[i - acknowledged]);
				/* what is passed over at the end says what was recorded last */
				if (run.count && old[run.count - 1])
					ck_assert_uint_eq(run.all[run.count - 1].content,
							  log.all[recorded - 1].content);
				for (; cycle == LENGTH && i < LENGTH; i++)
					ck_assert(!old[i - acknowledged]);
			}
	cbx_push_identities_clear(&log);
	cbx_push_identities_clear(&run);
}
END_TEST

START_TEST(the_text_is_read_as_it_was_written)
{
	static const struct cbx_push_identity all[] = { { 1, 2, 3 },
							{ UINT64_MAX, UINT64_MAX, UINT64_MAX },
							{ 0x1000000000000000, 0, 0 } };
	cbx_auto(cbx_text_free) struct cbx_text text = { 0 };
	struct cbx_push_identities list = { 0 };
	size_t i;

	for (i = 0; i < 3; i++)
		cbx_push_identity_write(&all[i], &text);
	ck_assert_uint_eq(text.len, 144);
	ck_assert_int_eq(cbx_push_identities_read(&list, text.bytes), 0);
	ck_assert_uint_eq(list.count, 3);
	ck_assert_int_eq(memcmp(list.all, all, sizeof(all)), 0);
	/* torn, foreign, empty: as much as can be read */
	text.bytes[100] = '\0';
	ck_assert_int_eq(cbx_push_identities_read(&list, text.bytes), 0);
	ck_assert_uint_eq(list.count, 5);
	memset(text.bytes + 48, '?', 48);
	ck_assert_int_eq(cbx_push_identities_read(&list, text.bytes), 0);
	ck_assert_uint_eq(list.count, 6);
	ck_assert_int_eq(cbx_push_identities_read(&list, ""), 0);
	ck_assert_uint_eq(list.count, 6);
	cbx_push_identities_clear(&list);
	ck_assert_uint_eq(list.count, 0);
}
END_TEST

START_TEST(hashes_tell_fields_apart)
{
	uint64_t ab_c = cbx_push_hash(cbx_push_hash(0, "ab", 2), "c", 1);
	uint64_t a_bc = cbx_push_hash(cbx_push_hash(0, "a", 1), "bc", 2);
	uint64_t none = cbx_push_hash(cbx_push_hash(0, NULL, 0), "abc", 3);
	uint64_t empty = cbx_push_hash(cbx_push_hash(0, "", 0), "abc", 3);
	uint64_t again = cbx_push_hash(cbx_push_hash(0, "ab", 2), "c", 1);

	ck_assert_uint_eq(ab_c, again);
	ck_assert(ab_c != a_bc);
	ck_assert(none != empty);
	ck_assert(none != ab_c && none != a_bc);
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("redelivery");

	tcase_add_loop_test(tcase, each_run, 0, (int)CBX_COUNT(cases));
	tcase_add_test(tcase, each_cut_of_a_stream);
	tcase_add_test(tcase, the_text_is_read_as_it_was_written);
	tcase_add_test(tcase, hashes_tell_fields_apart);
	suite_add_tcase(suite, tcase);
}
