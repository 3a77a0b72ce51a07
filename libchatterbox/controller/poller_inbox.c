// SPDX-License-Identifier: MIT
/*
 * poller_inbox.c - what the poller's inbox asks for besides words about systems: interval, tasks,
 * settings, calls; and what becomes of it while nobody leads here
 */
#include "controller/call.h"
#include "controller/poller.h"

#include <chatterbox/error.h>
#include <errno.h>

static void take_settings(struct cbx_poller *poller, struct cbx_inbound *inbound)
{
	cbx_settings_unref(poller->flow.settings);
	poller->flow.settings = cbx_settings_ref(inbound->settings);
	poller->flow.bus->max_body = inbound->settings->limits.bytes;
	cbx_job_status_apply_settings(&poller->status);
}

static bool take_interval(struct cbx_poller *poller, struct cbx_inbound *inbound)
{
	int result = cbx_job_status_take_interval(&poller->status, inbound->text);

	/* the shared state is down: it is read when that is back, this message is dealt with */
	poller->status.interval_waits = result == 1;
	return result >= 0;
}

void cbx_poller_command(void *user, struct cbx_inbound *inbound)
{
	struct cbx_poller *poller = user;
	bool ok = true;

	switch (inbound->type) {
	case CBX_IN_INTERVAL:
		ok = take_interval(poller, inbound);
		break;
	case CBX_IN_DISCOVER:
		poller->status.update_database_task.wanted = true;
		break;
	case CBX_IN_POLL:
		poller->status.check_status_task.wanted = true;
		break;
	case CBX_IN_PAUSE:
		cbx_task_pause(&poller->scheduler,
			       inbound->number ?: poller->flow.settings->paused_timeout_ms);
		break;
	case CBX_IN_RESUME:
		cbx_task_resume(&poller->scheduler);
		break;
	case CBX_IN_SETTINGS:
		take_settings(poller, inbound);
		break;
	case CBX_IN_CALL:
		inbound->call->method->poller(poller, inbound->call);
		break;
	case CBX_IN_ANSWER:
	case CBX_IN_REPORT:
	case CBX_IN_ONLINE:
	case CBX_IN_OFFLINE:
		break;
	}
	cbx_inbound_settle(inbound, ok);
}

void cbx_poller_mind_inbox(struct cbx_poller *poller)
{
	size_t count = cbx_mailbox_count(poller->flow.inbox);
	struct cbx_inbound *inbound;

	if (poller->observer)
		cbx_mailbox_clear(poller->flow.inbox);
	while (count-- && (inbound = cbx_mailbox_take(poller->flow.inbox))) {
		if (inbound->type != CBX_IN_SETTINGS && poller->observer &&
		    cbx_observe_inbound(poller, inbound)) {
			continue;
		} else if (inbound->type == CBX_IN_CALL) {
			cbx_call_fail(inbound->call, CBX_CALL_STANDBY,
				      "this instance does not lead");
			cbx_inbound_free(inbound);
		} else if (inbound->type == CBX_IN_SETTINGS) {
			take_settings(poller, inbound);
			cbx_inbound_free(inbound);
		} else if (cbx_mailbox_put(poller->flow.inbox, inbound) < 0) {
			cbx_inbound_return(inbound);
		}
	}
}
