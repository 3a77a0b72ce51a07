// SPDX-License-Identifier: MIT
/* Which troubles are one thing: thresholds and the window to the unit, who belongs to what, what is
 * told and when it closes, what a successor goes on with (contract 9.3). */
#include "common/cleanup.h"
#include "domain/incident.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

#define WINDOW 900000
#define START INT64_C(1700000000000)
#define KNOWN 200

static struct cbx_incidents *incidents;
static int64_t now;

static void set_up(void)
{
	ck_assert_int_eq(cbx_incidents_new(&incidents), 0);
	now = START;
}

static void tear_down(void)
{
	cbx_incidents_free(incidents);
}

static void add(const struct cbx_trouble *trouble)
{
	ck_assert_int_eq(cbx_incidents_add(incidents, trouble, KNOWN), 0);
}

static void fails(const char *system, int64_t job_id, const char *code)
{
	add(&(struct cbx_trouble){ .at_ms = now,
				   .system = system,
				   .job_id = job_id,
				   .code = code,
				   .message = "a message" });
}

static void fails_at(int number, int64_t job_id, const char *code)
{
	char system[32];

	snprintf(system, sizeof(system), "SYS%d", number);
	fails(system, job_id, code);
}

static void file_fails(const char *system, const char *code, const char *file, bool named)
{
	add(&(struct cbx_trouble){ .at_ms = now,
				   .system = system,
				   .job_id = 1,
				   .code = code,
				   .files = { file },
				   .file_count = 1,
				   .named = named });
}

static void at_once(enum cbx_incident_kind type, int number, size_t known)
{
	char system[32];
	const struct cbx_trouble trouble = {
		.type = type, .at_ms = now, .system = system, .job_id = -1
	};

	snprintf(system, sizeof(system), "SYS%d", number);
	ck_assert_int_eq(cbx_incidents_add(incidents, &trouble, known), 0);
}

/* The only one */
static struct cbx_incident *only(void)
{
	struct cbx_incident *incident = cbx_incidents_all(incidents);

	ck_assert_ptr_nonnull(incident);
	ck_assert_ptr_null(incident->next);
	return incident;
}

static void expect(const struct cbx_incident *incident, enum cbx_incident_kind kind,
		   const char *key, size_t systems, size_t jobs)
{
	ck_assert_str_eq(cbx_incident_kind_name(incident->kind), cbx_incident_kind_name(kind));
	ck_assert_str_eq(incident->key, key);
	ck_assert_uint_eq(incident->systems, systems);
	ck_assert_uint_eq(incident->jobs, jobs);
}

static void expect_none(void)
{
	ck_assert_ptr_null(cbx_incidents_all(incidents));
}

START_TEST(the_fifth_system_opens_it)
{
	int i;

	for (i = 1; i <= 4; i++)
		fails_at(i, 1, "disk_full");
	fails_at(4, 2, "disk_full");
	fails_at(5, 1, "checksum");
	expect_none();
	fails_at(6, 1, "disk_full");
	expect(only(), CBX_SAME_CODE, "disk_full", 5, 6);
	ck_assert_uint_eq(only()->joined_count, 6);
	ck_assert_str_eq(only()->joined[0].system, "SYS1");
	ck_assert_str_eq(only()->joined[0].code, "disk_full");
	ck_assert_int_eq(only()->opened_ms, now);
	ck_assert_str_eq(only()->sample,
			 "{\"systems\":[\"SYS1\",\"SYS2\",\"SYS3\",\"SYS4\",\"SYS6\"],\"job\":"
			 "{\"system\":\"SYS1\",\"job_id\":1,\"code\":\"disk_full\",\"message\":"
			 "\"a message\"}}");
	/* the one of another code waits for its like */
	ck_assert_uint_eq(cbx_incidents_waiting(incidents), 1);
}
END_TEST

START_TEST(the_window_ends_to_the_millisecond)
{
	int i;

	fails_at(1, 1, "disk_full");
	now += WINDOW + 1;
	for (i = 2; i <= 5; i++)
		fails_at(i, 1, "disk_full");
	expect_none();
	now += WINDOW;
	fails_at(6, 1, "disk_full");
	expect(only(), CBX_SAME_CODE, "disk_full", 5, 5);
}
END_TEST

