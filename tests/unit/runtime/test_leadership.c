// SPDX-License-Identifier: MIT
/* Do we lead (contract 2.5): from taking the lease until it could have run out. */
#include "fake_clock.h"
#include "runtime/leadership.h"
#include "unit.h"

#include <string.h>

static struct fake_clock fake;
static struct cbx_leadership leadership;

static void set_up(void)
{
	fake_clock_init(&fake);
	cbx_leadership_init(&leadership, &fake.clock, "nl-ocd-chatterbox");
}

static void expect_leader(const char *wanted)
{
	char leader[CBX_HOLDER_TEXT];

	cbx_leadership_leader(&leadership, leader);
	ck_assert_str_eq(leader, wanted);
}

START_TEST(nobody_leads_at_first)
{
	ck_assert_int_eq(cbx_leadership_epoch(&leadership), 0);
	expect_leader("");
}
END_TEST

START_TEST(until_the_ttl_has_passed_since_the_renewal_was_sent)
{
	uint64_t until = cbx_now(&fake.clock) + 10 * CBX_SECOND;

	cbx_leadership_hold(&leadership, 7, until);
	ck_assert_int_eq(cbx_leadership_epoch(&leadership), 7);
	expect_leader(leadership.self);
	fake_clock_pass(&fake, 10 * CBX_SECOND - 1);
	ck_assert_int_eq(cbx_leadership_epoch(&leadership), 7);
	fake_clock_pass(&fake, 1);
	ck_assert_int_eq(cbx_leadership_epoch(&leadership), 0);
	/* whoever is sent to the leader must not be sent here */
	expect_leader("");
	ck_assert(cbx_leadership_is_late(&leadership));
	cbx_leadership_hold(&leadership, 7, until + 10 * CBX_SECOND);
	ck_assert_int_eq(cbx_leadership_epoch(&leadership), 7);
	expect_leader(leadership.self);
	ck_assert(!cbx_leadership_is_late(&leadership));
}
END_TEST

START_TEST(losing_it_ends_it_at_once_and_names_the_other)
{
	cbx_leadership_hold(&leadership, 7, cbx_now(&fake.clock) + CBX_SECOND);
	cbx_leadership_lose(&leadership, "other:1:abc");
	ck_assert_int_eq(cbx_leadership_epoch(&leadership), 0);
	expect_leader("other:1:abc");
	ck_assert(!cbx_leadership_is_late(&leadership));
	cbx_leadership_lose(&leadership, NULL);
	expect_leader("");
}
END_TEST

START_TEST(a_guard_carries_the_epoch_that_it_is_for)
{
	struct cbx_guard guard;

	cbx_leadership_hold(&leadership, 8, cbx_now(&fake.clock) + CBX_SECOND);
	guard = cbx_leadership_guard(&leadership, 7);
	ck_assert_str_eq(guard.name, "nl-ocd-chatterbox");
	ck_assert_str_eq(guard.holder, leadership.self);
	ck_assert_int_eq(guard.epoch, 7);
}
END_TEST

START_TEST(a_newer_epoch_is_noted_until_ours_changes)
{
	cbx_leadership_hold(&leadership, 7, cbx_now(&fake.clock) + CBX_SECOND);
	ck_assert_int_eq(cbx_leadership_newer(&leadership, 7), 0);
	cbx_leadership_note_newer(&leadership, 7, 6); /* holds nothing of ours off */
	cbx_leadership_note_newer(&leadership, 6, 9); /* of an earlier life */
	ck_assert_int_eq(cbx_leadership_newer(&leadership, 7), 0);
	cbx_leadership_note_newer(&leadership, 7, 7);
	ck_assert_int_eq(cbx_leadership_newer(&leadership, 7), 7);
	cbx_leadership_note_newer(&leadership, 7, 12);
	cbx_leadership_note_newer(&leadership, 7, 9);
	ck_assert_int_eq(cbx_leadership_newer(&leadership, 7), 12);
	ck_assert_int_eq(cbx_leadership_newer(&leadership, 6), 0);
	cbx_leadership_hold(&leadership, 7, cbx_now(&fake.clock) + 2 * CBX_SECOND);
	ck_assert_int_eq(cbx_leadership_newer(&leadership, 7), 12);
	cbx_leadership_hold(&leadership, 13, cbx_now(&fake.clock) + CBX_SECOND);
	ck_assert_int_eq(cbx_leadership_newer(&leadership, 13), 0);
}
END_TEST

START_TEST(two_instances_have_two_names)
{
	struct cbx_leadership other;

	cbx_leadership_init(&other, &fake.clock, "nl-ocd-chatterbox");
	ck_assert_str_ne(other.self, leadership.self);
	ck_assert_uint_lt(strlen(other.self), CBX_HOLDER_TEXT);
}
END_TEST

UNIT_TESTS_WITH(set_up, NULL, nobody_leads_at_first,
		until_the_ttl_has_passed_since_the_renewal_was_sent,
		losing_it_ends_it_at_once_and_names_the_other,
		a_guard_carries_the_epoch_that_it_is_for, a_newer_epoch_is_noted_until_ours_changes,
		two_instances_have_two_names)
