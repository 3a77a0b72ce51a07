// SPDX-License-Identifier: MIT
/*
 * courier_calls.c - which event or RPC each command of an observer becomes
 *
 * Decides that both kinds of poll become `update_database`: there is no event for the lesser one,
 * and that one asks every system for all it has.
 */
#include "controller/courier.h"
#include "controller/orders.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdio.h>

void cbx_observe_rpc(struct cbx_poller *poller, struct cbx_call *call)
{
	cbx_courier_rpc(&poller->courier, call);
}

void cbx_observe_set_interval(struct cbx_poller *poller, struct cbx_call *call)
{
	char error[256] = "";
	char params[64];
	int64_t seconds = -1;
	int result = cbx_param_count(call, "seconds", true, &seconds, error);

	if (result < 0 || seconds < 1 || seconds > 86400) {
		cbx_call_fail(call, CBX_CALL_PARAMS,
			      result < 0 ? error : "seconds: takes 1..86400");
		return;
	}
	snprintf(params, sizeof(params), "{\"info\":\"\\\"%lld\\\"\"}", (long long)seconds);
	cbx_courier_event(&poller->courier, "nl-ocd.event.update_time_till_next_check", params,
			  call);
}

/* No task drops what is too old here */
void cbx_observe_is_syncing(struct cbx_poller *poller, struct cbx_call *call)
{
	cbx_errors_clean_up_syncing(&poller->errors);
	cbx_order_is_syncing(poller, call);
}

void cbx_observe_reread(struct cbx_poller *poller, struct cbx_call *call)
{
	cbx_auto(cbx_text_free) struct cbx_text text = { 0 };

	cbx_follow_begin(&poller->follow);
	cbx_follow_turn(&poller->follow);
	cbx_text_puts(&text, "{\"ok\":true}");
	cbx_call_done(call, &text);
}

static int tell_systems(struct cbx_poller *poller, const struct cbx_inbound *inbound)
{
	bool online = inbound->type == CBX_IN_ONLINE;
	size_t i;
	int result = 0;

	for (i = 0; !result && i < inbound->reply->system_count; i++) {
		cbx_auto(cbx_text_free) struct cbx_text name = { 0 };

		cbx_text_json_string(&name, inbound->reply->systems[i]);
		if (name.failed)
			return -ENOMEM;
		result = cbx_courier_event(&poller->courier,
					   online ? "nl-hdms.event.control.system_online"
						  : "nl-hdms.event.control.system_offline",
					   name.bytes, NULL);
	}
	return result;
}

static void carry_out(struct cbx_poller *poller, struct cbx_call *call)
{
	if (call->method->observer)
		call->method->observer(poller, call);
	else
		cbx_call_fail(call, CBX_CALL_STANDBY, "an observer can't do that");
}

bool cbx_observe_inbound(struct cbx_poller *poller, struct cbx_inbound *inbound)
{
	struct cbx_link *link = &poller->courier.flow->bus_link;
	bool call = inbound->type == CBX_IN_CALL;
	int result = 0;

	/* calls say at once that the broker is down; the rest waits for it */
	if (!call && !link->up)
		return false;
	if (call)
		carry_out(poller, inbound->call);
	else if (inbound->type == CBX_IN_DISCOVER || inbound->type == CBX_IN_POLL)
		result = cbx_courier_event(&poller->courier, "nl-ocd.event.update_database", "{}",
					   NULL);
	else if (inbound->type == CBX_IN_ONLINE || inbound->type == CBX_IN_OFFLINE)
		result = tell_systems(poller, inbound);
	if (result < 0) {
		/* for want of memory, too, it waits for a new connection; said twice is no harm */
		cbx_link_lost(link, CHATTERBOX_E_DOWN);
		return false;
	}
	cbx_inbound_free(inbound);
	return true;
}
