// SPDX-License-Identifier: MIT
/* poller_world.c - the poller runs in this thread until its clock has come far enough */
#include "poller_world.h"

#include "controller/orders.h"

uint64_t poller_stop_at;

void poller_tick(void)
{
	if (cbx_now(road->clock) >= poller_stop_at)
		world.poller.stop = true;
}

void poller_run_for(double seconds)
{
	poller_stop_at = cbx_now(road->clock) + (uint64_t)(seconds * (double)CBX_SECOND);
	world.poller.stop = false;
	cbx_poller_run(&world.poller);
}

void poller_take_lease(void)
{
	struct cbx_lease_state held;

	ck_assert_int_eq(world.lease->lease->take(world.lease, world.leadership.name,
						  world.leadership.self, 3600, &world.epoch, &held),
			 0);
	cbx_leadership_hold(&world.leadership, world.epoch, UINT64_MAX);
}

void poller_set_up(void)
{
	world_set_up();
	world.tick = poller_tick;
	world_insert("ABC1", "17 Running", "ocd", 3);
	hdms_system(&world.hdms, "ABC1", "17 Running");
	hdms_system(&world.hdms, "NEW", "1 Running");
	poller_take_lease();
}

struct cbx_inbound *poller_command(enum cbx_inbound_type type)
{
	struct cbx_inbound *inbound = NULL;

	ck_assert_int_eq(cbx_inbound_new(type, &inbound), 0);
	ck_assert_int_eq(cbx_mailbox_put(road->inbox, inbound), 0);
	return inbound;
}

static void done(struct cbx_call *call)
{
	ck_assert_int_eq(call->code, CBX_CALL_OK);
	cbx_call_free(call);
}

void poller_order(const char *method, const char *params)
{
	ck_assert_int_eq(cbx_call_new(cbx_method_find(cbx_methods, method),
				      json_loads(params, 0, NULL), done, NULL,
				      &poller_command(CBX_IN_CALL)->call),
			 0);
}
