// SPDX-License-Identifier: MIT
/*
 * Waiting costs no memory (adapter/amqp_bus/question.c, publish.c): whatever the broker sends
 * before an answer, or while it takes nothing, no more of it is held than one message may have.
 */
#include "amqp_script.h"
#include "unit.h"

#include <chatterbox/error.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define MIB ((size_t)1 << 20)
#define HUGE (64 * MIB)
#ifdef __SANITIZE_THREAD__
#define MOST (32 * MIB) /* with what the sanitizer notes of each byte */
#else
#define MOST (4 * MIB)
#endif

static pthread_t teller;

static void begin(void *(*story)(void *))
{
	script_plug_in(CBX_CHANNEL_MAX);
	ck_assert_int_eq(pthread_create(&teller, NULL, story, NULL), 0);
}

static void end(void)
{
	ck_assert_int_eq(pthread_join(teller, NULL), 0);
}

static int depth(int64_t *messages)
{
	return script_bus->ops->depth(script_bus, "q", messages,
				      cbx_now(cbx_system_clock()) + 20 * CBX_SECOND);
}

/* The most memory that this process has had since forget_peak(), in bytes */
static size_t peak(void)
{
	FILE *file = fopen("/proc/self/status", "r");
	char line[128];
	size_t kib = 0;

	ck_assert_ptr_nonnull(file);
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "VmHWM: %zu", &kib) == 1)
			break;
	fclose(file);
	return kib * 1024;
}

static void forget_peak(void)
{
	FILE *file = fopen("/proc/self/clear_refs", "w");

	ck_assert_ptr_nonnull(file);
	ck_assert_int_gt(fprintf(file, "5"), 0);
	fclose(file);
}

static void *a_huge_body_and_the_answer(void *unused)
{
	broker_deliver(CBX_FIRST_WORK, 1, HUGE);
	broker_declare_ok(7);
	return unused;
}

START_TEST(a_body_before_the_answer_is_drained)
{
	int64_t messages = 0;
	size_t before;

	forget_peak();
	before = peak();
	begin(a_huge_body_and_the_answer);
	ck_assert_msg(depth(&messages) == 0, "%s", script_bus->error);
	ck_assert_int_eq(messages, 7);
	ck_assert_uint_lt(peak() - before, MOST);
	end();
	script_expect(CBX_BUS_OVERSIZED, 1, false);
}
END_TEST

static void *many_messages_and_the_answer(void *unused)
{
	uint64_t tag;

	for (tag = 1; tag <= 64; tag++)
		broker_deliver(CBX_FIRST_WORK, tag, MIB / 2);
	broker_declare_ok(7);
	return unused;
}

static void take_all_of_them(void)
{
	uint64_t tag;

	for (tag = 1; tag <= 64; tag++)
		script_expect(CBX_BUS_DELIVERY, tag, false);
}

/* Two of half a MiB are as much as one may be: the rest waits at the broker */
START_TEST(messages_before_the_answer_are_not_gathered)
{
	struct cbx_amqp_bus *self = cbx_amqp_self(script_bus);
	int64_t messages = 0;

	begin(many_messages_and_the_answer);
	ck_assert_int_eq(depth(&messages), CHATTERBOX_E_TIMEOUT);
	ck_assert_uint_le(self->held, MIB + MIB / 2);
	/* nothing else is asked meanwhile */
	ck_assert_int_eq(depth(&messages), CHATTERBOX_E_TIMEOUT);
	ck_assert_uint_le(self->held, MIB + MIB / 2);
	take_all_of_them();
	end();
	/* the overdue answer was the first question's, of which nobody wants to know any more */
	broker_declare_ok(8);
	ck_assert_msg(depth(&messages) == 0, "%s", script_bus->error);
	ck_assert_int_eq(messages, 8);
}
END_TEST

static void *many_messages_and_a_closed_channel(void *unused)
{
	uint64_t tag;

	for (tag = 1; tag <= 64; tag++)
		broker_deliver(CBX_FIRST_WORK, tag, MIB / 2);
	broker_close(CBX_ASK, AMQP_NOT_FOUND);
	return unused;
}

/* The queue was not there: the channel is opened again before the next question */
START_TEST(an_overdue_answer_may_be_a_closed_channel)
{
	int64_t messages = 0;

	begin(many_messages_and_a_closed_channel);
	ck_assert_int_eq(depth(&messages), CHATTERBOX_E_TIMEOUT);
	take_all_of_them();
	end();
	broker_open_ok(CBX_ASK);
	broker_declare_ok(8);
	ck_assert_msg(depth(&messages) == 0, "%s", script_bus->error);
	ck_assert_int_eq(messages, 8);
	(void)broker_expect(CBX_ASK, AMQP_CHANNEL_OPEN_METHOD);
}
END_TEST

static void *blocks_and_delivers(void *unused)
{
	uint64_t tag;

	broker_block(true);
	for (tag = 1; tag <= 64; tag++)
		broker_deliver(CBX_FIRST_WORK, tag, MIB / 2);
	broker_block(false);
	return unused;
}

START_TEST(a_publish_that_waits_gathers_nothing_either)
{
	struct cbx_amqp_bus *self = cbx_amqp_self(script_bus);
	struct cbx_bus_message message = { .routing_key = "x" };

	begin(blocks_and_delivers);
	script_expect(CBX_BUS_BLOCKED, 0, false);
	ck_assert_int_eq(script_bus->ops->publish(script_bus, &message, NULL,
						  cbx_now(cbx_system_clock()) + 300 * CBX_MS),
			 CHATTERBOX_E_TIMEOUT);
	ck_assert_uint_ge(self->held, MIB);
	ck_assert_uint_le(self->held, MIB + MIB / 2);
	take_all_of_them();
	script_expect(CBX_BUS_UNBLOCKED, 0, false);
	end();
	script_publish(1);
}
END_TEST

UNIT_TESTS_WITH(script_set_up, script_tear_down, a_body_before_the_answer_is_drained,
		messages_before_the_answer_are_not_gathered,
		an_overdue_answer_may_be_a_closed_channel,
		a_publish_that_waits_gathers_nothing_either)
