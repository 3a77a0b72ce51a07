// SPDX-License-Identifier: MIT
/*
 * reply.c - reads the answer of nl-hdms to a question (contract 3.2)
 *
 * The frame has to be right as a whole, while statuses are judged one by one: if `jobs` is not an
 * array, that must not be taken for "this system has no jobs".
 */
#include "decode/reader.h"

#include <chatterbox/error.h>

int cbx_reader_once(struct cbx_reader *reader, enum cbx_frame member)
{
	if (reader->frame & member)
		return CHATTERBOX_E_DECODE;
	reader->frame |= member;
	return 0;
}

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
	*enter = member == CBX_FRAME_JOBS ? &cbx_level_jobs : &cbx_level_names;
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
