// SPDX-License-Identifier: MIT
/* asker.c - on whose behalf a host gives its orders: what it has said, or the host itself */
#include "api/api.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void chatterbox_set_asker(struct chatterbox *box, enum chatterbox_door door, const char *who)
{
	struct cbx_asker asker = { .door = door == CHATTERBOX_DOOR_HTTP ? "http" : "c" };

	cbx_asker_name(&asker, who);
	pthread_mutex_lock(&box->host_lock);
	box->asker = asker;
	pthread_mutex_unlock(&box->host_lock);
}

void cbx_api_asker(struct chatterbox *box, struct cbx_asker *out)
{
	size_t host = strcspn(box->leadership.self, ":");
	char who[CBX_ORDER_WHO];

	pthread_mutex_lock(&box->host_lock);
	*out = box->asker;
	pthread_mutex_unlock(&box->host_lock);
	if (!out->door)
		out->door = "c";
	if (out->who[0])
		return;
	snprintf(who, sizeof(who), "%.48s on %.*s", program_invocation_short_name, (int)host,
		 box->leadership.self);
	cbx_asker_name(out, who);
}