START_TEST(ten_jobs_of_a_system_open_it)
{
	char code[16];
	int i;

	for (i = 1; i <= 9; i++) {
		snprintf(code, sizeof(code), "code%d", i % 3);
		fails("ABC1", i, code);
		fails("ABC1", i, code);
	}
	expect_none();
	fails("ABC1", 10, "code1");
	expect(only(), CBX_SAME_SYSTEM, "ABC1", 1, 10);
	ck_assert_uint_eq(cbx_incident_size(only()), 10);
}
END_TEST

START_TEST(those_of_a_system_still_count_for_a_code)
{
	struct cbx_incident *code;
	int i;

	for (i = 1; i <= 10; i++)
		fails("ABC1", i, "disk_full");
	expect(only(), CBX_SAME_SYSTEM, "ABC1", 1, 10);
	for (i = 2; i <= 5; i++)
		fails_at(i, 1, "disk_full");
	code = cbx_incidents_all(incidents);
	expect(code, CBX_SAME_CODE, "disk_full", 5, 14);
	expect(code->next, CBX_SAME_SYSTEM, "ABC1", 1, 10);
	/* what follows tells more as a code */
	fails("ABC1", 11, "disk_full");
	expect(code, CBX_SAME_CODE, "disk_full", 5, 15);
	expect(code->next, CBX_SAME_SYSTEM, "ABC1", 1, 10);
}
END_TEST

START_TEST(a_file_that_is_named_tells_more_than_the_code)
{
	static const char *const names[] = { "A", "B", "C", "D", "E" };
	size_t i;

	for (i = 0; i < 5; i++)
		file_fails(names[i], "checksum", "tune.flac", true);
	expect(only(), CBX_SAME_FILE, "tune.flac", 5, 5);
	/* and it takes what comes, whatever the code */
	file_fails("F", "other", "tune.flac", true);
	expect(only(), CBX_SAME_FILE, "tune.flac", 6, 6);
}
END_TEST

START_TEST(a_file_that_was_being_downloaded_tells_less)
{
	static const char *const names[] = { "A", "B", "C", "D", "E" };
	char code[16];
	size_t i;

	for (i = 0; i < 5; i++)
		file_fails(names[i], "disk_full", "tune.flac", false);
	expect(only(), CBX_SAME_CODE, "disk_full", 5, 5);
	for (i = 0; i < 5; i++) {
		snprintf(code, sizeof(code), "code%zu", i);
		file_fails(names[i], code, "list.m3u", false);
	}
	expect(cbx_incidents_all(incidents), CBX_SAME_FILE, "list.m3u", 5, 5);
}
END_TEST

static const struct {
	size_t known;
	int systems;
} shares[] = { { 20, 10 }, { 100, 10 }, { 101, 11 }, { 110, 11 }, { 1000, 100 }, { 0, 10 } };

START_TEST(silence_takes_a_tenth_and_ten)
{
	int i;

	for (i = 1; i < shares[_i].systems; i++) {
		at_once(CBX_SILENCE, i, shares[_i].known);
		at_once(CBX_STALL, i, shares[_i].known);
	}
	expect_none();
	at_once(CBX_SILENCE, i, shares[_i].known);
	expect(only(), CBX_SILENCE, "all", (size_t)shares[_i].systems, 0);
	at_once(CBX_STALL, i, shares[_i].known);
	expect(cbx_incidents_all(incidents), CBX_STALL, "all", (size_t)shares[_i].systems, 0);
}
END_TEST

static void tell(struct cbx_incident *incident)
{
	ck_assert(incident->dirty);
	ck_assert(cbx_incident_is_news(incident));
	cbx_incident_written(incidents, incident);
}

