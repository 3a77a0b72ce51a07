// SPDX-License-Identifier: MIT
/*
 * incidents.c - notes what goes wrong, and writes the incidents that come of it, each in a
 * transaction with its event
 *
 * If nobody knows whether such a transaction was committed, its row says it: how large the incident
 * was when it was told, and whether it is closed.
 */
#include "controller/incidents.h"

#include "common/json.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TURN CBX_SECOND
#define REFUSED (30 * CBX_SECOND)
#define EXPIRE (600 * CBX_SECOND)
#define PORTION 100

void cbx_incident_keeper_init(struct cbx_incident_keeper *keeper, struct cbx_road *road)
{
	*keeper = (struct cbx_incident_keeper){ .road = road };
}

void cbx_incident_keeper_close(struct cbx_incident_keeper *keeper)
{
	if (!keeper->incidents)
		return;
	cbx_incidents_free(keeper->incidents);
	cbx_metric_clear(keeper->road->counters->incidents);
	cbx_incident_keeper_init(keeper, keeper->road);
}

/* They may have been reloaded */
static void take_rules(struct cbx_incident_keeper *keeper)
{
	const struct cbx_settings *settings = keeper->road->settings;
	const struct cbx_incident_rules rules = {
		(int64_t)(settings->incident_window_ns / CBX_MS),
		(size_t)settings->incident_systems,
		(size_t)settings->incident_jobs,
	};

	if (keeper->incidents)
		cbx_incidents_set_rules(keeper->incidents, &rules);
}

static void warn_memory(struct cbx_incident_keeper *keeper)
{
	cbx_warn(keeper->road->log, CBX_NO_FIELDS, "out of memory: a failure was not grouped");
}

/* --- what goes wrong --- */

static void add_file(struct cbx_trouble *trouble, const json_t *value)
{
	const char *name = json_string_value(value);

	if (name && *name && strlen(name) == json_string_length(value) &&
	    trouble->file_count < CBX_TROUBLE_FILES)
		trouble->files[trouble->file_count++] = name;
}

/* A status names its file as error_file or file, or those that it was downloading */
static void find_files(const json_t *status, struct cbx_trouble *trouble)
{
	const json_t *list = json_object_get(status, "files_downloading");
	size_t i;

	add_file(trouble, json_object_get(status, "error_file"));
	if (!trouble->file_count)
		add_file(trouble, json_object_get(status, "file"));
	trouble->named = trouble->file_count;
	for (i = 0; !trouble->named && i < json_array_size(list) && i < CBX_TROUBLE_FILES; i++) {
		const json_t *one = json_array_get(list, i);

		add_file(trouble, json_is_string(one)            ? one
				  : json_object_get(one, "file") ? json_object_get(one, "file")
								 : json_object_get(one, "name"));
	}
}

static int note_change(struct cbx_incident_keeper *keeper, const struct cbx_change *change)
{
	const struct cbx_error_row row = cbx_error_of_change(change);
	struct cbx_trouble trouble = cbx_trouble_of_error(&row, cbx_road_db_now(keeper->road));
	cbx_auto(json_decrefp) json_t *status = NULL;

	/* of an end that nobody reported the status says what was before */
	if (!change->job->inferred &&
	    !cbx_json_read(change->job->status->json, change->job->status->json_len, &status, NULL))
		find_files(status, &trouble);
	return cbx_incidents_add(keeper->incidents, &trouble,
				 cbx_systems_count(keeper->road->systems));
}

void cbx_incident_keeper_note_batch(struct cbx_incident_keeper *keeper,
				    const struct cbx_batch *batch)
{
	size_t i;

	take_rules(keeper);
	for (i = 0; keeper->incidents && i < batch->change_count; i++)
		if (batch->changes[i].error_code && note_change(keeper, &batch->changes[i]) < 0)
			warn_memory(keeper);
}

void cbx_incident_keeper_note_errors(struct cbx_incident_keeper *keeper,
				     const struct cbx_error_row *rows, size_t count)
{
	size_t i;

	take_rules(keeper);
	for (i = 0; keeper->incidents && i < count; i++) {
		struct cbx_trouble trouble =
			cbx_trouble_of_error(&rows[i], cbx_road_db_now(keeper->road));

		if (trouble.system &&
		    cbx_incidents_add(keeper->incidents, &trouble,
				      cbx_systems_count(keeper->road->systems)) < 0)
			warn_memory(keeper);
	}
}

/* --- what is written --- */

