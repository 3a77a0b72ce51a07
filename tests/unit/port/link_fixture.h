/* SPDX-License-Identifier: MIT */
/* link_fixture.h - a link over a fake connection, for one test program: what it does is counted */
#ifndef CBX_TESTS_LINK_FIXTURE_H
#define CBX_TESTS_LINK_FIXTURE_H

#include "common/cleanup.h"
#include "fake_clock.h"
#include "metric_value.h"
#include "port/link.h"
#include "unit.h"

#include <chatterbox/error.h>
#include <stdio.h>
#include <string.h>

static struct fake_clock fake;
static struct cbx_metrics *metrics;
static struct cbx_health *health;
static struct cbx_link redis_link;
static struct cbx_log sink;
static unsigned warnings, infos;

static struct connection {
	int connect_result, ping_result;
	unsigned tries, drops, pings;
	uint64_t deadline;
	bool up;
	const char *hindrance;
	int verdict, verdict_of_refusal; /* examine()'s */
	unsigned exams;
} connection;

static int connect_it(void *user, uint64_t deadline)
{
	(void)user;
	connection.tries++;
	connection.deadline = deadline;
	connection.up = !connection.connect_result;
	return connection.connect_result;
}

static void disconnect_it(void *user)
{
	(void)user;
	connection.drops++;
	connection.up = false;
}

static bool is_it_up(void *user)
{
	(void)user;
	return connection.up;
}

static const char *error = "no route to host";

static const char *error_of_it(void *user)
{
	(void)user;
	return error;
}

static int ping_it(void *user)
{
	(void)user;
	connection.pings++;
	if (connection.ping_result == CHATTERBOX_E_DOWN)
		connection.up = false;
	return connection.ping_result;
}

static const char *hindrance_of_it(void *user)
{
	(void)user;
	return connection.hindrance;
}

static int examine_it(void *user, bool refused)
{
	(void)user;
	connection.exams++;
	return refused ? connection.verdict_of_refusal : connection.verdict;
}

static const struct cbx_link_ops ops = { connect_it, disconnect_it,   is_it_up,   error_of_it,
					 ping_it,    hindrance_of_it, examine_it, NULL };

static void note(void *user, enum chatterbox_log_level level,
		 const struct chatterbox_log_field *fields, size_t count, const char *message)
{
	(void)user;
	(void)message;
	(void)fields;
	(void)count;
	warnings += level == CHATTERBOX_LOG_WARN;
	infos += level == CHATTERBOX_LOG_INFO;
}

static void set_up(void)
{
	fake_clock_init(&fake);
	connection = (struct connection){ 0 };
	sink.sink = note;
	sink.level = CHATTERBOX_LOG_INFO;
	warnings = infos = 0;
	error = "no route to host";
	ck_assert_int_eq(cbx_metrics_new(&metrics), 0);
	ck_assert_int_eq(cbx_health_new(&fake.clock, &health), 0);
	redis_link = (struct cbx_link){
		.ops = &ops,
		.connection = &connection,
		.server = "redis",
		.purpose = "state",
		.clock = &fake.clock,
		.log = &sink,
		.metrics = { cbx_metrics_add(metrics, CBX_COUNTER, "r_total", "", "server", NULL),
			     cbx_metrics_add(metrics, CBX_COUNTER, "e_total", "", "server", NULL) },
		.entry = cbx_health_add(health, "redis", "state", "here"),
	};
}

static void tear_down(void)
{
	cbx_health_free(health);
	cbx_metrics_free(metrics);
}

static inline void expect_counts(unsigned reconnects, unsigned errors)
{
	ck_assert_uint_eq((unsigned)metric_value(redis_link.metrics.reconnects, "redis", NULL),
			  reconnects);
	ck_assert_uint_eq((unsigned)metric_value(redis_link.metrics.errors, "redis", NULL), errors);
}

#endif