START_TEST(it_is_told_when_it_opens_doubles_and_closes)
{
	int i;

	for (i = 1; i <= 5; i++)
		fails_at(i, 1, "disk_full");
	tell(only());
	ck_assert(!only()->dirty);
	ck_assert_uint_eq(only()->joined_count, 0);
	for (i = 6; i <= 9; i++)
		fails_at(i, 1, "disk_full");
	ck_assert(only()->dirty);
	ck_assert(!cbx_incident_is_news(only()));
	cbx_incident_written(incidents, only());
	fails_at(10, 1, "disk_full");
	tell(only());
	for (i = 11; i <= 19; i++)
		fails_at(i, 1, "disk_full");
	ck_assert(!cbx_incident_is_news(only()));
	now += WINDOW - 1;
	cbx_incidents_close_old(incidents, now);
	ck_assert_int_eq(only()->closed_ms, 0);
	now += 1;
	cbx_incidents_close_old(incidents, now);
	ck_assert_int_eq(only()->closed_ms, now);
	ck_assert_uint_eq(cbx_incidents_open(incidents, CBX_SAME_CODE), 0);
	tell(only());
	expect_none();
}
END_TEST

START_TEST(what_comes_again_keeps_it_open_but_is_counted_once)
{
	int i;

	for (i = 1; i <= 5; i++)
		fails_at(i, 1, "disk_full");
	now += WINDOW - 1;
	fails_at(1, 1, "disk_full");
	expect(only(), CBX_SAME_CODE, "disk_full", 5, 5);
	now += WINDOW - 1;
	cbx_incidents_close_old(incidents, now);
	ck_assert_int_eq(only()->closed_ms, 0);
	/* while a system that is silent as before adds nothing */
	for (i = 1; i <= 20; i++)
		at_once(CBX_SILENCE, i, KNOWN);
	now += WINDOW;
	at_once(CBX_SILENCE, 1, KNOWN);
	cbx_incidents_close_old(incidents, now);
	ck_assert_uint_eq(cbx_incidents_open(incidents, CBX_SILENCE), 0);
}
END_TEST

START_TEST(after_it_closed_another_one_opens)
{
	int i;

	for (i = 1; i <= 5; i++)
		fails_at(i, 1, "disk_full");
	now += WINDOW;
	cbx_incidents_close_old(incidents, now);
	/* it is not written yet */
	for (i = 1; i <= 4; i++)
		fails_at(i, 1, "disk_full");
	ck_assert_ptr_null(only()->next);
	fails_at(5, 1, "disk_full");
	ck_assert_ptr_nonnull(cbx_incidents_all(incidents)->next);
	ck_assert_uint_eq(cbx_incidents_open(incidents, CBX_SAME_CODE), 1);
}
END_TEST

START_TEST(a_successor_goes_on)
{
	const struct cbx_incident row = { .id = 7,
					  .kind = CBX_SAME_CODE,
					  .key = (char *)(uintptr_t) "disk_full",
					  .sample = (char *)(uintptr_t) "{}",
					  .opened_ms = START - 5000,
					  .updated_ms = START - 1000,
					  .told = 5 };
	struct cbx_incident *incident = cbx_incidents_restore(incidents, &row);
	int i;

	for (i = 1; i <= 5; i++) {
		char system[32];

		snprintf(system, sizeof(system), "SYS%d", i);
		ck_assert_int_eq(cbx_incident_restore_member(incidents, incident, system, 1), 0);
	}
	expect(only(), CBX_SAME_CODE, "disk_full", 5, 5);
	ck_assert(!only()->dirty);
	fails_at(3, 1, "disk_full");
	fails_at(6, 1, "disk_full");
	expect(only(), CBX_SAME_CODE, "disk_full", 6, 6);
	ck_assert(!cbx_incident_is_news(only()));
	for (i = 7; i <= 10; i++)
		fails_at(i, 1, "disk_full");
	ck_assert(cbx_incident_is_news(only()));
	ck_assert_int_eq(only()->id, 7);
	ck_assert_int_eq(only()->opened_ms, START - 5000);
}
END_TEST

