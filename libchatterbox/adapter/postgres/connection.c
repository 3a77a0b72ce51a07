// SPDX-License-Identifier: MIT
/*
 * connection.c - a connection to PostgreSQL, opened within a deadline
 *
 * If the server does not answer a statement in time the connection is dropped. PQcancel() is not
 * used: in libpq 15 it opens a second connection without a deadline, so it would hang just when it
 * is needed. Instead each transaction sets statement_timeout, which the server enforces.
 */
#include "adapter/postgres/internal.h"
#include "common/file.h"
#include "port/certificate.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

void cbx_pg_disconnect(struct cbx_sql *sql)
{
	struct postgres *self = cbx_pg_of(sql);

	PQfinish(cbx_steal(self->conn));
	self->stamps_known = false;
}

void cbx_pg_say(struct postgres *self, const char *sqlstate, const char *what)
{
	char *end;
	char *p;

	if (sqlstate != self->sqlstate)
		snprintf(self->sqlstate, sizeof(self->sqlstate), "%s", sqlstate ?: "");
	snprintf(self->sql.error, sizeof(self->sql.error), "postgresql %s: %s%s%s", self->sql.where,
		 self->sqlstate, *self->sqlstate ? " " : "", what);
	for (p = self->sql.error; *p; p++)
		if ((unsigned char)*p < 0x20)
			*p = ' ';
	for (end = p; end > self->sql.error && end[-1] == ' '; end--)
		end[-1] = '\0';
}

int cbx_pg_lost(struct postgres *self, const char *what)
{
	cbx_pg_say(self, self->sqlstate, what);
	cbx_pg_disconnect(&self->sql);
	return CHATTERBOX_E_DOWN;
}

/* libpq would print them */
static void drop_notice(void *user, const PGresult *result)
{
	const struct postgres *self = user;
	const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

	cbx_debug(self->log, CBX_FIELDS({ "server", "sql" }), "postgresql says: %s", text ?: "?");
}

static int await(struct postgres *self, PostgresPollingStatusType status, uint64_t deadline)
{
	struct pollfd p = {
		.fd = PQsocket(self->conn),
		.events = status == PGRES_POLLING_READING ? POLLIN : POLLOUT,
	};
	int left = cbx_ms_left(self->clock, deadline, 1000);
	char why[128];

	snprintf(why, sizeof(why), "no connection within the deadline: is %.40s.port right?",
		 self->section);
	if (!left)
		return cbx_pg_lost(self, why);
	if (poll(&p, 1, left) < 0 && errno != EINTR)
		return -errno;
	return p.revents ? 1 : 0;
}

/* libpq's text, and the keys that it may be about, for which alone it is looked into */
static int refuse_connection(struct postgres *self)
{
	const char *why = PQerrorMessage(self->conn);
	char text[sizeof(self->sql.error)];

	if (!strstr(why, "SSL") && !strstr(why, "certificate") && !strstr(why, "private key") &&
	    !strstr(why, "expected authentication request"))
		return cbx_pg_lost(self, why);
	/* the advice is never cut, libpq's text may be */
	snprintf(text, sizeof(text), "%.150s (%s)", why, self->advice);
	return cbx_pg_lost(self, text);
}

static int finish_connect(struct postgres *self, uint64_t deadline)
{
	PostgresPollingStatusType status = PGRES_POLLING_WRITING;
	int r;

	while (status != PGRES_POLLING_OK) {
		r = await(self, status, deadline);
		if (r < 0)
			return r;
		if (!r)
			continue;
		status = PQconnectPoll(self->conn);
		if (status == PGRES_POLLING_FAILED)
			return refuse_connection(self);
	}
	return 0;
}

/* To one address, which @host stands beside for the certificate. No copy is made of the password:
 * libpq expands what stands in place of a database's name, and later keys override it. */
static int connect_to(struct postgres *self, const struct cbx_target *target)
{
	const char *keys[] = { "dbname", "host", *target->text ? "hostaddr" : NULL, NULL };
	const char *values[] = { self->conninfo, target->host, target->text, NULL };
	int r;

	self->sqlstate[0] = '\0';
	self->conn = PQconnectStartParams(keys, values, 1);
	if (!self->conn)
		return -ENOMEM;
	if (PQstatus(self->conn) == CONNECTION_BAD)
		return refuse_connection(self);
	PQsetNoticeReceiver(self->conn, drop_notice, self);
	r = finish_connect(self, target->deadline);
	if (!r && PQsetnonblocking(self->conn, 1))
		r = cbx_pg_lost(self, PQerrorMessage(self->conn));
	if (r)
		cbx_pg_disconnect(&self->sql);
	return r;
}

/* OpenSSL would wait in the opening of a FIFO */
static int check_files(struct postgres *self)
{
	char text[sizeof(self->sql.error)];
	const char *trouble = NULL;
	size_t i;

	for (i = 0; i < CBX_COUNT(self->files) && !trouble; i++)
		trouble = cbx_file_trouble(self->files[i]);
	if (!trouble)
		return 0;
	snprintf(text, sizeof(text), "cannot read %.100s: %s (%s)", self->files[i - 1], trouble,
		 self->advice);
	return cbx_pg_lost(self, text);
}

int cbx_pg_connect(struct cbx_sql *sql, uint64_t deadline)
{
	struct postgres *self = cbx_pg_of(sql);
	const struct cbx_target *target;
	char why[160];
	int r;

	if (self->conn)
		return 0;
	r = check_files(self);
	if (r)
		return r;
	r = cbx_dial_begin(self->dial, deadline, why, sizeof(why));
	if (r == CHATTERBOX_E_DOWN)
		cbx_pg_say(self, "", why);
	if (r)
		return r;
	r = CHATTERBOX_E_DOWN;
	while (r == CHATTERBOX_E_DOWN && (target = cbx_dial_next(self->dial)))
		r = connect_to(self, target);
	if (r)
		return r;
	cbx_dial_serves(self->dial);
	if (PQsslInUse(self->conn) && PQsslStruct(self->conn, "OpenSSL"))
		sql->certificate_ends = cbx_certificate_of(PQsslStruct(self->conn, "OpenSSL"));
	return 0;
}
