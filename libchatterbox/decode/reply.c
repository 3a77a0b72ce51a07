// SPDX-License-Identifier: MIT
/*
 * reply.c - reads what is in a document: statuses, names of systems, the answer of nl-hdms to a
 * question (contract 3.2)
 *
 * A bad element of a list is counted and skipped; the rest of the list is kept. The frame of an
 * answer has to be right as a whole: if `jobs` is not an array, that must not be taken for "this
 * system has no jobs".
 */
#include "decode/reader.h"

#include "base/read.h"
#include "common/array.h"

#include <chatterbox/error.h>
#include <errno.h>

int cbx_reader_once(struct cbx_reader *reader, enum cbx_frame member)
{
	if (reader->frame & member)
		return CHATTERBOX_E_DECODE;
	reader->frame |= member;
	return 0;
}

/* --- statuses --- */

static int status_take(void *context, const struct cbx_json *key, const struct cbx_json *value)
{
	struct cbx_reader *reader = context;

	return cbx_status_reader_take(&reader->status, key, value);
}

/* Takes over the caller's reference */
static int add_status(struct cbx_reader *reader, struct cbx_status *status)
{
	struct cbx_reply *reply = reader->reply;

	if (cbx_grow(reply->statuses, reader->status_capacity, reply->count + 1) < 0) {
		cbx_status_unref(status);
		return -ENOMEM;
	}
	reply->statuses[reply->count++] = status;
	return 0;
}

