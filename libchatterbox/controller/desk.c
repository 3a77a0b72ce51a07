// SPDX-License-Identifier: MIT
/* desk.c - the desk's loop; decides that a call which writes is refused here unless we lead, or
 * observe and can carry it to the leader */
#include "controller/desk.h"

#include "runtime/inbound.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>

void cbx_desk_take(struct cbx_desk *desk, struct cbx_call *call)
{
	if (desk->stop || cbx_mailbox_put(desk->inbox, call) < 0)
		cbx_call_fail(call, CBX_CALL_DOWN, "too many calls wait already: try again later");
}

/* The poller gives it back by finishing it */
static void to_poller(struct cbx_desk *desk, struct cbx_call *call)
{
	struct cbx_inbound *inbound = NULL;
	char leader[CBX_HOLDER_TEXT];
	char message[256];
	int result;

	if (!(desk->observer && call->method->observer) &&
	    !cbx_leadership_epoch(desk->leadership)) {
		cbx_leadership_leader(desk->leadership, leader);
		snprintf(message, sizeof(message), "this instance does not lead; the leader is %s",
			 leader[0] ? leader : "not known");
		cbx_call_fail(call, CBX_CALL_STANDBY, message);
		return;
	}
	result = cbx_inbound_new(CBX_IN_CALL, &inbound);
	if (!result) {
		inbound->call = call;
		result = cbx_mailbox_put(desk->poller, inbound);
	}
	if (result < 0) {
		if (inbound)
			inbound->call = NULL;
		cbx_inbound_free(inbound);
		cbx_call_fail_by(call, result, "");
	}
}

static bool has_sql(struct cbx_desk *desk)
{
	bool up;

	pthread_mutex_lock(&desk->lock);
	up = cbx_link_ensure(&desk->link) >= 0;
	pthread_mutex_unlock(&desk->lock);
	return up;
}

static void answer(struct cbx_desk *desk, struct cbx_call *call)
{
	bool elsewhere = desk->observer && call->method->observer;

	if (call->method->desk && !(elsewhere && !has_sql(desk)))
		call->method->desk(desk, call);
	else
		to_poller(desk, call);
}

int cbx_desk_ask(struct cbx_desk *desk, int (*ask)(struct cbx_sql *sql, void *user), void *user,
		 char error[256])
{
	int result;

	pthread_mutex_lock(&desk->lock);
	result = cbx_link_ensure(&desk->link);
	if (result < 0) {
		/* it was idle and its peer went away meanwhile: somebody waits, so try at once */
		desk->link.next_try = 0;
		result = cbx_link_ensure(&desk->link);
	}
	if (result >= 0) {
		result = ask(desk->sql, user);
		if (result < 0)
			cbx_link_lost(&desk->link, result);
	}
	if (result < 0)
		snprintf(error, 256, "the database: %.230s", desk->sql->error);
	pthread_mutex_unlock(&desk->lock);
	return result;
}

void *cbx_desk_run(void *user)
{
	struct cbx_desk *desk = user;
	struct pollfd p = { .fd = cbx_mailbox_fd(desk->inbox), .events = POLLIN };
	struct cbx_call *call;

	while (!desk->stop) {
		poll(&p, 1, 1000);
		cbx_mailbox_clear(desk->inbox);
		while (!desk->stop && (call = cbx_mailbox_take(desk->inbox)))
			answer(desk, call);
	}
	return NULL;
}

void cbx_desk_close(struct cbx_desk *desk)
{
	struct cbx_call *call;

	while (desk->inbox && (call = cbx_mailbox_take(desk->inbox)))
		cbx_call_fail(call, CBX_CALL_DOWN, "chatterbox is stopping");
	cbx_link_close(&desk->link);
}
