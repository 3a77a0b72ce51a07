// SPDX-License-Identifier: MIT
/* link.c - reconnects a connection and logs its state: the first failure, each change, then once a
 * minute; looks whether its server lets us work */
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
/* What was refused is tried again with the next round or earlier */
#define TRIAL (15 * CBX_SECOND)

/* @refuses: it answers, but examine() says that it does not let us work */
static void note_down(struct cbx_link *link, int error, bool refuses)
{
	uint64_t now = cbx_now(link->clock);
	const char *why = link->ops->error(link->connection);
	bool steady = link->up && now - link->up_since >= STEADY && !link->on_trial;

	if (steady)
		cbx_backoff_reset(&link->backoff);

	link->last_error = error;
	cbx_health_set(link->entry, false, why[0] ? why : chatterbox_strerror(error));
	cbx_health_refused(link->entry, refuses ? error : 0);
	cbx_metric_add(link->metrics.errors, link->server, NULL, 1);
	if (!link->logged_at || steady || now - link->logged_at >= LOG_AGAIN) {
		link->logged_at = now;
		link->told = true;
		cbx_warn(link->log,
			 CBX_FIELDS({ "server", link->server }, { "purpose", link->purpose },
				    { "error", why }),
			 "%s %s (%s); trying again until it %s", link->server,
			 refuses ? "does not let us work" : "is down", link->purpose,
			 refuses ? "does" : "is back");
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

/* 0, or why the server does not let us work. If the connection is lost meanwhile that is noticed as
 * ever. */
static int examine(struct cbx_link *link, bool refused)
{
	int result = 0;

	if (link->ops->examine && (!link->examinable || *link->examinable))
		result = link->ops->examine(link->connection, refused);
	return result == CHATTERBOX_E_REFUSED || result == CHATTERBOX_E_CONFIG ? result : 0;
}

/* @on_trial: nothing but a refusal shows it. So that it is not reported as up between two of them,
 * it stays reported as down until it has refused nothing for a while. */
static int refused(struct cbx_link *link, int error, bool on_trial)
{
	note_down(link, error, true);
	snprintf(link->refusal, sizeof(link->refusal), "%s",
		 on_trial ? link->ops->error(link->connection) : "");
	link->on_trial = on_trial;
	link->ops->disconnect(link->connection);
	return error;
}

/* An idle connection does not notice that its peer is gone, nor that it lost its rights */
static int ping(struct cbx_link *link, uint64_t now)
{
	int result;

	if (!link->ops->ping || now - link->pinged_at < PING_EVERY)
		return 0;
	link->pinged_at = now;
	result = link->ops->ping(link->connection);
	if (!link->ops->is_up(link->connection))
		return result < 0 ? result : CHATTERBOX_E_DOWN;
	result = examine(link, false);
	if (result < 0)
		return refused(link, result, false);
	return link->ops->is_up(link->connection) ? 0 : CHATTERBOX_E_DOWN;
}

static void end_trial(struct cbx_link *link)
{
	link->on_trial = false;
	cbx_link_works(link);
}

static void say_up(struct cbx_link *link)
{
	if (!link->was_up || link->told)
		cbx_info(link->log,
			 CBX_FIELDS({ "server", link->server }, { "purpose", link->purpose }),
			 "%s is %s (%s)", link->server, link->was_up ? "back" : "connected",
			 link->purpose);
	link->told = false;
	link->was_up = true;
}

static int connect_it(struct cbx_link *link, uint64_t now)
{
	int result = link->ops->connect(link->connection, now + CONNECT_TIME);

	if (result < 0) {
		note_down(link, result, result == CHATTERBOX_E_CONFIG);
		return result;
	}
	result = examine(link, false);
	if (result < 0)
		return refused(link, result, false);
	if (link->was_up)
		cbx_metric_add(link->metrics.reconnects, link->server, NULL, 1);
	if (!link->on_trial)
		say_up(link);
	if (link->ops->certificate_ends)
		cbx_health_certificate(link->entry, link->ops->certificate_ends(link->connection));
	link->up = true;
	link->hindered = false;
	link->up_since = link->pinged_at = cbx_now(link->clock);
	link->last_error = 0;
	if (!link->refusal[0])
		cbx_health_set(link->entry, true, NULL);
	look_for_hindrance(link);
	return 1;
}

int cbx_link_ensure(struct cbx_link *link)
{
	uint64_t now = cbx_now(link->clock);

	if (link->up && link->ops->is_up(link->connection) && ping(link, now) >= 0) {
		if (link->on_trial && now - link->up_since >= TRIAL)
			end_trial(link);
		look_for_hindrance(link);
		return 0;
	}
	if (link->up) {
		note_down(link, CHATTERBOX_E_DOWN, false);
		link->ops->disconnect(link->connection);
		return CHATTERBOX_E_DOWN;
	}
	if (now < link->next_try)
		return link->last_error ? link->last_error : CHATTERBOX_E_DOWN;
	return connect_it(link, now);
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
		note_down(link, error, false);
		link->ops->disconnect(link->connection);
		return;
	}
	if (link->up && error == CHATTERBOX_E_REFUSED) {
		int verdict = examine(link, true);

		if (verdict < 0) {
			refused(link, verdict, true);
			return;
		}
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