static int status_close(void *context)
{
	struct cbx_reader *reader = context;
	struct cbx_status *status;
	int error;

	error = cbx_status_reader_finish(&reader->status, &status);
	if (error)
		return error;
	return status ? add_status(reader, status) : cbx_reader_note_rejected(reader);
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

/* Bytes that are the JSON of a known status mean that status, whatever stands behind them: it was
 * made by this decoder, which makes the same of them again and rejects nothing */
ssize_t cbx_reader_known(void *context, const char *at, size_t left)
{
	struct cbx_reader *reader = context;
	struct cbx_status *status = reader->known->find(reader->known->user, at, left);
	int error;

	if (!status || left < status->json_len || memcmp(at, status->json, status->json_len) != 0)
		return 0;
	error = count_job(reader);
	if (!error)
		error = add_status(reader, cbx_status_ref(status));
	return error ? error : (ssize_t)status->json_len;
}

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

static const struct cbx_level level_names = { names_open, names_take, NULL };

static int systems_open(void *context, const struct cbx_json *key, enum cbx_json_type type,
			const struct cbx_level **enter)
{
	if (type == CBX_JSON_OBJECT)
		return names_open(context, key, type, enter);
	*enter = &level_names;
	return 0;
}

static int systems_take(void *context, const struct cbx_json *key, const struct cbx_json *value)
{
	(void)key;
	return value->type == CBX_JSON_STRING ? add_name(context, value) : CHATTERBOX_E_DECODE;
}

const struct cbx_level cbx_body_of_systems = { systems_open, systems_take, NULL };

/* --- an answer of nl-hdms --- */

/* Copies as much as fits, without cutting a character; a number is copied as text */
static void copy_text(const struct cbx_json *value, char *to, size_t size)
{
	size_t len = value->text_len;

	if ((value->type != CBX_JSON_STRING && value->type != CBX_JSON_NUMBER) || !value->clean)
		return;
	if (len >= size)
		for (len = size - 1; len && (value->text[len] & 0xc0) == 0x80;)
			len--;
	memcpy(to, value->text, len);
	to[len] = '\0';
}

static int verb_take(void *context, const struct cbx_json *key, const struct cbx_json *value)
{
	struct cbx_reader *reader = context;

	if (cbx_json_is(key, "event") && value->type == CBX_JSON_STRING)
		copy_text(value, reader->reply->event, sizeof(reader->reply->event));
	return 0;
}

static const struct cbx_level verb_members = { NULL, verb_take, NULL };

static enum cbx_frame list_member(const struct cbx_json *key)
{
	if (cbx_json_is(key, "jobs"))
		return CBX_FRAME_JOBS;
	if (cbx_json_is(key, "systems"))
		return CBX_FRAME_SYSTEMS;
	return cbx_json_is(key, "offline") ? CBX_FRAME_OFFLINE : (enum cbx_frame)0;
}

static int object_open(void *context, const struct cbx_json *key, enum cbx_json_type type,
		       const struct cbx_level **enter)
{
	struct cbx_reader *reader = context;
	enum cbx_frame member = list_member(key);

	if (!member)
		return 0;
	if (type != CBX_JSON_ARRAY)
		return CHATTERBOX_E_DECODE;
	*enter = member == CBX_FRAME_JOBS ? &cbx_level_jobs : &level_names;
	reader->for_offline = member == CBX_FRAME_OFFLINE;
	return cbx_reader_once(reader, member);
}

static int object_take(void *context, const struct cbx_json *key, const struct cbx_json *value)
{
	struct cbx_reader *reader = context;
	struct cbx_reply *reply = reader->reply;

	if (cbx_json_is(key, "code"))
		copy_text(value, reply->code, sizeof(reply->code));
	else if (cbx_json_is(key, "message"))
		copy_text(value, reply->message, sizeof(reply->message));
	else if (list_member(key) && value->type != CBX_JSON_NULL)
		return CHATTERBOX_E_DECODE;
	return 0;
}

static const struct cbx_level object_members = { object_open, object_take, NULL };

static int answer_open(void *context, const struct cbx_json *key, enum cbx_json_type type,
		       const struct cbx_level **enter)
{
	if (cbx_json_is(key, "object") && type == CBX_JSON_OBJECT) {
		*enter = &object_members;
		return cbx_reader_once(context, CBX_FRAME_OBJECT);
	}
	if (cbx_json_is(key, "verb") && type == CBX_JSON_OBJECT) {
		*enter = &verb_members;
		return cbx_reader_once(context, CBX_FRAME_VERB);
	}
	return 0;
}

static int answer_take(void *context, const struct cbx_json *key, const struct cbx_json *value)
{
	(void)context;
	(void)value;
	return cbx_json_is(key, "object") || cbx_json_is(key, "verb") ? CHATTERBOX_E_DECODE : 0;
}

static const struct cbx_level answer_members = { answer_open, answer_take, NULL };

static int reply_open(void *context, const struct cbx_json *key, enum cbx_json_type type,
		      const struct cbx_level **enter)
{
	(void)context;
	(void)key;
	*enter = &answer_members;
	return type == CBX_JSON_OBJECT ? 0 : CHATTERBOX_E_DECODE;
}

static int reply_take(void *context, const struct cbx_json *key, const struct cbx_json *value)
{
	(void)context;
	(void)key;
	(void)value;
	return CHATTERBOX_E_DECODE;
}

const struct cbx_level cbx_body_of_reply = { reply_open, reply_take, NULL };

/* --- the error object of JSON-RPC: a name in data.code wins over a number in code --- */

static int data_take(void *context, const struct cbx_json *key, const struct cbx_json *value)
{
	struct cbx_reader *reader = context;

	if (!cbx_json_is(key, "code") || value->type != CBX_JSON_STRING)
		return 0;
	copy_text(value, reader->reply->code, sizeof(reader->reply->code));
	reader->data_code = true;
	return 0;
}

static const struct cbx_level data_members = { NULL, data_take, NULL };

static int error_open(void *context, const struct cbx_json *key, enum cbx_json_type type,
		      const struct cbx_level **enter)
{
	(void)context;
	if (cbx_json_is(key, "data") && type == CBX_JSON_OBJECT)
		*enter = &data_members;
	return 0;
}

static int error_take(void *context, const struct cbx_json *key, const struct cbx_json *value)
{
	struct cbx_reader *reader = context;
	struct cbx_reply *reply = reader->reply;

	if (cbx_json_is(key, "code") && !reader->data_code)
		copy_text(value, reply->code, sizeof(reply->code));
	else if (cbx_json_is(key, "message"))
		copy_text(value, reply->message, sizeof(reply->message));
	return 0;
}

const struct cbx_level cbx_level_rpc_error = { error_open, error_take, NULL };
