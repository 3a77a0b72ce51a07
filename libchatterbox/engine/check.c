// SPDX-License-Identifier: MIT
/*
 * engine/check.c - logs in everywhere once, and says what is missing
 *
 * Nothing is changed: exchange and queues are looked for passively, tables and rights are read.
 */
#include "engine/internal.h"

#include "base/error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PATIENCE (5 * CBX_SECOND)

struct check {
	struct chatterbox *box;
	struct cbx_text report;
	bool down, missing;
};

static void note(struct check *check, const char *server, const char *where, int result,
		 const char *why)
{
	bool missing = result == CHATTERBOX_E_CONFIG || result == CHATTERBOX_E_REFUSED ||
		       result == CHATTERBOX_E_SCHEMA || result == CHATTERBOX_E_UNKNOWN;

	cbx_text_printf(&check->report, "%s %s: %s%s\n", server, where,
			!result   ? "ok"
			: missing ? "NOT AS NEEDED: "
				  : "DOWN: ",
			!result ? ""
			: *why  ? why
				: chatterbox_strerror(result));
	check->missing = check->missing || (result && missing);
	check->down = check->down || (result && !missing);
}

/* Return: whether the connection can be used for more questions */
static bool log_in(struct check *check, const struct cbx_link *link, const char *where)
{
	int result = link->ops->connect(link->connection, cbx_now(check->box->clock) + PATIENCE);

	if (result < 0)
		note(check, link->server, where, result, link->ops->error(link->connection));
	return result >= 0;
}

static void examine(struct check *check, const struct cbx_link *link, const char *where)
{
	int result = link->ops->examine ? link->ops->examine(link->connection, false) : 0;

	if (result != CHATTERBOX_E_REFUSED && result != CHATTERBOX_E_CONFIG &&
	    link->ops->is_up(link->connection))
		result = 0;
	note(check, link->server, where, result, link->ops->error(link->connection));
}

static void check_state(struct check *check)
{
	struct cbx_link *link = &check->box->poller.road.state_link;
	const struct cbx_state *state = check->box->poller.road.state;

	if (log_in(check, link, state->where)) {
		if (*state->consists)
			cbx_text_printf(&check->report, "redis is %s\n", state->consists);
		examine(check, link, state->where);
	}
	link->ops->disconnect(link->connection);
}

/* What is wrong with the tables, and who mends that */
static void note_tables(struct check *check, const char *where, int result, const char *why)
{
	char text[1024];

	snprintf(text, sizeof(text), "%s%s", why,
		 strstr(why, "no table ") ? "; chatterboxd --migrate makes what is absent"
		 : strstr(why, "42501 ")  ? "; roles.sql gives the rights"
					  : "");
	note(check, "sql", where, result, text);
}

static void check_sql(struct check *check)
{
	struct cbx_link *link = &check->box->poller.road.sql_link;
	struct cbx_sql *sql = check->box->poller.road.sql;
	int result;

	if (log_in(check, link, sql->where)) {
		result = sql->ops->check_schema(sql);
		if (result < 0)
			note_tables(check, sql->where, result, sql->error);
		else
			examine(check, link, sql->where);
	}
	link->ops->disconnect(link->connection);
}

static int ignore_name(void *user, const char *name, int64_t ms)
{
	(void)user;
	(void)name;
	(void)ms;
	return 0;
}

/* connections may be absent, which leaves nothing but the events to tell which systems are online
 */
static void check_connections(struct check *check)
{
	struct cbx_poller *poller = &check->box->poller;
	struct cbx_sql *own = poller->online.connections;
	struct cbx_sql *sql = own ? own : poller->road.sql;
	struct cbx_link *link = own ? &poller->connections_link : &poller->road.sql_link;
	int result = link->ops->connect(link->connection, cbx_now(check->box->clock) + PATIENCE);

	/* if it is the other tables' database, that has been said */
	if (result < 0 && own)
		note(check, "live_temp", sql->where, result, sql->error);
	if (result >= 0) {
		result = sql->directory->online_systems(sql, ignore_name, NULL);
		note(check, own ? "live_temp" : link->server, sql->where,
		     result > 0 ? CHATTERBOX_E_SCHEMA : result,
		     result > 0 ? "there is no table or view connections, which says what systems "
				  "are online"
				: sql->error);
	}
	link->ops->disconnect(link->connection);
}

static void check_exchange(struct check *check, struct cbx_bus *bus, const char *name)
{
	char where[320];
	int result;

	/* the default exchange is always there */
	if (!*name)
		return;
	result = bus->ops->find_exchange(bus, name, cbx_now(check->box->clock) + PATIENCE);
	snprintf(where, sizeof(where), "exchange %.255s", name);
	note(check, "rmq", where, result,
	     result == CHATTERBOX_E_UNKNOWN ? "it does not exist" : bus->error);
}

/* @theirs: chatterboxd does not make it */
static void check_queue(struct check *check, struct cbx_bus *bus, const char *name, bool theirs)
{
	char where[320];
	int64_t messages;
	int result = bus->ops->depth(bus, name, &messages, cbx_now(check->box->clock) + PATIENCE);
	bool absent = result == CHATTERBOX_E_UNKNOWN;

	snprintf(where, sizeof(where), "queue %.255s", name);
	if (absent && !theirs)
		cbx_text_printf(&check->report,
				"rmq %s: not there yet, chatterboxd makes it at its start\n",
				where);
	else
		note(check, "rmq", where, result,
		     absent ? "it does not exist: nl-hdms makes it" : bus->error);
}

static void check_bus(struct check *check)
{
	const struct cbx_settings *settings = check->box->settings.present;
	struct cbx_link *link = &check->box->listener.bus_link;
	struct cbx_bus *bus = check->box->listener.bus;
	char name[160];

	if (log_in(check, link, bus->where)) {
		note(check, "rmq", bus->where, 0, "");
		check_exchange(check, bus, settings->event_exchange);
		check_exchange(check, bus, settings->request_exchange);
		check_queue(check, bus, "nl-hdms.request", true);
		snprintf(name, sizeof(name), "%s.default.event", settings->app_name);
		check_queue(check, bus, name, false);
		snprintf(name, sizeof(name), "%s.request", settings->app_name);
		check_queue(check, bus, name, false);
	}
	link->ops->disconnect(link->connection);
}

int chatterbox_check_servers(struct chatterbox *box, char **report, struct chatterbox_error *error)
{
	struct check check = { .box = box };
	int result;

	check_state(&check);
	check_sql(&check);
	check_connections(&check);
	check_bus(&check);
	result = cbx_text_take(&check.report, report, NULL);
	if (result < 0)
		return cbx_fail(error, result, CHATTERBOX_SERVER_NONE, "%s", "");
	if (check.down)
		return cbx_fail(error, CHATTERBOX_E_DOWN, CHATTERBOX_SERVER_NONE, "%s", "");
	return check.missing ? cbx_fail(error, CHATTERBOX_E_CONFIG, CHATTERBOX_SERVER_NONE, "%s",
					"a server is not as it should be")
			     : 0;
}