START_TEST(absurd_codes_group_sanely)
{
	char longs[2][5000];
	char key[CBX_INCIDENT_KEY];
	int i;

	for (i = 0; i < 2; i++) {
		memset(longs[i], 'x', sizeof(longs[i]) - 1);
		longs[i][sizeof(longs[i]) - 2] = (char)('a' + i);
		longs[i][sizeof(longs[i]) - 1] = '\0';
	}
	for (i = 1; i <= 4; i++) {
		fails_at(i, 1, longs[0]);
		fails_at(i, 1, longs[1]);
		fails_at(i, 1, "bad\xff\xfe\xc0\x80");
		fails_at(i, 2, "");
		fails_at(i, 2, NULL);
	}
	expect_none();
	fails_at(5, 1, longs[0]);
	ck_assert_uint_eq(strlen(only()->key), 64);
	fails_at(5, 1, "bad\xff\xfe\xc0\x80");
	ck_assert_str_eq(cbx_incidents_all(incidents)->key, "bad????");
	/* a character is not cut */
	for (i = 1; i < 4000; i += 2)
		memcpy(longs[0] + i, "\xc3\xa9", 2);
	cbx_incident_key(longs[0], 64, key);
	ck_assert_uint_eq(strlen(key), 63);
	ck_assert_msg(!memcmp(key + 51, "\xc3\xa9..", 4), "%s", key);
	fails_at(5, -1, NULL);
}
END_TEST

START_TEST(memory_is_bounded)
{
	char code[32];
	size_t i;

	for (i = 0; i < CBX_TROUBLES + 100; i++) {
		snprintf(code, sizeof(code), "code%zu", i);
		fails_at((int)(i % 3), (int64_t)(i % 4), code);
	}
	ck_assert_uint_eq(cbx_incidents_waiting(incidents), CBX_TROUBLES);
	expect_none();
	now += WINDOW + 1;
	cbx_incidents_close_old(incidents, now);
	ck_assert_uint_eq(cbx_incidents_waiting(incidents), 0);
}
END_TEST

START_TEST(titles_are_sentences)
{
	static const struct {
		struct cbx_incident incident;
		const char *title;
	} rows[] = {
		{ { .kind = CBX_SAME_CODE, .key = (char *)(uintptr_t) "c", .systems = 5 },
		  "c at 5 systems" },
		{ { .kind = CBX_SAME_FILE, .key = (char *)(uintptr_t) "f", .systems = 1 },
		  "f fails at 1 system" },
		{ { .kind = CBX_SAME_SYSTEM, .key = (char *)(uintptr_t) "S", .jobs = 12 },
		  "12 jobs failed at S" },
		{ { .kind = CBX_SILENCE, .systems = 30 }, "30 systems fell silent" },
		{ { .kind = CBX_STALL, .systems = 30 }, "downloads stand still at 30 systems" },
	};
	size_t i;

	for (i = 0; i < CBX_COUNT(rows); i++) {
		struct cbx_text text = { 0 };

		cbx_incident_title(&rows[i].incident, &text);
		ck_assert_str_eq(text.bytes, rows[i].title);
		cbx_text_free(&text);
	}
}
END_TEST

UNIT_SUITE(suite)
{
	TCase *tcase = tcase_create("incident");

	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, the_fifth_system_opens_it);
	tcase_add_test(tcase, the_window_ends_to_the_millisecond);
	tcase_add_test(tcase, ten_jobs_of_a_system_open_it);
	tcase_add_test(tcase, those_of_a_system_still_count_for_a_code);
	tcase_add_test(tcase, a_file_that_is_named_tells_more_than_the_code);
	tcase_add_test(tcase, a_file_that_was_being_downloaded_tells_less);
	tcase_add_loop_test(tcase, silence_takes_a_tenth_and_ten, 0, (int)CBX_COUNT(shares));
	tcase_add_test(tcase, it_is_told_when_it_opens_doubles_and_closes);
	tcase_add_test(tcase, what_comes_again_keeps_it_open_but_is_counted_once);
	tcase_add_test(tcase, after_it_closed_another_one_opens);
	tcase_add_test(tcase, a_successor_goes_on);
	tcase_add_test(tcase, absurd_codes_group_sanely);
	tcase_add_test(tcase, memory_is_bounded);
	tcase_add_test(tcase, titles_are_sentences);
	suite_add_tcase(suite, tcase);
}
