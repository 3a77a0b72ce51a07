// SPDX-License-Identifier: MIT
/* sql_suite_incidents.c - incidents: rows with their members and what is told, in one transaction;
 * the errors that belong to them; pages; what is left over for the next leader; expiry */
#include "port/incidents.h"

#include "sql_suite.h"

#include <string.h>

static const struct cbx_incident_member three[] = {
	{ "ABC2", 7, "disk_full" },
	{ "ABC1", 17, "disk_full" },
	{ "ABC3", CBX_NO_COUNT, NULL },
};

static struct cbx_incident_write write_of(int64_t id, int64_t closed_ms)
{
	return (struct cbx_incident_write){
		.row = { .id = id,
			 .kind = "error_code",
			 .key = "disk_full",
			 .title = "disk_full at 3 systems",
			 .sample = "{\"systems\":[\"ABC1\"]}",
			 .opened_ms = 1000000,
			 .updated_ms = 1000500,
			 .closed_ms = closed_ms,
			 .systems = 3,
			 .jobs = 2,
			 .told = 3 },
		.members = three,
		.member_count = CBX_COUNT(three),
	};
}

static void put_rows(const struct cbx_incident_write *write, size_t count, struct cbx_batch *events,
		     int result)
{
	struct cbx_batch none = { 0 };
	int r = sql->incidents->write(sql, &sql_guard, write, count, events ?: &none);

	ck_assert_msg(r == result, "write: %d %s", r, sql->error);
}

static int note(void *user, const struct cbx_incident_row *row)
{
	cbx_text_printf(user, "%lld %s %s (%s) %lld..%lld/%lld %lld+%lld told %lld %s\n",
			(long long)row->id, row->kind, row->key, row->title,
			(long long)row->opened_ms, (long long)row->updated_ms,
			(long long)row->closed_ms, (long long)row->systems, (long long)row->jobs,
			(long long)row->told, strstr(row->sample, "ABC1") ? "ABC1" : "-");
	return 0;
}

static int note_id(void *user, const struct cbx_incident_row *row)
{
	cbx_text_printf(user, "%lld ", (long long)row->id);
	return 0;
}

static int note_member(void *user, const struct cbx_incident_member *member)
{
	cbx_text_printf(user, "%s/%lld %s\n", member->system, (long long)member->job_id,
			member->code ?: "-");
	return 0;
}

static void expect_ids(bool open, int64_t before, size_t limit, const char *expected)
{
	struct cbx_text text = { 0 };
	int r = sql->incidents->page(sql, open, before, limit, note_id, &text);

	ck_assert_msg(!r, "page: %d %s", r, sql->error);
	cbx_text_puts(&text, "");
	sql_expect_text(&text, expected);
}

static void expect_members(int64_t id, const char *system, int64_t job_id, size_t limit,
			   const char *expected)
{
	const struct cbx_incident_place after = { system, job_id };
	struct cbx_text text = { 0 };
	int r = sql->incidents->members(sql, id, &after, limit, note_member, &text);

	ck_assert_msg(!r, "members: %d %s", r, sql->error);
	sql_expect_text(&text, expected);
}

static int64_t reserve(void)
{
	int64_t id = 0;
	int r = sql->incidents->reserve(sql, &sql_guard, &id);

	ck_assert_msg(!r, "reserve: %d %s", r, sql->error);
	return id;
}