static struct cbx_incident_row row_of(const struct cbx_incident *incident, const char *title)
{
	bool news = cbx_incident_is_news(incident);

	return (struct cbx_incident_row){
		.id = incident->id,
		.kind = cbx_incident_kind_name(incident->kind),
		.key = incident->key,
		.title = title,
		.sample = incident->sample,
		.opened_ms = incident->opened_ms,
		.updated_ms = incident->updated_ms,
		.closed_ms = incident->closed_ms,
		.systems = (int64_t)incident->systems,
		.jobs = (int64_t)incident->jobs,
		.told = (int64_t)(news ? cbx_incident_size(incident) : incident->told),
	};
}

static int add_event(const struct cbx_incident_row *row, struct cbx_batch *events)
{
	cbx_auto(cbx_text_free) struct cbx_text payload = { 0 };
	cbx_auto(cbx_text_free) struct cbx_text key = { 0 };
	struct cbx_event *event = cbx_batch_add_event(events);
	int result = event ? 0 : -ENOMEM;

	cbx_text_printf(&key, "incident/%lld", (long long)row->id);
	cbx_incident_json(row, &payload);
	if (!result)
		result = cbx_text_take(&key, &event->key, NULL);
	if (!result)
		result = cbx_text_take(&payload, &event->payload, NULL);
	if (!result)
		event->name = "incident";
	return result;
}

static void log_news(struct cbx_road *road, const struct cbx_incident *incident, const char *title)
{
	const char *what = incident->closed_ms ? "closed" : incident->told ? "grew" : "opened";

	cbx_info(road->log, CBX_NO_FIELDS, "incident %lld %s: %s", (long long)incident->id, what,
		 title);
}

/* Writes one, with what is told of it */
static int write_one(struct cbx_incident_keeper *keeper, struct cbx_incident *incident)
{
	struct cbx_road *road = keeper->road;
	struct cbx_guard guard = cbx_leadership_guard(road->leadership, road->epoch);
	cbx_auto(cbx_freep) struct cbx_incident_member *members =
		calloc(incident->joined_count + 1, sizeof(*members));
	cbx_auto(cbx_batch_clear) struct cbx_batch events = { 0 };
	cbx_auto(cbx_text_free) struct cbx_text title = { 0 };
	struct cbx_incident_write write = { .members = members,
					    .member_count = incident->joined_count };
	size_t i;
	int result;

	cbx_incident_title(incident, &title);
	if (!members || title.failed)
		return -ENOMEM;
	for (i = 0; i < incident->joined_count; i++)
		members[i] = (struct cbx_incident_member){ incident->joined[i].system,
							   incident->joined[i].job_id,
							   incident->joined[i].code };
	write.row = row_of(incident, title.bytes);
	result = cbx_incident_is_news(incident) ? add_event(&write.row, &events) : 0;
	if (!result)
		result = road->sql->incidents->write(road->sql, &guard, &write, 1, &events);
	if (result < 0)
		return result;
	if (events.event_count) {
		log_news(road, incident, title.bytes);
		road->wake_teller(road->wake_user);
		road->recorded(road->recorded_user, &events);
	}
	cbx_incident_written(keeper->incidents, incident);
	return 0;
}

static int take_state(void *user, const struct cbx_incident_row *row)
{
	struct cbx_incident *incident = user;

	incident->told = row->told > 0 ? (size_t)row->told : 0;
	/* closed, and told */
	if (row->closed_ms && incident->closed_ms)
		incident->dirty = false;
	return 0;
}

/* What SQL has of it decides what is still to be told */
static int ask_state(struct cbx_incident_keeper *keeper, struct cbx_incident *incident)
{
	struct cbx_sql *sql = keeper->road->sql;
	int result =
		incident->id ? sql->incidents->find(sql, incident->id, take_state, incident) : 0;

	if (result >= 0 && !incident->dirty)
		cbx_incident_written(keeper->incidents, incident);
	return result < 0 ? result : 0;
}

static int ask_states(struct cbx_incident_keeper *keeper)
{
	struct cbx_incident *incident = cbx_incidents_all(keeper->incidents);
	struct cbx_incident *next;
	int result = 0;

	for (; incident && !result; incident = next) {
		next = incident->next;
		if (incident->dirty)
			result = ask_state(keeper, incident);
	}
	keeper->uncertain = result < 0;
	return result;
}

