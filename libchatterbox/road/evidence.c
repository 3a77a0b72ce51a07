// SPDX-License-Identifier: MIT
/*
 * evidence.c - gathers what says why jobs do not move
 *
 * Errors are read with the schedules, since clean-up and others remove them; what the road sees
 * itself (its servers, its questions) is looked at on every turn.
 */
#include "road/evidence.h"

#include "base/hash.h"
#include "port/outlook.h"
#include "road/road.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

struct cbx_open_error {
	UT_hash_handle hh;
	char code[65];
	char key[]; /* "<system>/<job_id>" */
};

struct cbx_denied {
	UT_hash_handle hh;
	char name[];
};

#define KEY_SIZE 96

static void make_key(char out[KEY_SIZE], const char *system, int64_t job_id)
{
	snprintf(out, KEY_SIZE, "%s/%lld", system, (long long)job_id);
}

static void clear_denied(struct cbx_denied **all)
{
	struct cbx_denied *one;
	struct cbx_denied *next;

	HASH_ITER (hh, *all, one, next) {
		HASH_DEL(*all, one);
		free(one);
	}
}

static void clear_errors(struct cbx_open_error **all)
{
	struct cbx_open_error *one;
	struct cbx_open_error *next;

	HASH_ITER (hh, *all, one, next) {
		HASH_DEL(*all, one);
		free(one);
	}
}

void cbx_evidence_clear(struct cbx_evidence *evidence)
{
	clear_errors(&evidence->errors);
	clear_denied(&evidence->denied);
	evidence->fleet = (struct cbx_fleet_evidence){ 0 };
}

static int add_name(struct cbx_denied **all, const char *name)
{
	struct cbx_denied *one;
	size_t len = strlen(name);

	HASH_FIND(hh, *all, name, len, one);
	if (one)
		return 0;
	one = calloc(1, sizeof(*one) + len + 1);
	if (!one)
		return -ENOMEM;
	memcpy(one->name, name, len);
	if (cbx_hash_add(*all, one->name, len, one) < 0) {
		free(one);
		return -ENOMEM;
	}
	return 0;
}

static int take_denied(void *user, const char *name, int64_t ms)
{
	(void)ms;
	return add_name(user, name);
}

struct reading {
	struct cbx_evidence found;
	struct cbx_denied *content_systems;
	struct cbx_outlooks *outlooks;
};

static int take_lost(struct reading *reading, const struct cbx_error_row *row)
{
	struct cbx_lost_job lost = { .job_id = row->job_id,
				     .first_seen_ms = row->first_seen_ms,
				     .is_of_row = true };

	snprintf(lost.job_type, sizeof(lost.job_type), "%.64s", row->job_type ?: "");
	return cbx_outlooks_lose(reading->outlooks, row->system, &lost);
}

static int add_error(struct reading *reading, const struct cbx_error_row *row)
{
	struct cbx_open_error *one;
	char key[KEY_SIZE];

	make_key(key, row->system, row->job_id);
	HASH_FIND(hh, reading->found.errors, key, strlen(key), one);
	if (one)
		return 0;
	one = calloc(1, sizeof(*one) + strlen(key) + 1);
	if (!one)
		return -ENOMEM;
	strcpy(one->key, key);
	snprintf(one->code, sizeof(one->code), "%.64s", row->code);
	if (cbx_hash_add(reading->found.errors, one->key, strlen(key), one) < 0) {
		free(one);
		return -ENOMEM;
	}
	return 0;
}

static int take_error(void *user, const struct cbx_error_row *row)
{
	struct reading *reading = user;
	int result = 0;

	if (!row->code)
		return 0;
	if (cbx_code_is_content_server(row->code))
		result = add_name(&reading->content_systems, row->system);
	if (result < 0 || row->job_id < 0)
		return result;
	if (!strcmp(row->code, "vanished"))
		return take_lost(reading, row);
	return add_error(reading, row);
}

int cbx_evidence_read(struct cbx_evidence *evidence, struct cbx_sql *sql,
		      struct cbx_outlooks *outlooks)
{
	struct reading reading = { .outlooks = outlooks };
	int result;

	cbx_outlooks_lost_begin(outlooks);
	result = sql->outlook->open_errors(sql, take_error, &reading);
	if (!result)
		result = sql->outlook->denied(sql, take_denied, &reading.found.denied);
	if (!result) {
		cbx_outlooks_lost_end(outlooks);
		reading.found.fleet = evidence->fleet;
		reading.found.content_systems = HASH_COUNT(reading.content_systems);
		cbx_evidence_clear(evidence);
		*evidence = reading.found;
	} else {
		cbx_evidence_clear(&reading.found);
	}
	clear_denied(&reading.content_systems);
	return result;
}

static const char *server_down(const struct cbx_road *road)
{
	if (!road->sql_link.up)
		return "PostgreSQL";
	if (!road->bus_link.up)
		return "RabbitMQ";
	return road->state_link.up ? NULL : "Redis";
}

bool cbx_evidence_renew(struct cbx_evidence *evidence, const struct cbx_road *road)
{
	struct cbx_fleet_evidence now = evidence->fleet;
	bool same;

	now.server_down = server_down(road);
	now.questions = road->last_cycle.questions;
	now.unanswered = road->last_cycle.unanswered;
	now.content_systems = evidence->content_systems;
	same = cbx_fleet_evidence_same(&evidence->fleet, &now);
	evidence->fleet = now;
	return !same;
}

bool cbx_evidence_is_denied(const struct cbx_evidence *evidence, const char *system)
{
	struct cbx_denied *one;

	if (!evidence->denied)
		return false;
	HASH_FIND(hh, evidence->denied, system, strlen(system), one);
	return one != NULL;
}

const char *cbx_evidence_code(const struct cbx_evidence *evidence, const char *system,
			      int64_t job_id)
{
	struct cbx_open_error *one;
	char key[KEY_SIZE];

	if (!evidence->errors)
		return NULL;
	make_key(key, system, job_id);
	HASH_FIND(hh, evidence->errors, key, strlen(key), one);
	return one ? one->code : NULL;
}
