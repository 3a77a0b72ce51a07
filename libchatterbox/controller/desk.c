// SPDX-License-Identifier: MIT
/* desk.c - the desk's loop; decides that an observer without SQL asks the leader instead */
#include "controller/desk.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>

static bool has_sql(struct cbx_desk *desk)
{
	bool up;

	pthread_mutex_lock(&desk->lock);
	up = cbx_link_ensure(&desk->link) >= 0;
	pthread_mutex_unlock(&desk->lock);
	return up;
}

void cbx_desk_answer(struct cbx_desk *desk, struct cbx_call *call)
{
	bool elsewhere = desk->calls->observer && call->method->observer;

	if (call->method->desk && !(elsewhere && !has_sql(desk)))
		call->method->desk(desk, call);
	else
		cbx_calls_to_poller(desk->calls, call);
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
			cbx_desk_answer(desk, call);
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
