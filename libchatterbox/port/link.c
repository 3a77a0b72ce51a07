// SPDX-License-Identifier: MIT
/* link.c - reconnects a connection and logs its state: the first failure, each change, then once a
 * minute */
#include "port/link.h"

#include <chatterbox/error.h>
#include <stdio.h>
#include <string.h>

#define CONNECT_TIME (5 * CBX_SECOND)
#define LOG_AGAIN (60 * CBX_SECOND)
#define LOG_OTHER (5 * CBX_SECOND)
#define PING_EVERY (5 * CBX_SECOND)
/* A connection that was up for so long is logged when it is lost, and its backoff begins anew; one
 * that is lost at once, again and again, is neither */
#define STEADY (2 * CBX_SECOND)

static void note_down(struct cbx_link *link, int error)
{
	uint64_t now = cbx_now(link->clock);
	const char *why = link->ops->error(link->connection);
	bool steady = link->up && now - link->up_since >= STEADY;

	if (steady)
		cbx_backoff_reset(&link->backoff);

	link->last_error = error;
	cbx_health_set(link->entry, false, why[0] ? why : chatterbox_strerror(error));
	cbx_metric_add(link->metrics.errors, link->server, NULL, 1);
	if (!link->logged_at || steady || now - link->logged_at >= LOG_AGAIN) {
		link->logged_at = now;
		link->told = true;
		cbx_warn(link->log,
			 CBX_FIELDS({ "server", link->server }, { "purpose", link->purpose },
				    { "error", why }),
			 "%s is down (%s); trying again until it is back", link->server,
			 link->purpose);
	}
	link->up = false;
	link->next_try = now + cbx_backoff_next(&link->backoff);
}

static void look_for_hindrance(struct cbx_link *link)
{
	const char *why = link->ops->hindrance ? link->ops->hindrance(link->connection) : NULL;

	if (!why && link->refusal[0])
		why = link->refusal;
	if (!why == !link->hindered)
		return;
	link->hindered = why != NULL;
	cbx_health_set(link->entry, !why, why);
}

/* An idle connection does not notice that its peer is gone */
static int ping(struct cbx_link *link, uint64_t now)
{
	int result;

	if (!link->ops->ping || now - link->pinged_at < PING_EVERY)
		return 0;
	link->pinged_at = now;
	result = link->ops->ping(link->connection);
	return link->ops->is_up(link->connection) ? 0 : result;
}

int cbx_link_ensure(struct cbx_link *link)
{
	uint64_t now = cbx_now(link->clock);
	int result;

	if (link->up && link->ops->is_up(link->connection) && ping(link, now) >= 0) {
		look_for_hindrance(link);
		return 0;
	}
	if (link->up) {
		note_down(link, CHATTERBOX_E_DOWN);
		link->ops->disconnect(link->connection);
		return CHATTERBOX_E_DOWN;
	}
	if (now < link->next_try)
		return link->last_error ? link->last_error : CHATTERBOX_E_DOWN;
	result = link->ops->connect(link->connection, now + CONNECT_TIME);
	if (result < 0) {
		note_down(link, result);
		return result;
	}
	if (link->was_up)
		cbx_metric_add(link->metrics.reconnects, link->server, NULL, 1);
	if (!link->was_up || link->told)
		cbx_info(link->log,
			 CBX_FIELDS({ "server", link->server }, { "purpose", link->purpose }),
			 "%s is %s (%s)", link->server, link->was_up ? "back" : "connected",
			 link->purpose);
	link->told = false;
	link->up = link->was_up = true;
	link->hindered = false;
	link->up_since = link->pinged_at = cbx_now(link->clock);
	link->last_error = 0;
	cbx_health_set(link->entry, true, NULL);
	look_for_hindrance(link);
	return 1;
}

/* Is it time to log again what fails all the time? Another text than the last one sooner. */
static bool complains(struct cbx_link *link, const char *why)
{
	uint64_t now = cbx_now(link->clock);
	bool same = !strncmp(link->complaint, why, sizeof(link->complaint) - 1);

	cbx_metric_add(link->metrics.errors, link->server, NULL, 1);
	if (link->complained_at && now - link->complained_at < (same ? LOG_AGAIN : LOG_OTHER))
		return false;
	link->complained_at = now;
	snprintf(link->complaint, sizeof(link->complaint), "%s", why);
	return true;
}

void cbx_link_lost(struct cbx_link *link, int error)
{
	if (!link->ops->is_up(link->connection) || error == CHATTERBOX_E_DOWN) {
		if (!link->up)
			return;
		note_down(link, error);
		link->ops->disconnect(link->connection);
		return;
	}
	if (complains(link, link->ops->error(link->connection)))
		cbx_warn(link->log,
			 CBX_FIELDS({ "server", link->server }, { "purpose", link->purpose },
				    { "error", link->ops->error(link->connection) }),
			 "%s: %s", link->server, chatterbox_strerror(error));
}

void cbx_link_refused(struct cbx_link *link, const char *why)
{
	bool first = !link->refusal[0];

	snprintf(link->refusal, sizeof(link->refusal), "%s",
		 why[0] ? why : chatterbox_strerror(CHATTERBOX_E_REFUSED));
	if (first)
		link->complained_at = 0;
	if (complains(link, link->refusal))
		cbx_warn(link->log,
			 CBX_FIELDS({ "server", link->server }, { "purpose", link->purpose },
				    { "error", link->refusal }),
			 "%s refuses us (%s): %s; trying again until it does not", link->server,
			 link->purpose, link->refusal);
	if (link->up)
		look_for_hindrance(link);
}

void cbx_link_works(struct cbx_link *link)
{
	if (!link->refusal[0])
		return;
	link->refusal[0] = '\0';
	link->complained_at = 0;
	cbx_info(link->log, CBX_FIELDS({ "server", link->server }, { "purpose", link->purpose }),
		 "%s refuses nothing any more (%s)", link->server, link->purpose);
	if (link->up)
		look_for_hindrance(link);
}

void cbx_link_close(struct cbx_link *link)
{
	if (!link->ops)
		return;
	link->ops->disconnect(link->connection);
	link->up = false;
}