START_TEST(a_row_is_written_and_found)
{
	struct cbx_incident_write write = write_of(reserve(), 0);
	struct cbx_text text = { 0 };

	put_rows(&write, 1, NULL, 0);
	ck_assert_int_eq(sql->incidents->find(sql, write.row.id, note, &text), 0);
	sql_expect_text(&text, "1 error_code disk_full (disk_full at 3 systems) "
			       "1000000..1000500/0 3+2 told 3 ABC1\n");
	ck_assert_int_eq(sql->incidents->find(sql, 99, note, NULL), 1);
	/* it grows, and closes */
	write.row.title = "disk_full at 4 systems";
	write.row.systems = 4;
	write.row.updated_ms = 1000700;
	write.row.closed_ms = 2000000;
	write.member_count = 0;
	put_rows(&write, 1, NULL, 0);
	ck_assert_int_eq(sql->incidents->find(sql, write.row.id, note, &text), 0);
	sql_expect_text(&text, "1 error_code disk_full (disk_full at 4 systems) "
			       "1000000..1000700/2000000 4+2 told 3 ABC1\n");
}
END_TEST

START_TEST(ids_are_never_used_twice)
{
	struct cbx_incident_write write = write_of(reserve(), 1);
	int64_t removed = 0;

	ck_assert_int_eq(write.row.id, 1);
	ck_assert_int_eq(reserve(), 2);
	put_rows(&write, 1, NULL, 0);
	ck_assert_int_eq(sql->incidents->expire(sql, &sql_guard, 0, 10, &removed), 0);
	ck_assert_int_eq(removed, 1);
	ck_assert_int_eq(reserve(), 3);
}
END_TEST

START_TEST(pages_go_by_id)
{
	struct cbx_incident_write writes[3];
	size_t i;

	for (i = 0; i < 3; i++)
		writes[i] = write_of(reserve(), i == 1 ? 2000000 : 0);
	put_rows(writes, 3, NULL, 0);
	expect_ids(false, 0, 10, "3 2 1 ");
	expect_ids(true, 0, 10, "3 1 ");
	expect_ids(false, 0, 2, "3 2 ");
	expect_ids(true, 3, 2, "1 ");
	expect_ids(true, 1, 2, "");
}
END_TEST

START_TEST(members_are_sorted_and_each_is_there_once)
{
	static const struct cbx_incident_member again[] = { { "ABC1", 17, "checksum" },
							    { "ABC1", 9, NULL },
							    { "ABC1", 9, "late" } };
	struct cbx_incident_write write = write_of(reserve(), 0);

	put_rows(&write, 1, NULL, 0);
	write.members = again;
	write.member_count = CBX_COUNT(again);
	put_rows(&write, 1, NULL, 0);
	expect_members(1, "", -1, 10,
		       "ABC1/9 late\nABC1/17 checksum\nABC2/7 disk_full\nABC3/-1 -\n");
	expect_members(1, "ABC1", 9, 2, "ABC1/17 checksum\nABC2/7 disk_full\n");
	expect_members(1, "ABC2", 7, 2, "ABC3/-1 -\n");
	expect_members(2, "", -1, 10, "");
}
END_TEST

static void store(const char *system, int64_t job_id, const char *code)
{
	const struct cbx_error_row row = {
		.system = system, .job_id = job_id, .code = code, .message = "m", .origin = "user"
	};

	ck_assert_int_eq(sql->errors->store(sql, &sql_guard, &row, 1), 0);
}

static int note_error(void *user, const struct cbx_error_row *row)
{
	cbx_text_printf(user, "%s/%lld %s %lld\n", row->system, (long long)row->job_id, row->code,
			(long long)row->incident);
	return 0;
}

static void expect_loose(int64_t since_ms, size_t limit, const char *expected)
{
	struct cbx_text text = { 0 };
	int r = sql->incidents->loose(sql, since_ms, limit, note_error, &text);

	ck_assert_msg(!r, "loose: %d %s", r, sql->error);
	sql_expect_text(&text, expected);
}

