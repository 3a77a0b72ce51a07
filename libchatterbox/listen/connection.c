// SPDX-License-Identifier: MIT
/*
 * connection.c - the listener's connection: its two queues (contract 3.1) are declared, bound and
 * consumed; when it is lost, the broker will deliver again what was not acknowledged
 */
#include "listen/listen.h"

#include <chatterbox/error.h>

#define REFUSED_WAIT (10 * CBX_SECOND)
#define CALL_TIME (5 * CBX_SECOND)
#define OTHERS_TIME (3 * CBX_SECOND)

struct cbx_inbound *cbx_listener_take_from_run(struct cbx_listener *listener)
{
	struct cbx_inbound *inbound = listener->run;

	if (!inbound)
		return NULL;
	listener->run = inbound->next;
	listener->run_count--;
	inbound->next = NULL;
	return inbound;
}

void cbx_listener_drop_run(struct cbx_listener *listener)
{
	struct cbx_inbound *inbound;

	while ((inbound = cbx_listener_take_from_run(listener)))
		cbx_inbound_free(inbound);
}

static int consume(struct cbx_listener *listener, const char *kind, bool counted)
{
	uint64_t deadline = cbx_now(listener->clock) + CALL_TIME;
	struct cbx_bus *bus = listener->bus;
	char queue[CBX_LISTENER_QUEUE];
	int result = 0;

	cbx_listener_queue(listener, kind, queue);
	if (counted) {
		result = bus->ops->depth(bus, queue, &listener->backlog, deadline);
		listener->others_left = false;
		listener->others_until = 0;
		if (!result && bus->consumers)
			listener->others_until = cbx_now(listener->clock) + OTHERS_TIME;
	}
	return result < 0 ? result : bus->ops->consume(bus, queue, CBX_PREFETCH, deadline);
}

/* Declares, binds and consumes. The number of waiting events is read before the first one comes;
 * requests that wait do not delay the first question. CHATTERBOX_E_REFUSED: the text is in the bus.
 */
static int begin(struct cbx_listener *listener)
{
	int result = cbx_listener_declare(listener);

	if (!result)
		result = consume(listener, "default.event", true);
	if (!result)
		result = consume(listener, "request", false);
	if (result < 0)
		return result;
	cbx_link_works(&listener->bus_link);
	listener->consuming = true;
	listener->bound = true;
	/* what the last connection had comes again, though it may not be back in the queue yet */
	listener->caught_up =
		!listener->backlog && !listener->arrivals.lost_count && !listener->others_until;
	/* how long it has waited nobody knows: since the loss at most */
	listener->waits_since = listener->arrivals.lost_at;
	cbx_arrivals_begin(&listener->arrivals, cbx_now(listener->clock));
	return 0;
}

/* A link may be dead for long before that is noticed, and what was published meanwhile waits, while
 * younger answers are applied: so a loss is dated by the last sign of life */
static void consuming_ended(struct cbx_listener *listener, uint64_t alive_at)
{
	uint64_t now = cbx_now(listener->clock);

	if (!alive_at)
		alive_at = now;
	/* some of it may wait since the loss before this one */
	if (listener->backlog > 0 && listener->waits_since && listener->waits_since < alive_at)
		alive_at = listener->waits_since;
	if (listener->consuming)
		cbx_arrivals_lose(&listener->arrivals, alive_at, now);
	cbx_listener_drop_run(listener);
	listener->consuming = false;
	listener->caught_up = false;
	listener->bound = false;
	listener->strangers = 0;
	cbx_metric_clear(listener->counters->foreign_consumers);
	listener->connection++;
	listener->outstanding = 0;
}

void cbx_listener_lost(struct cbx_listener *listener, int error)
{
	consuming_ended(listener, listener->bus->alive_at);
	cbx_link_lost(&listener->bus_link, error);
	/* whatever it was, the broker will deliver again what this connection has not acknowledged
	 */
	if (listener->bus_link.up)
		cbx_link_close(&listener->bus_link);
}

void cbx_listener_drop_connection(struct cbx_listener *listener)
{
	cbx_link_close(&listener->bus_link);
	consuming_ended(listener, listener->bus->alive_at);
}

bool cbx_listener_ensure(struct cbx_listener *listener)
{
	uint64_t alive_at = listener->bus->alive_at; /* of the connection before this call */
	int result = cbx_link_ensure(&listener->bus_link);

	if (result < 0) {
		if (listener->consuming)
			consuming_ended(listener, alive_at);
		return false;
	}
	if (result == 1)
		consuming_ended(listener, alive_at);
	if (!listener->consuming && cbx_now(listener->clock) < listener->retry_at)
		return true;
	result = listener->consuming ? cbx_listener_look(listener) : begin(listener);
	if (!result)
		return true;
	if (result == CHATTERBOX_E_REFUSED) {
		listener->caught_up = true;
		listener->retry_at = cbx_now(listener->clock) + REFUSED_WAIT;
		cbx_listener_refused(listener);
		return true;
	}
	cbx_listener_lost(listener, result);
	return false;
}
