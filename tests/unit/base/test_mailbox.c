// SPDX-License-Identifier: MIT
/*
 * The mailbox keeps order, refuses when it is full, and its descriptor is readable while work
 * waits.
 */
#include "base/mailbox.h"
#include "unit.h"

#include <chatterbox/error.h>
#include <poll.h>

static bool is_readable(struct cbx_mailbox *box)
{
	struct pollfd p = { .fd = cbx_mailbox_fd(box), .events = POLLIN };

	return poll(&p, 1, 0) == 1;
}

START_TEST(keeps_order_and_refuses_when_full)
{
	struct cbx_mailbox *box = NULL;
	int items[3];

	ck_assert_int_eq(cbx_mailbox_new(2, &box), 0);
	ck_assert(!is_readable(box));
	ck_assert_int_eq(cbx_mailbox_put(box, &items[0]), 0);
	ck_assert_int_eq(cbx_mailbox_put(box, &items[1]), 0);
	ck_assert_int_eq(cbx_mailbox_put(box, &items[2]), CHATTERBOX_E_FULL);
	ck_assert_uint_eq(cbx_mailbox_count(box), 2);
	ck_assert(is_readable(box));
	cbx_mailbox_clear(box);
	ck_assert(!is_readable(box));
	ck_assert_ptr_eq(cbx_mailbox_take(box), &items[0]);
	ck_assert_ptr_eq(cbx_mailbox_take(box), &items[1]);
	ck_assert_ptr_null(cbx_mailbox_take(box));
	cbx_mailbox_free(box, NULL);
}
END_TEST

UNIT_TESTS(keeps_order_and_refuses_when_full)
