// SPDX-License-Identifier: MIT
/*
 * engine/end.c - stops the threads, and gives back what they had
 *
 * Decides the order of a stop: poller, teller and listener first; the keeper last, since it holds
 * the lease under which the others write.
 */
#include "engine/internal.h"

#include "road/command.h"

static void drop_inbound(void *item)
{
	struct cbx_inbound *inbound = item;

	if (inbound->call)
		cbx_call_fail(inbound->call, CBX_CALL_DOWN, "chatterbox is stopping");
	inbound->answer = NULL;
	cbx_inbound_free(inbound);
}

/* Nobody carries them out any more: whoever waits for a call is told so */
static void end_calls(struct chatterbox *box)
{
	struct cbx_inbound *inbound;

	cbx_desk_close(&box->desk);
	while ((inbound = cbx_mailbox_take(box->poller.flow.inbox)))
		drop_inbound(inbound);
	cbx_command_end(&box->poller.flow, CHATTERBOX_E_DOWN);
	cbx_courier_lost(&box->poller.courier, "chatterbox is stopping");
}

/* The keeper needs a moment to give the lease back */
#define LEASE_TIME CBX_SECOND

void engine_stop_threads(struct chatterbox *box)
{
	box->teller.stop_by = cbx_now(box->clock) + box->shutdown_timeout - LEASE_TIME;
	box->desk.stop = true;
	cbx_mailbox_wake(box->desk.inbox);
	cbx_thread_join(&box->desk.thread);
	box->poller.stop = true;
	cbx_mailbox_wake(box->poller.flow.inbox);
	cbx_thread_join(&box->poller.thread);
	box->teller.stop = true;
	box->listener.stop = true;
	cbx_mailbox_wake(box->teller.inbox);
	cbx_mailbox_wake(box->listener.inbox);
	cbx_thread_join(&box->teller.thread);
	cbx_thread_join(&box->listener.thread);
	box->keeper.stop = true;
	cbx_mailbox_wake(box->keeper.inbox);
	cbx_thread_join(&box->keeper.thread);
	cbx_keeper_close(&box->keeper);
	end_calls(box);
}

void engine_close_threads(struct chatterbox *box)
{
	struct cbx_flow *flow = &box->poller.flow;

	if (flow->clock)
		cbx_poller_close(&box->poller);
	cbx_teller_close(&box->teller);
	cbx_listener_close(&box->listener);
	cbx_desk_close(&box->desk);
	cbx_bus_free(flow->bus);
	cbx_state_free(flow->state);
	cbx_sql_free(flow->sql);
	cbx_sql_free(box->poller.online.connections);
	cbx_bus_free(box->teller.bus);
	cbx_state_free(box->teller.state);
	cbx_sql_free(box->teller.sql);
	cbx_bus_free(box->listener.bus);
	cbx_sql_free(box->keeper.sql);
	cbx_sql_free(box->desk.sql);
	if (flow->inbox)
		cbx_mailbox_free(cbx_steal(flow->inbox), drop_inbound);
	cbx_mailbox_free(box->listener.inbox, drop_inbound);
	cbx_mailbox_free(box->teller.inbox, cbx_announcement_free);
	cbx_mailbox_free(box->keeper.inbox, NULL);
	cbx_mailbox_free(box->desk.inbox, NULL);
}
