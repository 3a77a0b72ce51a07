// SPDX-License-Identifier: MIT
/* day_holds.c - what the shared state and the database hold, asked past the engine */
#include "base/read.h"
#include "day.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* One field of a hash, as JSON; NULL = it is not there */
struct look {
	const char *field;
	json_t *value;
};

static int note_field(void *user, const char *key, const struct cbx_field *field)
{
	struct look *look = user;

	(void)key;
	if (!strcmp(field->name, look->field)) {
		look->value = json_loadb(field->value, field->value_len, JSON_DECODE_ANY, NULL);
		ck_assert_msg(look->value != NULL, "%s holds no JSON", field->name);
	}
	return 0;
}

static json_t *redis_job(struct day *day, const char *system, int64_t job)
{
	struct look look = { 0 };
	char field[32];

	snprintf(field, sizeof(field), "%lld", (long long)job);
	look.field = field;
	ck_assert_int_eq(
		day->state->ops->read_jobs(day->state, &system, 1, note_field, NULL, &look), 0);
	return look.value;
}

void day_redis_shows(struct day *day, const char *system, int64_t job, const char *status,
		     const char *members)
{
	json_t *shown = redis_job(day, system, job);
	char text[DAY_TEXT];
	const char *name;
	json_t *expected;
	json_t *value;

	ck_assert_msg(shown != NULL, "Redis does not show %s/%lld", system, (long long)job);
	ck_assert_str_eq(json_string_value(json_object_get(shown, "status")), status);
	snprintf(text, sizeof(text), "{%s}", members ?: "");
	expected = json_loads(text, 0, NULL);
	ck_assert_ptr_nonnull(expected);
	json_object_foreach(expected, name, value)
		ck_assert_msg(json_equal(json_object_get(shown, name), value),
			      "%s/%lld: %s is not as in {%s}", system, (long long)job, name,
			      members);
	json_decref(expected);
	json_decref(shown);
}

void day_redis_shows_nothing(struct day *day, const char *system, int64_t job)
{
	json_t *shown = redis_job(day, system, job);

	ck_assert_msg(!shown, "Redis shows %s/%lld", system, (long long)job);
}

void day_redis_system(struct day *day, enum cbx_state_hash hash, const char *system,
		      const char *status)
{
	struct look look = { .field = system };
	const char *shown = "(absent)";

	ck_assert_int_eq(day->state->ops->read_systems(day->state, hash, note_field, &look), 0);
	if (look.value)
		shown = json_string_value(json_object_get(look.value, "status"));
	ck_assert_str_eq(shown, status ?: "(absent)");
	json_decref(look.value);
}

void day_redis_writes_system(struct day *day, const char *system, double seconds_ago)
{
	char time[CBX_TIME_TEXT];
	char value[128];
	struct cbx_field field = { .name = system, .value = value };

	cbx_time_text(cbx_wall(day->box->clock) - (int64_t)(seconds_ago * 1000), time);
	snprintf(value, sizeof(value),
		 "{\"systemID\":\"%s\",\"lastCheck\":\"%s\",\"status\":\"internal\"}", system,
		 time);
	field.value_len = strlen(value);
	ck_assert_int_eq(day->state->ops->write_systems(day->state,
							cbx_leadership_epoch(&day->box->leadership),
							CBX_INTERNAL_SYSTEMS, &field, 1),
			 0);
}

/* --- SQL --- */

void day_sql(struct day *day, const char *format, ...)
{
	char text[DAY_TEXT];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	day->world->run(text);
}

void day_sql_says(struct day *day, const char *sql, const char *expected)
{
	char *value = day->world->ask(sql);

	ck_assert_msg(!strcmp(value, expected), "%s: \"%s\", not \"%s\"", sql, value, expected);
	free(value);
}

static void job_says(struct day *day, const char *what, const char *table, const char *system,
		     int64_t job, const char *expected)
{
	char text[DAY_TEXT];

	snprintf(text, sizeof(text), "select %s from %s where system = '%s' and job_id = %lld",
		 what, table, system, (long long)job);
	day_sql_says(day, text, expected);
}

void day_monitor_holds(struct day *day, const char *system, int64_t job, const char *expected)
{
	job_says(day, "status || '/' || revision || '/' || origin", "status_monitor", system, job,
		 expected);
}

void day_monitor_percent(struct day *day, const char *system, int64_t job, const char *expected)
{
	job_says(day, "percent_completed", "status_monitor", system, job, expected);
}

void day_completed_holds(struct day *day, const char *system, int64_t job, const char *expected)
{
	job_says(day, "status || '/' || revision || '/' || origin", "completed_jobs", system, job,
		 expected);
}

void day_error_is(struct day *day, const char *system, int64_t job, const char *expected)
{
	job_says(day, "code || '/' || occurrences", "errors", system, job, expected);
}

/* --- figures --- */

void day_told_figures(struct day *day, const char *jobs_data)
{
	uint64_t patience = day_deadline();
	char *shared = NULL;

	/* it is transient: it comes when it comes */
	while ((!day->jobs_data || strcmp(day->jobs_data, jobs_data) != 0) &&
	       cbx_now(cbx_system_clock()) < patience)
		day_gather(day);
	ck_assert_str_eq(day->jobs_data ?: "", jobs_data);
	shared = day->world->jobs_data(day);
	ck_assert_str_eq(shared, jobs_data);
	free(shared);
}

void day_told_statuses(struct day *day, size_t count)
{
	ck_assert_uint_eq(day->job_status_chunks, 1);
	ck_assert_uint_eq(json_array_size(day->job_status), count);
}

void day_interval_is(struct day *day, double base, double current, const char *reason)
{
	struct cbx_snapshot *snapshot = cbx_snapshot_slot_get(&day->box->slot);

	ck_assert_ptr_nonnull(snapshot);
	ck_assert_double_eq_tol(cbx_seconds(snapshot->interval_base_ns), base, 1e-6);
	ck_assert_double_eq_tol(cbx_seconds(snapshot->interval_current_ns), current, 1e-6);
	ck_assert_str_eq(snapshot->load_reason ?: "calm", reason ?: "calm");
	cbx_snapshot_unref(snapshot);
}
