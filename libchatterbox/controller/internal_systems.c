// SPDX-License-Identifier: MIT
/*
 * internal_systems.c - drops internal systems that were not checked for long, and notes their
 * access
 *
 * Their access is noted only when systems come or go, which a sum over their names shows.
 */
#include "controller/internal_systems.h"

#include "base/read.h"
#include "common/array.h"
#include "common/json.h"

#include <chatterbox/error.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define EVERY (5 * CBX_SECOND)

/* What was read; texts are copied, since rows are only valid during the callback */
struct reading {
	struct cbx_internal_systems *internal;
	struct cbx_field *fields;
	size_t count, capacity, seen;
	uint64_t names; /* of those that are kept: see add_name() */
	int64_t before_ms;
};

/* The sum of FNV-1a over each name, whatever their order; 0 = nobody */
static uint64_t add_name(uint64_t names, const char *name)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 0x100000001b3;
	return names + hash;
}

static void reading_free(struct reading *reading)
{
	size_t i;

	for (i = 0; i < reading->count; i++) {
		free((void *)(uintptr_t)reading->fields[i].name);
		free((void *)(uintptr_t)reading->fields[i].value);
	}
	free(reading->fields);
}

/* lastCheck in ms; 0 when it can't be read: such an entry counts as very old. -ENOMEM. */
static int last_check(const struct cbx_field *field, int64_t *ms)
{
	json_t *value = NULL;
	const char *text;

	if (cbx_json_read(field->value, field->value_len, &value, NULL) == -ENOMEM)
		return -ENOMEM;
	text = json_string_value(json_object_get(value, "lastCheck"));
	if (!text || !cbx_time_parse(text, ms))
		*ms = 0;
	json_decref(value);
	return 0;
}

static int keep_old(void *user, const char *key, const struct cbx_field *field)
{
	struct reading *reading = user;
	struct cbx_field *copy;
	int64_t checked_ms = 0;

	(void)key;
	reading->seen++;
	if (last_check(field, &checked_ms) < 0)
		return -ENOMEM;
	if (checked_ms >= reading->before_ms) {
		reading->names = add_name(reading->names, field->name);
		return 0;
	}
	if (cbx_grow(reading->fields, reading->capacity, reading->count + 1) < 0)
		return -ENOMEM;
	copy = &reading->fields[reading->count++];
	copy->name = strdup(field->name);
	copy->value = cbx_strndup(field->value, field->value_len);
	copy->value_len = field->value_len;
	return copy->name && copy->value ? 0 : -ENOMEM;
}

static int failed(struct cbx_road *road, int result)
{
	if (result > 0)
		return cbx_road_fenced(road, road->epoch);
	if (result < 0)
		cbx_link_lost(&road->state_link, result);
	return result;
}

int cbx_internal_systems_clean_up(struct cbx_internal_systems *internal, size_t *removed)
{
	struct cbx_road *road = internal->road;
	struct reading reading = { .internal = internal };
	size_t gone = 0;
	int result;

	if (!road->state_link.up)
		return CHATTERBOX_E_DOWN;
	reading.before_ms =
		cbx_wall(road->clock) - (int64_t)(road->settings->recheck_system_time_ns / CBX_MS);
	result = road->state->ops->read_systems(road->state, CBX_INTERNAL_SYSTEMS, keep_old,
						&reading);
	if (!result && reading.count)
		result = road->state->ops->drop_systems(road->state, road->epoch,
							CBX_INTERNAL_SYSTEMS, reading.fields,
							reading.count, &gone);
	reading_free(&reading);
	if (result)
		return failed(road, result);
	if (gone)
		cbx_metric_add(road->counters->cleaned_up, "internal_systems", NULL, (double)gone);
	road->internal = reading.seen - gone;
	if (removed)
		*removed = gone;
	if (reading.names != internal->names && !cbx_internal_systems_populate(internal))
		internal->names = reading.names;
	return 0;
}

static int note(void *user, const char *key, const struct cbx_field *field)
{
	struct reading *reading = user;
	const char *name = field->name;
	size_t len = strlen(name);

	(void)key;
	reading->seen++;
	if (!cbx_system_name(&name, &len) || len != strlen(field->name))
		return 0;
	return cbx_errors_note_access(reading->internal->errors, field->name, "internal", NULL);
}

int cbx_internal_systems_populate(struct cbx_internal_systems *internal)
{
	struct cbx_road *road = internal->road;
	struct reading reading = { .internal = internal };
	int result;

	if (!road->state_link.up)
		return CHATTERBOX_E_DOWN;
	result = road->state->ops->read_systems(road->state, CBX_INTERNAL_SYSTEMS, note, &reading);
	if (result < 0)
		return failed(road, result);
	road->internal = reading.seen;
	return 0;
}

static int write_one(struct cbx_internal_systems *internal, const struct cbx_field *field)
{
	struct cbx_road *road = internal->road;
	/* who does not lead writes as OCD does */
	int64_t epoch = road->following ? CBX_NO_EPOCH : road->epoch;

	if (!road->state_link.up)
		return CHATTERBOX_E_DOWN;
	return failed(road, road->state->ops->write_systems(road->state, epoch,
							    CBX_INTERNAL_SYSTEMS, field, 1));
}

int cbx_internal_systems_put(struct cbx_internal_systems *internal, const char *system)
{
	cbx_auto(cbx_text_free) struct cbx_text json = { 0 };
	struct cbx_field field = { .name = system };
	char time[CBX_TIME_TEXT];

	cbx_time_text(cbx_wall(internal->road->clock), time);
	cbx_text_puts(&json, "{\"systemID\":");
	cbx_text_json_string(&json, system);
	cbx_text_printf(&json, ",\"lastCheck\":\"%s\",\"status\":\"internal\"}", time);
	if (json.failed)
		return -ENOMEM;
	field.value = json.bytes;
	field.value_len = json.len;
	return write_one(internal, &field);
}

int cbx_internal_systems_remove(struct cbx_internal_systems *internal, const char *system)
{
	struct cbx_field field = { .name = system };

	return write_one(internal, &field);
}

static void perform(void *user)
{
	struct cbx_internal_systems *internal = user;

	cbx_internal_systems_clean_up(internal, NULL);
}

void cbx_internal_systems_init(struct cbx_internal_systems *internal, struct cbx_road *road,
			       struct cbx_errors *errors)
{
	*internal = (struct cbx_internal_systems){ .road = road, .errors = errors };
	internal->task = (struct cbx_task){ .name = "Internal Systems Task",
					    .interval_ns = EVERY,
					    .perform = perform,
					    .user = internal };
}