START_TEST(errors_name_their_incident)
{
	struct cbx_incident_write write = write_of(reserve(), 0);
	struct cbx_text text = { 0 };

	store("ABC1", 17, "disk_full");
	store("ABC1", 17, "checksum");
	store("ABC2", 7, "disk_full");
	store("ABC3", CBX_NO_COUNT, "disk_full");
	expect_loose(0, 10,
		     "ABC1/17 disk_full 0\nABC1/17 checksum 0\nABC2/7 disk_full 0\n"
		     "ABC3/-1 disk_full 0\n");
	put_rows(&write, 1, NULL, 0);
	ck_assert_int_eq(sql->errors->page(sql, NULL, 0, 10, note_error, &text), 0);
	sql_expect_text(&text, "ABC3/-1 disk_full 0\nABC2/7 disk_full 1\nABC1/17 checksum 0\n"
			       "ABC1/17 disk_full 1\n");
	expect_loose(0, 10, "ABC1/17 checksum 0\nABC3/-1 disk_full 0\n");
	expect_loose(0, 1, "ABC1/17 checksum 0\n");
	expect_loose(INT64_C(7000000000000), 10, "");
	/* an error of a system as a whole */
	write.members = &(struct cbx_incident_member){ "ABC3", CBX_NO_COUNT, "disk_full" };
	write.member_count = 1;
	/* and one that came after the incident was closed belongs to none of today */
	write.row.closed_ms = 1001000;
	put_rows(&write, 1, NULL, 0);
	expect_loose(0, 10,
		     "ABC1/17 disk_full 1\nABC1/17 checksum 0\nABC2/7 disk_full 1\n"
		     "ABC3/-1 disk_full 1\n");
}
END_TEST

START_TEST(what_is_told_is_written_with_it)
{
	struct cbx_incident_write write = write_of(reserve(), 0);
	struct cbx_batch events = { 0 };
	struct cbx_event *event = sql_put_event(&events, "incident/1", NULL);

	event->name = "incident";
	event->tag = NULL;
	put_rows(&write, 1, &events, 0);
	sql_expect("select key || ' ' || name from outbox", "incident/1 incident");
	sql_expect("select count(*) from outbox where message_id = 'incident/1/' || id", "1");
	sql_batch_free(&events);
}
END_TEST

START_TEST(only_who_leads_writes)
{
	struct cbx_incident_write write = write_of(1, 0);
	int64_t epoch = sql_guard.epoch;
	int64_t id = 0;

	sql_guard.epoch++;
	put_rows(&write, 1, NULL, CHATTERBOX_E_FENCED);
	ck_assert_int_eq(sql->incidents->reserve(sql, &sql_guard, &id), CHATTERBOX_E_FENCED);
	ck_assert_int_eq(sql->incidents->expire(sql, &sql_guard, 0, 10, &id), CHATTERBOX_E_FENCED);
	sql_guard.epoch = epoch;
	expect_ids(false, 0, 10, "");
	sql_expect("select count(*) from incident_members", "0");
}
END_TEST

START_TEST(closed_ones_expire_with_their_members)
{
	struct cbx_incident_write writes[3];
	int64_t removed = 0;
	int64_t now = 0;

	ck_assert_int_eq(sql->ops->now(sql, &now), 0);
	writes[0] = write_of(reserve(), now - 100 * 1000);
	writes[1] = write_of(reserve(), now - 10 * 1000);
	writes[2] = write_of(reserve(), 0);
	put_rows(writes, 3, NULL, 0);
	ck_assert_int_eq(sql->incidents->expire(sql, &sql_guard, 60, 10, &removed), 0);
	ck_assert_int_eq(removed, 1);
	expect_ids(false, 0, 10, "3 2 ");
	sql_expect("select count(*) from incident_members where incident = 1", "0");
	sql_expect("select count(*) from incident_members", "6");
}
END_TEST

void sql_suite_incidents(Suite *suite)
{
	const TTest *const tests[] = {
		a_row_is_written_and_found,
		ids_are_never_used_twice,
		pages_go_by_id,
		members_are_sorted_and_each_is_there_once,
		errors_name_their_incident,
		what_is_told_is_written_with_it,
		only_who_leads_writes,
		closed_ones_expire_with_their_members,
	};

	sql_add(suite, "incidents", tests, CBX_COUNT(tests));
}