static int give_id(struct cbx_incident_keeper *keeper, struct cbx_incident *incident)
{
	struct cbx_road *road = keeper->road;
	struct cbx_guard guard = cbx_leadership_guard(road->leadership, road->epoch);

	return incident->id ? 0 : road->sql->incidents->reserve(road->sql, &guard, &incident->id);
}

/* Of systems first: an error says last to which it belongs that tells more */
static int write_kind(struct cbx_incident_keeper *keeper, bool of_systems)
{
	struct cbx_incident *incident = cbx_incidents_all(keeper->incidents);
	struct cbx_incident *next;
	int result = 0;
	int refused = 0;

	for (; incident && !result; incident = next) {
		next = incident->next;
		if (!incident->dirty || (incident->kind == CBX_SAME_SYSTEM) != of_systems)
			continue;
		result = give_id(keeper, incident);
		if (!result)
			result = write_one(keeper, incident);
		if (result == CHATTERBOX_E_DOWN)
			keeper->uncertain = true;
		/* one that is refused does not hold up the others */
		if (result == CHATTERBOX_E_REFUSED) {
			refused = result;
			result = 0;
		}
	}
	return result ? result : refused;
}

/* --- when it is time --- */

static int ensure_loaded(struct cbx_incident_keeper *keeper)
{
	struct cbx_road *road = keeper->road;
	int result;

	if (keeper->incidents && keeper->epoch == road->epoch)
		return 0;
	cbx_incident_keeper_close(keeper);
	result = cbx_incidents_new(&keeper->incidents);
	if (result < 0)
		return result;
	keeper->epoch = road->epoch;
	keeper->loaded_at = cbx_now(road->clock);
	keeper->scanned_ms = road->last_cycle.finished_ms;
	take_rules(keeper);
	result = cbx_incidents_load(keeper);
	if (!result)
		result = cbx_incidents_scan(keeper, true);
	if (result < 0)
		cbx_incident_keeper_close(keeper);
	return result;
}

static int expire(struct cbx_incident_keeper *keeper)
{
	struct cbx_road *road = keeper->road;
	struct cbx_guard guard = cbx_leadership_guard(road->leadership, road->epoch);
	uint64_t keep = road->settings->history_retention_ns ?: road->settings->error_retention_ns;
	int64_t removed = 0;
	int result;

	if (cbx_now(road->clock) < keeper->expire_at)
		return 0;
	keeper->expire_at = cbx_now(road->clock) + EXPIRE;
	result = road->sql->incidents->expire(road->sql, &guard, (int64_t)(keep / CBX_SECOND),
					      PORTION, &removed);
	if (!result)
		cbx_metric_add(road->counters->cleaned_up, "incidents", NULL, (double)removed);
	return result;
}

static void count(struct cbx_incident_keeper *keeper)
{
	int kind;

	for (kind = 0; kind < CBX_INCIDENT_KINDS; kind++)
		cbx_metric_set(keeper->road->counters->incidents,
			       cbx_incident_kind_name((enum cbx_incident_kind)kind), NULL,
			       (double)cbx_incidents_open(keeper->incidents,
							  (enum cbx_incident_kind)kind));
}

static int take_turn(struct cbx_incident_keeper *keeper)
{
	struct cbx_road *road = keeper->road;
	int result = ensure_loaded(keeper);

	if (result < 0)
		return result;
	take_rules(keeper);
	if (keeper->scanned_ms != road->last_cycle.finished_ms) {
		keeper->scanned_ms = road->last_cycle.finished_ms;
		result = cbx_incidents_scan(keeper, false);
	}
	cbx_incidents_close_old(keeper->incidents, cbx_road_db_now(road));
	if (!result && keeper->uncertain)
		result = ask_states(keeper);
	if (!result)
		result = write_kind(keeper, true);
	if (!result || result == CHATTERBOX_E_REFUSED) {
		int refused = result;

		result = write_kind(keeper, false);
		result = result ? result : refused;
	}
	count(keeper);
	return result ? result : expire(keeper);
}

void cbx_incident_keeper_turn(struct cbx_incident_keeper *keeper)
{
	struct cbx_road *road = keeper->road;
	int result;

	if (!road->sql_link.up || road->hanging || cbx_now(road->clock) < keeper->turn_at)
		return;
	result = take_turn(keeper);
	keeper->turn_at = cbx_now(road->clock) + (result == CHATTERBOX_E_REFUSED ? REFUSED : TURN);
	if (result == -ENOMEM)
		warn_memory(keeper);
	else if (result < 0)
		cbx_link_lost(&road->sql_link, result);
}
