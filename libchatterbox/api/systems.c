// SPDX-License-Identifier: MIT
/* api/systems.c - a host reports that a system came online or went offline, as the events
 * system_online and system_offline do */
#include "base/read.h"
#include "engine/internal.h"

#include <errno.h>
#include <string.h>

bool chatterbox_online_systems_is_online(struct chatterbox *box, const char *name)
{
	cbx_auto(cbx_snapshot_unrefp) struct cbx_snapshot *snapshot =
		cbx_snapshot_slot_get(&box->slot);
	const struct cbx_system *system = cbx_system_list_find(snapshot->systems, name);

	return system && system->state == CBX_ONLINE;
}

static int mark(struct chatterbox *box, const char *event, const char *system)
{
	cbx_auto(cbx_text_free) struct cbx_text body = { 0 };
	cbx_auto(cbx_inbound_freep) struct cbx_inbound *inbound = NULL;
	cbx_auto(cbx_freep) char *text = NULL;
	struct cbx_decode_limits limits = { .bytes = 4096, .jobs = 1 };
	size_t len = strlen(system);
	int result;

	if (!cbx_system_name(&system, &len))
		return -EINVAL;
	if (!box->lease_keeper.observer && !cbx_leadership_epoch(&box->leadership))
		return CHATTERBOX_E_STANDBY;
	cbx_text_json(&body, system, len);
	result = cbx_text_take(&body, &text, &len);
	if (!result)
		result = cbx_inbound_decode(event, text, len, &limits, &inbound);
	if (result < 0)
		return result;
	inbound->at = cbx_now(box->clock);
	result = cbx_mailbox_put(box->poller.road.inbox, inbound);
	if (!result)
		cbx_steal(inbound);
	return result;
}

int chatterbox_online_systems_on_online(struct chatterbox *box, const char *system)
{
	return mark(box, "system_online", system);
}

int chatterbox_online_systems_on_offline(struct chatterbox *box, const char *system)
{
	return mark(box, "system_offline", system);
}
