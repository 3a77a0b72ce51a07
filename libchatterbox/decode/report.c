// SPDX-License-Identifier: MIT
/*
 * report.c - reads lists of statuses and lists of systems, wherever they occur
 *
 * A bad element is counted and skipped; the rest of the list is kept.
 */
#include "base/read.h"
#include "common/array.h"
#include "decode/reader.h"

#include <chatterbox/error.h>
#include <errno.h>

/* --- statuses --- */

static int status_take(void *context, const struct cbx_json *key, const struct cbx_json *value)
{
	struct cbx_reader *reader = context;

	return cbx_status_reader_take(&reader->status, key, value);
}

static int status_close(void *context)
{
	struct cbx_reader *reader = context;
	struct cbx_reply *reply = reader->reply;
	struct cbx_status *status;
	int error;

	error = cbx_status_reader_finish(&reader->status, &status);
	if (error)
		return error;
	if (!status)
		return cbx_reader_note_rejected(reader);
	if (cbx_grow(reply->statuses, reader->status_capacity, reply->count + 1) < 0) {
		cbx_status_unref(status);
		return -ENOMEM;
	}
	reply->statuses[reply->count++] = status;
	return 0;
}

static const struct cbx_level status_members = { NULL, status_take, status_close };

static int count_job(struct cbx_reader *reader)
{
	if (reader->limits && reader->jobs >= reader->limits->jobs)
		return CHATTERBOX_E_LIMIT;
	reader->jobs++;
	return 0;
}

static int jobs_open(void *context, const struct cbx_json *key, enum cbx_json_type type,
		     const struct cbx_level **enter)
{
	struct cbx_reader *reader = context;

	(void)key;
	if (type != CBX_JSON_OBJECT)
		return 0;
	cbx_status_reader_start(&reader->status);
	*enter = &status_members;
	return count_job(reader);
}

static int jobs_take(void *context, const struct cbx_json *key, const struct cbx_json *value)
{
	struct cbx_reader *reader = context;

	(void)key;
	(void)value;
	reader->reply->rejects[CBX_MEMBER_REPORT]++;
	reader->reply->rejected_any = true;
	return count_job(reader);
}

const struct cbx_level cbx_level_jobs = { jobs_open, jobs_take, NULL };

static int refuse(void *context, const struct cbx_json *key, const struct cbx_json *value)
{
	(void)context;
	(void)key;
	(void)value;
	return CHATTERBOX_E_DECODE;
}

static int one_status_open(void *context, const struct cbx_json *key, enum cbx_json_type type,
			   const struct cbx_level **enter)
{
	return type == CBX_JSON_OBJECT ? jobs_open(context, key, type, enter) : CHATTERBOX_E_DECODE;
}

const struct cbx_level cbx_body_of_status = { one_status_open, refuse, NULL };

static int report_open(void *context, const struct cbx_json *key, enum cbx_json_type type,
		       const struct cbx_level **enter)
{
	if (type == CBX_JSON_OBJECT)
		return jobs_open(context, key, type, enter);
	*enter = &cbx_level_jobs;
	return 0;
}

const struct cbx_level cbx_body_of_report = { report_open, refuse, NULL };

/* --- names of systems --- */

static int add_name(struct cbx_reader *reader, const struct cbx_json *value)
{
	struct cbx_reply *reply = reader->reply;
	char ***names = reader->for_offline ? &reply->offline : &reply->systems;
	size_t *count = reader->for_offline ? &reply->offline_count : &reply->system_count;
	const char *name = value->text;
	size_t len = value->text_len;
	size_t *capacity =
		reader->for_offline ? &reader->offline_capacity : &reader->system_capacity;

	if (value->type != CBX_JSON_STRING || !value->clean || !cbx_system_name(&name, &len)) {
		reply->rejects[CBX_MEMBER_SYSTEM]++;
		reply->rejected_any = true;
		return 0;
	}
	if (cbx_grow(*names, *capacity, *count + 1) < 0)
		return -ENOMEM;
	(*names)[*count] = cbx_strndup(name, len);
	if (!(*names)[*count])
		return -ENOMEM;
	(*count)++;
	return 0;
}

static int name_take(void *context, const struct cbx_json *key, const struct cbx_json *value)
{
	struct cbx_reader *reader = context;

	if (reader->named || (!cbx_json_is(key, "system") && !cbx_json_is(key, "system_id") &&
			      !cbx_json_is(key, "systemID") && !cbx_json_is(key, "actor_id")))
		return 0;
	reader->named = true;
	return add_name(reader, value);
}

static int name_close(void *context)
{
	struct cbx_reader *reader = context;

	if (reader->named)
		return 0;
	reader->reply->rejects[CBX_MEMBER_SYSTEM]++;
	reader->reply->rejected_any = true;
	return 0;
}

static const struct cbx_level name_inner = { NULL, name_take, NULL };

static int name_open(void *context, const struct cbx_json *key, enum cbx_json_type type,
		     const struct cbx_level **enter)
{
	(void)context;
	if (type == CBX_JSON_OBJECT && cbx_json_is(key, "object"))
		*enter = &name_inner;
	return 0;
}

/* An object that names a system may do so under `object`, too */
static int name_members_take(void *context, const struct cbx_json *key,
			     const struct cbx_json *value)
{
	struct cbx_reader *reader = context;

	if (reader->named || value->type != CBX_JSON_STRING || !cbx_json_is(key, "object"))
		return name_take(context, key, value);
	reader->named = true;
	return add_name(reader, value);
}

static const struct cbx_level name_members = { name_open, name_members_take, name_close };

static int names_open(void *context, const struct cbx_json *key, enum cbx_json_type type,
		      const struct cbx_level **enter)
{
	struct cbx_reader *reader = context;

	(void)key;
	reader->named = false;
	if (type == CBX_JSON_OBJECT)
		*enter = &name_members;
	return 0;
}

static int names_take(void *context, const struct cbx_json *key, const struct cbx_json *value)
{
	(void)key;
	return add_name(context, value);
}

const struct cbx_level cbx_level_names = { names_open, names_take, NULL };

static int systems_open(void *context, const struct cbx_json *key, enum cbx_json_type type,
			const struct cbx_level **enter)
{
	if (type == CBX_JSON_OBJECT)
		return names_open(context, key, type, enter);
	*enter = &cbx_level_names;
	return 0;
}

static int systems_take(void *context, const struct cbx_json *key, const struct cbx_json *value)
{
	(void)key;
	return value->type == CBX_JSON_STRING ? add_name(context, value) : CHATTERBOX_E_DECODE;
}

const struct cbx_level cbx_body_of_systems = { systems_open, systems_take, NULL };
